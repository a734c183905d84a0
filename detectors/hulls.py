"""Gaps between hulls: from antennas, the sides that ships say of themselves, and headings.

A hull is taken as a rectangle around its antenna. Where a ship sends no heading it is taken to lie parallel to the
other, bow to bow or bow to stern, whichever is nearer, as ships alongside do; where neither sends one, the gap is the
least that the hulls could have. A ship that says no sides is a point.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detectors.geo import EARTH_RADIUS_M, Floats, wrap_lon

HEADINGS, ONE_HEADING, BOUND, POINTS = 3, 2, 1, 0
BASES = {HEADINGS: "headings of both", ONE_HEADING: "heading of one", BOUND: "least possible", POINTS: None}
_Sides = Floats  # shape (n, 4): antenna to bow, stern, port and starboard, metres; NaN where not said


def offset_m(lon_a: Floats, lat_a: Floats, lon_b: Floats, lat_b: Floats) -> tuple[Floats, Floats]:
    """Return how far b is east and north of a, metres; good to a millimetre in a kilometre."""
    middle = np.radians((lat_a + lat_b) / 2)
    east = np.radians(wrap_lon(lon_b - lon_a)) * np.cos(middle) * EARTH_RADIUS_M
    return east, np.radians(lat_b - lat_a) * EARTH_RADIUS_M


def gap_m(
    east_m: Floats, north_m: Floats, sides_a: _Sides, sides_b: _Sides, heading_a: Floats, heading_b: Floats
) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Return the gap between two hulls at each sample, and what it rests on.

    Args:
        east_m: Antenna b east of antenna a, shape (n,).
        north_m: Antenna b north of antenna a, shape (n,).
        sides_a: Sides of a, shape (n, 4).
        sides_b: Sides of b, shape (n, 4).
        heading_a: Degrees true, NaN where unknown, shape (n,).
        heading_b: Degrees true, NaN where unknown, shape (n,).

    Returns:
        Metres, 0 where the hulls touch, and the basis: one of the keys of `BASES`.
    """
    apart = np.hypot(east_m, north_m)
    said = ~(np.isnan(sides_a[:, 0]) & np.isnan(sides_b[:, 0]))
    if not said.any():
        return apart, np.full(len(apart), POINTS, np.int8)
    a, b = np.nan_to_num(sides_a), np.nan_to_num(sides_b)
    known_a, known_b = ~np.isnan(heading_a), ~np.isnan(heading_b)
    one, none = known_a ^ known_b, ~(known_a | known_b)
    either = np.where(known_a, heading_a, heading_b)
    gap = _between(east_m, north_m, a, b, np.where(one, either, heading_a), np.where(one, either, heading_b))
    if one.any():
        turned = either + 180.0
        other = _between(
            east_m, north_m, a, b, np.where(known_a, heading_a, turned), np.where(known_b, heading_b, turned)
        )
        gap = np.where(one, np.fmin(gap, other), gap)
    gap = np.where(none, np.maximum(apart - reach_m(a) - reach_m(b), 0.0), gap)
    basis = np.select([~said, none, one], [POINTS, BOUND, ONE_HEADING], HEADINGS).astype(np.int8)
    return np.where(said, gap, apart), basis


def reach_m(sides: _Sides) -> Floats:
    """Return the distance from the antenna to the farthest corner, 0 where the sides are not said."""
    far = np.nan_to_num(sides)
    return np.hypot(np.maximum(far[:, 0], far[:, 1]), np.maximum(far[:, 2], far[:, 3]))


def _between(east_m: Floats, north_m: Floats, a: _Sides, b: _Sides, heading_a: Floats, heading_b: Floats) -> Floats:
    """Return the gap of rectangles: the least distance of a corner of one to the other.

    That is exact unless they cross without a corner in one another, which hulls do not.
    """
    to_b = _corners_to(east_m, north_m, a, b, heading_a, heading_b)
    to_a = _corners_to(-east_m, -north_m, b, a, heading_b, heading_a)
    return np.minimum(to_a, to_b)


def _corners_to(east_m: Floats, north_m: Floats, a: _Sides, b: _Sides, heading_a: Floats, heading_b: Floats) -> Floats:
    """Return the least distance of b's corners to the rectangle of a."""
    turn = np.radians(heading_b - heading_a)
    bow = np.radians(heading_a)
    forward = east_m * np.sin(bow) + north_m * np.cos(bow)
    right = east_m * np.cos(bow) - north_m * np.sin(bow)
    least = np.full(len(east_m), np.inf)
    for along in (b[:, 0], -b[:, 1]):
        for across in (-b[:, 2], b[:, 3]):
            u = forward + along * np.cos(turn) - across * np.sin(turn)
            v = right + along * np.sin(turn) + across * np.cos(turn)
            outside_u = np.maximum(np.maximum(-a[:, 1] - u, u - a[:, 0]), 0.0)
            outside_v = np.maximum(np.maximum(-a[:, 2] - v, v - a[:, 3]), 0.0)
            least = np.fmin(least, np.hypot(outside_u, outside_v))
    return least
