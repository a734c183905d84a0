"""What a ship's static report tells of cargo: her class in words, laden or in ballast, who met whom, what is no ship.

All of it is typed by hand on board and can be wrong, old or false: a lead beside the track, never a proof. Ship types
are those of ITU-R M.1371-5, table 53.

Laden or in ballast is a rule of thumb for cargo ships and tankers of `SHORTEST_M` and more. In ballast: at most the
draught that MARPOL (annex I, regulation 18.3) asks of a tanker in ballast, 2.0 m + 0.02 L, and at most L/25, which is
less below 100 m. Laden: L/20 or more, four fifths of the usual full draught of L/16 (container ships reach L/22: rarely
called laden here). L is the length overall as sent. What lies between is not said: part cargoes are common.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SHORTEST_M, LONGEST_M = 40, 460  # shorter craft have no common shape; no ship is longer
CHANGED_M = 0.5  # about 700 t on a ship of 110 by 16 m; less is trim, water density or a rounded entry
_CLASSES = {
    30: "fishing", 31: "tug", 32: "tug", 33: "dredger", 34: "diving", 35: "military", 36: "sailing", 37: "pleasure",
    50: "pilot", 51: "search and rescue", 52: "tug", 53: "port tender", 54: "anti-pollution", 55: "law enforcement",
    58: "medical",
}  # fmt: skip
_TENS = {2: "wing in ground", 4: "high-speed craft", 6: "passenger", 7: "cargo", 8: "tanker", 9: "other ship"}
_FIRST = ("tanker", "cargo")  # named first where ships met: the others came to them or stood by
_SERVICE = frozenset({31, 32, *range(50, 56), 58})

# Names of net buoys and other AIS gear: the ten patterns of GlobalFishingWatch/paper-industrial-activity,
# detector/assets/ranked_matches.sql.j2, without the leading `(.*)` that a search does not need and that would take
# time by the square of a long name, and with a digit before a hyphen among digits: "-1" names nothing.
_GEAR = re.compile(
    r"\s[0-9]+%$|[0-9]\.[0-9]V|@[0-9]+V[0-9]?$|BOUY|BUOY|NET MARK|NETMARK|NETFISHING|NET FISHING|^[0-9]+-[0-9]*$",
    re.IGNORECASE | re.ASCII,
)
_LONGEST_NAME = 34  # 20 characters, and 14 more in message 21: a longer one is no name from a radio
GEAR_M = 10  # who says that she is longer is no buoy, whatever her name
UNDER_WAY_KN, UNDER_WAY_FIXES = 5.0, 3  # no gear drifts so fast; one or two such fixes may be noise
TINY_M = 3  # no craft with a crew and an AIS set of its own is so short


def ship_class(ship_type: int | None) -> str | None:
    """Return what sort of ship a type code means, in a word or two; None where it is not sent or means nothing."""
    if ship_type is None:
        return None
    return _CLASSES.get(ship_type) or (_TENS.get(ship_type // 10) if 0 <= ship_type <= 99 else None)


def who_met(classes: Sequence[str | None]) -> str:
    """Return in words what kinds of ship met, as ``tanker with tanker``: these and cargo ships first, unknown last."""
    order = sorted(classes, key=lambda one: (one is None, one not in _FIRST, one != "tanker", one or ""))
    named = [one or "ship of unknown type" for one in order]
    return " with ".join(part for part in (named[0] if named else "", " and ".join(named[1:])) if part)


def laden_or_ballast(draught_m: float | None, ship_type: int | None, length_m: float | None) -> str | None:
    """Return ``laden`` or ``in ballast`` by the module's rule; None where it cannot be said."""
    if draught_m is None or length_m is None or ship_class(ship_type) not in _FIRST:
        return None
    if not SHORTEST_M <= length_m <= LONGEST_M or not 0 < draught_m < length_m / 8:
        return None
    if draught_m >= length_m / 20:
        return "laden"
    return "in ballast" if draught_m <= min(2.0 + 0.02 * length_m, length_m / 25) else None


def draught_change(before_m: float | None, after_m: float | None) -> float | None:
    """Return by how much the said draught rose, metres; 0.0 under `CHANGED_M`; None where either is unknown.

    Draught is typed by hand, often late or never: no change said is no proof that none was.
    """
    if before_m is None or after_m is None:
        return None
    change = round(after_m - before_m, 1)
    return change if abs(change) >= CHANGED_M else 0.0


def draught_words(before_m: float | None, after_m: float | None) -> str | None:
    """Return a changed draught as a reason with its caveat; None where it did not change or is unknown."""
    change = draught_change(before_m, after_m)
    if not change:
        return None
    return f"draught said as {before_m:g} m before and {after_m:g} m after ({change:+g} m), as typed by hand on board"


def is_gear(name: str | None, length_m: float | None) -> bool:
    """Say whether a static report is that of a net buoy or other gear: by its name, or by tiny dimensions.

    Who says that she is longer than `GEAR_M` is a ship: a tanker called BUOY is not left out. A ship may say either to
    pass for gear, or by a slip of the hand: gear drifts, and what was heard under way of itself is none. Surrounding
    blanks and the padding ``@`` of AIS do not count.
    """
    if length_m is not None and (0 < length_m <= TINY_M or length_m > GEAR_M):
        return length_m <= TINY_M
    said = (name or "").rstrip(" @").lstrip()
    return len(said) <= _LONGEST_NAME and _GEAR.search(said) is not None


def is_service(ship_type: int | None, name: str | None) -> bool:
    """Say whether a ship attends others by her trade: tug, pilot, port tender and the like, or BUNKER in her name."""
    return ship_type in _SERVICE or "BUNKER" in (name or "").upper()
