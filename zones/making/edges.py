"""How sure each edge of a zone is: its boundary cut into named pieces, each with its uncertainty in metres.

Figures: NLL 2 nm; China line 10 km (against Marine Regions: mean 2.4, 95th percentile 8 to 10, greatest 13 km);
mouth of the Yalu 3 nm. The continuation of the NLL beyond its western end is nobody's published line: 10 km, a
choice. The outer 12 nm line inherits the coast's quantisation, 500 m, and understates the claim where straight
baselines are used. Edges on the coast are not listed. Units: degrees, metres.
"""

from dataclasses import dataclass
from typing import Any

import shapely

from zones.making.plane import NAUTICAL_MILE_M, disc, to_degrees, to_plane
from zones.making.waters import DANDONG, DANDONG_RADIUS_M, EAST_LIMIT_LAT, Waters

_SNAP_M = 150.0
_LEAN_M = 60.0
_YALU_LAT = 39.6

_NLL_REASON = "points of unequal sureness, kept as a band of 2 nm"
_BEYOND_REASON = "equidistance with the ROK islands; no published line, the figure is a choice"
_YALU_REASON = "shifting channel; the port of Dandong is left out"
_CHINA_REASON = "equidistance; against Marine Regions mean 2.4, p95 8-10, max 13 km"
_TUMEN_REASON = "equidistance; vertices of the 1985 line not obtained"
_OUTER_REASON = "low-water coast to 311 m; unpublished straight baselines would lie further out"


@dataclass(frozen=True)
class NamedLine:
    """A line that bounds zones: name, uncertainty in metres, the reason, its owners, its course in degrees."""

    name: str
    uncertainty_m: float
    reason: str
    owners: str
    course: Any


def named_lines(waters: Waters, coast_prk: Any, nll: list[list[float]]) -> list[NamedLine]:
    """Return the lines that part the DPRK's waters from others', surest description first."""
    china = waters.cells["PRK"].intersection(waters.cells["CHN"])
    yalu_box = shapely.box(123.6, _YALU_LAT, 125.0, 40.5)
    beyond = (
        waters.cells["PRK"].intersection(waters.cells["KOR"]).intersection(shapely.box(119.0, 35.0, nll[-1][0], 41.0))
    )
    parallel = shapely.LineString([(128.0, EAST_LIMIT_LAT), (133.0, EAST_LIMIT_LAT)])
    outer = to_degrees(to_plane(coast_prk).buffer(12 * NAUTICAL_MILE_M, quad_segs=64)).boundary
    nll_course = shapely.union_all([shapely.LineString(nll), parallel])
    yalu_course = china.intersection(yalu_box).union(disc(*DANDONG, DANDONG_RADIUS_M).boundary)
    tumen_course = waters.cells["PRK"].intersection(waters.cells["RUS"])
    mile = NAUTICAL_MILE_M
    return [
        NamedLine("NLL", 2 * mile, _NLL_REASON, "UN Command; rejected by the DPRK", nll_course),
        NamedLine("continuation west of the NLL", 10_000.0, _BEYOND_REASON, "DPRK and ROK", beyond),
        NamedLine("Yalu mouth", 3 * mile, _YALU_REASON, "DPRK and China", yalu_course),
        NamedLine("China line", 10_000.0, _CHINA_REASON, "DPRK and China", china.difference(yalu_box)),
        NamedLine("Tumen mouth", 3 * mile, _TUMEN_REASON, "DPRK and Russia", tumen_course),
        NamedLine("12 nm line", 500.0, _OUTER_REASON, "DPRK", outer),
    ]


def edges_of(shape: Any, lines: list[NamedLine]) -> list[dict[str, Any]]:
    """Return the pieces of a polygon's boundary that run along named lines, as JSON-ready mappings.

    Keys: ``name``, ``uncertainty_m``, ``reason``, ``owners``, ``coordinates`` (a MultiLineString's, degrees to 1e-4).
    """
    rest = to_plane(shape).boundary
    found = []
    for line in lines:
        band = to_plane(line.course).buffer(_SNAP_M)
        along, rest = rest.intersection(band), rest.difference(band)
        course = shapely.simplify(shapely.line_merge(along), _LEAN_M)
        pieces = [
            part for part in shapely.get_parts(course) if part.geom_type == "LineString" and part.length > 2_000.0
        ]
        if pieces:
            rounded = [shapely.get_coordinates(to_degrees(piece)).round(4).tolist() for piece in pieces]
            edge = {"name": line.name, "uncertainty_m": line.uncertainty_m, "reason": line.reason}
            found.append({**edge, "owners": line.owners, "coordinates": rounded})
    return found
