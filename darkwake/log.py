"""The log of a watch: a sentence a line for people, or a JSON object a line for programs.

What a radio or a server said is in some sentences: either way a line holds plain characters only.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Literal, Self

from darkwake.say import plain

Level = Literal["info", "warning", "error"]
_AS_WANTED = re.compile(r"\b(listening|connected|reading( on from byte [\d,]+)?|read to its end)$")


class Said(str):
    """A sentence that knows what it is about; a bare one is about the watch.

    Attributes:
        event: What it tells of, in a word.
        level: How bad that is.
        source: The feed or rule that it is about; empty for none.
    """

    __slots__ = ("event", "level", "source")
    event: str
    level: Level
    source: str

    def __new__(cls, text: str, event: str, level: Level = "info", source: str = "") -> Self:
        """Make it of a text."""
        made = super().__new__(cls, text)
        made.event, made.level, made.source = event, level, source
        return made

    @classmethod
    def of_feed(cls, text: str, source: str) -> Self:
        """Make it of what a feed says: a warning, but for the states that are wanted."""
        return cls(text, "feed", "info" if _AS_WANTED.search(text) else "warning", source)


def as_text(text: str, now: datetime) -> str:
    """Return a line for people."""
    return f"{now:%Y-%m-%dT%H:%M:%SZ} {plain(text)}"


def as_json(text: str, now: datetime) -> str:
    """Return a line for programs: time, level, event, source, text."""
    said = text if isinstance(text, Said) else Said(text, "watch")
    line = {"time": f"{now:%Y-%m-%dT%H:%M:%SZ}", "level": said.level, "event": said.event}
    return json.dumps({**line, "source": plain(said.source), "text": plain(said)})
