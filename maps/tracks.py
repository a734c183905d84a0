"""Tracks of chosen ships, thinned for a page without hiding a silence or a doubt.

Only real fixes are kept, never an average or an interpolation. Where a ship reports more often than a page can carry,
the first fix of each step of time stays, and always: a ship's first and last fix, and both fixes at the edges of a
silence longer than UNHEARD_S. The step is the shortest of STEPS_S that keeps all ships together under the page's
limit, so it depends on the data alone. Fixes that are doubted or of another ship than most of their number (table
`marks`) are thinned by the same rule, track by track, and carried apart: they join no line.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ais.flags import DOUBTED
from ais.reader import Reader

UNHEARD_S = (
    1800  # class A at anchor speaks every 3 min, class B every 30 s to 3 min: half an hour is ten missed reports
)
MAX_FIXES = 110_000  # about 1 MB of page
STEPS_S = (0, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 86400, 604800)
DEGREE = 100_000  # a page's unit of angle is 1e-5 degree, 1.1 m
NO_SOG = -1

NO_HEADING = -1
FIRST_US, LAST_US = 0, 4_102_444_800_000_000  # 1970 to 2100: all that a case can hold

_SPAN = "p.t BETWEEN make_timestamp($from_us) AND make_timestamp($to_us)"
_COUNTS = f"""
SELECT mmsi, count(*) AS fixes, epoch_us(min(t)) AS first_us, epoch_us(max(t)) AS last_us
FROM positions AS p WHERE mmsi IN (SELECT unnest($ships::BIGINT[])) AND {_SPAN} GROUP BY mmsi ORDER BY mmsi
"""
_FIXES = f"""
WITH fixes AS (
    SELECT p.mmsi, epoch_us(p.t) AS us, p.lon, p.lat, p.sog_kn, p.heading_deg, p.input_id, p.line,
        m.flags IS NOT NULL AS doubted, m.flags & $doubts AS doubt, m.track
    FROM positions AS p LEFT JOIN marks AS m
        ON m.mmsi = p.mmsi AND m.t = p.t AND m.input_id = p.input_id AND m.line = p.line
    WHERE p.mmsi IN (SELECT unnest($ships::BIGINT[])) AND {_SPAN}
), stepped AS (
    SELECT *, us - lag(us) OVER ship AS since_us, lead(us) OVER ship - us AS until_us,
        $step_us = 0 OR us // $step_us <> lag(us) OVER ship // $step_us AS first_of_step
    FROM fixes WINDOW ship AS (PARTITION BY mmsi, doubted, track, doubt ORDER BY us, input_id, line)
)
SELECT mmsi, us, lon, lat, sog_kn, heading_deg, doubted, coalesce(since_us > $unheard_us, false) AS after_silence
FROM stepped
WHERE first_of_step OR since_us IS NULL OR until_us IS NULL OR since_us > $unheard_us OR until_us > $unheard_us
ORDER BY mmsi, us, input_id, line
"""


@dataclass(frozen=True)
class Tracks:
    """Fixes of ships, ordered by ship and time.

    Attributes:
        ships: The ship numbers, ascending; one run of fixes each.
        counts: Fixes kept per ship.
        t_s: Seconds since 1970 UTC, whole.
        lon: 1e-5 degree east.
        lat: 1e-5 degree north.
        sog: Tenths of a knot, NO_SOG where unknown.
        heading: Whole degrees true, NO_HEADING where none was sent.
        flags: 1 = comes after a silence of more than UNHEARD_S; 2 = doubted or of another ship.
        step_s: Step of the thinning in seconds; 0 = every fix is there.
        fixes: Fixes of these ships in the case.
    """

    ships: tuple[int, ...]
    counts: tuple[int, ...]
    t_s: npt.NDArray[np.int64]
    lon: npt.NDArray[np.int64]
    lat: npt.NDArray[np.int64]
    sog: npt.NDArray[np.int64]
    heading: npt.NDArray[np.int64]
    flags: npt.NDArray[np.int64]
    step_s: int
    fixes: int

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of the fixes that are not carried apart, degrees; None without fixes."""
        sure = self.flags & 2 == 0
        if not sure.any():
            return None
        lon, lat = self.lon[sure] / DEGREE, self.lat[sure] / DEGREE
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    def sample(self, most: int = 2000) -> list[tuple[float, float]]:
        """Return some of the fixes that are not carried apart, longitude and latitude in degrees, evenly by number."""
        sure = np.flatnonzero(self.flags & 2 == 0)
        some = sure[:: max(1, len(sure) // most)]
        return list(zip((self.lon[some] / DEGREE).tolist(), (self.lat[some] / DEGREE).tolist(), strict=True))


def read_tracks(
    reader: Reader,
    ships: Iterable[int],
    *,
    max_fixes: int = MAX_FIXES,
    from_us: int = FIRST_US,
    to_us: int = LAST_US,
) -> Tracks:
    """Read the tracks of these ships within a span (both ends in it), thinned to about `max_fixes` in all."""
    wanted = {"ships": sorted(set(ships)), "from_us": from_us, "to_us": to_us}
    counts = reader.query(_COUNTS, **wanted)
    numbers = [np.asarray(counts[name].to_numpy()).astype(np.int64) for name in counts.column_names]
    step_s = _step(numbers[1], numbers[3] - numbers[2], max_fixes)
    rows = reader.query(_FIXES, **wanted, step_us=step_s * 1_000_000, unheard_us=UNHEARD_S * 1_000_000, doubts=DOUBTED)
    column = {name: np.asarray(rows[name].to_numpy()) for name in rows.column_names}
    present, kept = np.unique(column["mmsi"], return_counts=True)
    sog = np.rint(column["sog_kn"].astype(np.float64) * 10)
    heading = column["heading_deg"].astype(np.float64)
    return Tracks(
        ships=tuple(present.tolist()),
        counts=tuple(kept.tolist()),
        t_s=column["us"].astype(np.int64) // 1_000_000,
        lon=np.rint(column["lon"] * DEGREE).astype(np.int64),
        lat=np.rint(column["lat"] * DEGREE).astype(np.int64),
        sog=np.where(np.isfinite(sog), sog, NO_SOG).astype(np.int64),
        heading=np.where(np.isfinite(heading), heading, NO_HEADING).astype(np.int64),
        flags=column["after_silence"].astype(np.int64) + 2 * column["doubted"].astype(np.int64),
        step_s=step_s,
        fixes=int(numbers[1].sum()),
    )


def _step(fixes: npt.NDArray[np.int64], spans_us: npt.NDArray[np.int64], max_fixes: int) -> int:
    """Return the shortest step under which no more than `max_fixes` can remain."""
    for step_s in STEPS_S:
        most = fixes if step_s == 0 else np.minimum(fixes, spans_us // (step_s * 1_000_000) + 2)
        if int(most.sum()) <= max_fixes:
            break
    return step_s
