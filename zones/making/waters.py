"""Whose water: the sea parted between the coasts of the DPRK, the ROK, China and Russia.

Every point of the sea goes to the State whose coast is nearest: Voronoi cells of the coasts' vertices,
densified to SEED_STEP_M, dissolved by owner. That gives the China line in Korea Bay and the mouths of the Yalu
and the Tumen without cuts by hand. In the West Sea the Northern Limit Line then overrides the partition, east
of its western end: there the DPRK's and the ROK's cells are merged and cut by the line. East of the line's
first point lies the Han estuary, a regime of its own under the Armistice: left out. Units: degrees.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from zones.making.coast import Coast
from zones.making.plane import NAUTICAL_MILE_M, disc, largest, polygons_of, to_degrees, to_plane

SEED_STEP_M = 600.0
EAST_LIMIT_LAT = 38.612778
"""The parallel on which the Military Demarcation Line meets the East Sea, 38-36-46 N."""
TERRITORIAL_SEA_M = 12 * NAUTICAL_MILE_M
DANDONG = (124.15, 39.816667)
DANDONG_RADIUS_M = 3000.0
"""The port of Dandong (World Port Index) lies within 2 km of the equidistance line: kept out of DPRK zones."""

_BOX = (121.0, 36.5, 133.0, 43.0)
_BOX_MARGIN_M = 60_000.0
_PARTED = ("PRK", "KOR", "CHN", "RUS")


@dataclass(frozen=True)
class Waters:
    """The waters from which zones are cut; shapely geometries in degrees.

    ``west`` and ``east`` are the DPRK's sides of the two seas; ``cells`` the partition by owner;
    ``territorial`` the 12 nm sea.
    """

    cells: dict[str, Any]
    west: Any
    east: Any
    territorial: Any


def part_waters(coast: Coast, nll: list[list[float]], seed_step_m: float = SEED_STEP_M) -> Waters:
    """Return the waters of the DPRK by the recipe above; ``nll``: the western line's points from east to west."""
    cells = _cells(coast, seed_step_m)
    west = _west(cells, nll, coast.land)
    merged = shapely.union_all([cells["PRK"], cells["KOR"]])
    east = largest(merged.intersection(shapely.box(127.0, EAST_LIMIT_LAT, 135.0, 43.5)).difference(coast.land))
    near = to_degrees(to_plane(coast.owners["PRK"]).buffer(TERRITORIAL_SEA_M, quad_segs=64))
    return Waters(cells, west, east, polygons_of(near.intersection(shapely.union_all([west, east]))))


def _cells(coast: Coast, seed_step_m: float) -> dict[str, Any]:
    """Return the Voronoi cells of the coasts' seeds, dissolved by owner, in degrees."""
    limit = to_plane(shapely.box(*_BOX)).buffer(_BOX_MARGIN_M)
    seeds, owner = [], []
    for index, code in enumerate(_PARTED):
        line = to_plane(coast.owners[code]).boundary.intersection(limit)
        points = shapely.get_coordinates(shapely.segmentize(line, seed_step_m))
        seeds.append(points)
        owner.append(np.full(len(points), index))
    xy, first = np.unique(np.round(np.concatenate(seeds), 3), axis=0, return_index=True)
    labels = np.concatenate(owner)[first]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(xy), extend_to=limit))
    seed_of, cell_of = shapely.STRtree(cells).query(shapely.points(xy), predicate="within")
    cell_owner = np.full(len(cells), -1)
    cell_owner[cell_of] = labels[seed_of]
    return {
        code: to_degrees(shapely.union_all(cells[cell_owner == index]).intersection(limit))
        for index, code in enumerate(_PARTED)
    }


def _west(cells: dict[str, Any], nll: list[list[float]], land: Any) -> Any:
    """Return the DPRK's side of the West Sea: by partition west of the NLL's end, by the NLL east of it."""
    end_lon, start_lon = nll[-1][0], nll[0][0]
    beyond = cells["PRK"].intersection(shapely.box(119.0, 35.0, end_lon, 41.0))
    north = shapely.Polygon([*nll, (end_lon, 41.0), (start_lon, 41.0)])
    within = shapely.union_all([cells["PRK"], cells["KOR"]]).intersection(north)
    sea = shapely.union_all([beyond, within]).difference(land)
    return largest(sea.difference(disc(*DANDONG, DANDONG_RADIUS_M)))
