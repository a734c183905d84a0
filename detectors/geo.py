"""Distances on a sphere for arrays of WGS84 degrees; correct across 180 degrees and near the poles.

The mean Earth radius (IUGG, 6,371,008.8 m) errs by at most 0.6 % against the ellipsoid: 3 m at 500 m.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

EARTH_RADIUS_M = 6_371_008.8
KNOT_M_S = 1852.0 / 3600.0
NM_M = 1852.0
US_S = 1_000_000
US_H = 3600 * US_S


def distance_m(lon_a: Any, lat_a: Any, lon_b: Any, lat_b: Any) -> Floats:
    """Return great-circle distances in metres (haversine) between points or arrays of points in degrees."""
    phi_a, phi_b = np.radians(lat_a), np.radians(lat_b)
    half_dphi = (phi_b - phi_a) / 2
    half_dlam = np.radians(np.asarray(lon_b) - np.asarray(lon_a)) / 2
    h = np.sin(half_dphi) ** 2 + np.cos(phi_a) * np.cos(phi_b) * np.sin(half_dlam) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(h, 1.0))), dtype=np.float64)


def xyz_m(lon: Floats, lat: Floats) -> Floats:
    """Return Cartesian coordinates in metres, shape (n, 3): no seam at 180 degrees, no pole."""
    lam, phi = np.radians(lon), np.radians(lat)
    cos_phi = np.cos(phi)
    return EARTH_RADIUS_M * np.stack([cos_phi * np.cos(lam), cos_phi * np.sin(lam), np.sin(phi)], axis=1)


def wrap_lon(lon: Floats) -> Floats:
    """Return longitudes brought into [-180, 180)."""
    east = lon + 180.0
    if east.size and east.min() >= 0.0 and east.max() < 360.0:
        return east - 180.0  # the same, without a division for each
    return east % 360.0 - 180.0


def between(lon_0: Floats, lat_0: Floats, lon_1: Floats, lat_1: Floats, fraction: Floats) -> tuple[Floats, Floats]:
    """Return the points at a fraction [0, 1] of the way from 0 to 1, the short way round, in degrees."""
    step = wrap_lon(lon_1 - lon_0)
    return wrap_lon(lon_0 + fraction * step), lat_0 + fraction * (lat_1 - lat_0)


def median(values: Floats | Ints) -> float:
    """Return the median as ``np.median`` does, NaN for none or where one is NaN, in a fraction of its time."""
    half, odd = divmod(len(values), 2)
    if not len(values) or np.isnan(values.max()):
        return float("nan")
    if odd:
        return float(np.partition(values, half)[half])
    low, high = np.partition(values, (half - 1, half))[half - 1 : half + 1].tolist()
    return float((low + high) / 2)
