"""Which zones hold a point: the array lookup, and a plain loop of exact tests over the same zones."""

import time

import numpy as np

from bench.child import best
from bench.figure import Figure

POINTS = 2_000_000
PEER_POINTS = 200_000


def figures() -> list[Figure]:
    """Measure the zone lookup on all zones at random points of the seas around Korea."""
    own, peer = best("lookup:inside", cores=1), best("lookup:shapely_loop", cores=1)
    what = f"zones of {POINTS / 1e6:.0f} M points, {own['zones']:.0f} zones, one core"
    return [Figure(what, own["rate"], "points/s", 2e6, peer="shapely.contains_xy per zone", peer_value=peer["rate"])]


def inside() -> dict[str, float]:
    """Look the points up in the package's zones."""
    from zones import load_zones

    zones = load_zones()
    lon, lat = _points(POINTS)
    zones.inside(lon[:10], lat[:10])
    started = time.perf_counter()
    zones.inside(lon, lat)
    return {"rate": POINTS / (time.perf_counter() - started), "zones": len(zones.zones)}


def shapely_loop() -> dict[str, float]:
    """Test the points against each prepared polygon."""
    import shapely

    from zones import load_zones

    shapes = [shapely.from_geojson(_text(zone.geometry)) for zone in load_zones().zones]
    areas = [shape for shape in shapes if shape.area > 0]
    shapely.prepare(areas)
    lon, lat = _points(PEER_POINTS)
    started = time.perf_counter()
    for shape in areas:
        shapely.contains_xy(shape, lon, lat)
    return {"rate": PEER_POINTS / (time.perf_counter() - started)}


def _text(geometry: object) -> str:
    """Return a GeoJSON mapping as text."""
    import json

    return json.dumps(geometry)


def _points(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return random points of the seas around Korea."""
    rng = np.random.default_rng(3)
    return rng.uniform(117, 137, number), rng.uniform(32, 44, number)
