"""Times as tables write them, in a format and zone that the user names, to UTC microseconds.

Without a format: ISO 8601 (with its own zone or the user's), or Unix time in seconds or milliseconds. A local time
that the clocks skipped or went through twice is rejected as such, since neither reading of it is evidence.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ais.clock import Believable, from_us, to_us
from ais.framing import epoch_us

_MEMORY = 200_000  # times remembered; a day has 86,400 seconds
_UNIX = re.compile(r"\d{10}(\.\d+)?|\d{13}")
_ISO = re.compile(r"\d{4}-?\d\d-?\d\d[T ]?")
_WIDE = {"Y": "YYYY", "m": "mm", "d": "dd", "H": "HH", "M": "MM", "S": "SS"}
_HOUR_US = 3_600_000_000
_DAY_FIRST = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(\D+\d{1,2}:\d\d(:\d\d)?)?")


class TimeText:
    """Reads the times of one input.

    Attributes:
        written: Whether any text so far was a time at all, believable or not.
        believable: The times that are believed.
        shape: How texts look that have every part in its full width (`shape_of`); None without a format.
    """

    def __init__(self, time_format: str | None, time_zone: str, believable: Believable) -> None:
        self.written = False
        self.believable = believable
        self.shape: str | None = None
        self._format: str | None = None
        self.assume(time_format)
        self._zone = None if time_zone == "UTC" else ZoneInfo(time_zone)
        self._memory: dict[str | datetime, int | str] = {}
        self._shifts: dict[int, int | None] = {}

    @property
    def utc(self) -> bool:
        """Whether times that name no zone are UTC."""
        return self._zone is None

    def assume(self, time_format: str | None) -> None:
        """Take a format if the user named none."""
        if self._format is None and time_format is not None:
            self._format, self.shape = time_format, shape_of(time_format)

    def shift(self, hour_us: int) -> int | None:
        """Return the microseconds from local to UTC of all of a local hour, None if its clocks were changed in it."""
        if hour_us not in self._shifts:
            self._shifts[hour_us] = self._shift(hour_us)
        return self._shifts[hour_us]

    def _shift(self, hour_us: int) -> int | None:
        try:
            first, last = (self._to_utc(from_us(hour_us + us).replace(tzinfo=None)) for us in (0, _HOUR_US - 1))
        except OverflowError:  # thousands of years from what can be believed
            return 0
        if isinstance(first, str) or isinstance(last, str) or last - first != _HOUR_US - 1:
            return None
        return first - hour_us

    def read(self, value: object) -> int | str:
        """Return UTC microseconds of a text, number or datetime, or why it is rejected."""
        if not isinstance(value, datetime):
            value = str(value)
        found = self._memory.get(value)
        if found is None:
            if len(self._memory) >= _MEMORY:
                self._memory.clear()
            found = self._memory[value] = self._read(value)
        return found

    def advice(self, example: str) -> str:
        """Say what to give so that a time like this can be read."""
        if self._format is not None:
            return f"times like {example!r} are not written as {self._format!r}; correct --time-format"
        look = _DAY_FIRST.fullmatch(example.strip())
        if look is None:
            return f"times like {example!r} are not ISO 8601; say how they are written with --time-format"
        _, mark, _, year, clock, seconds = look.groups()
        tail = "" if clock is None else " %H:%M:%S" if seconds else " %H:%M"
        form = f"%d{mark}%m{mark}{'%Y' if len(year) == 4 else '%y'}{tail}"
        return (
            f"times like {example!r} do not say whether day or month comes first; give "
            f'--time-format "{form}" if the day does, and --time-zone if they are not UTC'
        )

    def _read(self, value: object) -> int | str:
        at = self._parse(value)
        if at is None:
            return "time"
        self.written = True
        t = at if isinstance(at, int) else self._to_utc(at)
        if isinstance(t, str) or t in self.believable:
            return t
        return "clock"

    def _parse(self, value: object) -> datetime | int | None:
        """Return a datetime with or without zone, or microseconds, or None where the value is no time."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            if self._format is not None:
                return datetime.strptime(text, self._format)  # noqa: DTZ007 - the zone follows
            if _UNIX.fullmatch(text):
                return epoch_us(text.encode())
            return datetime.fromisoformat(text) if _ISO.match(text) else None
        except (ValueError, OverflowError):
            return None

    def _to_utc(self, at: datetime) -> int | str:
        if at.tzinfo is not None or self._zone is None:
            return to_us(at)
        early, late = at.replace(tzinfo=self._zone, fold=0), at.replace(tzinfo=self._zone, fold=1)
        if early.utcoffset() != late.utcoffset():
            skipped = early.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) - at
            return "local time twice" if skipped == timedelta(0) else "local time skipped"
        return to_us(early)


def shape_of(time_format: str) -> str:
    """Return how texts of a format look if all its parts have their full width; empty if it has others.

    For example ``dd/mm/YYYY HH:MM`` for ``%d/%m/%Y %H:%M``.
    """
    parts = re.split(r"%(.)", time_format)
    marks, letters = parts[::2], parts[1::2]
    known = set("Ymd") <= set(letters) <= set(_WIDE) and len(set(letters)) == len(letters)
    if not known or re.search(r"[^ -~]|[YmdHMSful?%]", "".join(marks)) or time_format != time_format.strip():
        return ""
    return "".join(mark + _WIDE.get(letter, "") for mark, letter in zip(marks, [*letters, ""], strict=True))
