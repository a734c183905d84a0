"""One value of a decoded table, text or number, to a value of a case; None where it says nothing that we know.

The slow reference of `ais.tablecolumns`, which does the same to whole columns and asks here what it is not sure of.
The sentinels of AIS survive in most exports, so they end here too.
"""

from __future__ import annotations

import math
import re

MAX_ID = 2**32 - 1
MMSI_FROM, MMSI_END = 1_000_000, 1_000_000_000  # with leading zeros: 00MIDXXXX of a coast station
SPEED_NONE_KN = 102.25  # 102.3 as a float of any width; also what ships cannot do

BLANKS = "".join(chr(i) for i in range(0x3001) if chr(i).isspace())
FILLERS = {"Unknown", "Undefined"}  # what exports write for nothing; a ship cannot send small letters

STATUS_CODES = {
    "under way using engine": 0,
    "at anchor": 1,
    "not under command": 2,
    "restricted maneuverability": 3,
    "restricted manoeuvrability": 3,
    "constrained by her draught": 4,
    "moored": 5,
    "aground": 6,
    "engaged in fishing": 7,
    "under way sailing": 8,
    "reserved for future amendment [hsc]": 9,
    "reserved for future amendment [wig]": 10,
    "reserved for future use [11]": 11,
    "reserved for future use [12]": 12,
    "reserved for future use [13]": 13,
    "ais-sart": 14,
}
"""Navigational status by its words in ITU-R M.1371-5, table 45, as the Danish authority writes them."""

TYPE_CODES = {
    "wig": 20,
    "fishing": 30,
    "towing": 31,
    "towing long/wide": 32,
    "dredging": 33,
    "diving": 34,
    "military": 35,
    "sailing": 36,
    "pleasure": 37,
    "hsc": 40,
    "pilot": 50,
    "sar": 51,
    "tug": 52,
    "port tender": 53,
    "anti-pollution": 54,
    "law enforcement": 55,
    "spare 1": 56,
    "spare 2": 57,
    "medical": 58,
    "not party to conflict": 59,
    "passenger": 60,
    "cargo": 70,
    "tanker": 80,
    "other": 90,
}
"""Type of ship by its words in ITU-R M.1371-5, table 53; those of 20, 40 and 60 to 90 know the tens only, so a ship
that sent 71 is 70."""

_MOBILES: dict[str, tuple[str | None, str | None]] = {
    "a": ("A", None),
    "class a": ("A", None),
    "b": ("B", None),
    "class b": ("B", None),
    "base station": (None, "base"),
    "aton": (None, "aton"),
}
_ETA = re.compile(r"(\d\d)/(\d\d)/\d{4} (\d\d:\d\d):\d\d")  # as the Danish authority writes it


def number(value: object) -> float | None:
    """Return a finite number, or None."""
    if value is None or value == "":
        return None
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def text(value: object) -> str | None:
    """Return a text without blanks at its ends, or None when nothing is left or it only says that it is unknown."""
    found = "" if value is None else str(value).strip(BLANKS)
    return found if found and found not in FILLERS else None


def within(value: float | None, least: int, most: int) -> int | None:
    """Return the nearest whole number of a range, or None."""
    rounded = None if value is None else round(value)
    return rounded if rounded is not None and least <= rounded <= most else None


def status(value: object) -> float | None:
    """Return a navigational status given by its code or in words."""
    return _coded(value, STATUS_CODES)


def ship_type(value: object) -> float | None:
    """Return a type of ship given by its code or in words."""
    return _coded(value, TYPE_CODES)


def _coded(value: object, codes: dict[str, int]) -> float | None:
    found = number(value)
    return codes.get(str(value).strip(BLANKS).lower()) if found is None else found


def imo(value: object) -> float | None:
    """Return an IMO number, with or without the letters before it."""
    if isinstance(value, str):
        return number(value.strip(BLANKS).upper().removeprefix("IMO"))
    return number(value)


def mobile(value: object) -> tuple[str | None, str | None]:
    """Return the class (A or B) that a text names, and the kind of a station that does not move."""
    return _MOBILES.get(str(value).strip(BLANKS).lower(), (None, None))


def eta(value: object) -> str | None:
    """Return a time of arrival as the schema has it, MM-DD HH:MM, or in its input's own words."""
    found = text(value)
    told = None if found is None else _ETA.fullmatch(found)
    return f"{told[2]}-{told[1]} {told[3]}" if told else found
