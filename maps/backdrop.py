"""The map behind the findings: which part of the world to show, its coast, ports and names of seas.

The coast is carried twice: a coarse one around the view, and full detail in the cells of CELL_DEG that hold or touch
an event, so that a page of a whole ocean stays small and each event still lies on the best coast there is. Boxes may
reach beyond 180 degrees.
"""

import math
from collections.abc import Sequence

from maps.shapes import draw
from zones import coast_geojson, load_places

CELL_DEG = 4
MAX_CELLS = 16
MAX_COAST_VERTICES = 60_000
MAX_PORTS = 250
LEAST_VIEW_DEG = 0.5
REGION = (121.0, 36.0, 134.0, 43.0)  # the waters around Korea, where there is nothing else to show
WORLD = (-180.0, -80.0, 180.0, 80.0)

Bounds = tuple[float, float, float, float]
_NAMES = (
    ("Yellow Sea / West Sea", 123.3, 36.6, "sea"),
    ("Korea Bay", 123.9, 39.15, "sea"),
    ("Bohai Sea", 119.9, 38.9, "sea"),
    ("East Sea / Sea of Japan", 131.6, 39.9, "sea"),
    ("East Korea Bay", 128.35, 39.35, "sea"),
    ("East China Sea", 124.6, 30.6, "sea"),
    ("DPR Korea", 126.7, 40.25, "land"),
    ("Republic of Korea", 127.9, 36.5, "land"),
    ("China", 122.6, 41.5, "land"),
    ("Russia", 132.9, 44.2, "land"),
    ("Japan", 138.0, 36.4, "land"),
)


def box_around(points: Sequence[tuple[float, float]]) -> Bounds | None:
    """Return the narrowest box around points (degrees), which may cross 180; None without points."""
    if not points:
        return None
    lons = sorted(lon % 360 for lon, _ in points)
    holes = [(lons[(i + 1) % len(lons)] - lon) % 360 for i, lon in enumerate(lons)]
    widest = max(range(len(lons)), key=lambda i: holes[i]) if len(set(lons)) > 1 else len(lons) - 1
    west = (lons[(widest + 1) % len(lons)] + 180) % 360 - 180
    span = 360 - holes[widest] if len(set(lons)) > 1 else 0.0
    lats = [lat for _, lat in points]
    return west, min(lats), west + span, max(lats)


def widened(box: Bounds) -> Bounds:
    """Return the box with a rim of a tenth, at least LEAST_VIEW_DEG high and wide."""
    west, south, east, north = box
    wide = max(0.1 * (east - west), (LEAST_VIEW_DEG - (east - west)) / 2)
    high = max(0.1 * (north - south), (LEAST_VIEW_DEG - (north - south)) / 2)
    return west - wide, max(-85.0, south - high), east + wide, min(85.0, north + high)


def coast(view: Bounds, points: Sequence[tuple[float, float]]) -> dict[str, object]:
    """Return the coast to draw: sets of land shapes, each for its own box; the first is the coarse one."""
    fine = _cells(view, points)
    boxes = [_around(view), *fine]
    sets: list[dict[str, object]] = []
    for box in boxes:
        features = coast_geojson(box)["features"]
        drawn = draw([feature["geometry"] for feature in features], max_vertices=MAX_COAST_VERTICES)
        owners = [str(feature["properties"]["owner"]) for feature in features]
        sets.append({"box": list(box), "owners": owners, **drawn.as_json()})
    return {"sets": sets}


def _around(view: Bounds) -> Bounds:
    """Return a box of whole degrees around the view, wide enough to look around in."""
    west, south, east, north = view
    rim = max(6.0, 0.6 * max(east - west, north - south))
    if east - west + 2 * rim >= 350:
        middle = round((west + east) / 2)
        return max(-360.0, middle - 180.0), -85.0, max(-360.0, middle - 180.0) + 360.0, 85.0
    return (
        math.floor(west - rim),
        max(-85.0, math.floor(south - rim)),
        math.ceil(east + rim),
        min(85.0, math.ceil(north + rim)),
    )


def _cells(view: Bounds, points: Sequence[tuple[float, float]]) -> list[Bounds]:
    """Return the cells within a degree of the points, those with most of them first, in the turn of the view."""
    weight: dict[tuple[int, int], int] = {}
    middle = (view[0] + view[2]) / 2
    for lon, lat in points:
        near = (lon - middle + 180) % 360 - 180 + middle
        cells = {
            (math.floor((near + x) / CELL_DEG), math.floor((lat + y) / CELL_DEG)) for x in (-1, 1) for y in (-1, 1)
        }
        for cell in cells:
            weight[cell] = weight.get(cell, 0) + 1
    chosen = sorted(weight, key=lambda cell: (-weight[cell], cell))[:MAX_CELLS]
    inside = [(x, y) for x, y in sorted(chosen) if -20 <= y < 20 and -360 <= x * CELL_DEG <= 356]
    return [(x * CELL_DEG, y * CELL_DEG, (x + 1) * CELL_DEG, (y + 1) * CELL_DEG) for x, y in inside]


def ports(view: Bounds) -> list[list[object]]:
    """Return name, longitude, latitude and importance (2 = DPRK or large) of the ports around the view."""
    known = load_places().ports
    west, south, east, north = _around(view)
    found: list[tuple[int, str, float, float]] = []
    for name, country, lon, lat, size in zip(known.name, known.country, known.lon, known.lat, known.size, strict=True):
        near = (float(lon) - west) % 360 + west
        if near <= east and south <= lat <= north:
            rank = 2 if country == "PRK" or size == "Large" else 1 if size == "Medium" else 0
            found.append((-rank, name, near, float(lat)))
    return [[name, lon, lat, -rank] for rank, name, lon, lat in sorted(found)[:MAX_PORTS]]


def names(view: Bounds) -> list[list[object]]:
    """Return the names of seas and countries around the view with their places."""
    west, south, east, north = _around(view)
    return [list(name) for name in _NAMES if west <= name[1] <= east and south <= name[2] <= north]
