"""A case in Python: what the command line does, one method for one command.

    from darkwake import Case
    case = Case("harbour.duckdb")
    case.ingest("harbour.nmea.gz")
    case.detect()
    case.events()                  # pandas DataFrame
    case.contacts(445123456)       # whom a ship met, and whom those met
    case.report("harbour.html")
    case.replay("harbour-replay.html")

Each method opens the case, does its work and closes it, so that a notebook never holds the file. Nothing heavy is
imported before a method needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

from darkwake.clock import now

if TYPE_CHECKING:
    import folium
    import pandas as pd

    from ais.ingest import InputReport
    from ais.reader import Reader
    from ais.receivers import ClockError
    from ais.source import Input
    from ais.store import Store
    from ais.verification import Verified
    from detectors import DetectReport
    from detectors.artefacts import Artefact
    from detectors.mask import Rules
    from detectors.notes import Action, Note, Verdict
    from detectors.vessel_lists import VesselLists
    from zones import ZoneSet

Progress = Callable[[int, int | None], None]


class Case:
    """One DuckDB file, the zones it is judged by, and the lists that its ships are held against.

    Args:
        path: The case file; made by the first `ingest`.
        zones: Further zone files (GeoJSON), laid over the package's own.
        lists: Further lists of vessels (CSV with imo, mmsi, name), beside OFAC's and the EU's DPRK vessels.
    """

    def __init__(self, path: str | Path, zones: Sequence[str | Path] = (), lists: Sequence[str | Path] = ()) -> None:
        self.path = Path(path)
        self._extra = tuple(Path(name) for name in zones)
        self._zones: ZoneSet | None = None
        self._list_files = tuple(Path(name) for name in lists)
        self._lists: VesselLists | None = None

    def __repr__(self) -> str:
        return f"Case({str(self.path)!r})"

    @property
    def zones(self) -> ZoneSet:
        """The zone set, read once."""
        if self._zones is None:
            from zones import load_zones

            self._zones = load_zones(self._extra)
        return self._zones

    @property
    def lists(self) -> VesselLists:
        """The lists of vessels, read once.

        Raises:
            BadList: A file is missing, no CSV with the columns, or names no ship.
        """
        if self._lists is None:
            from detectors.vessel_lists import load_vessel_lists

            self._lists = load_vessel_lists(self._list_files)
        return self._lists

    def zones_shown(self, reader: Reader) -> ZoneSet:
        """Return the zones to draw: the files that were named, else those that the case was last judged by."""
        from detectors import zones_of_last_run

        kept = None if self._extra else zones_of_last_run(reader)
        return kept if kept and kept.sha256 != self.zones.sha256 else self.zones

    def ingest(self, given: str | Path | Input, *, progress: Progress | None = None, **options: Any) -> InputReport:
        """Take in one file (`-` is standard input); one that was interrupted goes on where it was.

        Args:
            given: The file, compressed or not, or what `ais.inputs.inputs_of` found in a folder or an archive.
            progress: Called with bytes done and bytes in all (None when unknown).
            options: The fields of `ais.ingest.IngestOptions`: format, columns, time_format, time_zone, start_time,
                clock_offset_s, raw.

        Raises:
            InputError: The file cannot be read as what it is said to be.
            CaseError: The case is not ours, held by another program, or out of space.
        """
        from ais.ingest import IngestOptions, ingest
        from ais.store import Store

        new = not self.path.exists()
        try:
            with Store.open(self.path) as store:
                return ingest(store, given, IngestOptions(**options), now=now(), progress=progress)
        except BaseException:
            if new and not self._holds_inputs():  # a case that holds nothing is no case
                self.path.unlink(missing_ok=True)
                self.path.with_name(self.path.name + ".wal").unlink(missing_ok=True)
            raise

    def _holds_inputs(self) -> bool:
        """Say whether an input was taken in, if only in part; where that cannot be told, suppose so."""
        from ais.store import CaseError

        try:
            with self.reader() as reader:
                return bool(reader.query("SELECT 1 FROM inputs LIMIT 1").num_rows)
        except CaseError:
            return self.path.exists()

    def forget(self, name: str) -> None:
        """Take an input out again: its rows, raw lines and rejects, as if it had never come.

        Events stand until the next `detect`.

        Args:
            name: Its name in the case, or the first digits of its sha256.

        Raises:
            ValueError: The case has no such input, or several.
        """
        from ais.forget import forget
        from ais.store import CaseError, Store

        if not self.path.exists():
            raise CaseError(f"there is no case {self.path}; check the name")
        with Store.open(self.path) as store:
            forget(store, name)

    def detect(
        self,
        *,
        only: Iterable[str] = (),
        settings: Mapping[str, Mapping[str, object]] | None = None,
        window: tuple[datetime | None, datetime | None] | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> DetectReport:
        """Bring the events of the case up to date with its rows.

        Args:
            only: Names of detectors; all when empty.
            settings: Thresholds that differ from the defaults, by detector and field.
            window: Recompute from and to these times only; either end may be None.
            progress: Called with the name of each detector before it runs.

        Raises:
            SettingsError: A detector, field or value is not known.
        """
        from darkwake import __version__
        from darkwake.settings import Settings, check
        from detectors import detect

        made = Settings(detectors=check(settings or {}, "settings")).make(only)
        with self._writer() as store:
            return detect(
                store,
                self.zones,
                detectors=made,
                now=now(),
                version=__version__,
                window=window,
                progress=progress,
            )

    def train_anchorages(self, rules: Rules | None = None) -> Artefact:
        """Learn where ships lie from all fixes of the case; meetings there are lowered from the next `detect` on.

        Args:
            rules: What makes such a place.

        Raises:
            TooLittle: There is no such place.
        """
        from darkwake import __version__
        from detectors.mask import Rules
        from detectors.training import train_anchorages

        with self._writer() as store:
            return train_anchorages(store, self.zones, rules or Rules(), now=now(), version=__version__)

    def train_unusual(self) -> Artefact:
        """Learn what is usual among the events of the case; each gets its rank from the next `detect` on.

        Raises:
            TooLittle: There are too few events of every sort.
        """
        from darkwake import __version__
        from detectors.training import train_unusual

        with self._writer() as store:
            return train_unusual(store, now=now(), version=__version__)

    def use_artefact(self, made: Artefact) -> None:
        """Use what was learned, from the next `detect` on."""
        from detectors.training import take

        with self._writer() as store:
            take(store, made, now=now())

    def import_artefact(self, path: str | Path) -> Artefact:
        """Use what was learned elsewhere, from the next `detect` on.

        Raises:
            BadArtefact: The file is no artefact of darkwake, damaged, or holds what it may not.
        """
        from detectors.learned import read_artefact

        made = read_artefact(Path(path))
        self.use_artefact(made)
        return made

    def _writer(self) -> Store:
        """Open the case for writing; an empty one is not made."""
        from ais.store import CaseError, Store

        if not self.path.exists():
            raise CaseError(f"there is no case {self.path}; make one with: darkwake ingest INPUT --case {self.path}")
        return Store.open(self.path)

    def verify(self, progress: Callable[[str, int, int | None], None] | None = None) -> Verified:
        """Check the case against its own kept sentences: rebuild, decode and detect again, and compare everything.

        Args:
            progress: Called with what is done, how far, and of how much (None when unknown).

        Raises:
            CaseError: There is no case, or it is being written to.
        """
        from ais.verification import Verified, verification
        from ais.verify import verify_rows
        from darkwake import __version__
        from detectors import verify_events

        with verification(self.path, progress) as case:
            verify_rows(case)
            events = verify_events(case, self.zones, now=now(), version=__version__)
            return Verified.of(case, events)

    def records(
        self, *, kind: str | None = None, mmsi: int | None = None, zone: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the events as mappings with the keys of their JSON, sorted by start and id; times are aware, UTC.

        Where a ship is on a list, the evidence says so as `listed`.

        Raises:
            SettingsError: There is no such kind or zone.
        """
        from detectors import read_events
        from detectors.list_matches import match_lists, with_matches

        with self.reader() as reader:
            found = read_events(reader, kind=kind, mmsi=mmsi, zone=zone)
            if not found:
                self._check_filters(reader, kind, zone)
                return found
            return with_matches(found, match_lists(reader, self.lists))

    def _check_filters(self, reader: Reader, kind: str | None, zone: str | None) -> None:
        """Raise SettingsError for a kind or zone that nobody knows: no events of a misspelt name is no finding."""
        from darkwake.settings import SettingsError, nearest
        from detectors import discover

        if kind is not None:
            kinds = {name for made in discover().values() for name in made.kinds}
            if kind not in kinds:
                raise SettingsError(f"there is no kind '{kind}'{nearest(kind, kinds)}")
        if zone is not None:
            used = reader.query("SELECT DISTINCT id FROM zones").to_pylist()
            ids = {*(str(row["id"]) for row in used), *(known.id for known in self.zones.zones)}
            if zone not in ids:
                raise SettingsError(f"there is no zone '{zone}'{nearest(zone, ids)}")

    def events(self, *, kind: str | None = None, mmsi: int | None = None, zone: str | None = None) -> pd.DataFrame:
        """Return the events as a table, one row each, sorted by start and id."""
        import pandas as pd

        keys = ["id", "kind", "mmsi", "start", "end", "lon", "lat", "score", "zones", "evidence", "reasons"]
        frame = pd.DataFrame(self.records(kind=kind, mmsi=mmsi, zone=zone), columns=keys)
        return frame.assign(start=pd.to_datetime(frame["start"], utc=True), end=pd.to_datetime(frame["end"], utc=True))

    def tracks(self, mmsi: int | None = None) -> pd.DataFrame:
        """Return the positions of one ship, or of all, by ship and time; `t` is aware, UTC."""
        if mmsi is not None and not isinstance(mmsi, SupportsIndex):
            raise TypeError(f"a ship is asked for by its MMSI, a whole number, not by {mmsi!r}")
        which = "WHERE mmsi = $mmsi" if mmsi is not None else ""
        sql = f"SELECT * FROM positions {which} ORDER BY mmsi, t, input_id, line"
        with self.reader() as reader:
            found = reader.query(sql, **({} if mmsi is None else {"mmsi": int(mmsi)})).to_pandas()
        return found.assign(t=found["t"].dt.tz_localize("UTC"))

    def about(self) -> dict[str, str]:
        """Return what goes with everything that leaves the case: where it comes from, and when it was taken out."""
        from darkwake import __version__

        with self.reader() as reader:
            rows = reader.query("SELECT name, sha256 FROM inputs ORDER BY id").to_pylist()
        inputs = [f"{row['name']} (sha256 {row['sha256']})" for row in rows[:3]]
        inputs += [f"{len(rows) - 3} more"] if len(rows) > 3 else []
        source = f"AIS in {', '.join(inputs) or 'no input'}; case {self.path.name}; darkwake {__version__}"
        return {"source": source, "made": f"{now():%Y-%m-%dT%H:%M:%SZ}"}

    def names(self) -> dict[int, str]:
        """Return each ship's last name as sent: text from a radio, to be made safe where it is shown."""
        last = "arg_max(name, (t, input_id, line))"
        sql = f"SELECT mmsi, {last} AS name FROM identities WHERE name IS NOT NULL GROUP BY mmsi"
        with self.reader() as reader:
            rows = reader.query(sql).to_pylist()
        return {row["mmsi"]: row["name"] for row in rows}

    def contacts(self, mmsi: int, days: float = 180, hops: int = 2) -> pd.DataFrame:
        """Return whom a ship met, and whom those met: one row per pair and event; `mmsi` holds the nearer ship first.

        Args:
            mmsi: The ship.
            days: Days back from the case's horizon.
            hops: How far to follow: 1 for the ships it met, 2 for those that these met too.

        Raises:
            UnknownShip: The case holds nothing of the ship.
        """
        import pandas as pd

        from detectors.contacts import LINK_KEYS, find_contacts

        with self.reader() as reader:
            rows = [link.as_json() for link in find_contacts(reader, mmsi, days=days, hops=hops).links]
        frame = pd.DataFrame(rows, columns=list(LINK_KEYS))
        return frame.assign(start=pd.to_datetime(frame["start"], utc=True), end=pd.to_datetime(frame["end"], utc=True))

    def note(
        self,
        event_id: str,
        *,
        who: str,
        action: Action = "note",
        text: str | None = None,
        verdict: Verdict | None = None,
        until: datetime | None = None,
        key: str | None = None,
    ) -> Note:
        """Say something of an event, for good; a watch that holds the case is asked to write it.

        Args:
            event_id: The event.
            who: Who says it.
            action: What it does.
            text: What is said besides.
            verdict: Of the action ``verdict``; None takes the last one back.
            until: Of the action ``snooze``; None ends it.
            key: The sender's own name for it: sent again, it is not written twice.

        Raises:
            BadNote: It makes no sense.
            UnknownEvent: There never was such an event.
        """
        import msgspec

        from ais.serve import Remote
        from detectors.notes import Note, Saying, write_note

        said = Saying(event_id, who, action, text, verdict, until, key)
        remote = Remote.connect(self.path.expanduser().resolve())
        if remote is None:
            with self._writer() as store:
                return write_note(store, said, now=now())
        try:
            return msgspec.convert(remote.order(msgspec.to_builtins(said)), Note)
        finally:
            remote.close()

    def notes(self, event_id: str | None = None) -> list[Note]:
        """Return what officers said, oldest first: of all events, or of one and those in whose place it stands."""
        from detectors.notes import read_notes

        with self.reader() as reader:
            return read_notes(reader, event_id)

    def map(self) -> folium.Map:
        """Return the case on a folium map, for a notebook."""
        from maps import case_map

        with self.reader() as reader:
            return case_map(reader, self.zones_shown(reader), lists=self.lists)

    def report(self, path: str | Path, *, title: str | None = None, by: str | None = None) -> Path:
        """Write the report, one HTML file that loads nothing from outside, and return its path.

        Args:
            path: Where to write.
            title: What the report is called; by default the names of the inputs.
            by: Who made it, for its custody page.

        Raises:
            ReportError: The report cannot be written.
        """
        from darkwake import __version__
        from maps import write_report

        with self.reader() as reader:
            return write_report(
                reader,
                self.zones_shown(reader),
                Path(path),
                made_at=now(),
                version=__version__,
                settings=_last_settings(reader),
                lists=self.lists,
                title=title,
                by=by,
            )

    def replay(
        self,
        path: str | Path,
        *,
        mmsi: Iterable[int] = (),
        span: tuple[datetime | None, datetime | None] = (None, None),
        title: str | None = None,
    ) -> Path:
        """Write the replay, one HTML file with the tracks and a clock to play them, and return its path.

        Args:
            path: Where to write.
            mmsi: These ships and those they have events with; all ships of the case if there are none.
            span: From and to which time; None = from the first, to the last position.
            title: What the page is called; by default the names of the inputs.

        Raises:
            ReportError: There is nothing to play, or the replay cannot be written.
        """
        from darkwake import __version__
        from maps import write_replay

        with self.reader() as reader:
            return write_replay(
                reader,
                self.zones_shown(reader),
                Path(path),
                made_at=now(),
                version=__version__,
                ships=tuple(mmsi),
                span=span,
                lists=self.lists,
                title=title,
            )

    def not_looked_at(self) -> str | None:
        """Return in words what detection has not looked at in the case; None when it has looked at all."""
        from detectors import not_looked_at

        with self.reader() as reader:
            return not_looked_at(reader)

    def partly_read(self) -> str | None:
        """Return in words which inputs are in the case only in part; None if all are whole."""
        from ais.counts import partly_read

        with self.reader() as reader:
            return partly_read(reader)

    def status(self) -> dict[str, Any]:
        """Return what the case holds: its inputs with the counts of their lines, positions, vessels and events."""
        from ais.ingest import status

        with self.reader() as reader:
            return status(reader)

    def clock_errors(self, input_id: int | None = None) -> list[ClockError]:
        """Return the receivers, of one input or of all, whose clocks are wrong by more than 30 s, and by whose word."""
        from ais.receivers import clock_errors

        with self.reader() as reader:
            return clock_errors(reader, input_id)

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Open the case for reading; also while another process writes to it."""
        from ais.reader import Reader

        with Reader.open(self.path) as opened:
            yield opened


def _last_settings(reader: Reader) -> dict[str, object]:
    """Return the thresholds of each detector's last run."""
    import json

    from ais.counts import SEAL

    sql = f"""
        SELECT detector, arg_max(settings, id) AS settings FROM runs WHERE detector <> '{SEAL}'
        GROUP BY detector ORDER BY detector
    """
    return {row["detector"]: json.loads(row["settings"]) for row in reader.query(sql).to_pylist()}
