"""Times as tables write them, in a format and zone that the user names, to UTC microseconds.

Without a format: ISO 8601 (with its own zone or the user's), or Unix time in seconds or milliseconds. A local time
that the clocks skipped or went through twice is rejected as such, since neither reading of it is evidence.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ais.clock import Believable, to_us
from ais.framing import epoch_us

_MEMORY = 200_000  # times remembered; a day has 86,400 seconds
_UNIX = re.compile(r"\d{10}(\.\d+)?|\d{13}")
_ISO = re.compile(r"\d{4}-?\d\d-?\d\d[T ]?")
_DAY_FIRST = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(\D+\d{1,2}:\d\d(:\d\d)?)?")


class TimeText:
    """Reads the times of one input.

    Attributes:
        written: Whether any text so far was a time at all, believable or not.
    """

    def __init__(self, time_format: str | None, time_zone: str, believable: Believable) -> None:
        self.written = False
        self._format = time_format
        self._zone = None if time_zone == "UTC" else ZoneInfo(time_zone)
        self._believable = believable
        self._memory: dict[str | datetime, int | str] = {}

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
        if isinstance(t, str) or t in self._believable:
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
