"""The coast by owner: Natural Earth's land of each State, with the islets that it lacks.

Natural Earth 1:10m (public domain), as packed in world-atlas 2.0.2 ``countries-10m.json``, quantised to 311 x
188 m at 39 N. ``countries`` and not ``land``: the same coast, but with owners. Islands belong to their owners
by list, never by a line test. Left out on purpose: drying heights and straight baselines, of which no public-
domain outline was found. Units: degrees.
"""

import gzip
import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from zones.making.plane import disc, polygons_of
from zones.making.topojson import BadTopology, Topology
from zones.turn import turned

COAST_SHA256 = "3bc6f1d367a9bcec479841bae0e76092f512838411d0cef124e92eec4db45f79"
"""SHA-256 of the uncompressed ``countries-10m.json`` of world-atlas 2.0.2, from which the shipped data were built."""

REGION = (115.0, 28.0, 140.0, 46.0)
"""West, south, east, north of the box in which the coast is kept in full and with owners, degrees."""

OWNERS = {
    "North Korea": "PRK",
    "South Korea": "KOR",
    "China": "CHN",
    "Russia": "RUS",
    "Japan": "JPN",
    "Mongolia": "MNG",
}

ISLETS = (
    (124.7196, 39.2709), (129.5515, 40.6468), (125.1060, 39.4043), (124.7635, 38.5491),
    (124.4121, 39.6889), (124.9796, 38.6767), (128.1948, 39.9973), (127.6295, 39.2729),
    (130.5294, 42.2343), (125.2196, 39.0521), (124.7658, 38.5225), (128.0733, 38.8630),
)  # fmt: skip
"""Twelve DPRK islets that Natural Earth lacks, longitude and latitude; each becomes a disc of 100 m."""

ISLANDS_BY_AREA = (("PRK", 124.998, 38.6481, 9.42), ("KOR", 124.7523, 37.7716, 3.63))
"""Sok-do and Socheong-do, which Natural Earth lacks: owner, longitude, latitude, km2; each a disc of that area."""


class BadCoast(ValueError):
    """A coast file that cannot be read or is not the one that the zones were built from."""


@dataclass(frozen=True)
class Coast:
    """Land by owner within REGION, and the world's land without owners; shapely polygons in degrees."""

    owners: dict[str, Any]
    world: list[Any]

    @property
    def land(self) -> Any:
        """All land within REGION, one geometry."""
        return shapely.union_all(list(self.owners.values()))


def read_coast(path: Path, *, any_file: bool = False) -> Coast:
    """Read a coast file (plain or gzip) and return the land by owner.

    Raises BadCoast when the file is no TopoJSON or, unless ``any_file`` is set, not the file of COAST_SHA256.
    """
    try:
        raw = path.read_bytes()
        text = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError) as error:
        raise BadCoast(
            f"{path}: the coast file cannot be read ({error}); give world-atlas 2.0.2 countries-10m.json"
        ) from error
    found = hashlib.sha256(text).hexdigest()
    if found != COAST_SHA256 and not any_file:
        raise BadCoast(
            f"{path}: sha256 is {found}, not {COAST_SHA256} of world-atlas 2.0.2; give that file or --any-coast"
        )
    try:
        topology = Topology(json.loads(text))
        owners = {code: _country(topology, name) for name, code in OWNERS.items()}
        world = [part for rings in topology.polygons("land") for part in _unstitched(rings)]
    except (json.JSONDecodeError, UnicodeDecodeError, BadTopology) as error:
        raise BadCoast(f"{path}: {error}") from error
    return Coast(_with_islets(owners), world)


def _country(topology: Topology, name: str) -> Any:
    parts = [_polygon(rings) for rings in topology.polygons("countries", name)]
    if not parts:
        raise BadTopology(f"the coast file has no country called {name!r}")
    return polygons_of(shapely.union_all(parts).intersection(shapely.box(*REGION)))


def _polygon(rings: list[np.ndarray[Any, Any]]) -> Any:
    polygon = shapely.Polygon(rings[0], rings[1:])
    return polygon if polygon.is_valid else polygons_of(shapely.make_valid(polygon))


def _unstitched(rings: list[np.ndarray[Any, Any]]) -> list[Any]:
    """Return a polygon of the world cut at 180 degrees, which the coast file has stitched over.

    A ring that steps over more than half a turn crosses the 180th meridian: it is unrolled into one run of
    longitudes and cut into turns. One that does not close then goes round a pole (Antarctica) and is closed there.
    """
    if all(np.abs(np.diff(ring[:, 0])).max() <= 180.0 for ring in rings):
        return [_polygon(rings)]
    flat = [np.column_stack([np.unwrap(ring[:, 0], period=360.0), ring[:, 1]]) for ring in rings]
    outer = flat[0]
    if abs(outer[-1, 0] - outer[0, 0]) > 180.0:
        pole = math.copysign(90.0, outer[:, 1].mean())
        outer = np.vstack([outer, [[outer[-1, 0], pole], [outer[0, 0], pole]]])
    holes = [ring + np.array([360.0 * round((outer[0, 0] - ring[0, 0]) / 360.0), 0.0]) for ring in flat[1:]]
    whole = _polygon([outer, *holes])
    parts = [turned(whole, degrees)[0] for degrees in (-360.0, 0.0, 360.0)]
    return [polygons_of(part.intersection(shapely.box(-180.0, -90.0, 180.0, 90.0))) for part in parts]


def _with_islets(owners: dict[str, Any]) -> dict[str, Any]:
    added: dict[str, list[Any]] = {code: [shape] for code, shape in owners.items()}
    added["PRK"] += [disc(lon, lat, 100.0, 4) for lon, lat in ISLETS]
    for code, lon, lat, area in ISLANDS_BY_AREA:
        added[code].append(disc(lon, lat, math.sqrt(area * 1e6 / math.pi), 8))
    return {code: polygons_of(shapely.union_all(shapes)) for code, shapes in added.items()}
