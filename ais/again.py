"""All rows of a case once more, in a temporary case: decoded anew from the kept sentences, NMEA by `ais.reference`.

Inputs have the numbers, names and hashes that they have in the case, so rows, copies and ties come out the same. Of an
input that cannot be decoded again (raw lines not kept or damaged, Parquet, not taken in to its end) the rows are taken
as they stand in the case: what follows from them, which rows are copies, what was heard where, marks and events, can
still be compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ais.chunks import Told, chunk_of, chunks
from ais.clock import from_us
from ais.differences import KEPT, LINES_AT_ONCE
from ais.duplicates import SAID
from ais.forget import forget_rows
from ais.formats import format_of
from ais.ingest import BATCH_LINES, IngestOptions, reading_of
from ais.intake import Intake
from ais.reader import arrow
from ais.rebuilt import rebuilt_input
from ais.reference import ReferenceReading
from ais.schema import COPIES, TABLES
from ais.source import InputError, Source
from ais.staging import Taken

if TYPE_CHECKING:
    from ais.reader import Reader
    from ais.store import Store

Row = Mapping[str, Any]  # of `inputs`


def options_of(row: Row) -> IngestOptions:
    """Return the options that an input was read with.

    Raises:
        ValueError: They are not what darkwake writes.
    """
    try:
        said = json.loads(row["options"])
        start = said["start_time_us"]
        return IngestOptions(
            format=said["format"],
            columns={str(ours): str(theirs) for ours, theirs in said["columns"].items()},
            time_format=None if said["time_format"] is None else str(said["time_format"]),
            time_zone=str(said["time_zone"]),
            start_time=None if start is None else from_us(int(start)),
            clock_offset_s=float(said["clock_offset_s"]),
            raw=bool(said["raw"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ValueError(f"the options {row['options']!r} are not understood ({error})") from None


def decode(store: Store, kept: Reader, row: Row, size: int, progress: Callable[[int, int | None], None]) -> None:
    """Decode the kept sentences of an input into the temporary case.

    Args:
        store: The temporary case.
        kept: Reads the case; used from another thread meanwhile.
        row: The input's row in the case.
        size: Bytes of its sentences.
        progress: Called with bytes done and bytes in all.

    Raises:
        InputError: They cannot be read; nothing of them is in the temporary case.
    """
    options = options_of(row)
    with Source(rebuilt_input(kept, row["id"], row["name"], size), progress) as source:
        kind = options.format
        if kind == "auto":
            kind = format_of(source.head, source.name, options.columns)
        intake = Intake(_told(row, kind, options.clock_offset_s))
        reading = reading_of(kind, source, options, row["begun_on"], Taken(), row["id"], nmea=ReferenceReading)
        try:
            with store.con.cursor() as con:
                made = chunks(con, intake.told, intake.stations, reading, since=Taken(), batch_lines=BATCH_LINES)
                intake.fill(store, made)
        except InputError:
            with store.transaction() as con:
                forget_rows(con, row["id"])
            raise


def take_as_kept(store: Store, row: Row) -> None:
    """Take the rows of an input into the temporary case as they stand in the case, which is attached as `KEPT`."""
    intake = Intake(_told(row, row["format"], 0.0))  # their times are corrected already
    number = row["id"]
    both = {name: (f"{KEPT}.{name}", f"{KEPT}.{COPIES[name].name}") for name in SAID}
    union = " UNION ".join(
        f"SELECT line // {LINES_AT_ONCE} AS part FROM {table} WHERE input_id = {number}"
        for pair in both.values()
        for table in pair
    )
    parts = [part for (part,) in store.con.execute(f"SELECT part FROM ({union}) ORDER BY part").fetchall()]
    for part in parts or [0]:
        taken = Taken(lines=row["lines"], other=row["other"])
        where = f"input_id = {number} AND line // {LINES_AT_ONCE} = {part}"
        for name, tables in both.items():
            columns = ", ".join(TABLES[name].names)
            rows = " UNION ALL ".join(f"SELECT {columns} FROM {table} WHERE {where}" for table in tables)
            taken.tables[name] = [arrow(store.con, f"{rows} ORDER BY line", many=True)]
        with store.transaction() as con:
            intake.begin(con)
            intake.add(con, chunk_of(con, intake.told, intake.stations, taken, mmsi_like=row["mmsi_like"]))
            intake.end(con)
            if part == (parts or [0])[-1]:
                intake.complete(con, None)


def _told(row: Row, kind: str, clock_offset_s: float) -> Told:
    said = (row["id"], row["name"], row["sha256"], row["bytes"])
    return Told(*said, kind, row["options"], clock_offset_s, row["begun_on"] or from_us(0))
