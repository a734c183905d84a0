"""Faults of one GeoJSON geometry: rings open or crossed, axes reversed, numbers out of range, with the remedy.

Longitudes may run from -360 to 360, so that a zone across the 180th meridian can be written in one piece (170
to 190) or cut at 180 (RFC 7946, 3.1.9). An edge that jumps more than 180 degrees of longitude is refused, since
it could mean either way round; an edge between -180 and 180 is taken as it stands. Units: degrees.
"""

import itertools
import math
import reprlib
from collections.abc import Iterator
from typing import Any

DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
"""How many lists stand around a position, by geometry type."""
MOST_POSITIONS = 1_000_000


def geometry_faults(geometry: object) -> Iterator[str]:
    """Yield what is wrong with a geometry, each as a clause that ends with what to do."""
    if not isinstance(geometry, dict) or geometry.get("type") not in DEPTH:
        kind = geometry.get("type") if isinstance(geometry, dict) else geometry
        yield f"its geometry is {short(kind)}; give one of {', '.join(DEPTH)}"
        return
    kind = geometry["type"]
    lines: list[Any] = list(_lines(geometry.get("coordinates"), DEPTH[kind]))
    if not lines:
        yield "its geometry has no coordinates; give at least one position"
    odd = [
        line for line in lines if DEPTH[kind] and not (isinstance(line, list) and line and isinstance(line[0], list))
    ]
    if odd:
        yield f"a {kind} has {short(odd[0])} where a list of positions belongs; nest its coordinates as RFC 7946 shows"
        return
    broken = False
    for line in lines:
        for fault in _line_faults(line, kind):
            broken = True
            yield fault
            break
    if lines and not broken and kind.endswith("Polygon"):
        yield from _area_faults(geometry)


def without_altitude(geometry: dict[str, Any]) -> dict[str, Any]:
    """Return a geometry without faults with its positions cut to longitude and latitude."""

    def cut(item: Any, depth: int) -> Any:
        """Return nested positions cut to two numbers."""
        return [float(each) for each in item[:2]] if depth == 0 else [cut(inner, depth - 1) for inner in item]

    return {"type": geometry["type"], "coordinates": cut(geometry["coordinates"], DEPTH[geometry["type"]])}


def _lines(coordinates: object, depth: int) -> Iterator[Any]:
    """Yield the lists of positions in nested coordinates; a wrongly nested item is yielded as it is."""
    if depth == 0:
        yield [coordinates]
    elif depth == 1 or not isinstance(coordinates, list) or not coordinates:
        yield coordinates
    else:
        for inner in coordinates:
            yield from _lines(inner, depth - 1)


def _line_faults(line: list[Any], kind: str) -> Iterator[str]:
    for position in line:
        fault = _position_fault(position)
        if fault:
            yield fault
            return
    if kind.endswith("Polygon"):
        yield from _ring_faults(line)
    elif kind.endswith("LineString") and len(line) < 2:
        yield "a line has one position; give at least two"
    yield from _jumps(line)


def _position_fault(position: object) -> str | None:
    """Return what is wrong with one position, or None."""
    if not isinstance(position, list) or len(position) not in (2, 3) or not all(_is_number(each) for each in position):
        return f"{short(position)} is no position; give [longitude, latitude] as two numbers"
    lon, lat = position[0], position[1]
    if not all(abs(each) < math.inf for each in position):
        return f"the position {short(position)} is not finite; give numbers of degrees"
    if abs(lat) > 90 and abs(lon) <= 90:
        return f"the position {short(position)} has its axes reversed; GeoJSON wants longitude first, then latitude"
    if abs(lat) > 90 or abs(lon) > 360:
        return f"the position {short(position)} is out of range; give longitude -180 to 180 and latitude -90 to 90"
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ring_faults(ring: list[Any]) -> Iterator[str]:
    if len(ring) < 4:
        yield f"a ring has {len(ring)} positions; give at least four, the last equal to the first"
    elif ring[0][:2] != ring[-1][:2]:
        yield f"the ring that starts at {short(ring[0])} is not closed; repeat its first position at its end"


def _jumps(line: list[Any]) -> Iterator[str]:
    for one, two in itertools.pairwise(line):
        if abs(two[0] - one[0]) > 180 and not abs(one[0]) == abs(two[0]) == 180:
            yield (
                f"the edge {short(one)} to {short(two)} spans more than 180 degrees of longitude; "
                "write longitudes past 180 (190 for -170) or cut the shape at 180"
            )
            return


def _area_faults(geometry: dict[str, Any]) -> Iterator[str]:
    import shapely
    from shapely.geometry import shape

    area = shape(without_altitude(geometry))
    if shapely.is_valid(area):
        west, _, east, _ = area.bounds
        if area.area == 0:
            yield "its area is zero; give a ring that encloses water"
        elif east - west > 360:
            yield f"it spans {east - west:.0f} degrees of longitude; give at most 360"
        return
    reason, _, where = shapely.is_valid_reason(area).partition("[")
    yield f"its ring is invalid ({reason.lower().strip()} near {where.rstrip(']')}); redraw it so that no edges cross"


def short(value: object) -> str:
    """Return a value as text of at most 60 characters, however deep or long it is."""
    text = reprlib.repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
