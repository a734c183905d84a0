"""Who else was heard around an event while it lasted: a silence among many others reads otherwise than one alone.

Heard there is not seen there: a ship counts with one position within NEAR_NM of the event's point and within its time;
its distance is that of its nearest position then, whatever the event's own ships did at that moment.
"""

from collections.abc import Mapping, Sequence

from ais.flags import DOUBTED
from ais.reader import Reader
from detectors.event import to_us
from maps.findings import numbers, real, seconds

NEAR_NM = 20.0  # about the reach of a coast station over a ship's antenna, and what a watch officer calls near
NEAREST = 5
MAX_EVENTS = 300  # those with the highest scores: a second for a million positions

_HOUR_US = 3_600_000_000
# Times are met by the hour first: a join on equality, and not every event with every position.
_HEARD = f"""
WITH wanted AS (
    SELECT unnest($place::BIGINT[]) AS place, unnest($from_us::BIGINT[]) AS from_us, unnest($to_us::BIGINT[]) AS to_us,
        unnest($lon::DOUBLE[]) AS lon, unnest($lat::DOUBLE[]) AS lat
), hours AS (
    SELECT *, unnest(range(from_us // {_HOUR_US}, to_us // {_HOUR_US} + 1)) AS hour FROM wanted
), near AS (
    SELECT w.place, p.mmsi, 60 * sqrt(
        pow(p.lat - w.lat, 2) + pow(((p.lon - w.lon + 540) % 360 - 180) * cos(radians(w.lat)), 2)) AS nm
    FROM hours AS w JOIN positions AS p ON epoch_us(p.t) // {_HOUR_US} = w.hour
        AND epoch_us(p.t) BETWEEN w.from_us AND w.to_us AND abs(p.lat - w.lat) * 60 <= $near_nm
    ANTI JOIN (SELECT input_id, line FROM marks WHERE flags & $doubts > 0) AS m
        ON m.input_id = p.input_id AND m.line = p.line
)
SELECT place, mmsi, min(nm) AS nm FROM near WHERE nm <= $near_nm GROUP BY place, mmsi ORDER BY place, nm, mmsi
"""
_LAST = "SELECT epoch_us(max(t)) AS us FROM positions"


def read_company(reader: Reader, events: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return for each of the first MAX_EVENTS events how many other ships were heard near it, and the nearest ones."""
    some = events[:MAX_EVENTS]
    if not some:
        return []
    last_us = reader.query(_LAST)["us"][0].as_py() or 0
    ends = [last_us if event["end"] is None else round((seconds(event["end"]) or 0) * 1e6) for event in some]
    rows = reader.query(
        _HEARD,
        place=list(range(len(some))),
        from_us=[to_us(event["start"]) for event in some],  # type: ignore[arg-type]
        to_us=ends,
        lon=[real(event["lon"]) for event in some],
        lat=[real(event["lat"]) for event in some],
        near_nm=NEAR_NM,
        doubts=DOUBTED,
    ).to_pylist()
    found: list[list[tuple[int, float]]] = [[] for _ in some]
    own = [set(numbers(event["mmsi"])) for event in some]
    for row in rows:
        if row["mmsi"] not in own[row["place"]]:
            found[row["place"]].append((row["mmsi"], round(row["nm"], 1)))
    return [{"count": len(ships), "nearest": [list(ship) for ship in ships[:NEAREST]]} for ships in found]
