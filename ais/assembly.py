"""Messages of several sentences: parts are put together, strangers never, and what lost its partner is handed back.

Two parts can belong together only if they agree in own or other ship, sequence id, channel and total, are at most
`MAX_LINES` lines and `MAX_APART_US` apart, and name no different receiver or sentence group. Then:

1. Part 1, 2, ... up to the last, with nothing of another message of several sentences between them, are a message if
   they name the same receiver and group (or all none); or if a later one names neither and stands in the next line.
2. Any other part goes to the latest message that waits for it and names the same receiver and group. A part that names
   fewer or more of the two goes to a waiting message only where no other could take it: else it may be a stranger's.

Parts come in any order. At most `MAX_WAITING` messages wait; the oldest gives way. Peers join strangers or wait for
ever here (pyais issues 75, 85, 112).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MAX_WAITING = 512
MAX_LINES = 2_000
MAX_APART_US = 30_000_000

Key = tuple[bool, int, int, int]
Names = tuple[str | None, bytes | None]


class Part(NamedTuple):
    """One sentence of a message of several.

    Attributes:
        line: Its line in the input.
        number: Its place in the message, from 1.
        total: How many sentences the message has.
        own: Said by the receiver's own ship (VDO).
        sequence: Sequence id as an ASCII code, 0 if empty.
        channel: Radio channel as an ASCII code, 0 if empty.
        payload: The armoured payload.
        fill: Fill bits at the payload's end.
        t: UTC microseconds, or None.
        clock: What gave its time (`ais.clock.CLOCKS`).
        station: Receiver, or None.
        group: Sentence group of the tag block, or None.
        raw: The line's first 200 bytes, for the reject that it may become.
    """

    line: int
    number: int
    total: int
    own: bool
    sequence: int
    channel: int
    payload: bytes
    fill: int
    t: int | None
    clock: int
    station: str | None
    group: bytes | None
    raw: bytes

    @property
    def key(self) -> Key:
        """What all parts of a message agree in."""
        return self.own, self.sequence, self.channel, self.total

    @property
    def names(self) -> Names:
        """The receiver and sentence group that it names."""
        return self.station, self.group

    def follows(self, last: Part) -> bool:
        """Say whether it continues a message whose last part this is (rule 1)."""
        named = self.names == last.names or (self.names == (None, None) and self.line == last.line + 1)
        near = self.t is None or last.t is None or abs(self.t - last.t) <= MAX_APART_US
        next_of_same = self.key == last.key and self.number == last.number + 1
        return next_of_same and named and near and self.line - last.line <= MAX_LINES


@dataclass(slots=True)
class Message:
    """Parts that belong together.

    Attributes:
        key: What they agree in.
        parts: Those that have come, by number.
        last_line: Line of the part that came last.
        names: Receiver and sentence group that a part names.
        at: Least time that a part has with what gave it, or None.
    """

    key: Key
    parts: dict[int, Part] = field(default_factory=dict)
    last_line: int = 0
    names: Names = (None, None)
    at: tuple[int, int] | None = None

    @classmethod
    def of(cls, parts: Sequence[Part]) -> Message:
        """Return a message of these parts."""
        message = cls(parts[0].key)
        for part in parts:
            message.add(part)
        return message

    def lacks(self, part: Part) -> bool:
        """Say whether it waits for such a part, whatever receiver and group that names."""
        return (
            part.number not in self.parts
            and part.line - self.last_line <= MAX_LINES
            and (part.t is None or self.at is None or abs(part.t - self.at[0]) <= MAX_APART_US)
        )

    def may_be_of(self, names: Names) -> bool:
        """Say whether no other receiver or sentence group is named."""
        return all(
            mine is None or theirs is None or mine == theirs for mine, theirs in zip(self.names, names, strict=True)
        )

    def add(self, part: Part) -> None:
        """Take a part in."""
        self.parts[part.number] = part
        self.last_line = part.line
        self.names = (self.names[0] or part.station, self.names[1] or part.group)
        if part.t is not None:
            at = part.t, part.clock
            self.at = at if self.at is None else min(self.at, at)

    @property
    def whole(self) -> bool:
        """Whether all its parts have come."""
        return len(self.parts) == self.key[3]

    @property
    def payload(self) -> bytes:
        """The whole armoured payload."""
        return b"".join(self.parts[number].payload for number in range(1, self.key[3] + 1))

    @property
    def fill(self) -> int:
        """Fill bits at the whole payload's end."""
        return self.parts[self.key[3]].fill

    @property
    def lines(self) -> list[int]:
        """The lines of its parts, ascending."""
        return sorted(part.line for part in self.parts.values())


class Assembler:
    """Messages that wait for parts, bounded in time and number.

    Attributes:
        run: Parts from the first on that may make a message by rule 1; it is open until the next part comes.
        orphans: Parts whose partner did not come; whoever counts them empties the list.
    """

    def __init__(self) -> None:
        self.run: list[Part] = []
        self.orphans: list[Part] = []
        self._waiting: dict[int, Message] = {}  # by its first part's line, in the order of coming
        self._by_key: dict[Key, list[int]] = {}

    def add(self, part: Part) -> list[Message]:
        """Take the next part in; return the messages that are now known to be whole."""
        if self.run and part.follows(self.run[-1]):
            self.run.append(part)
            if part.number < part.total:
                return []
            run, self.run = self.run, []
            return [Message.of(run)]
        done = self.settle()
        if part.number == 1:
            self.run = [part]
            return done
        return done + self.wait(part)

    def settle(self) -> list[Message]:
        """Give up the open run: its parts wait, or complete what waits."""
        run, self.run = self.run, []
        return [message for part in run for message in self.wait(part)]

    def wait(self, part: Part) -> list[Message]:
        """Let a part complete what waits for it, or wait (rule 2)."""
        while self._waiting and part.line - next(iter(self._waiting.values())).last_line > MAX_LINES:
            self._give_up(next(iter(self._waiting)))
        numbers = self._by_key.setdefault(part.key, [])
        found = self._place(part, numbers)
        if found is None:
            found = part.line
            self._waiting[found] = Message(part.key)
            numbers.append(found)
        message = self._waiting[found]
        message.add(part)
        if message.whole:
            self._forget(found)
            return [message]
        if len(self._waiting) > MAX_WAITING:
            self._give_up(next(iter(self._waiting)))
        return []

    def finish(self) -> list[Message]:
        """Give up all that waits; return the messages that the open run completes first."""
        done = self.settle()
        for number in list(self._waiting):
            self._give_up(number)
        return done

    def state(self) -> dict[str, Any]:
        """Return what is held, for JSON."""
        waiting = [list(message.parts.values()) for message in self._waiting.values()]
        return {
            "run": [_plain(part) for part in self.run],
            "waiting": [[_plain(p) for p in parts] for parts in waiting],
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Assembler:
        """Return an assembler that holds what another held."""
        self = cls()
        self.run = [_part(values) for values in state["run"]]
        for values in state["waiting"]:
            message = Message.of([_part(part) for part in values])
            number = next(iter(message.parts.values())).line
            self._waiting[number] = message
            self._by_key.setdefault(message.key, []).append(number)
        return self

    def _place(self, part: Part, numbers: Sequence[int]) -> int | None:
        """Return the waiting message that a part belongs to."""
        lacking = [number for number in numbers if self._waiting[number].lacks(part)]
        same = [number for number in lacking if self._waiting[number].names == part.names]
        if same:
            return same[-1]
        others = [number for number in lacking if self._waiting[number].may_be_of(part.names)]
        return others[0] if len(others) == 1 else None

    def _give_up(self, number: int) -> None:
        self.orphans += self._forget(number).parts.values()

    def _forget(self, number: int) -> Message:
        message = self._waiting.pop(number)
        self._by_key[message.key].remove(number)
        if not self._by_key[message.key]:
            del self._by_key[message.key]
        return message


def _plain(part: Part) -> list[Any]:
    """Return a part for JSON; bytes become text of the same codes."""
    return [value.decode("latin-1") if isinstance(value, bytes) else value for value in part]


def _part(values: Sequence[Any]) -> Part:
    """Return a part as it was before it went through JSON."""
    named = dict(zip(Part._fields, values, strict=True))
    for name in ("payload", "group", "raw"):
        if named[name] is not None:
            named[name] = named[name].encode("latin-1")
    return Part(**named)
