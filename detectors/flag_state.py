"""What a ship number says by its digits: the administration that its MID belongs to, and what kind of station it is.

The forms are those of Recommendation ITU-R M.585: a ship's number begins with its Maritime Identification Digits (MID),
others carry them further in: a group 0MID, a coast station 00MID, a search-and-rescue aircraft 111MID, a handheld radio
8MID, a craft of a parent ship 98MID, an aid to navigation 99MID. 970, 972 and 974 carry a maker's number and no MID.
A flag by number is what the number claims; nobody checks it on board.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

DPRK = 445
_FORMS = (  # begins with, digits before the MID (None: there is none), what the number is; longest beginnings first
    ("111", 3, "a search-and-rescue aircraft's number"),
    ("970", None, "an AIS-SART's number"),
    ("972", None, "a man-overboard device's number"),
    ("974", None, "an EPIRB's number"),
    ("00", 2, "a coast station's number"),
    ("98", 2, "a craft's number of a parent ship"),
    ("99", 2, "an aid to navigation's number"),
    ("0", 1, "a group's number"),
    ("8", 1, "a handheld radio's number"),
)


@dataclass(frozen=True)
class Flag:
    """What a number's digits say.

    Attributes:
        mid: The Maritime Identification Digits; None where the form has none.
        country: The administration that they are assigned to; None where they are in no table here.
        what: What the number is where it is no ship's; empty for a ship's.
    """

    mid: int | None
    country: str | None
    what: str = ""

    @property
    def dprk(self) -> bool:
        """Whether the digits are the DPRK's."""
        return self.mid == DPRK

    def __str__(self) -> str:
        """Return it in words; DPRK stands first where the digits are the DPRK's."""
        if self.mid is None:
            return f"{self.what}, not a ship's" if self.what else "not a ship's MMSI"
        mark = "DPRK: " if self.dprk else ""
        said = f"{mark}{self.country} (by number, {self.mid:03d})" if self.country else _unknown(self.mid)
        return f"{said}; {self.what}, not a ship's" if self.what else said


def _unknown(mid: int) -> str:
    return f"no flag: {mid:03d} is not in the table of assigned digits"


def flag_of(mmsi: int) -> Flag:
    """Return what a number's digits say."""
    digits = f"{mmsi:09d}"
    if len(digits) > 9 or mmsi <= 0:
        return Flag(None, None)
    if digits[0] in "234567":
        return _flag(int(digits[:3]), "")
    for begins, before, what in _FORMS:
        if digits.startswith(begins):
            return Flag(None, None, what) if before is None else _flag(int(digits[before : before + 3]), what)
    return Flag(None, None)


def _flag(mid: int, what: str) -> Flag:
    return Flag(mid, _countries().get(mid), what)


@cache
def _countries() -> dict[int, str]:
    """Return the administrations by MID (see ``data/SOURCES.md``)."""
    lines = files("detectors").joinpath("data/mid.csv").read_text(encoding="utf-8").splitlines()
    return {int(row["prefix"]): row["country"] for row in csv.DictReader(lines)}
