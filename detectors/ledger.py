"""Where findings stand: the events as they are, every revision of them, and the runs that made them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ais.counts import SEAL
from ais.reader import Reader, arrow
from ais.schema import TABLES
from detectors.event import Event
from detectors.geo import Bools, Ints

if TYPE_CHECKING:
    import duckdb

    from zones import Zone, ZoneSet

FOR_EVER = np.iinfo(np.int64).max
_STANDING = f"""
SELECT detector, id, mmsi, epoch_us(reads_from) AS low, coalesce(epoch_us(reads_to), {FOR_EVER}) AS high,
    coalesce(epoch_us(end_t), {FOR_EVER}) AS ended
FROM events WHERE start_t >= make_timestamp($seal)
"""
_COUNTS = "SELECT detector, count(*) FROM events GROUP BY detector"
_PUBLIC = "id, kind, mmsi, start_t, end_t, lon, lat, score, zones, evidence, reasons"


def _naive(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None)


def _as_row(event: Event, detector: str) -> dict[str, Any]:
    """Return the row of table ``events`` for an event."""
    return {
        "id": event.id,
        "detector": detector,
        "kind": event.kind,
        "mmsi": list(event.mmsi),
        "start_t": _naive(event.start),
        "end_t": _naive(event.end),
        "lon": event.lon,
        "lat": event.lat,
        "score": event.score,
        "zones": list(event.zones),
        "evidence": json.dumps(event.evidence, ensure_ascii=False),
        "reasons": list(event.reasons),
        "reads_from": pa.scalar(event.reach.reads_from, pa.timestamp("us")).as_py(),
        "reads_to": pa.scalar(event.reach.reads_to, pa.timestamp("us")).as_py(),
    }


@dataclass(frozen=True)
class Replacing:
    """What one detector found.

    Attributes:
        detector: Its name.
        gone: Ids of the events that stood and do no longer, unless they are found again.
        new: The events found.
        run: The row of table ``runs`` but for its number.
        used: The kinds of artefact that they hang on.
    """

    detector: str
    gone: Sequence[str]
    new: Sequence[Event]
    run: Mapping[str, Any]
    used: Sequence[str]


@dataclass(frozen=True)
class Standing:
    """What n events that stand read, and whose they are.

    Attributes:
        ids: Their ids.
        low: Least time read for each, us since 1970.
        high: Greatest time read for each; the greatest number for one that reads to the horizon and beyond.
        ends: When each ends; the greatest number for one that is open.
        ships: Their ships.
        count: How many events the detector has, those before the seal with them.
    """

    ids: pa.ChunkedArray[Any]
    low: Ints
    high: Ints
    ends: Ints
    ships: pa.ChunkedArray[Any]
    count: int

    @classmethod
    def of(cls, standing: pa.Table, counts: Mapping[str, int], detector: str) -> Standing:
        """Return those of a detector, of what `read_standing` returns."""
        rows = standing.filter(pc.equal(standing["detector"], pa.scalar(detector)))
        low, high, ends = (rows[name].to_numpy() for name in ("low", "high", "ended"))
        return cls(rows["id"], low, high, ends, rows["mmsi"], counts.get(detector, 0))

    def __len__(self) -> int:
        return len(self.low)

    def members(self, keep: Bools) -> frozenset[int]:
        """Return the ships of some of them."""
        return frozenset(pc.list_flatten(self.ships.filter(pa.array(keep))).to_numpy().tolist())

    def of_ships(self, ships: Iterable[int]) -> Standing:
        """Return those of some ships."""
        number = pa.array(sorted(ships), pa.uint32())
        whose = pc.list_parent_indices(self.ships)
        return self.where(np.unique(whose.filter(pc.is_in(pc.list_flatten(self.ships), number)).to_numpy()))

    def where(self, rows: Bools | Ints) -> Standing:
        """Return some of them, by place or by mask."""
        at: Ints = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
        ids, ships = (column.take(at) for column in (self.ids, self.ships))
        return Standing(ids, self.low[at], self.high[at], self.ends[at], ships, self.count)


def read_standing(con: duckdb.DuckDBPyConnection, sealed_us: int | None) -> tuple[pa.Table, Mapping[str, int]]:
    """Read the events of all detectors, and how many each has.

    Those that began before the seal are counted alone: they are never looked at again.
    """
    rows = arrow(con, _STANDING, {"seal": sealed_us or 0})
    if sealed_us is None:
        return rows, Counter(map(str, rows["detector"].to_pylist()))
    return rows, dict(con.execute(_COUNTS).fetchall())


def _kept(con: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return the rows of some events as they stand, by id."""
    if not ids:
        return {}
    con.register("kept_ids", pa.table({"id": ids}))
    rows = arrow(con, "SELECT * FROM events SEMI JOIN kept_ids USING (id)").to_pylist()
    con.unregister("kept_ids")
    return {row["id"]: row for row in rows}


def _said(row: Mapping[str, Any]) -> str:
    """Return the text of a revision: the row's public part."""
    return json.dumps(public(row), ensure_ascii=False, default=lambda t: t.isoformat())


def _differ(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Say whether the public parts of two rows may differ: most do not, and their text need not be made."""
    return any(old[name] != new[name] for name in _PUBLIC.split(", "))


def _overlaps(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Say whether two events of a kind share a ship, or of no ship their source, and a time."""
    if old["kind"] != new["kind"] or not _whose(old) & _whose(new):
        return False
    old_open, new_open = old["end_t"] is None, new["end_t"] is None
    begins_before = new_open or old["start_t"] < new["end_t"]
    return bool(begins_before and (old_open or new["start_t"] < old["end_t"]))


def _whose(row: Mapping[str, Any]) -> set[object]:
    """Return the ships of an event; of one without ships its source."""
    return set(row["mmsi"]) or {json.loads(row["evidence"]).get("source")}


def replace_events(con: duckdb.DuckDBPyConnection, found: Sequence[Replacing]) -> None:
    """Put new events in the place of old ones, with a ledger row for each that is new, revised or withdrawn.

    Raises:
        ValueError: Two new events have one id: the detector's key does not tell them apart.
    """
    last_run = int(con.execute("SELECT coalesce(max(id), 0) FROM runs").fetchall()[0][0])
    seq = int(con.execute("SELECT coalesce(max(seq), 0) FROM ledger").fetchall()[0][0])
    old = _kept(con, [name for one in found for name in one.gone])
    events: list[dict[str, Any]] = []
    ledger: list[dict[str, Any]] = []
    runs = []
    for run_id, one in enumerate(found, last_run + 1):
        rows = _rows(one)
        before = {name: old[name] for name in one.gone}
        for action in _revisions(before, rows):
            names = ("seq", "run_id", "event_id", "action", "supersedes", "event")
            ledger.append(dict(zip(names, (seq + len(ledger) + 1, run_id, *action), strict=True)))
        events += [rows[name] for name in sorted(rows)]
        runs.append({"id": run_id, **one.run})
    _delete(con, list(old))
    for table, rows_of in (("events", events), ("ledger", ledger), ("runs", runs)):
        _insert(con, table, rows_of)


def _rows(found: Replacing) -> dict[str, dict[str, Any]]:
    """Return the rows of new events by id."""
    rows = {event.id: _as_row(event, found.detector) for event in found.new}
    if len(rows) != len(found.new):
        seen: set[str] = set()
        twice = next(event for event in found.new if event.id in seen or seen.add(event.id))  # type: ignore[func-returns-value]
        raise ValueError(f"detector {found.detector} yielded two events with id {twice.id} ({twice.kind} {twice.mmsi})")
    return rows


def _revisions(
    before: Mapping[str, Mapping[str, Any]], rows: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, str, list[str], str]]:
    """Yield id, action, what it supersedes and the text of each revision."""
    withdrawn = {name: row for name, row in before.items() if name not in rows}
    for name, row in sorted(withdrawn.items()):
        yield name, "withdrawn", [], _said(row)
    for name, row in sorted(rows.items()):
        if name not in before:
            took = sorted(gone for gone, gone_row in withdrawn.items() if _overlaps(gone_row, row))
            yield name, "new", took, _said(row)
        elif _differ(before[name], row) and _said(before[name]) != _said(row):
            yield name, "revised", [], _said(row)


def revise(con: duckdb.DuckDBPyConnection, run: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what a run did that put rows of events in the place of those with the same ids; a ledger row for each."""
    seq = int(con.execute("SELECT coalesce(max(seq), 0) FROM ledger").fetchall()[0][0])
    _delete(con, [row["id"] for row in rows])
    _insert(con, "events", [dict(row) for row in rows])
    names = ("seq", "run_id", "event_id", "action", "supersedes", "event")
    said: list[tuple[Any, ...]] = [
        (seq + n, run["id"], row["id"], "revised", [], _said(row)) for n, row in enumerate(rows, 1)
    ]
    _insert(con, "ledger", [dict(zip(names, one, strict=True)) for one in said])
    _insert(con, "runs", [dict(run)])


def _delete(con: duckdb.DuckDBPyConnection, ids: list[str]) -> None:
    if ids:
        con.register("gone_ids", pa.table({"id": ids}))
        con.execute("DELETE FROM events WHERE id IN (SELECT id FROM gone_ids)")
        con.unregister("gone_ids")


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Append rows to a table in one columnar batch."""
    if rows:
        con.register("new_rows", pa.Table.from_pylist(rows, schema=TABLES[table].arrow_schema()))
        con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM new_rows")
        con.unregister("new_rows")


def record_zones(con: duckdb.DuckDBPyConnection, zones: ZoneSet) -> None:
    """Keep the geometry that runs use, once per zone set."""
    known = con.execute("SELECT count(*) FROM zones WHERE sha256 = ?", [zones.sha256]).fetchall()[0][0]
    if not known:
        rows = [{"sha256": zones.sha256, "id": name, "feature": text} for name, text in zones.features.items()]
        _insert(con, "zones", rows)


def not_looked_at(reader: Reader) -> str | None:
    """Say what detection has not looked at in a case: all of it, some kinds, or rows that came since; None if nothing.

    "No events" of a case that nobody looked through would clear ships wrongly.
    """
    from detectors.contract import discover

    sql = f"SELECT detector, max(change_id) AS seen FROM runs WHERE detector <> '{SEAL}' GROUP BY detector"
    runs = reader.query(sql).to_pylist()
    if not runs:
        return "Nothing was looked for: no detection has been run on this case."
    last = reader.few("SELECT coalesce(max(id), 0) AS id FROM changes")["id"][0].as_py()
    ran = {run["detector"] for run in runs}
    said = []
    if never := sorted(set(discover()) - ran):
        said.append(f"Never run on this case: {', '.join(never)}.")
    if behind := sorted(run["detector"] for run in runs if run["seen"] < last):
        said.append(f"Rows came in that {', '.join(behind)} has not looked at yet.")
    return " ".join(said) or None


def zones_of_last_run(reader: Reader) -> ZoneSet | None:
    """Return the zones that the last run used, as the case keeps them; None where nothing ran yet.

    A case is handed over as one file: its lines must be there without the zone files that it was judged by.
    """
    sql = f"SELECT zones_sha256 AS sha256 FROM runs WHERE detector <> '{SEAL}' ORDER BY id DESC LIMIT 1"
    last = reader.query(sql)["sha256"].to_pylist()
    return kept_zones(reader, str(last[0])) if last else None


def kept_zones(reader: Reader, sha256: str) -> ZoneSet:
    """Return a zone set as the case keeps it; empty where it does not."""
    from zones import ZoneSet

    rows = reader.query("SELECT feature FROM zones WHERE sha256 = $sha256 ORDER BY rowid", sha256=sha256)
    zones = tuple(_zone(json.loads(str(text))) for text in rows["feature"].to_pylist())
    return ZoneSet(zones, "as kept in the case", sha256)


def _zone(feature: Mapping[str, Any]) -> Zone:
    """Return the zone of a kept feature."""
    from zones import Edge, Zone

    properties = dict(feature["properties"])
    for name in ("valid_from", "valid_to"):
        properties[name] = properties[name] and datetime.fromisoformat(properties[name])
    for name in ("source", "disagrees_with"):
        properties[name] = tuple(properties[name])
    courses = [
        edge | {"coordinates": tuple(tuple((lon, lat) for lon, lat in course) for course in edge["coordinates"])}
        for edge in properties.pop("edges")
    ]
    return Zone(**properties, edges=tuple(Edge(**edge) for edge in courses), geometry=feature["geometry"])


def public(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event row under its public keys, times as aware UTC datetimes, evidence as a mapping."""
    end = row["end_t"]
    return {
        "id": row["id"],
        "kind": row["kind"],
        "mmsi": list(row["mmsi"]),
        "start": row["start_t"].replace(tzinfo=UTC),
        "end": end.replace(tzinfo=UTC) if end else None,
        "lon": row["lon"],
        "lat": row["lat"],
        "score": row["score"],
        "zones": list(row["zones"]),
        "evidence": json.loads(row["evidence"]),
        "reasons": list(row["reasons"]),
    }


def last_revision(reader: Reader) -> int:
    """Return the number of the ledger's last revision; 0 where it is empty."""
    return int(reader.few("SELECT coalesce(max(seq), 0) AS seq FROM ledger")["seq"][0].as_py())


def read_events(
    reader: Reader, *, kind: str | None = None, mmsi: int | None = None, zone: str | None = None
) -> list[dict[str, Any]]:
    """Return the events of a case, sorted by start and id, optionally of one kind, ship or zone.

    Each is a dict of exactly the public keys; ``start`` and ``end`` are aware UTC datetimes, ``end`` None while open.
    """
    where, params = ["true"], dict[str, object]()
    for name, value, condition in (
        ("kind", kind, "kind = $kind"),
        ("mmsi", mmsi, "list_contains(mmsi, $mmsi)"),
        ("zone", zone, "list_contains(zones, $zone)"),
    ):
        if value is not None:
            where.append(condition)
            params[name] = value
    table = reader.few(f"SELECT {_PUBLIC} FROM events WHERE {' AND '.join(where)} ORDER BY start_t, id", **params)
    return [public(row) for row in table.to_pylist()]
