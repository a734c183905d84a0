"""Whole columns of times to UTC microseconds: what `ais.timetext` says of each, without asking for each.

Texts of one length are read together, digit by digit, where all have their digits and marks in the same places: ISO
8601, Unix time, and formats of the user's own in which every part has its full width. All others, and the hours in
which a zone's clocks are changed, are asked for one at a time, each different one once.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ais.framing import MILLISECONDS_FROM
from ais.tablecolumns import Bools, Floats, Ints, text_bytes
from ais.timetext import TimeText

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:([T ])\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|\+00:00)?)?")
_UNIX = re.compile(r"\d{10}(?:\.(\d{1,6}))?|\d{13}")
_DIGITS = {"Y": np.int16, "m": np.uint8, "d": np.uint8, "H": np.uint8, "M": np.uint8, "S": np.uint8}
_DIGITS |= {"f": np.int32, "u": np.int64, "l": np.int64}
_HOUR_US = 3_600_000_000
_SAMPLE = 64  # rows that tell whether many have the same time
_MOST_LENGTHS = 8  # different lengths of texts that are worth a way of their own
_REASONS = ("", "time", "clock", "local time twice", "local time skipped")
_US = {"s": 1_000_000, "ms": 1_000, "us": 1}
_FAR_US = 2**61  # far beyond what can be believed, and still good for sums

Codes: TypeAlias = npt.NDArray[np.int8]
Bytes: TypeAlias = npt.NDArray[np.uint8]


class Times(NamedTuple):
    """The times of a column.

    Attributes:
        t: UTC microseconds; 0 where there is none.
        why: Index in `reasons` of why there is none; 0 where there is one.
        reasons: Why a row can be rejected for its time.
    """

    t: Ints
    why: Codes
    reasons: tuple[str, ...] = _REASONS


def read_times(column: Any, times: TimeText) -> Times:
    """Read a column of texts, numbers, dates or timestamps."""
    if pa.types.is_string(column.type) and 2 * len(column[:_SAMPLE].dictionary_encode().dictionary) < _SAMPLE:
        coded = column.dictionary_encode("encode")  # rows in the order of time: many of each
        found, which = _read_times(coded.dictionary, times), coded.indices.to_numpy()
        return Times(found.t[which], found.why[which])
    return _read_times(column, times)


def _read_times(column: Any, times: TimeText) -> Times:
    kind = column.type
    if pa.types.is_timestamp(kind):
        t, sure, zoned = _stamps(column), column.is_valid().to_numpy(zero_copy_only=False), kind.tz is not None
        return _finished(column, times, t, sure, np.full(len(t), zoned))
    if pa.types.is_integer(kind) or pa.types.is_date(kind):
        column = column.cast(pa.string())
    if pa.types.is_string(column.type):
        return _finished(column, times, *_texts(column, times.shape))
    none = np.zeros(len(column), np.bool_)
    if pa.types.is_floating(kind) and times.shape is None:
        t, sure = _unix(column.cast(pa.float64()).to_numpy(zero_copy_only=False))
        return _finished(column, times, t, sure, sure)
    return _finished(column, times, np.zeros(len(column), np.int64), none, none)


def _unix(values: Floats) -> tuple[Ints, Bools]:
    """Return the microseconds of Unix seconds that have at most 6 decimals, and which do."""
    with np.errstate(invalid="ignore"):
        likely = (values >= 1e9) & (values < 1e10)
        seconds = np.floor(np.where(likely, values, 0))
        millionths = np.rint((np.where(likely, values, 0) - seconds) * 1e6)
        sure = likely & (seconds + millionths / 1e6 == values)
    return seconds.astype(np.int64) * 1_000_000 + millionths.astype(np.int64), sure


def _stamps(column: Any) -> Ints:
    """Return timestamps as microseconds of their own clock."""
    values: Ints = pc.fill_null(column.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    if column.type.unit == "ns":
        return values // 1_000
    per = _US[column.type.unit]
    near: Ints = np.clip(values, -_FAR_US // per, _FAR_US // per)
    return near * per


def _texts(column: Any, shape: str | None) -> tuple[Ints, Bools, Bools]:
    """Return microseconds, where they are sure, and where they are UTC whatever the zone."""
    at, lengths, data = text_bytes(column)
    t, sure, zoned = np.zeros(len(column), np.int64), np.zeros(len(column), np.bool_), np.zeros(len(column), np.bool_)
    for length in _lengths(lengths):
        rows = np.flatnonzero(lengths == length)
        whole = len(rows) == len(column)
        places = slice(None) if whole else rows
        block = data[: len(rows) * length].reshape(-1, length) if whole else data[at[rows][:, None] + np.arange(length)]
        examples = (pattern_of(block[i].tobytes(), shape) for i in {0, len(block) // 2, len(block) - 1})
        pattern, utc = next((told for told in examples if told[0]), ("", False))
        if pattern:
            t[places], sure[places] = _parsed(block, pattern)
            zoned[places] = utc
    return t, sure, zoned


def _lengths(lengths: Ints) -> list[int]:
    """Return the lengths of most texts, none longer than a time is."""
    often = np.bincount(lengths[(lengths > 0) & (lengths < 64)], minlength=1)
    return [int(n) for n in np.argsort(-often, kind="stable")[:_MOST_LENGTHS] if often[n]]


def pattern_of(example: bytes, shape: str | None) -> tuple[str, bool]:
    """Return the pattern that a text follows, empty if none, and whether it is UTC whatever the zone.

    In a pattern Y, m, d, H, M and S stand for digits of what they stand for in `strptime`, f for digits of a fraction
    of a second, u for those of Unix seconds, l for those of Unix milliseconds, and ? for the mark between date and
    time; everything else stands for itself.
    """
    said = example.decode("latin-1")
    if shape is not None:
        return (shape if len(shape) == len(said) else ""), False
    unix = _UNIX.fullmatch(said)
    if unix:
        return ("l" * 13 if len(said) == 13 else "u" * 10 + "." * bool(unix[1]) + "f" * len(unix[1] or "")), True
    iso = _ISO.fullmatch(said)
    if iso is None:
        return "", False
    mark, seconds, fraction, zone = iso.groups()
    clock = "?HH:MM" if mark else ""
    part = ":SS" + "." * bool(fraction) + "f" * len((fraction or ".")[1:]) if seconds else ""
    return "YYYY-mm-dd" + clock + part + (zone or ""), zone is not None


def _parsed(block: Bytes, pattern: str) -> tuple[Ints, Bools]:
    """Return the microseconds of texts that follow a pattern, and which do."""
    places = np.ascontiguousarray(block.T)
    good = np.ones(len(block), np.bool_)
    read: dict[str, Any] = {}
    for letter, place in zip(pattern, places, strict=True):
        if letter in _DIGITS:
            digit = place - np.uint8(48)
            good &= digit <= 9
            read[letter] = (
                read[letter] * _DIGITS[letter](10) + digit if letter in read else digit.astype(_DIGITS[letter])
            )
        elif letter == "?":
            good &= (place == ord("T")) | (place == ord(" "))
        else:
            good &= place == ord(letter)
    nought = np.zeros(len(block), np.int64)
    values = {letter: read[letter].astype(np.int64) if letter in read else nought for letter in _DIGITS}
    fraction = values["f"] * 10 ** (6 - pattern.count("f")) if "f" in pattern else values["f"]
    if "Y" not in pattern:
        if "l" in pattern:
            good &= values["l"] >= MILLISECONDS_FROM
        return (values["u"] * 1_000 + values["l"]) * 1_000 + fraction, good
    days, real = _days(values["Y"], values["m"], values["d"])
    good &= real & (values["H"] < 24) & (values["M"] < 60) & (values["S"] < 60)
    seconds = ((days * 24 + values["H"]) * 60 + values["M"]) * 60 + values["S"]
    return seconds * 1_000_000 + fraction, good


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Bools]:
    """Return days since 1970 and whether there is such a day."""
    months = (year - 1970) * 12 + month - 1
    first = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    after = (months + 1).astype("M8[M]").astype("M8[D]").astype(np.int64)
    real = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= after - first)
    return first + day - 1, real


def _finished(column: Any, times: TimeText, t: Ints, sure: Bools, zoned: Bools) -> Times:
    """Turn local times to UTC, ask for those that are not sure, and see which can be believed."""
    t, why = t.copy(), np.zeros(len(t), np.int8)
    if not times.utc and not zoned.all():
        local = np.flatnonzero(sure & ~zoned)
        hours, which = np.unique(t[local] // _HOUR_US, return_inverse=True)
        shifts = [times.shift(int(hour) * _HOUR_US) for hour in hours]
        t[local] += np.array([shift or 0 for shift in shifts], np.int64)[which]
        sure = sure.copy()
        sure[local] = np.array([shift is not None for shift in shifts], np.bool_)[which]
    times.written |= bool(sure.any())
    believed = (t >= times.believable.first) & (t < times.believable.end)
    why[~believed] = _REASONS.index("clock")
    hard = np.flatnonzero(~sure)
    if len(hard):
        said: dict[Any, tuple[int, int]] = {}
        for i, value in zip(hard.tolist(), column.take(pa.array(hard)).to_pylist(), strict=True):
            key = value if isinstance(value, str) else str(value)
            if key not in said:
                found = times.read(value)
                said[key] = (0, _REASONS.index(found)) if isinstance(found, str) else (found, 0)
            t[i], why[i] = said[key]
    t[why > 0] = 0
    return Times(t, why)
