"""The named disagreements between our rows and other decoders: what tells each, who is right, by which text.

Texts: ITU-R M.1371-5, annex 8, by its tables' numbers or the message's; NMEA 0183 for what stands around a message.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass

from tests.ais.readings import Difference


@dataclass(frozen=True)
class Disagreement:
    """One way in which decoders differ.

    Attributes:
        name: What it is, in a few words.
        right: Who is right by the text.
        text: The text.
        why: What each does and why that is right or wrong.
        tells: Whether a difference is of this kind.
    """

    name: str
    right: str
    text: str
    why: str
    tells: Callable[[Difference], bool]

    @property
    def ours(self) -> bool:
        """Whether it is darkwake that is wrong: to be mended, then taken out here."""
        return "darkwake" not in self.right


def name(difference: Difference) -> Disagreement | None:
    """The first named disagreement that a difference is of, or None."""
    return next((one for one in DISAGREEMENTS if one.tells(difference)), None)


def _beyond(difference: Difference) -> bool:
    """Whether the other gives a value that the text gives no meaning, where we give none."""
    theirs = difference.theirs
    if difference.ours is not None or theirs is None:
        return False
    match difference.field:
        case "course":
            return bool(
                360 < theirs < (511 if difference.kind == 27 else 410) or (difference.kind == 27 and theirs == 360)
            )
        case "heading":
            return bool(360 <= theirs < 511)
        case "place":
            return bool(abs(theirs[0]) > 180 or abs(theirs[1]) > 90)
        case "eta":
            month, _, hour, minute = map(int, re.findall(r"\d+", theirs))
            return month > 12 or hour > 23 or minute > 59
        case "said_t":
            _, month, _, hour, minute, second = map(int, re.findall(r"\d+", theirs))
            return month > 12 or hour > 23 or minute > 59 or second > 59
    return False


def _no_such_day(told: str) -> bool:
    year, month, day = map(int, re.findall(r"\d+", told)[:3])
    return 1 <= month <= 12 and year > 0 and not 1 <= day <= monthrange(min(year, 9999), month)[1]


def _text(difference: Difference) -> bool:
    return difference.field in ("name", "callsign", "destination") and isinstance(difference.theirs, str)


DISAGREEMENTS = (
    Disagreement(
        "Numbers without a meaning",
        "darkwake",
        "Tables 48, 51, 52, 59, 70, 71, 73 and message 27",
        "The tables end longitude at 180, latitude at 90 and heading at 359 degrees, say of a course over 360 degrees "
        '"should not be used" and of months over 12, hours over 24 and minutes over 60 "not used". darkwake gives no '
        "value there; the others pass the number on, so that a ship may be at 101.5 south.",
        _beyond,
    ),
    Disagreement(
        "A day that there is not",
        "darkwake",
        "Table 51",
        "A station that says 31 June has no date to say. darkwake gives no time there; the others pass the digits on.",
        lambda it: it.field == "said_t" and it.ours is None and _no_such_day(it.theirs),
    ),
    Disagreement(
        "Reserved types of ship folded",
        "darkwake",
        "Table 53",
        "The type is a number of eight bits. pyais turns reserved ones into their neighbours or into 0.",
        lambda it: it.oracle == "pyais" and it.field == "shiptype" and it.ours is not None,
    ),
    Disagreement(
        "Text after an @",
        "darkwake, gpsd, aiscat",
        "Tables 47 and 52",
        "@ says that no character follows (all of them: not available). pyais removes only those at the end.",
        lambda it: it.oracle == "pyais" and _text(it) and "@" in it.theirs,
    ),
    Disagreement(
        "Spaces before a text",
        "darkwake, gpsd, aiscat",
        "Table 47",
        "A space is a character like others and text is kept as sent; pyais strips it in front too. (All strip it at "
        "the end.)",
        lambda it: it.oracle == "pyais" and _text(it) and (it.ours or "").lstrip(" ") == it.theirs,
    ),
    Disagreement(
        "Messages too short or too long for their type",
        "darkwake",
        "the number of bits in each message's table",
        "The receiver makes the checksum, so noise has a right one. darkwake rejects a message whose bits the table "
        "does not allow (`wrong length`); aiscat takes type 27 at any length from 96 bits, pyais any type at any.",
        lambda it: it.field == "message" and it.ours is None and it.why == "wrong length",
    ),
    Disagreement(
        "Flags of types 25 and 26 not read",
        "gpsd",
        "Tables 80 to 82",
        "Two flags say whether an address and an application follow, which make the shortest message longer. darkwake "
        "keeps of these types only that the ship was heard, and takes every length that one of the forms has.",
        lambda it: it.field == "message" and it.theirs is None and it.kind in (25, 26),
    ),
    Disagreement(
        "Types 0 and 28 to 63",
        "darkwake, gpsd",
        "the table of messages: 1 to 27",
        "pyais reads two characters as a message of type 0 without a number; it and aiscat decode type 28, which only "
        "the next edition (M.1371-6) has, here out of noise.",
        lambda it: it.field == "message" and it.ours is None and it.why == "unknown message type",
    ),
    Disagreement(
        "Ship number 0",
        "darkwake, gpsd, pyais",
        "the user ID of every table: 30 bits",
        "aiscat drops messages whose number is 0. The text gives no reason to: the message is whole, and what it says "
        "of a place is kept under the number as sent.",
        lambda it: it.oracle == "aiscat" and it.field == "message" and str(it.ours).endswith(" of 0"),
    ),
    Disagreement(
        "Checksum missing or cut",
        "darkwake",
        "NMEA 0183 (4.10), sentence and tag block: two hexadecimal digits after *",
        "A tag block that ends in one digit, or a sentence that has no checksum at all, may have lost anything. "
        "gpsd and aiscat skip the tag block unread, pyais checks nothing.",
        lambda it: it.field == "message" and it.ours is None and it.why == "checksum",
    ),
)
