"""Messages of several sentences: parts are put together, and what lost its partner is handed back.

Parts belong together when they agree in sequence id, channel and total, and in sentence group and station where both
name one; they lie at most `MAX_LINES` lines and `MAX_APART_US` apart. The latest message that lacks the part gets it,
so that a part is not joined to a stranger's older one. Part two may come before part one. At most `MAX_WAITING`
messages wait; the oldest gives way. Peers join strangers or wait for ever here (pyais issues 75, 85, 112).
"""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_WAITING = 512
MAX_LINES = 2_000
MAX_APART_US = 30_000_000


Key = tuple[bytes, bytes, int]


@dataclass(slots=True)
class Part:
    """One sentence of a message of several.

    Attributes:
        line: Its line in the input.
        number: Its place in the message, from 1.
        payload: The armoured payload.
        fill: Fill bits at the payload's end.
        t: UTC microseconds, or None.
        station: Receiver, or None.
        group: Sentence group of the tag block, or None.
        own: Said by the receiver's own ship (VDO).
        raw: The line's first 200 bytes, for the reject that it may become.
    """

    line: int
    number: int
    payload: bytes
    fill: int
    t: int | None
    station: str | None
    group: bytes | None
    own: bool
    raw: bytes


@dataclass(slots=True)
class Message:
    """Parts that belong together.

    Attributes:
        key: Sequence id, channel and how many parts make it whole.
        parts: Those that have come, by number.
        t: Least time that a part has, UTC microseconds, or None.
        station: Receiver that a part names, or None.
    """

    key: Key
    parts: dict[int, Part] = field(default_factory=dict)
    last_line: int = 0
    group: bytes | None = None
    station: str | None = None
    t: int | None = None

    def takes(self, part: Part) -> bool:
        """Say whether a part can belong here."""
        return (
            part.number not in self.parts
            and part.line - self.last_line <= MAX_LINES
            and (part.group is None or self.group is None or part.group == self.group)
            and (part.station is None or self.station is None or part.station == self.station)
            and (part.t is None or self.t is None or abs(part.t - self.t) <= MAX_APART_US)
        )

    def add(self, part: Part) -> None:
        """Take a part in; the message's time is the least that a part has."""
        self.parts[part.number] = part
        self.last_line = part.line
        self.group = self.group or part.group
        self.station = self.station or part.station
        if part.t is not None:
            self.t = part.t if self.t is None else min(self.t, part.t)

    @property
    def payload(self) -> bytes:
        """The whole armoured payload."""
        return b"".join(self.parts[number].payload for number in range(1, self.key[2] + 1))

    @property
    def lines(self) -> list[int]:
        """The lines of its parts, ascending."""
        return sorted(part.line for part in self.parts.values())


class Assembler:
    """Messages that wait for parts, bounded in time and number.

    Attributes:
        orphans: Parts whose partner did not come; whoever counts them empties the list.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, Message] = {}  # in order of their first part's line, which is the key
        self._by_key: dict[Key, list[int]] = {}
        self.orphans: list[Part] = []

    def add(self, part: Part, sequence: bytes, channel: bytes, total: int) -> Message | None:
        """Take a part in; return its message when it is whole."""
        key = (sequence, channel, total)
        numbers = self._by_key.setdefault(key, [])
        found = next((number for number in reversed(numbers) if self._waiting[number].takes(part)), None)
        if found is None:
            found = part.line
            self._waiting[found] = Message(key)
            numbers.append(found)
        message = self._waiting[found]
        message.add(part)
        if len(message.parts) == total:
            self._forget(found)
            return message
        if len(self._waiting) > MAX_WAITING:
            self.orphans += self._forget(next(iter(self._waiting))).parts.values()
        return None

    def finish(self) -> None:
        """Give up all that waits: every part that found no partner is then in `orphans`."""
        while self._waiting:
            self.orphans += self._forget(next(iter(self._waiting))).parts.values()

    def _forget(self, number: int) -> Message:
        message = self._waiting.pop(number)
        self._by_key[message.key].remove(number)
        if not self._by_key[message.key]:
            del self._by_key[message.key]
        return message
