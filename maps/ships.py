"""Who the ships of a page say they are: every name, IMO number, call sign and type they sent, latest first.

All of it is self-reported. What this module adds is only what the numbers themselves say: the flag that the first
three digits of an MMSI belong to (ITU Table of Maritime Identification Digits, as in libais, Apache-2.0) and whether
an IMO number's check digit is right.
"""

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from ais.reader import Reader

MAX_VALUES = 6  # of a field per ship; the rest is counted

_SAID = """
WITH said AS (
    SELECT mmsi, t, imo, name, callsign, ship_type, destination,
        CASE WHEN to_bow_m + to_stern_m > 0
            THEN format('{} x {} m', to_bow_m + to_stern_m, to_port_m + to_starboard_m) END AS size
    FROM identities WHERE mmsi IN (SELECT unnest($ships::BIGINT[]))
), fields AS (
    SELECT mmsi, t, unnest(['name', 'imo', 'callsign', 'type', 'size', 'destination']) AS field,
        unnest([name, imo::VARCHAR, callsign, ship_type::VARCHAR, size, destination]) AS said FROM said
)
SELECT mmsi, field, said, count(*) AS times, epoch_us(max(t)) AS last_us
FROM fields WHERE trim(said) <> '' GROUP BY ALL ORDER BY mmsi, field, last_us DESC, said
"""
_FIXES = """
SELECT mmsi, count(*) AS fixes, epoch_us(min(t)) // 1000000 AS first_s, epoch_us(max(t)) // 1000000 AS last_s
FROM positions WHERE mmsi IN (SELECT unnest($ships::BIGINT[])) GROUP BY mmsi ORDER BY mmsi
"""
_NO_SHIP = {
    "00": "a coast station's number",
    "0": "a group's number",
    "111": "a search-and-rescue aircraft's number",
    "8": "a handheld radio's number",
    "970": "an AIS-SART's number",
    "972": "a man-overboard device's number",
    "974": "an EPIRB's number",
    "98": "a craft's number of a parent ship",
    "99": "an aid to navigation's number",
}
_TYPES = {
    30: "fishing",
    31: "towing",
    32: "towing, long or wide",
    33: "dredging or underwater work",
    34: "diving",
    35: "military",
    36: "sailing",
    37: "pleasure craft",
    50: "pilot",
    51: "search and rescue",
    52: "tug",
    53: "port tender",
    54: "anti-pollution",
    55: "law enforcement",
    58: "medical",
    59: "not party to a conflict",
}
_TENS = {2: "wing in ground", 4: "high-speed craft", 6: "passenger", 7: "cargo", 8: "tanker", 9: "other"}


def read_ships(reader: Reader, ships: Iterable[int]) -> list[dict[str, object]]:
    """Return one mapping per ship, ascending by number, as a page shows it."""
    wanted = sorted(set(ships))
    said: dict[int, dict[str, list[str]]] = {mmsi: {} for mmsi in wanted}
    for row in reader.query(_SAID, ships=wanted).to_pylist():
        said[row["mmsi"]].setdefault(row["field"], []).append(row["said"])
    fixes = {row["mmsi"]: row for row in reader.query(_FIXES, ships=wanted).to_pylist()}
    return [_ship(mmsi, said[mmsi], fixes.get(mmsi, {})) for mmsi in wanted]


def _ship(mmsi: int, said: Mapping[str, list[str]], fixes: Mapping[str, int]) -> dict[str, object]:
    shown = {field: _few(values) for field, values in said.items()}
    shown["imo"] = _few([f"{value} ({imo_verdict(int(value))})" for value in said.get("imo", [])])
    shown["type"] = _few([f"{value} {type_name(int(value))}" for value in said.get("type", [])])
    return {
        "mmsi": mmsi,
        "flag": flag(mmsi),
        "said": {field: values for field, values in shown.items() if values},
        "fixes": fixes.get("fixes", 0),
        "first": fixes.get("first_s"),
        "last": fixes.get("last_s"),
    }


def _few(values: list[str]) -> list[str]:
    more = len(values) - MAX_VALUES
    return values[:MAX_VALUES] + ([f"and {more} more"] if more > 0 else [])


def type_name(code: int) -> str:
    """Return the ITU-R M.1371 ship type in words."""
    return _TYPES.get(code) or _TENS.get(code // 10, "not in the standard")


def imo_verdict(imo: int) -> str:
    """Say whether an IMO number's check digit is right: weights 7 to 2, last digit of the sum (IMO A.1117(30))."""
    digits = f"{imo:07d}"
    if len(digits) != 7:
        return "no IMO number: not seven digits"
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(7, 1, -1), strict=False))
    return "check digit right" if total % 10 == int(digits[6]) else "check digit wrong"


def flag(mmsi: int) -> str:
    """Return what the number's first digits say: a flag, another kind of station, or that it is no MMSI."""
    digits = f"{mmsi:09d}"
    if len(digits) > 9:
        return "not an MMSI"
    if digits[0] in "234567":
        country = _countries().get(digits[:3])
        return f"{country} (by number, {digits[:3]})" if country else f"no flag: {digits[:3]} is not assigned"
    for start in sorted(_NO_SHIP, key=len, reverse=True):
        if digits.startswith(start):
            return f"{_NO_SHIP[start]}, not a ship's"
    return "not a ship's MMSI"


@cache
def _countries() -> dict[str, str]:
    lines = (files("maps") / "data" / "mid.csv").read_text(encoding="utf-8").splitlines()
    return {row["prefix"]: row["country"] for row in csv.DictReader(lines)}
