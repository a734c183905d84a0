"""Land: whose it is, whether a position lies on it, and the coast for maps.

Natural Earth 1:10m (public domain), in full and with owners in the region 115-140 E 28-46 N, simplified to 0.01
degree elsewhere. The full coast is quantised to 311 x 188 m at 39 N and shows no harbour basins: a ship in port
may lie "on land", so a port may lie "on land": up to 2 km, Songnim 7, Ningbo 18. Units: degrees.
"""

import functools
import gzip
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zones.model import Zone
from zones.turn import turned
from zones.zoneset import ZoneSet

LAND_FILE = Path(__file__).parent / "data" / "land.json.gz"
ISLANDS_FILE = Path(__file__).parent / "data" / "islands.json"

OWNER_NAMES = {"PRK": "DPRK", "KOR": "ROK", "CHN": "China", "RUS": "Russia", "JPN": "Japan", "MNG": "Mongolia"}

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Island:
    """An island of the border waters: name, centre (degrees), owner (ISO 3166 alpha-3), area in km2 where known."""

    name: str
    lon: float
    lat: float
    owner: str
    area_km2: float | None


@dataclass(frozen=True)
class Land:
    """Land polygons, degrees: ``owners`` by ISO 3166 alpha-3 within ``region``, ``world`` without owners beyond it."""

    owners: dict[str, Any]
    world: list[Any]
    region: Bounds

    def on_land(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Tell for each point whether it lies on land.

        Args:
            lon: (n,) degrees, any turn.
            lat: (n,) degrees.

        Returns:
            (n,) bool. Within the region as exact as the coast, elsewhere to about 1 km.
        """
        import shapely

        x, y = np.atleast_1d(np.asarray(lon, dtype=np.float64)), np.atleast_1d(np.asarray(lat, dtype=np.float64))
        x = (x + 180.0) % 360.0 - 180.0
        result = np.asarray(self._owned.inside(x, y).any(axis=0), dtype=np.bool_)
        west, south, east, north = self.region
        beyond = np.flatnonzero(~((x > west) & (x < east) & (y > south) & (y < north)))
        result[beyond] |= shapely.contains_xy(self._rest, x[beyond], y[beyond])
        return result

    @functools.cached_property
    def _owned(self) -> ZoneSet:
        """The owners' land as a set of zones, for its fast lookup."""
        import shapely

        def as_zone(owner: str, shape: Any) -> Zone:
            """Return an owner's land as a zone."""
            geometry = json.loads(shapely.to_geojson(shape))
            return Zone(owner, owner, "land", owner, "", (), "", None, None, None, (), "none", "", geometry)

        return ZoneSet(tuple(as_zone(owner, shape) for owner, shape in self.owners.items()))

    @functools.cached_property
    def _rest(self) -> Any:
        """The world's land beyond the region as one prepared geometry."""
        import shapely

        rest = shapely.multipolygons(self.world)
        shapely.prepare(rest)
        return rest


@functools.cache
def load_land() -> Land:
    """Return the shipped land; decoded once."""
    import shapely

    document = json.loads(gzip.decompress(LAND_FILE.read_bytes()))
    owners = {
        code: shapely.multipolygons([_polygon(rings, document["quantum_deg"]) for rings in polygons])
        for code, polygons in document["owners"].items()
    }
    world = [_polygon(rings, document["world_quantum_deg"]) for rings in document["world"]]
    west, south, east, north = document["region"]
    return Land(owners, world, (west, south, east, north))


@functools.cache
def load_islands() -> tuple[Island, ...]:
    """Return the islands of the border waters with their owners."""
    rows = json.loads(ISLANDS_FILE.read_text(encoding="utf-8"))["islands"]
    return tuple(Island(row["name"], row["lon"], row["lat"], row["owner"], row["area_km2"]) for row in rows)


def coast_geojson(bounds: Bounds | None = None) -> dict[str, Any]:
    """Return the land within ``bounds`` as GeoJSON, one feature per owner, simplified to suit a map of that size.

    Args:
        bounds: west, south, east, north in degrees; east may pass 180 (170 to 190). None for the waters around
        Korea, 117-136 E 30-44 N.

    Returns:
        A FeatureCollection; features with the properties ``owner`` (ISO 3166 alpha-3, "" beyond the region) and
        ``name``; coordinates in the turn of ``bounds``.

    Raises:
        ValueError: the bounds are empty, wider than a turn, or beyond the poles.
    """
    west, south, east, north = bounds or (117.0, 30.0, 136.0, 44.0)
    if not (-90 <= south < north <= 90 and west < east <= west + 360 and -360 <= west <= 360):
        raise ValueError(f"the bounds {bounds} are no box; give west, south, east, north in degrees")
    land = load_land()
    groups = _groups(land, within=_holds(land.region, (west, south, east, north)))
    features = [_feature(owner, shapes, (west, south, east, north)) for owner, shapes in groups]
    return {"type": "FeatureCollection", "features": [each for each in features if each["geometry"]["coordinates"]]}


def _holds(outer: Bounds, inner: Bounds) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def _groups(land: Land, *, within: bool) -> list[tuple[str, list[Any]]]:
    """Return the land to draw by owner; beyond the region the DPRK and all else, lest the region's edge show."""
    if within:
        return [(code, [shape]) for code, shape in land.owners.items()]
    return [("PRK", [land.owners["PRK"]]), ("", _joined())]


@functools.cache
def _joined() -> list[Any]:
    """Return all land but the DPRK's, the region's and the world's grown together where they meet."""
    import shapely

    land = load_land()
    region = shapely.box(*land.region)
    meets = shapely.intersects(land.world, region)
    others = [shape for code, shape in land.owners.items() if code != "PRK"]
    # The two were rounded apart by up to a quantum of the world's: snapped to it, they share their edge.
    joined = shapely.union_all([*others, *np.asarray(land.world)[meets]], grid_size=1e-3)
    return [joined, *np.asarray(land.world)[~meets]]


def _feature(owner: str, shapes: list[Any], bounds: Bounds) -> dict[str, Any]:
    """Return one owner's land within bounds as a GeoJSON feature; its coordinates are empty where there is none."""
    west, south, east, north = bounds
    tolerance = max(east - west, north - south) / 4000.0
    decimals = 2 if tolerance > 0.02 else 3 if tolerance > 0.002 else 4
    polygons = [_rounded(part, decimals) for part in _cut(shapes, bounds, tolerance) if part.geom_type == "Polygon"]
    properties = {"owner": owner, "name": OWNER_NAMES.get(owner, "")}
    geometry = {"type": "MultiPolygon", "coordinates": [polygon for polygon in polygons if polygon]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _cut(shapes: list[Any], bounds: Bounds, tolerance: float) -> list[Any]:
    """Return the polygons of ``shapes`` within ``bounds``, in its turn of longitude, simplified."""
    import shapely

    found: list[Any] = []
    every = shapely.get_parts(shapes)
    for turn in (-360.0, 0.0, 360.0):
        west, south, east, north = bounds[0] - turn, bounds[1], bounds[2] - turn, bounds[3]
        if east < -180.0 or west > 180.0:
            continue
        boxes = shapely.bounds(every)
        near = every[(boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)]
        boxes = shapely.bounds(near)
        least = tolerance / 4 if tolerance < 0.01 else tolerance
        near = near[(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) > least**2]
        lean = shapely.make_valid(shapely.simplify(near, tolerance))
        inside = shapely.get_parts(shapely.get_parts(shapely.intersection(lean, shapely.box(west, south, east, north))))
        found += turned(inside, turn)
    return found


def _rounded(polygon: Any, decimals: int) -> list[Any]:
    """Return a polygon's rings as rounded positions, without repeats; empty where the outer ring has collapsed."""
    import shapely

    rings = []
    for ring in (polygon.exterior, *polygon.interiors):
        positions = [key for key, _ in itertools.groupby(shapely.get_coordinates(ring).round(decimals).tolist())]
        if len(positions) >= 4:
            rings.append(positions)
        elif not rings:
            return []
    return rings


def _polygon(rings: list[list[int]], quantum: float) -> Any:
    import shapely

    decoded = [np.cumsum(np.array(ring, dtype=np.int64).reshape(-1, 2), axis=0) * quantum for ring in rings]
    return shapely.Polygon(decoded[0], decoded[1:])
