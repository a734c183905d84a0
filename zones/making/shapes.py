"""The shape of each zone from its rule: one small function per rule named in ``sources/zones.json``.

A rule is a JSON object with the key ``rule`` and its numbers; ``shape_of`` finds the function and returns the
geometry in degrees, rounded to 1e-6 degree (0.1 m). Zones of DPRK waters are cut from Waters, so none can reach
across the lines that bound them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import shapely

from zones.making.plane import disc, largest, polygons_of, to_degrees, to_plane
from zones.making.waters import Waters

Rule = Mapping[str, Any]
GRID_DEG = 1e-6
_COLLINEAR_DEG = 5e-6
_VERBATIM = ("line", "polygon")
"""Rules whose shapes keep their published vertices as they are."""


def shape_of(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    """Return the geometry of a zone.

    Args:
        rule: the zone's rule.
        waters: the parted waters.
        land: all land of the region.
        rules: the rules of all zones by id, for rules that name another zone's line.

    Raises:
        ValueError: the rule is not known.
    """
    if rule["rule"] not in _RULES:
        raise ValueError(f"zones.json names the rule {rule['rule']!r}; known are {sorted(_RULES)}")
    shape = _RULES[rule["rule"]](rule, waters, land, rules)
    return shape if rule["rule"] in _VERBATIM else _tidy(shape)


def _tidy(shape: Any) -> Any:
    """Return a shape on the grid of GRID_DEG, without the collinear points that densifying left."""
    lean = shapely.simplify(shape, _COLLINEAR_DEG, preserve_topology=True)
    fixed = shapely.set_precision(lean, GRID_DEG)
    return fixed.normalize() if "Polygon" in fixed.geom_type else fixed


def landward_of(frame: Any, line: list[list[float]]) -> Any:
    """Return the part of ``frame`` north-west of an eastern line of two points, given from south to north."""
    (x1, y1), (x2, y2) = line

    def lon_at(lat: float) -> float:
        """Return the line's longitude at a latitude."""
        return x1 + (x2 - x1) * (lat - y1) / (y2 - y1)

    return frame.intersection(
        shapely.Polygon([(120, 38), (lon_at(38), 38), (x1, y1), (x2, y2), (lon_at(44), 44), (120, 44)])
    )


def _line(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    return shapely.LineString(rule["coordinates"])


def _line_at_sea(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    return max(
        shapely.get_parts(shapely.LineString(rule["coordinates"]).difference(land)), key=lambda part: float(part.length)
    )


def _parallel(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    """The line ``distance_m`` seaward (to the right) of the chord ``from``-``to``, within the claim's latitudes."""
    start, end = (shapely.get_coordinates(to_plane(shapely.Point(rule[key])))[0] for key in ("from", "to"))
    along = (end - start) / np.hypot(*(end - start))
    aside = np.array([along[1], -along[0]]) * rule["distance_m"]
    reach = along * 200_000.0
    full = to_degrees(shapely.segmentize(shapely.LineString([start + aside - reach, end + aside + reach]), 5_000.0))
    claim = shapely.Polygon(rules["prk_eez_east_claim"]["coordinates"][0])
    return full.intersection(claim.difference(land))


def _polygon(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    return polygons_of(shapely.make_valid(shapely.Polygon(rule["coordinates"][0])))


def _frame_minus_land(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    return largest(shapely.Polygon(rule["coordinates"][0]).difference(land))


def _landward_of_line(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    claim = _frame_minus_land(rules["prk_eez_east_claim"], waters, land, rules)
    return largest(landward_of(claim, rules[rule["line"]]["coordinates"]))


def _around_segment(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    around = to_degrees(to_plane(shapely.LineString(rule["coordinates"])).buffer(rule["radius_m"], quad_segs=64))
    return polygons_of(around.intersection(waters.west))


def _circles(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    return shapely.union_all([disc(lon, lat, rule["radius_m"]) for lon, lat in rule["coordinates"]])


def _circles_in_west_sea(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    return polygons_of(_circles(rule, waters, land, rules).intersection(waters.west))


def _west_sea_area(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    return waters.west


def _territorial_sea(rule: Rule, waters: Waters, land: Any, rules: Mapping[str, Rule]) -> Any:
    return waters.territorial


_RULES: dict[str, Callable[[Rule, Waters, Any, Mapping[str, Rule]], Any]] = {
    "line": _line,
    "line_at_sea": _line_at_sea,
    "parallel": _parallel,
    "polygon": _polygon,
    "frame_minus_land": _frame_minus_land,
    "landward_of_line": _landward_of_line,
    "around_segment": _around_segment,
    "circles": _circles,
    "circles_in_west_sea": _circles_in_west_sea,
    "west_sea_area": _west_sea_area,
    "territorial_sea": _territorial_sea,
}
