"""The nearest of many fixed places to each of many points, within a radius, on the sphere.

Points are gathered by cells of CELL_DEG; for each cell that holds points, the places that any point of it could
reach are found once and then measured against its points. Distances are chords of unit vectors, so neither the
180th meridian nor a pole is special; of places equally far the first is taken. Units: degrees, metres.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from zones.sphere import EARTH_RADIUS_M, Floats, unit_vectors

CELL_DEG = 0.25
_BLOCK = 4_000_000
"""How many point-place pairs are measured at once, to bound memory to about 200 MB."""


@dataclass(frozen=True)
class Nearest:
    """Fixed places by their unit vectors (n, 3)."""

    vectors: Floats

    @cached_property
    def _by_z(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        """The third coordinates ascending, and of which place each is: few places lie in a band of latitude."""
        order = np.argsort(self.vectors[:, 2], kind="stable")
        return self.vectors[order, 2], order

    def within(self, lon: npt.ArrayLike, lat: npt.ArrayLike, radius_m: float) -> npt.NDArray[np.int64]:
        """Return for each point the index of the nearest place within ``radius_m`` metres, or -1.

        Args:
            lon: (n,) degrees, any turn.
            lat: (n,) degrees.
            radius_m: greatest distance, metres, along the sphere.
        """
        x, y = np.atleast_1d(np.asarray(lon, dtype=np.float64)), np.atleast_1d(np.asarray(lat, dtype=np.float64))
        best = np.full(len(x), -1, dtype=np.int64)
        good = np.flatnonzero(np.isfinite(x) & (np.abs(y) <= 90.0))
        column = np.floor((x[good] % 360.0) / CELL_DEG).astype(np.int64)
        row = np.floor((y[good] + 90.0) / CELL_DEG).astype(np.int64)
        order = np.lexsort((column, row))
        where = good[order]
        breaks = np.flatnonzero(np.diff(row[order] * 100_000 + column[order])) + 1
        for members in np.split(where, breaks):
            if len(members):
                self._nearest_in_cell(best, members, unit_vectors(x[members], y[members]), radius_m)
        return best

    def _nearest_in_cell(
        self, best: npt.NDArray[np.int64], members: npt.NDArray[np.int64], at: Floats, radius_m: float
    ) -> None:
        """Set ``best`` for the points ``members`` of one cell, whose unit vectors are ``at``."""
        centre = at[0]
        spread = np.sqrt(_chord2(at, centre).max())
        radius = _chord(radius_m)
        z, place = self._by_z
        low, high = np.searchsorted(z, centre[2] + (radius + spread + 1e-9) * np.array([-1.0, 1.0]))
        band = np.sort(place[low:high])
        reach = band[_chord2(self.vectors[band], centre) <= (radius + spread) ** 2 * (1 + 1e-9) + 1e-18]
        if not len(reach):
            return
        near = self.vectors[reach]
        step = max(1, _BLOCK // len(reach))
        for start in range(0, len(members), step):
            block = slice(start, start + step)
            squares = _chord2(at[block, None, :], near[None, :, :])
            least = squares.argmin(axis=1)
            found = squares[np.arange(len(least)), least] <= radius**2
            best[members[block][found]] = reach[least[found]]


def _chord(distance_m: float) -> float:
    """Return the chord of the unit sphere under an arc of ``distance_m`` metres."""
    return float(2 * np.sin(min(distance_m / EARTH_RADIUS_M, np.pi) / 2))


def _chord2(one: Floats, two: Floats) -> Floats:
    difference = one - two
    squares: Floats = (difference * difference).sum(axis=-1)
    return squares
