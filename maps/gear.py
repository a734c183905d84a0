"""How many numbers were taken for net buoys and other gear, of which no meeting and no loitering is told."""

from __future__ import annotations

import pyarrow as pa

from ais.reader import Reader
from detectors.cargo import UNDER_WAY_FIXES, UNDER_WAY_KN, is_gear

_SAID = """
SELECT DISTINCT mmsi, name, coalesce(to_bow_m, 0) + coalesce(to_stern_m, 0) AS length_m FROM identities
WHERE name IS NOT NULL OR to_bow_m > 0 OR to_stern_m > 0
"""
_UNDER_WAY = f"""
SELECT mmsi FROM positions WHERE list_contains($numbers, mmsi) AND sog_kn > {UNDER_WAY_KN}
GROUP BY mmsi HAVING count(*) >= {UNDER_WAY_FIXES}
"""
GEAR = (
    "{count:,} numbers say by a name or a size that they are net buoys or other fishing gear, and were not heard under "
    "way as a ship would be: no meeting and no loitering is told of them. Their positions are in the case."
)


def gear_count(reader: Reader) -> int:
    """Return how many numbers of a case say that they are gear and were not heard under way."""
    said: pa.Table = reader.query(_SAID)
    numbers = {row["mmsi"] for row in said.to_pylist() if is_gear(row["name"], row["length_m"] or None)}
    if not numbers:
        return 0
    moving = reader.query(_UNDER_WAY, numbers=sorted(numbers))
    return len(numbers - set(moving["mmsi"].to_pylist()))


def gear_caveats(reader: Reader) -> list[tuple[str, str]]:
    """Return a heading and a text on gear that was left out; none where there is none."""
    count = gear_count(reader)
    return [("Fishing gear is left out of meetings", GEAR.format(count=count))] if count else []
