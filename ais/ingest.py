"""Taking an input into a case: one transaction, all of it or nothing.

The same bytes (sha256) a second time change nothing. Rows are staged in columnar batches of about 20 k lines, then
settled in set-wise steps: duplicates (`ais.duplicates`), the ships whose marks must be remade (`touched`), and the
span of time that detection must look at again (table `changes`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb

from ais.clock import Believable, to_us
from ais.counts import InputReport as InputReport
from ais.counts import reports
from ais.counts import status as status
from ais.duplicates import SAID, sameness, settle, stage, unstage
from ais.formats import FORMATS, format_of
from ais.nmea import NmeaReading
from ais.source import InputError as InputError
from ais.source import Source, sha256_of
from ais.staging import Reading, insert
from ais.store import Store
from ais.tables import CsvReading, ParquetReading
from ais.timetext import TimeText

_TIMED = tuple(name for name in SAID if name != "identities")  # those of tables are of the hour; others are heard too


@dataclass(frozen=True)
class IngestOptions:
    """What a user says of an input.

    Attributes:
        format: auto, nmea, csv or parquet.
        columns: For tables, our column names to the input's: mmsi, t, lon, lat and more (`ais.tables.FIELDS`).
        time_format: For tables, how times are written, in `strptime`'s letters; None: ISO 8601 or Unix time.
        time_zone: For tables, the zone of times that name none, by its IANA name.
        start_time: For NMEA without receive times, when it begins (`ais.clock`); without a zone it is UTC.
    """

    format: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    time_format: str | None = None
    time_zone: str = "UTC"
    start_time: datetime | None = None

    def __post_init__(self) -> None:
        if self.format not in ("auto", *FORMATS):
            raise InputError(f"there is no format {self.format!r}; give auto, {', '.join(FORMATS)}")
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
        said = {"columns": dict(self.columns), "time_format": self.time_format, "time_zone": self.time_zone}
        return json.dumps({"format": self.format, **said, "start_time_us": start}, sort_keys=True)


def ingest(
    store: Store,
    path: str | Path,
    options: IngestOptions,
    *,
    now: datetime,
    progress: Callable[[int, int | None], None] | None = None,
) -> InputReport:
    """Take one input into a case.

    Args:
        store: The case, open for writing.
        path: A file, or ``-`` for standard input; gzip is seen by its content.
        options: What its user says of it.
        now: The time of the ingest: times after the day that follows it are rejects.
        progress: Called with bytes read and bytes in all (None where unknown).

    Raises:
        InputError: The input cannot be read at all; the case is as it was.
        CaseError: The case cannot take it, for example because the disk is full; the case is as it was.
    """
    with Source(path, progress) as source:
        known = _known_file(store, source)
        if known is not None:
            return _again(store, known, options)
        try:
            with store.transaction() as con:
                input_id = _take(con, source, options, Believable.on(now))
        except _Already as already:
            return _again(store, already.input_id, options)
    return _report(store, input_id)


class _Already(Exception):
    def __init__(self, input_id: int) -> None:
        self.input_id = input_id


def _again(store: Store, input_id: int, options: IngestOptions) -> InputReport:
    """Return the report of an input that the case has, and what of the options asked for now it was read without."""
    kind, kept = store.con.execute("SELECT format, options FROM inputs WHERE id = ?", [input_id]).fetchall()[0]
    then, now = json.loads(kept), json.loads(options.as_json())
    plain = json.loads(IngestOptions().as_json())
    keys = ("start_time_us",) if kind == "nmea" else ("columns", "time_format", "time_zone")
    differ = [key for key in keys if now[key] != plain[key] and now[key] != then.get(key)]
    text = ", ".join(f"{_told(key, then.get(key))}, not {_told(key, now[key])}" for key in differ)
    return replace(_report(store, input_id), already=True, otherwise=text)


def _told(key: str, value: object) -> str:
    """Return an option as its user gives it."""
    if not value:
        return f"no --{key.removesuffix('_us').replace('_', '-')}"
    if isinstance(value, dict):
        return "--columns " + ",".join(f"{ours}={theirs}" for ours, theirs in sorted(value.items()))
    if isinstance(value, int):
        return f"--start-time {datetime.fromtimestamp(value / 1e6, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return f"--{key.replace('_', '-')} {value}"


def _known_file(store: Store, source: Source) -> int | None:
    """Return the number of a file that the case has, found without taking it in, if its size is a known one."""
    if source.path is None or not source.path.is_file():
        return None
    size = source.path.stat().st_size
    hashes = dict(store.con.execute("SELECT sha256, id FROM inputs WHERE bytes = ?", [size]).fetchall())
    return hashes.get(sha256_of(source.path)) if hashes else None


def _report(store: Store, input_id: int) -> InputReport:
    with store.reader() as reader:
        return reports(reader, input_id)[0]


def _reading(source: Source, options: IngestOptions, believable: Believable, input_id: int) -> tuple[str, Reading]:
    """Return the format and its way through the input."""
    kind = options.format
    if kind == "auto":
        kind = format_of(source.head, source.name, options.columns)
    if kind == "nmea":
        start = None if options.start_time is None else to_us(options.start_time)
        return kind, NmeaReading(source, believable, start, input_id)
    times = TimeText(options.time_format, options.time_zone, believable)
    reading = CsvReading if kind == "csv" else ParquetReading
    return kind, reading(source, options.columns, times, input_id)


def _take(con: duckdb.DuckDBPyConnection, source: Source, options: IngestOptions, believable: Believable) -> int:
    """Read an input into the case, inside a transaction; return its number."""
    (input_id,) = con.execute("SELECT coalesce(max(id), 0) + 1 FROM inputs").fetchall()[0]
    kind, reading = _reading(source, options, believable, input_id)
    hashes = {name: sameness(name) for name in SAID}
    stage(con)
    for taken in reading.blocks():
        insert(con, taken, input_id, hashes)
    source.drain()
    same = con.execute("SELECT id FROM inputs WHERE sha256 = ?", [source.tap.sha256]).fetchall()
    if same:
        raise _Already(same[0][0])
    told = (input_id, source.name, source.tap.sha256, source.tap.count)
    times = " UNION ALL ".join(f"SELECT min(t) AS lo, max(t) AS hi FROM staged_{name}" for name in _TIMED)
    con.execute(
        "INSERT INTO inputs (id, name, sha256, bytes, format, lines, other, mmsi_like, first_t, last_t, options, "
        "clock_offset_s, clocks, complete) "
        f"SELECT ?, ?, ?, ?, ?, ?, ?, ?, min(lo), max(hi), ?, 0, '{{}}', true FROM ({times})",
        [*told, kind, reading.lines, reading.other, reading.mmsi_like, options.as_json()],
    )
    _settle(con)
    return int(input_id)


def _settle(con: duckdb.DuckDBPyConnection) -> None:
    """Settle the staged rows into the case, and note the ships and the span of time that changed."""
    for name in SAID:
        settle(con, name)
    con.execute(
        """
        INSERT INTO touched
        (SELECT mmsi FROM staged_positions UNION SELECT mmsi FROM judged_positions WHERE held = 'kept' AND NOT keep)
        EXCEPT FROM touched
        """
    )
    changed = " UNION ALL ".join(
        f"""
        SELECT t FROM staged_{name} WHERE h NOT IN (SELECT h FROM judged_{name})
        UNION ALL SELECT t FROM judged_{name} WHERE (held = 'staged' AND keep) OR (held = 'kept' AND NOT keep)
        """
        for name in SAID
    )
    con.execute(
        f"""
        INSERT INTO changes
        SELECT (SELECT coalesce(max(id), 0) + 1 FROM changes), min(t), max(t) FROM (
            {changed}
        ) HAVING count(*) > 0
        """
    )
    unstage(con)
