"""What ships said of themselves over time: values with when they were first and last said; draughts as they changed."""

from collections.abc import Iterable

from ais.reader import Reader
from detectors.imo import imo_verdict
from maps.ships import type_name

MAX_VALUES = 12  # of a field per ship, the latest; the rest is counted
MAX_DRAUGHTS = 60

_SAID = """
WITH said AS (
    SELECT mmsi, t, imo, name, callsign, ship_type, destination,
        CASE WHEN to_bow_m + to_stern_m > 0
            THEN format('{} x {} m', to_bow_m + to_stern_m, to_port_m + to_starboard_m) END AS size
    FROM identities WHERE mmsi IN (SELECT unnest($ships::BIGINT[]))
), fields AS (
    SELECT mmsi, t, unnest(range(6)) AS field,
        unnest([name, imo::VARCHAR, callsign, ship_type::VARCHAR, size, destination]) AS said FROM said
)
SELECT mmsi, field, said, count(*) AS times, epoch_us(min(t)) // 1000000 AS first_s,
    epoch_us(max(t)) // 1000000 AS last_s
FROM fields WHERE trim(said) <> '' GROUP BY ALL ORDER BY mmsi, field, last_s DESC, said
"""
_FIELDS = ("Name", "IMO", "Call sign", "Type", "Size", "Destination")
_DRAUGHTS = """
SELECT mmsi, epoch_us(t) // 1000000 AS t_s, round(draught_m, 1)::DOUBLE AS draught_m FROM identities
WHERE draught_m > 0 AND mmsi IN (SELECT unnest($ships::BIGINT[]))
QUALIFY draught_m IS DISTINCT FROM lag(draught_m) OVER (PARTITION BY mmsi ORDER BY t, input_id, line)
ORDER BY mmsi, t_s
"""


def read_history(reader: Reader, ships: Iterable[int]) -> list[dict[str, object]]:
    """Return per ship, ascending by number, what it said (field, value, first, last, times) and its draughts."""
    wanted = sorted(set(ships))
    said: dict[int, dict[int, list[list[object]]]] = {mmsi: {} for mmsi in wanted}
    for row in reader.query(_SAID, ships=wanted).to_pylist():
        shown = _shown(row["field"], row["said"])
        values = said[row["mmsi"]].setdefault(row["field"], [])
        values.append([_FIELDS[row["field"]], shown, row["first_s"], row["last_s"], row["times"]])
    draughts: dict[int, list[list[float]]] = {mmsi: [] for mmsi in wanted}
    for row in reader.query(_DRAUGHTS, ships=wanted).to_pylist():
        draughts[row["mmsi"]].append([row["t_s"], row["draught_m"]])
    return [
        {
            "history": [value for values in said[mmsi].values() for value in values[:MAX_VALUES]],
            "history_left": sum(max(0, len(values) - MAX_VALUES) for values in said[mmsi].values()),
            "draughts": draughts[mmsi][:MAX_DRAUGHTS],
        }
        for mmsi in wanted
    ]


def _shown(field: int, said: str) -> str:
    if field == 1:
        return f"{said} ({imo_verdict(int(said))})"
    return f"{said} {type_name(int(said))}" if field == 3 else said
