"""Tables of decoded positions to rows: CSV and Parquet, known layouts by their header, any other by its columns.

Each row is a position of message type 0. A row without a fix (empty or impossible) says that the ship was heard; a row
of a base station or an aid to navigation is one of `fixed`. A static report is stored once for an hour of its ship, as
of the hour's start, whichever row said it. A value that is no number is NULL where it can be missing; where it cannot
(ship, time) it rejects the row. Files may begin with a byte-order mark, end lines with CR LF, quote fields, and
separate them by comma, semicolon, tab or bar. A field with a line end in it is not supported: such a row is a reject.

What was said is remembered (`TableRows.said`) up to a bound and then forgotten at a block's end; a reading that goes
on reads from there again, so that it remembers the same.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ais.formats import delimiter_of, header_of, shown
from ais.layouts import FIELDS, NEEDED, layout_of
from ais.source import InputError, Source
from ais.staging import RAW_BYTES, Taken
from ais.tablecolumns import Ints, plain
from ais.tablelines import Block, split
from ais.tablerows import TableRows, exchanged
from ais.timetext import TimeText

_BATCH_ROWS = 65_536
_REMEMBERED_ROWS = 1_000_000  # rows, and static reports among them, after which what was said is forgotten: a second
_REMEMBERED_REPORTS = 200_000


def places(header: Sequence[str], columns: Mapping[str, str], name: str) -> dict[str, int]:
    """Return where each of our fields lies in a header.

    Raises:
        InputError: A needed column is not named or not there, or a field is not ours.
    """
    layout = None if columns else layout_of(header)
    if layout is not None:
        columns = {ours: theirs for ours, theirs in layout.columns.items() if theirs in header}
    unknown = [field for field in columns if field not in FIELDS]
    if unknown:
        raise InputError(f"--columns knows no field {unknown[0]!r}{_nearest(unknown[0], FIELDS)}; {_have(FIELDS)}")
    missing = [field for field in NEEDED if field not in columns]
    if missing:
        raise InputError(
            f"{name} needs to be told which column holds {', '.join(missing)}: "
            f"--columns {','.join(f'{field}=...' for field in missing)}; {_have(header)}"
        )
    for theirs in columns.values():
        if theirs not in header:
            raise InputError(f"{name} has no column {theirs!r}{_nearest(theirs, header)}; {_have(header)}")
    return {ours: header.index(theirs) for ours, theirs in columns.items()}


def _nearest(word: str, among: Sequence[str]) -> str:
    near = difflib.get_close_matches(word.lower(), [other.lower() for other in among], 1, 0.4)
    return f" (the nearest is {next(other for other in among if other.lower() == near[0])!r})" if near else ""


def _have(header: Sequence[str]) -> str:
    return f"there are {shown(header)}"


class _TableReading:
    """What CSV and Parquet share (`ais.staging.Reading`)."""

    def __init__(
        self,
        source: Source,
        columns: Mapping[str, str],
        times: TimeText,
        input_id: int,
        state: Mapping[str, object] | None = None,
    ) -> None:
        self.lines = 0
        self.other = 0
        self._source = source
        self._columns = columns
        self._times = times
        self._rows = TableRows(times, input_id)
        self._done: Any = (state or {}).get("end", 0)
        self._from: Any = (state or {}).get("from")
        if self._from is None:
            self._from = self._counts(0)
        self._restore()

    @property
    def mmsi_like(self) -> bool:
        """Whether at least half of the rows' ship numbers look like MMSIs."""
        return 2 * self._rows.like >= self._rows.numbers

    def _counts(self, end: int) -> dict[str, object]:
        """Return all that a reading needs to go on from a place, but for what was said."""
        rows = self._rows
        counts = {"end": end, "lines": self.lines, "other": self.other, "numbers": rows.numbers, "like": rows.like}
        return counts | {"example": rows.example, "written": self._times.written}

    def _restore(self) -> None:
        told, rows = self._from, self._rows
        self.lines, self.other, rows.numbers, rows.like = (told[k] for k in ("lines", "other", "numbers", "like"))
        rows.example, self._times.written = told["example"], told["written"]

    def _placed(self, header: Sequence[str]) -> dict[str, int]:
        """Return where our fields lie; a known layout says how it writes times."""
        at = places(header, self._columns, self._source.name)
        layout = None if self._columns else layout_of(header)
        self._times.assume(layout.time_format if layout else None)
        self._told = {ours: header[i] for ours, i in at.items()}
        return at

    def _took(self, columns: Mapping[str, Any], lines: Ints, raw: Callable[[int], bytes], end: int) -> Taken:
        """Return what a block of rows gave; raise InputError where the input as a whole is no good."""
        begins = self._rows.numbers == 0
        tables, rejects = self._rows.take(columns, lines, raw)
        name = self._source.name
        if self._rows.example is not None and not self._times.written:
            raise InputError(f"{name} cannot be read: {self._times.advice(self._rows.example)}")
        if begins and exchanged(columns):
            lon, lat = self._told["lon"], self._told["lat"]
            raise InputError(
                f"{name} seems to have longitude and latitude exchanged: most values of {lat!r} lie beyond 90 degrees; "
                f"give --columns with lon={lat},lat={lon}"
            )
        taken = Taken(tables=tables, rejects=rejects, end=end, lines=self.lines, other=self.other)
        taken.clocks = {"column": self._rows.numbers}
        if self.lines - self._from["lines"] >= _REMEMBERED_ROWS or len(self._rows.said) >= _REMEMBERED_REPORTS:
            self._rows.said.clear()
            self._from = self._counts(end)
        taken.state = {"from": self._from, "end": end}
        return taken


class CsvReading(_TableReading):
    """A CSV file, block by block."""

    def blocks(self) -> Iterator[Taken]:
        """Yield what each block gave; raise InputError for the wrong columns or times."""
        header = header_of(self._source.head)
        mark = delimiter_of(header)
        at = self._placed([field.strip() for field in next(csv.reader([header], delimiter=mark))])
        for block in self._source.blocks(self._from["end"]):
            before = self.lines
            rows = Block(block.data, before + 1)
            lines = split(rows, mark, at, header=before == 0)
            self.lines += lines.count
            self.other += lines.blank
            taken = self._took(lines.columns, lines.numbers, rows.line, block.end)
            taken.rejects += [(line, why, rows.line(line)[:RAW_BYTES]) for line, why in lines.rejects]
            taken.rejects.sort()
            taken.raw, taken.first_line = block.raw, before + (not block.inside)
            if block.end > self._done:
                yield taken


class ParquetReading(_TableReading):
    """A Parquet file, batch by batch."""

    def blocks(self) -> Iterator[Taken]:
        """Yield what each batch gave; raise InputError for a damaged file, the wrong columns or times."""
        if self._source.path is None:
            raise InputError(f"{self._source.name} is Parquet, which is read from a file of its own only; give that")
        try:
            with pq.ParquetFile(self._source.path) as file:
                self._placed(file.schema_arrow.names)
                for batch in self._batches(file):
                    taken = self._batch(batch)
                    if self.lines > self._done:
                        yield taken
        except InputError:
            raise
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            raise InputError(f"{self._source.name} is no Parquet file that can be read ({_first(error)})") from None

    def _batches(self, file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
        """Yield the batches from the place where the reading goes on."""
        begin, row = self._from["end"], 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if row + rows <= begin:
                row += rows
                continue
            for batch in file.iter_batches(_BATCH_ROWS, [group], sorted(set(self._told.values()))):
                row += batch.num_rows
                if row > begin:
                    yield batch

    def _batch(self, batch: pa.RecordBatch) -> Taken:
        columns = {ours: plain(batch.column(theirs)) for ours, theirs in self._told.items()}
        lines = np.arange(self.lines + 1, self.lines + 1 + batch.num_rows)
        self.lines += batch.num_rows

        def raw(line: int) -> bytes:
            return repr({ours: column[line - int(lines[0])].as_py() for ours, column in columns.items()}).encode()

        return self._took(columns, lines, raw, self.lines)


def _first(error: Exception) -> str:
    return (str(error).splitlines() or ["unknown"])[0][:200]
