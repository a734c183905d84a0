"""Taking an input into a case, batch by batch: what was committed stays, and the same command goes on from there.

The file is hashed first: the same bytes a second time change nothing, and an input that was interrupted is found
again. A batch of rows, the raw lines and rejects that belong to it, and the place in the input up to which it goes are
one transaction; until the last one the input is not `complete`. An input that turns out to be no good is taken out
again. Marks are remade when detection begins (`ais.marks`), for the ships in `touched`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ais.chunks import Told, chunks
from ais.clock import Believable, to_us
from ais.counts import InputReport as InputReport
from ais.counts import reports
from ais.counts import status as status
from ais.forget import forget_rows
from ais.formats import FORMATS, format_of
from ais.intake import Intake
from ais.jsonlines import JsonReading
from ais.nmea import NmeaReading
from ais.seal import seal_us
from ais.source import Input, Source
from ais.source import InputError as InputError
from ais.staging import Reading, Taken
from ais.store import Store
from ais.tables import CsvReading, ParquetReading
from ais.timetext import TimeText

_COPY_BYTES = 1 << 20
MEMORY = "256MB"  # of DuckDB while it takes rows in: as fast as with 1 GB, and the rest of the process needs 400 MB
BATCH_LINES = 1_000_000  # of one transaction: small ones leave holes in the file, large ones lose more work


@dataclass(frozen=True)
class IngestOptions:
    """What a user says of an input.

    Attributes:
        format: auto, nmea, csv, json or parquet.
        columns: For tables, our column names to the input's: mmsi, t, lon, lat and more (`ais.tables.FIELDS`).
        time_format: For tables, how times are written, in `strptime`'s letters; None: ISO 8601 or Unix time.
        time_zone: For tables, the zone of times that name none, by its IANA name.
        start_time: For NMEA without receive times, when it begins (`ais.clock`); without a zone it is UTC.
        clock_offset_s: Seconds to add to every time as given: what the receiver's clock was slow by.
        raw: Keep the raw lines.
    """

    format: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    time_format: str | None = None
    time_zone: str = "UTC"
    start_time: datetime | None = None
    clock_offset_s: float = 0.0
    raw: bool = True

    def __post_init__(self) -> None:
        if self.format not in ("auto", *FORMATS):
            raise InputError(f"there is no format {self.format!r}; give auto, {', '.join(FORMATS)}")
        if not abs(self.clock_offset_s) <= 10 * 365 * 86_400:
            raise InputError(f"a clock offset of {self.clock_offset_s} s is none; give seconds, such as 45 or -3600")
        try:
            if self.time_zone != "UTC":  # which needs no database of zones
                ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InputError(
                f"there is no time zone {self.time_zone!r}; give an IANA name such as Asia/Seoul"
            ) from None

    def as_json(self) -> str:
        """Return what the table of inputs keeps of them."""
        start = None if self.start_time is None else to_us(self.start_time)
        said: dict[str, object] = {
            "columns": dict(self.columns),
            "time_format": self.time_format,
            "time_zone": self.time_zone,
        }
        said |= {"start_time_us": start, "clock_offset_s": self.clock_offset_s, "raw": self.raw}
        return json.dumps({"format": self.format, **said}, sort_keys=True)


def ingest(
    store: Store,
    given: str | Path | Input,
    options: IngestOptions,
    *,
    now: datetime,
    progress: Callable[[int, int | None], None] | None = None,
    batch_lines: int = BATCH_LINES,
) -> InputReport:
    """Take one input into a case.

    Args:
        store: The case, open for writing.
        given: A file, ``-`` for standard input, or an input found by `ais.inputs`; compression is seen by its content.
        options: What its user says of it.
        now: The time of the ingest: times after the day that follows it are rejects; of one that goes on, after the
            day that follows its beginning.
        progress: Called with bytes read and bytes in all (None where unknown).
        batch_lines: Lines of one transaction.

    Raises:
        InputError: The input cannot be read at all; the case is as it was before this input.
        CaseError: The case cannot take it, for example because the disk is full; batches that were committed stay,
            and the same call goes on after them.
    """
    with store.filling(MEMORY), _hashable(given, store) as found:
        sha256, size = found.hash()
        begun = _begun(store, sha256)
        if begun is not None and begun.complete:
            return _again(store, begun.input_id, options)
        if begun is not None and begun.options != options.as_json():
            raise InputError(
                f"{found.name} was begun with other options and not finished; give those again, or take it out first: "
                f"darkwake forget {found.name} --case {store.path}"
            )
        input_id = begun.input_id if begun else next_id(store)
        with Source(found, progress) as source:
            kind = options.format
            if kind == "auto":
                kind = format_of(source.head, source.name, options.columns)
            day = begun.day if begun else now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            told = Told(input_id, source.name, sha256, size, kind, options.as_json(), options.clock_offset_s, day)
            intake = Intake(told, begun.taken if begun else None)
            reading = reading_of(kind, source, options, day, intake.taken, input_id)
            try:
                _take(store, intake, reading, source, options.raw, batch_lines, fresh=begun is None)
            except InputError:
                with store.transaction() as con:
                    forget_rows(con, input_id)
                raise
        return _report(store, input_id)


def _take(
    store: Store, intake: Intake, reading: Reading, source: Source, raw: bool, batch_lines: int, *, fresh: bool
) -> None:
    """Read an input, or what is left of it, into the case: one transaction after the other."""
    plain = hashlib.sha256()

    def complete() -> str | None:
        """Return the hash of the lines that are kept, once the input is found to be what was hashed at first."""
        if fresh:
            source.drain()
            _check_unchanged(source, intake.told)
        kept = raw and intake.told.format != "parquet"  # which has no lines
        return (plain if fresh else _plain_hash(source, intake.told)).hexdigest() if kept else None

    with store.con.cursor() as con:
        made = chunks(
            con,
            intake.told,
            intake.stations,
            reading,
            since=intake.taken,
            batch_lines=batch_lines,
            keep_raw=raw,
            plain=plain,
            seal_us=seal_us(con),
        )
        intake.fill(store, made, complete)


@contextmanager
def _hashable(given: str | Path | Input, store: Store) -> Iterator[Input]:
    """Give the input such that it can be read twice, for its hash and its rows: a pipe is written to a file first."""
    found = given if isinstance(given, Input) else Input.of(given)
    if not found.once:
        yield found
        return
    try:
        with TemporaryFile(dir=store.path.parent) as file:  # it has no name: nothing is left of it after a kill
            shutil.copyfileobj(found.open(), file, _COPY_BYTES)
            file.flush()
            yield Input.of(f"/proc/{os.getpid()}/fd/{file.fileno()}", found.name)
    except OSError as error:
        advice = f"cannot be kept beside {store.path} ({error.strerror}): free some space there or give a file"
        raise InputError(f"{found.name} {advice}") from None


def _check_unchanged(source: Source, told: Told) -> None:
    if source.tap.sha256 != told.sha256:
        raise InputError(
            f"{source.name} changed while it was read; nothing was taken in: run it again once it is whole"
        )


def _plain_hash(source: Source, told: Told) -> hashlib._Hash:
    """Return the hash of an input's decompressed bytes, all read anew: an ingest that went on has read but the rest."""
    plain = hashlib.sha256()
    with Source(source.input) as again:
        for block in again.blocks():
            plain.update(block.raw)
        again.drain()
        _check_unchanged(again, told)
    return plain


@dataclass(frozen=True)
class _Begun:
    """An input that the case has, whole or in part."""

    input_id: int
    complete: bool
    options: str
    day: datetime
    taken: Taken


def _begun(store: Store, sha256: str) -> _Begun | None:
    """Return what the case has of the input with this hash."""
    rows = store.con.execute(
        "SELECT id, complete, options, begun_on, lines, other, clocks, place FROM inputs WHERE sha256 = ?", [sha256]
    ).fetchall()
    if not rows:
        return None
    input_id, complete, options, day, lines, other, clocks, text = rows[0]
    place = json.loads(text) if text else json.loads('{"end": 0, "state": {}}')
    taken = Taken(lines=lines, other=other, clocks=json.loads(clocks), end=place["end"], state=place["state"])
    return _Begun(input_id, complete, options, day, taken)


def next_id(store: Store) -> int:
    """Return a number that no input of the case has."""
    return int(store.con.execute("SELECT coalesce(max(id), 0) + 1 FROM inputs").fetchall()[0][0])


def _again(store: Store, input_id: int, options: IngestOptions) -> InputReport:
    """Return the report of an input that the case has, and what of the options asked for now it was read without."""
    kind, kept = store.con.execute("SELECT format, options FROM inputs WHERE id = ?", [input_id]).fetchall()[0]
    then, now = json.loads(kept), json.loads(options.as_json())
    plain = json.loads(IngestOptions().as_json())
    keys = ("start_time_us",) if kind in ("nmea", "json") else ("columns", "time_format", "time_zone")
    differ = [key for key in (*keys, "clock_offset_s") if now[key] != plain[key] and now[key] != then.get(key)]
    text = ", ".join(f"{_told(key, then.get(key))}, not {_told(key, now[key])}" for key in differ)
    return replace(_report(store, input_id), already=True, otherwise=text)


def _told(key: str, value: object) -> str:
    """Return an option as its user gives it."""
    name = {"start_time_us": "start-time", "clock_offset_s": "clock-offset"}.get(key, key.replace("_", "-"))
    if not value:
        return f"no --{name}"
    if isinstance(value, dict):
        return f"--{name} " + ",".join(f"{ours}={theirs}" for ours, theirs in sorted(value.items()))
    if key == "start_time_us" and isinstance(value, int):
        return f"--{name} {datetime.fromtimestamp(value / 1e6, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return f"--{name} {value}"


def _report(store: Store, input_id: int) -> InputReport:
    with store.reader() as reader:
        return reports(reader, input_id)[0]


def reading_of(
    kind: str,
    source: Source,
    options: IngestOptions,
    day: datetime,
    taken: Taken,
    input_id: int,
    nmea: type[NmeaReading] = NmeaReading,
) -> Reading:
    """Return a format's way through an input.

    Args:
        kind: The format.
        source: The input.
        options: How to read it.
        day: When its ingest was begun.
        taken: Its last block that was taken in, after which to go on.
        input_id: Its number in the case.
        nmea: What reads sentences.
    """
    offset_us = round(options.clock_offset_s * 1e6)  # believable is what a time is once corrected
    believable = Believable.on(day)
    believable = Believable(believable.first - offset_us, believable.end - offset_us)
    state = taken.state or None
    start = None if options.start_time is None else to_us(options.start_time)
    if kind == "nmea":
        return nmea(source, believable, start, input_id, state)
    if kind == "json":
        return JsonReading(source, believable, start, input_id, state)
    times = TimeText(options.time_format, options.time_zone, believable)
    reading = CsvReading if kind == "csv" else ParquetReading
    return reading(source, options.columns, times, input_id, *((state,) if state else ()))
