"""Between degrees and metres: the plane in which coasts are buffered and parted, and areas on the ellipsoid.

The plane is Lambert's azimuthal equal-area projection centred 39.5 N 127.5 E (WGS84): within 600 km of its
centre lengths are true to 0.12 %. Edges are straight in longitude and latitude, so shapes are densified in
degrees before they are projected: a two-vertex edge of 4 degrees would bow by 2 km.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod, Transformer

NAUTICAL_MILE_M = 1852.0
_LAEA = "+proj=laea +lat_0=39.5 +lon_0=127.5 +datum=WGS84 +units=m"
_DENSE_DEG = 0.02

_to_plane = Transformer.from_crs("EPSG:4326", _LAEA, always_xy=True)
_to_degrees = Transformer.from_crs(_LAEA, "EPSG:4326", always_xy=True)
_wgs84 = Geod(ellps="WGS84")


def to_plane(shape: Any) -> Any:
    """Return a shape given in degrees as a shape in metres, its edges densified first."""
    return shapely.transform(shapely.segmentize(shape, _DENSE_DEG), lambda xy: _moved(_to_plane, xy))


def to_degrees(shape: Any) -> Any:
    """Return a shape given in metres of the plane as one in degrees."""
    return shapely.transform(shape, lambda xy: _moved(_to_degrees, xy))


def disc(lon: float, lat: float, radius_m: float, quarter_segments: int = 64) -> Any:
    """Return the circle of ``radius_m`` metres around a point, in degrees."""
    return to_degrees(to_plane(shapely.Point(lon, lat)).buffer(radius_m, quad_segs=quarter_segments))


def area_km2(shape: Any) -> float:
    """Return the geodesic area on WGS84 in km2 of a polygon whose edges are straight in longitude and latitude."""
    dense = shapely.segmentize(shape, _DENSE_DEG)
    parts = [part for part in shapely.get_parts(dense) if part.geom_type == "Polygon"]
    return sum(abs(_wgs84.geometry_area_perimeter(shapely.geometry.polygon.orient(part))[0]) for part in parts) / 1e6


def _moved(transformer: Transformer, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))


def polygons_of(shape: Any) -> Any:
    """Return only the polygons of a shape, as one: ``make_valid`` and cuts leave lines and points beside them."""
    return shapely.union_all([part for part in _flat(shape) if part.geom_type == "Polygon"])


def largest(shape: Any) -> Any:
    """Return the polygon of a shape that has the greatest area."""
    return max((part for part in _flat(shape) if part.geom_type == "Polygon"), key=lambda part: float(part.area))


def _flat(shape: Any) -> list[Any]:
    parts = list(shapely.get_parts(shape))
    return [inner for part in parts for inner in (_flat(part) if hasattr(part, "geoms") else [part])]
