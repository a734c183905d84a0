"""What a reading of NMEA carries from one line to the next, and as JSON from one process to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ais.assembly import Assembler
from ais.clock import CLOCKS, SecondClock
from ais.framing import Sentence, Tag, Wrapper

GROUP_LINES = 500
"""A later sentence of a tag-block group inherits from one at most so many lines above."""


class Known(NamedTuple):
    """What the latest sentence of a tag-block group knew.

    Attributes:
        line: Its line.
        t: UTC microseconds, or None.
        station: Receiver, or None.
    """

    line: int
    t: int | None
    station: str | None


@dataclass
class Carry:
    """Counters, and what the lines so far mean for those to come.

    Attributes:
        end: Plain bytes read.
        lines: Lines read.
        other: Lines understood and not kept.
        sentences: AIS sentences with right checksums.
        untimed: Messages that had no time.
        clocks: Messages by what gave their time.
        unbelieved: Messages whose time was not believed.
        second_clock: The clock of an input without receive times, if its user gave a start.
        wrapper: A $PGHP line that waits for its sentence.
        groups: Tag-block groups by name.
        assembler: Parts that wait for others.
    """

    end: int = 0
    lines: int = 0
    other: int = 0
    sentences: int = 0
    untimed: int = 0
    unbelieved: int = 0
    clocks: dict[str, int] = field(default_factory=dict)
    second_clock: SecondClock | None = None
    wrapper: Wrapper | None = None
    groups: dict[bytes, Known] = field(default_factory=dict)
    assembler: Assembler = field(default_factory=Assembler)

    def timed(self, clock: int, messages: int = 1) -> None:
        """Count messages that got a believable time from a clock."""
        self.clocks[CLOCKS[clock]] = self.clocks.get(CLOCKS[clock], 0) + messages

    def inherit(self, line: int, tag: Tag) -> Tag:
        """Let a later sentence of a group take what it does not say from the one before; remember what it knows."""
        group = tag.group
        if group is None:
            return tag
        known = self.groups.pop(group, None)
        if tag.later and known is not None and line - known.line <= GROUP_LINES:
            tag = tag._replace(t=known.t if tag.t is None else tag.t, station=tag.station or known.station)
        self.groups[group] = Known(line, tag.t, tag.station)
        return tag

    def unwrap(self, sentence: Sentence) -> int | None:
        """Return the time that a $PGHP line gives a sentence; the line is used up."""
        wrapper, self.wrapper = self.wrapper, None
        return wrapper.t if wrapper is not None and wrapper.given in (None, sentence.given) else None

    def forget_groups(self) -> None:
        """Drop the groups from which no later line inherits."""
        self.groups = {name: known for name, known in self.groups.items() if self.lines - known.line < GROUP_LINES}

    def state(self) -> dict[str, Any]:
        """Return all of it, for JSON."""
        return {
            **{name: getattr(self, name) for name in ("end", "lines", "other", "sentences", "untimed", "unbelieved")},
            "clocks": dict(self.clocks),
            "now": None if self.second_clock is None else self.second_clock.now,
            "wrapper": self.wrapper,
            "groups": [[name.decode("latin-1"), *known] for name, known in self.groups.items()],
            **self.assembler.state(),
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Carry:
        """Return what another carried."""
        return cls(
            **{name: state[name] for name in ("end", "lines", "other", "sentences", "untimed", "unbelieved")},
            clocks=dict(state["clocks"]),
            second_clock=None if state["now"] is None else SecondClock(state["now"]),
            wrapper=None if state["wrapper"] is None else Wrapper(*state["wrapper"]),
            groups={name.encode("latin-1"): Known(*known) for name, *known in state["groups"]},
            assembler=Assembler.of(state),
        )
