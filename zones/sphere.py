"""Distances on the sphere, in metres, for arrays of degrees; any turn of longitude."""

from typing import Any

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG), metres; distances differ from the ellipsoid's by at most 0.6 %."""

Floats = npt.NDArray[np.float64]


def haversine_m(lon_a: npt.ArrayLike, lat_a: npt.ArrayLike, lon_b: npt.ArrayLike, lat_b: npt.ArrayLike) -> Floats:
    """Return the great-circle distance in metres between points in degrees; shapes broadcast."""
    x_a, y_a, x_b, y_b = (np.radians(np.asarray(each, dtype=np.float64)) for each in (lon_a, lat_a, lon_b, lat_b))
    half = np.sin((y_b - y_a) / 2) ** 2 + np.cos(y_a) * np.cos(y_b) * np.sin((x_b - x_a) / 2) ** 2
    distance: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return distance


def unit_vectors(lon: Any, lat: Any) -> Floats:
    """Return (n, 3) unit vectors of points in degrees: straight differences of them know no seam at 180 and no pole."""
    x, y = np.radians(np.asarray(lon, dtype=np.float64)), np.radians(np.asarray(lat, dtype=np.float64))
    vectors: Floats = np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=-1)
    return vectors
