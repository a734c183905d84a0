"""Who the ships of a page say they are: every name, IMO number, call sign and type they sent, latest first.

All of it is self-reported. What this module adds is only what the numbers themselves say, the flag by an MMSI's digits
and whether an IMO number's check digit is right, and the lists that a ship is on by what it said.
"""

from collections.abc import Iterable, Mapping, Sequence

from ais.reader import Reader
from detectors.flag_state import flag_of
from detectors.imo import imo_verdict
from detectors.list_matches import Match, Matches, in_words

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
_HULLS = """
SELECT mmsi, arg_max([to_bow_m, to_stern_m, to_port_m, to_starboard_m], (t, input_id, line)) AS hull
FROM identities WHERE mmsi IN (SELECT unnest($ships::BIGINT[])) AND to_bow_m + to_stern_m > 0
GROUP BY mmsi ORDER BY mmsi
"""
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
SORTS = (
    ("tanker", "#c44e00"),
    ("cargo", "#0067a5"),
    ("fishing", "#00795a"),
    ("passenger, fast", "#a8478a"),
    ("tug, pilot, service", "#6b5900"),
    ("other", "#3b3f8f"),
    ("not said", "#5d6975"),
)  # what a ship says it is, and a colour that stays apart from the others for all readers, on paper too
_SORTS = {3: 5, 4: 3, 5: 4, 6: 3, 7: 1, 8: 0}  # by the tens of an AIS type
_TENS = {2: "wing in ground", 4: "high-speed craft", 6: "passenger", 7: "cargo", 8: "tanker", 9: "other"}


def read_ships(reader: Reader, ships: Iterable[int], matches: Matches) -> list[dict[str, object]]:
    """Return one mapping per ship, ascending by number, as a page shows it."""
    wanted = sorted(set(ships))
    said: dict[int, dict[str, list[str]]] = {mmsi: {} for mmsi in wanted}
    for row in reader.query(_SAID, ships=wanted).to_pylist():
        said[row["mmsi"]].setdefault(row["field"], []).append(row["said"])
    fixes = {row["mmsi"]: row for row in reader.query(_FIXES, ships=wanted).to_pylist()}
    hulls = {row["mmsi"]: row["hull"] for row in reader.query(_HULLS, ships=wanted).to_pylist()}
    shown = [
        {**_ship(mmsi, said[mmsi], fixes.get(mmsi, {}), matches.get(mmsi, ())), "hull": hulls.get(mmsi)}
        for mmsi in wanted
    ]
    if any(reader.query("SELECT mmsi_like FROM inputs")["mmsi_like"].to_pylist()):
        return shown
    return [{**ship, "flag": "the input's own number, not an MMSI"} for ship in shown]


def _ship(
    mmsi: int, said: Mapping[str, list[str]], fixes: Mapping[str, int], matches: Sequence[Match]
) -> dict[str, object]:
    shown = {field: _few(values) for field, values in said.items()}
    shown["imo"] = _few([f"{value} ({imo_verdict(int(value))})" for value in said.get("imo", [])])
    shown["type"] = _few([f"{value} {type_name(int(value))}" for value in said.get("type", [])])
    return {
        "mmsi": mmsi,
        "flag": str(flag_of(mmsi)),
        "sort": sort_of(said.get("type", ())),
        "listed": [in_words(match.as_json()) for match in matches],
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


def sort_of(types: Sequence[str]) -> int:
    """Return which of SORTS a ship says it is by its AIS types, the latest first."""
    if not types:
        return len(SORTS) - 1
    code = int(types[0])
    return 2 if code == 30 else 4 if code in (31, 32, 33, 34) else _SORTS.get(code // 10, 5)
