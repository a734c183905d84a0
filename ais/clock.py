"""The time of a sentence: which times are believed, and how one is told where the input gives none.

An input without any receive time can still be read when its user gives `start_time`: most messages carry the UTC
second at which they were made. Rule: a message's time is the one nearest to the clock, within 30 s either way (of two
the later), that has its second; the clock, which starts at `start_time`, moves forward to it and never back. A message
without a second (static, binary, second 60 to 63) takes the clock as it stands. So a hole of more than 30 s in the
input is lost, and every time after it is early by whole minutes: such times order messages, they do not date them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND_US = 1_000_000
CLOCKS = ("tag block", "suffix", "$PGHP", "UTC second", "start time")
"""What can give a message its time, in the order of trust: the UTC second is one told from `start_time` by the
message's own second, the start time one of a message that has none. Columns hold the place in this list."""

TAG_BLOCK, SUFFIX, PGHP, UTC_SECOND, START_TIME = range(5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(at: datetime) -> int:
    """Return UTC microseconds since 1970; a time without a zone is UTC."""
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def from_us(t: int) -> datetime:
    """Return the UTC time of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=t)


@dataclass(frozen=True)
class Believable:
    """The span of believable times: from 1990, before AIS, to the end of the day after the ingest's own.

    Attributes:
        first: Least believable time, UTC microseconds.
        end: First time after the span.
    """

    first: int
    end: int

    @classmethod
    def on(cls, now: datetime) -> Believable:
        """Return the span for an ingest that runs at `now`."""
        day = to_us(now) // (86_400 * SECOND_US)
        return cls(to_us(datetime(1990, 1, 1, tzinfo=UTC)), (day + 2) * 86_400 * SECOND_US)

    def __contains__(self, t: int) -> bool:
        return self.first <= t < self.end


class SecondClock:
    """A clock that the messages' own UTC seconds drive, for inputs without receive times.

    Attributes:
        now: The time that it shows, UTC microseconds.
    """

    def __init__(self, start: int) -> None:
        self.now = start

    def tell(self, second: int | None) -> tuple[int, int]:
        """Return the time of a message with this UTC second and what gave it, and move on to it."""
        if second is None or second > 59:
            return self.now, START_TIME
        clock_s = self.now // SECOND_US
        ahead = (second - clock_s + 29) % 60 - 29
        t = self.now if ahead == 0 else (clock_s + ahead) * SECOND_US
        self.heard(t)
        return t, UTC_SECOND

    def heard(self, t: int) -> None:
        """Move on to the time of a message that has one."""
        self.now = max(self.now, t)
