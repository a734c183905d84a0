"""Tables of decoded positions to rows: CSV and Parquet, NOAA MarineCadastre by its header, any other by its columns.

Each row is a position of message type 0. A row without a fix (empty or impossible) says that the ship was heard. A
static report is stored once for an hour of its ship, as of the hour's start, whichever row said it. The sentinels of
AIS survive in most exports, so they end here too. A value that is no number is NULL where it can be missing; where it
cannot (ship, time) it rejects the row. Files may begin with a byte-order mark, end lines with CR LF, quote fields, and
separate them by comma, semicolon, tab or bar. A field with a line end in it is not supported: such a row is a reject.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ais.formats import NOAA, delimiter_of, header_of, shown
from ais.source import MAX_LINE, InputError, Source
from ais.staging import RAW_BYTES, Taken
from ais.tablerows import NEEDED, TableRows
from ais.timetext import TimeText

_MOTION = ("sog_kn", "cog_deg", "heading_deg", "nav_status", "ais_class", "station")
_STATIC = ("name", "imo", "callsign", "ship_type", "draught_m", "destination")
FIELDS = (*NEEDED, *_MOTION, *_STATIC)
_NOAA_COLUMNS = {
    "mmsi": "MMSI",
    "t": "BaseDateTime",
    "lon": "LON",
    "lat": "LAT",
    "sog_kn": "SOG",
    "cog_deg": "COG",
    "heading_deg": "Heading",
    "nav_status": "Status",
    "ais_class": "TransceiverClass",
    "name": "VesselName",
    "imo": "IMO",
    "callsign": "CallSign",
    "ship_type": "VesselType",
    "draught_m": "Draft",
}
_BATCH_ROWS = 20_000


def places(header: Sequence[str], columns: Mapping[str, str], name: str) -> dict[str, int]:
    """Return where each of our fields lies in a header.

    Raises:
        InputError: A needed column is not named or not there, or a field is not ours.
    """
    if not columns and set(header) >= NOAA:
        columns = {ours: theirs for ours, theirs in _NOAA_COLUMNS.items() if theirs in header}
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

    def __init__(self, source: Source, columns: Mapping[str, str], times: TimeText, input_id: int) -> None:
        self.lines = 0
        self.other = 0
        self._source = source
        self._columns = columns
        self._times = times
        self._rows = TableRows(times, input_id)

    @property
    def mmsi_like(self) -> bool:
        """Whether most of the ship numbers so far look like MMSIs."""
        return self._rows.mmsi_like

    def _check(self) -> None:
        """Raise InputError when rows were read and none had a time that could be read."""
        if self._rows.example is not None and not self._times.written:
            raise InputError(f"{self._source.name} cannot be read: {self._times.advice(self._rows.example)}")


class CsvReading(_TableReading):
    """A CSV file, block by block."""

    def blocks(self) -> Iterator[Taken]:
        """Yield what each block gave; raise InputError for the wrong columns or times."""
        header = header_of(self._source.head)
        mark = delimiter_of(header)
        at = places(
            [field.strip() for field in next(csv.reader([header], delimiter=mark))], self._columns, self._source.name
        )
        width = max(at.values()) + 1
        for block in self._source.blocks():
            lines = block.data.split(b"\n")
            if not lines[-1]:
                lines.pop()
            for line in lines:
                self.lines += 1
                if self.lines == 1 or not line.strip():
                    self.other += 1
                    continue
                fields = _split(line, mark)
                if isinstance(fields, str) or len(fields) < width:
                    self._rows.reject(self.lines, fields if isinstance(fields, str) else "columns", line)
                else:
                    self._rows.add(self.lines, {ours: fields[i] for ours, i in at.items()}, line)
            self._check()
            yield self._rows.take()


def _split(line: bytes, mark: str) -> list[str] | str:
    """Return the fields of a line, or why it is rejected."""
    if len(line) >= MAX_LINE:
        return "too long"
    try:
        text = line.decode("utf-8").rstrip("\r")
    except UnicodeDecodeError:
        return "not UTF-8"
    if '"' not in text:
        return text.split(mark)
    try:
        return next(csv.reader([text], delimiter=mark, strict=True))
    except csv.Error:
        return "quotes"


class ParquetReading(_TableReading):
    """A Parquet file, batch by batch."""

    def blocks(self) -> Iterator[Taken]:
        """Yield what each batch gave; raise InputError for a damaged file, the wrong columns or times."""
        if self._source.path is None:
            raise InputError("Parquet cannot be read from standard input; give the file")
        try:
            with pq.ParquetFile(self._source.path) as file:
                header = file.schema_arrow.names
                at = places(header, self._columns, self._source.name)
                wanted = {ours: header[i] for ours, i in at.items()}
                for batch in file.iter_batches(_BATCH_ROWS, columns=sorted(set(wanted.values()))):
                    self._batch(batch, wanted)
                    self._check()
                    yield self._rows.take()
        except InputError:
            raise
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            raise InputError(f"{self._source.name} is no Parquet file that can be read ({_first(error)})") from None

    def _batch(self, batch: pa.RecordBatch, wanted: Mapping[str, str]) -> None:
        columns: list[list[Any]] = [batch.column(theirs).to_pylist() for theirs in wanted.values()]
        for values in zip(*columns, strict=True):
            self.lines += 1
            row = dict(zip(wanted, values, strict=True))
            self._rows.add(self.lines, row, repr(row).encode()[:RAW_BYTES])


def _first(error: Exception) -> str:
    return (str(error).splitlines() or ["unknown"])[0][:200]
