"""How a watch is: what its feeds do, how far detection has come, what fails. Written by the watch, read by who asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Feed:
    """One source.

    Attributes:
        name: Its name.
        state: The last thing that was said of it.
        lines: Lines that it gave since the watch began.
        last_us: When the last came, UTC microseconds.
        dropped: Returns how many lines found no room.
    """

    name: str
    state: str = "begun"
    lines: int = 0
    last_us: int | None = None
    dropped: Callable[[], int] = int


@dataclass
class Health:
    """How a watch is.

    Attributes:
        started: When it began, UTC.
        feeds: Its sources by name.
        horizon: The newest time that detectors have seen, UTC.
        events: Events that stand, by kind.
        ledger: Number of the last revision.
        error: Why the case is not written; None while it is.
    """

    started: datetime
    feeds: dict[str, Feed] = field(default_factory=dict)
    horizon: datetime | None = None
    events: Mapping[str, int] = field(default_factory=dict)
    ledger: int = 0
    error: str | None = None
    _waiting_since: float | None = None
    _last_came: float = 0.0

    def feed(self, name: str) -> Feed:
        """Return a source by its name, begun where it is new."""
        return self.feeds.setdefault(name, Feed(name))

    def say(self, name: str, text: str) -> None:
        """Note what is said of a feed."""
        self.feed(name).state = text.removeprefix(f"{name}: ")

    def came(self) -> None:
        """Note that something waits to be looked through."""
        self._last_came = time.monotonic()
        if self._waiting_since is None:
            self._waiting_since = self._last_came

    def looked_through(self, until: float) -> None:
        """Note that what came up to a time, by the monotonic clock, waits no more."""
        self._waiting_since = until if self._last_came > until else None

    @property
    def behind_s(self) -> float:
        """For how long what came has waited to be looked through, seconds."""
        since = self._waiting_since
        return 0.0 if since is None else time.monotonic() - since
