"""Where and when anything was heard at all: without this an empty map reads as calm.

Cells of a regular grid with the number of positions received in each, and the hours of the case's span in which any
line brought a position or another message of a ship. A cell without a count was not heard; it was not seen to be
empty.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from ais.flags import DOUBTED
from ais.reader import Reader

FINEST_DEG = 0.05  # 5.6 km of latitude
COARSER = (1, 2, 5, 10, 20, 40, 100)  # 0.05 to 5 degrees
MAX_CELLS = 5000
MAX_STATIONS = 12

_CELLS = """
SELECT floor(lon / $deg)::INTEGER AS x, floor(lat / $deg)::INTEGER AS y, count(*) AS n
FROM positions GROUP BY ALL ORDER BY x, y
"""
_SPAN = """
SELECT count(*) AS positions, count(DISTINCT mmsi) AS vessels, min(t) AS first_t, max(t) AS last_t FROM positions
"""
_HOURS = """
SELECT count(DISTINCT hour) AS heard, (max(hour) - min(hour) + 1)::BIGINT AS hours FROM (
    SELECT epoch_us(t) // 3600000000 AS hour FROM positions UNION ALL SELECT epoch_us(t) // 3600000000 FROM heard
)
"""
_STATIONS = """
SELECT station, count(*) AS positions FROM positions WHERE station IS NOT NULL
GROUP BY station ORDER BY positions DESC, station
"""
_DOUBTED = "SELECT count(*) AS n FROM marks WHERE flags & $doubts > 0"


@dataclass(frozen=True)
class Coverage:
    """What the inputs heard.

    Attributes:
        positions: Positions in the case.
        vessels: Ship numbers that sent one.
        first: Least time of a position, UTC; None without positions.
        last: Greatest time of a position, UTC.
        hours: Clock hours from the first to the last message of a ship.
        hours_heard: Those of them in which anything of a ship was heard.
        doubted: Positions that are doubted: jumps, frozen, late, at 0/0.
        stations: Receivers that the input names, with their positions; the first MAX_STATIONS.
        stations_count: Receivers in all.
        cell_deg: Side of a cell, degrees.
        x: Column of each cell heard: its west edge is `x * cell_deg`.
        y: Row of each cell heard.
        n: Positions in it.
    """

    positions: int
    vessels: int
    first: datetime | None
    last: datetime | None
    hours: int
    hours_heard: int
    doubted: int
    stations: list[tuple[str, int]]
    stations_count: int
    cell_deg: float
    x: npt.NDArray[np.int64]
    y: npt.NDArray[np.int64]
    n: npt.NDArray[np.int64]

    def bulk(self) -> tuple[float, float, float, float] | None:
        """Return west, south, east, north of the cells that hold all but 1 % of the positions at each edge."""
        if not len(self.x):
            return None
        edges = [_quantile(axis, self.n, share) for share in (0.01, 0.99) for axis in (self.x, self.y)]
        west, south, east, north = (edge * self.cell_deg for edge in edges)
        return west, south, east + self.cell_deg, north + self.cell_deg


def _quantile(values: npt.NDArray[np.int64], weights: npt.NDArray[np.int64], share: float) -> int:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return int(values[order][np.searchsorted(reached, share * reached[-1])])


def read_coverage(reader: Reader) -> Coverage:
    """Read what the inputs heard."""
    span = reader.query(_SPAN).to_pylist()[0]
    hours = reader.query(_HOURS).to_pylist()[0]
    stations = reader.query(_STATIONS).to_pylist()
    cells = reader.query(_CELLS, deg=FINEST_DEG)
    x, y, n = (np.asarray(cells[name].to_numpy()).astype(np.int64) for name in ("x", "y", "n"))
    for times in COARSER:
        grid, index = np.unique(np.stack([x // times, y // times], axis=1), axis=0, return_inverse=True)
        if len(grid) <= MAX_CELLS:
            break
    counts = np.zeros(len(grid), dtype=np.int64)
    np.add.at(counts, index.reshape(-1), n)
    return Coverage(
        positions=span["positions"],
        vessels=span["vessels"],
        first=_utc(span["first_t"]),
        last=_utc(span["last_t"]),
        hours=hours["hours"] or 0,
        hours_heard=hours["heard"],
        doubted=reader.query(_DOUBTED, doubts=DOUBTED).to_pylist()[0]["n"],
        stations=[(row["station"], row["positions"]) for row in stations[:MAX_STATIONS]],
        stations_count=len(stations),
        cell_deg=FINEST_DEG * times,
        x=grid[:, 0],
        y=grid[:, 1],
        n=counts,
    )


def _utc(t: datetime | None) -> datetime | None:
    return t.replace(tzinfo=UTC) if t else None
