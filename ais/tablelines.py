"""A block of CSV lines to columns of texts, with the line that each row came from, and what became of the other lines.

Arrow splits the lines whose fields can only be read one way: valid UTF-8, no line end but the last, quotes around whole
fields only, and as many fields as most lines have. All others are split one at a time (`split_line`). A field with a
line end in it is not supported: its lines are rejects.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from ais.source import MAX_LINE
from ais.tablecolumns import Bools, Ints, plain

_EXAMPLES = 9  # lines that tell how many fields most have
_NEW_LINE, _RETURN, _QUOTE = 10, 13, 34
_ODD_FIRST = np.zeros(256, np.bool_)
_ODD_FIRST[list(b" \t\n\r\v\f\xef")] = True  # a line that is perhaps blank, or begins with a byte-order mark


@dataclass
class Lines:
    """What a block of lines holds.

    Attributes:
        columns: Texts of each field, NULL where empty; one row for each line that was split, in order.
        numbers: The line of each row.
        count: Lines in all.
        blank: Lines with nothing in them.
        rejects: Lines that cannot be split, with the reason.
    """

    columns: dict[str, Any]
    numbers: Ints
    count: int
    blank: int = 0
    rejects: list[tuple[int, str]] = field(default_factory=list)


class Block:
    """The bytes of whole lines and where each begins and ends.

    Attributes:
        data: The bytes.
        first: The number of the first line.
    """

    def __init__(self, data: bytes, first: int) -> None:
        self.data = data
        self.first = first
        self.bytes = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(self.bytes == _NEW_LINE)
        if data and not data.endswith(b"\n"):
            ends = np.append(ends, len(data))
        self.ends: Ints = ends.astype(np.int64)
        self.starts: Ints = np.concatenate((np.zeros(min(len(ends), 1), np.int64), self.ends[:-1] + 1))

    def line(self, number: int) -> bytes:
        """Return a line by its number, without its end."""
        i = number - self.first
        return self.data[self.starts[i] : self.ends[i]]

    def holding(self, places: npt.NDArray[np.intp]) -> Ints:
        """Return which lines hold the bytes at these places."""
        return np.searchsorted(self.ends, places).astype(np.int64)


def split_line(line: bytes, mark: str) -> list[str] | str:
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


def split(block: Block, mark: str, at: Mapping[str, int], *, header: bool) -> Lines:
    """Split a block of lines.

    Args:
        block: The lines.
        mark: What separates fields.
        at: Our fields to their place in a line.
        header: Whether the first line is the header: it counts as blank.
    """
    odd = _odd(block, mark)
    odd[: int(header)] = True
    sure = np.flatnonzero(~odd)
    width = max(at.values()) + 1
    columns, skipped = _split_sure(block, sure, mark, at, width)
    if len(skipped):
        odd[sure[skipped]] = True
        sure = np.delete(sure, skipped)
    lines = Lines(columns, sure + block.first, len(odd))
    rows: list[list[str]] = []
    numbers: list[int] = []
    for number in (np.flatnonzero(odd) + block.first).tolist():
        line = block.line(number)
        if (header and number == block.first) or not line.strip():
            lines.blank += 1
            continue
        fields = split_line(line, mark)
        if isinstance(fields, str):
            lines.rejects.append((number, fields))
        elif len(fields) < width:
            lines.rejects.append((number, "columns"))
        else:
            rows.append(fields)
            numbers.append(number)
    if rows:
        _add(lines, rows, numbers, at)
    return lines


def _odd(block: Block, mark: str) -> Bools:
    """Return which lines could be read in more than one way, or not at all."""
    lengths = block.ends - block.starts
    odd: Bools = (lengths == 0) | (lengths >= MAX_LINE)
    if len(odd):
        odd |= _ODD_FIRST[block.bytes[np.minimum(block.starts, len(block.data) - 1)]]
    if b"\r" in block.data:
        returns = np.flatnonzero(block.bytes == _RETURN)
        after = np.append(block.bytes, np.uint8(0))[returns + 1]
        odd[block.holding(returns[after != _NEW_LINE])] = True
    if b'"' in block.data:
        odd[_oddly_quoted(block, ord(mark))] = True
    if not block.data.isascii() and not _is_utf8(block.data):
        for i in np.unique(block.holding(np.flatnonzero(block.bytes >= 128))).tolist():
            odd[i] |= not _is_utf8(block.data[block.starts[i] : block.ends[i]])
    return odd


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _oddly_quoted(block: Block, mark: int) -> Ints:
    """Return the lines with quotes that do not stand, two by two, around whole fields."""
    quotes = np.flatnonzero(block.bytes == _QUOTE)
    until = np.searchsorted(quotes, block.ends)
    counts = np.diff(until, prepend=0)
    lines = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(quotes)) - np.repeat(until - counts, counts)  # of its line, from 0
    line_end = np.array([_NEW_LINE], np.uint8)
    padded = np.concatenate((line_end, block.bytes, line_end))
    edge = (padded == mark) | (padded == _NEW_LINE) | (padded == _RETURN)
    opens = nth % 2 == 0
    good = np.where(opens, edge[quotes], edge[quotes + 2])
    last = nth + 1 == np.repeat(counts, counts)
    odd: Ints = lines[~good | (last & opens)]
    return odd


def _split_sure(block: Block, sure: Ints, mark: str, at: Mapping[str, int], width: int) -> tuple[dict[str, Any], Ints]:
    """Return the columns of the lines that can be read one way, and which of them have another number of fields."""
    if not len(sure):
        return {ours: pa.array([], pa.string()) for ours in at}, sure
    examples = sure[np.linspace(0, len(sure) - 1, min(len(sure), _EXAMPLES)).astype(np.int64)]
    fields = Counter(len(split_line(block.line(i + block.first), mark)) for i in examples.tolist())
    names = [str(i) for i in range(max(width, fields.most_common(1)[0][0]))]
    skipped: list[int] = []

    def skip(row: Any) -> Literal["skip"]:
        """Note a row that cannot be cut into fields, by its place in the block from 0."""
        skipped.append(row.number - 1)
        return "skip"

    data: Any = pa.BufferReader(_joined(block, sure))
    table = pa_csv.read_csv(
        data,
        pa_csv.ReadOptions(use_threads=False, column_names=names, block_size=len(block.data) + 1),
        pa_csv.ParseOptions(
            delimiter=mark,
            quote_char='"' if b'"' in block.data else False,
            ignore_empty_lines=False,
            invalid_row_handler=skip,
        ),
        pa_csv.ConvertOptions(
            check_utf8=False,
            include_columns=list(dict.fromkeys(names[i] for i in at.values())),
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    return {ours: plain(table[names[i]]) for ours, i in at.items()}, np.array(skipped, np.int64)


def _joined(block: Block, sure: Ints) -> bytes:
    """Return the bytes of some lines."""
    if len(sure) == len(block.ends):
        return block.data
    view = memoryview(block.data)
    breaks = np.flatnonzero(np.diff(sure) > 1)
    firsts, lasts = sure[np.append(0, breaks + 1)], sure[np.append(breaks, len(sure) - 1)]
    runs = zip(block.starts[firsts].tolist(), (block.ends[lasts] + 1).tolist(), strict=True)
    return b"".join(view[a:b] for a, b in runs)


def _add(lines: Lines, rows: Iterable[list[str]], numbers: list[int], at: Mapping[str, int]) -> None:
    """Put rows that were split one at a time among the others, in the order of their lines."""
    lines.numbers = np.append(lines.numbers, numbers)
    order = np.argsort(lines.numbers, kind="stable")
    lines.numbers = lines.numbers[order]
    for ours, i in at.items():
        more = pa.array([fields[i] or None for fields in rows], pa.string())
        lines.columns[ours] = pa.concat_arrays([lines.columns[ours], more]).take(pa.array(order))
