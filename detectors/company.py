"""What two ships near each other did together: a meeting, pair trawling, one hull with two transponders, or passing.

All is decided on a stretch of samples in contact and on what lies within `AROUND_H` of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from detectors.cargo import UNDER_WAY_FIXES, UNDER_WAY_KN, is_gear, is_service, ship_class
from detectors.event import Reach
from detectors.geo import KNOT_M_S, US_H, US_S, Bools, Floats, Ints, distance_m, median
from detectors.hulls import offset_m
from detectors.samples import Samples
from detectors.statics import SPAN_US

if TYPE_CHECKING:
    from detectors.statics import Said
    from detectors.tracks import Tracks

AROUND_H = 12.0  # one hull is one hull all along: so far around a contact this is looked at
_GRID_US = 300 * US_S
_ADRIFT_DEG = 30.0  # a ship whose heading is so far off her course does not steam
_STEERED_KN = 0.5  # under this a course means nothing
_PARALLEL_DEG = 20.0
AS_ONE_KN = 1.0
TRAWL_KN = (2.0, 5.5)
FLOATS_M = 60.0  # ships without headings that lie so near drift as one
_STRIDE_US, _HALF = 600 * US_S, 2  # ten minutes; so many before and after say what ships did
_HAUL_STRIDES = 11  # a pair that stops for so long to haul its net still trawls
SAME_PLACE_M, SAME_AWAY_M, SAME_MOVED_M = 60.0, 250.0, 2000.0


@dataclass(frozen=True)
class Motion:
    """How two ships moved, on a common clock.

    Attributes:
        relative_kn: Median speed of one relative to the other; NaN where not known.
        course_difference_deg: Median difference of their courses made good; NaN where one hardly moved.
        together_m: How far they went as one, both at over 2 kn.
    """

    relative_kn: float
    course_difference_deg: float
    together_m: float


@dataclass
class Contact:
    """Two ships in contact for a while.

    Attributes:
        pair: The ships, by index.
        samples: All of the span, shape (n,).
        run: The stretch in contact.
        near: The samples of the stretch that are near.
        kind: What they did together; "" = nothing of interest.
        speeds_kn: Median speed of each.
        fixes: The fixes of each in that time.
        max_gap_us: The longest span to interpolate over.
        said: What each said of herself.
        is_open: Whether it may go on beyond the data.
        reach: All that was read for it.
        waiting: Other slow ships within a kilometre, median.
    """

    pair: tuple[int, int]
    samples: Samples
    run: slice
    near: Samples
    speeds_kn: tuple[float, float]
    fixes: tuple[slice, slice]
    max_gap_us: int
    said: tuple[Said, Said]
    is_open: bool
    reach: Reach
    kind: str = ""
    waiting: int = 0
    linked: list[Contact] = field(default_factory=list)

    @property
    def start_us(self) -> int:
        """Time of the first near sample."""
        return int(self.near.t[0])

    @property
    def end_us(self) -> int:
        """Time of the last near sample."""
        return int(self.near.t[-1])

    @property
    def hours(self) -> float:
        """From the first to the last near sample."""
        return (self.end_us - self.start_us) / US_H

    @cached_property
    def motion(self) -> Motion:
        """How they moved; it takes a while, and few contacts are asked."""
        return motion(self.samples.tracks, self.pair, self.start_us, self.end_us, self.max_gap_us)

    @cached_property
    def adrift(self) -> tuple[bool | None, bool | None]:
        """Whether each one's heading was off its course; None where not sent."""
        return adrift(self.samples.tracks, self.fixes[0]), adrift(self.samples.tracks, self.fixes[1])

    def overlaps(self, other: Contact) -> bool:
        """Say whether two contacts have an instant in common."""
        return self.start_us <= other.end_us and other.start_us <= self.end_us


def motion(tracks: Tracks, pair: tuple[int, int], from_us: int, to_us: int, max_gap_us: int) -> Motion:
    """Return how two ships (by index) moved in a span."""
    t = np.arange(-(-from_us // _GRID_US) * _GRID_US, to_us + 1, _GRID_US)
    if len(t) < 2:
        t = np.array([from_us, to_us])
    (lon_a, lat_a, known_a), (lon_b, lat_b, known_b) = (tracks.position_at(ship, t, max_gap_us) for ship in pair)
    linked = (known_a & known_b)[1:] & (known_a & known_b)[:-1]
    seconds = np.maximum(np.diff(t)[linked], 1) / US_S
    if not len(seconds):
        return Motion(np.nan, np.nan, 0.0)
    east_a, north_a = (one[linked] for one in offset_m(lon_a[:-1], lat_a[:-1], lon_a[1:], lat_a[1:]))
    east_b, north_b = (one[linked] for one in offset_m(lon_b[:-1], lat_b[:-1], lon_b[1:], lat_b[1:]))
    moved_a, moved_b = np.hypot(east_a, north_a), np.hypot(east_b, north_b)
    relative = np.hypot(east_a - east_b, north_a - north_b) / seconds / KNOT_M_S
    steered = np.minimum(moved_a, moved_b) / seconds > _STEERED_KN * KNOT_M_S
    turn = np.degrees(np.arctan2(east_a, north_a) - np.arctan2(east_b, north_b))
    apart = np.abs((turn + 180.0) % 360.0 - 180.0)[steered]
    fast = (np.minimum(moved_a, moved_b) / seconds > 2.0 * KNOT_M_S) & (relative <= AS_ONE_KN)
    course = median(apart) if len(apart) else np.nan
    return Motion(median(relative), course, float(moved_a[fast].sum()))


def adrift(tracks: Tracks, part: slice) -> bool | None:
    """Say whether a ship's heading was mostly far off her course while she moved; None where she sent none."""
    heading, course = tracks.heading_deg[part], tracks.cog_deg10[part] / 10.0
    good = (heading >= 0) & (course >= 0) & ~(tracks.sog_kn[part] < _STEERED_KN)
    if not good.any():
        return None
    off = np.abs((heading[good] - course[good] + 180.0) % 360.0 - 180.0)
    return bool(np.median(off) > _ADRIFT_DEG)


def kind_of(contact: Contact, max_sog_kn: float, max_drift_kn: float) -> str:
    """Return ``slow`` for a meeting, ``pair_trawling``, ``tow``, or "" for ships that pass or steam in company."""
    fastest, slowest = max(contact.speeds_kn), min(contact.speeds_kn)
    if fastest < max_sog_kn:
        return "slow"
    as_one = contact.motion.relative_kn <= AS_ONE_KN
    # Where neither sends a heading, only ships that lie hull to hull are taken to drift.
    floats = True in contact.adrift or (
        contact.adrift == (None, None) and median(contact.near.likely_gap_m) <= FLOATS_M
    )
    if as_one and fastest < max_drift_kn and False not in contact.adrift and floats:
        return "slow"
    parallel = as_one and contact.motion.course_difference_deg <= _PARALLEL_DEG
    if not (parallel and slowest >= TRAWL_KN[0] and fastest < TRAWL_KN[1]):
        return ""
    if serves(contact):
        return "tow"
    known = {ship_class(said.ship_type) for said in contact.said} - {None, "other"}
    return "pair_trawling" if known <= {"fishing"} else ""


def serves(contact: Contact) -> bool:
    """Say whether one of two ships attends others by her trade."""
    return any(is_service(said.ship_type, said.name) for said in contact.said)


def fishes_apart(contact: Contact, brief_m: float) -> bool:
    """Say whether two fishing vessels lay near each other but not alongside, as a pair does between hauls."""
    fishing = all(ship_class(said.ship_type) == "fishing" for said in contact.said)
    return fishing and median(contact.near.gap_m) > brief_m


def has_gear(tracks: Tracks, contact: Contact) -> bool:
    """Say whether one of the two is a net buoy or other gear: says so, and was not heard under way within a day."""
    for ship, said in zip(contact.pair, contact.said, strict=True):
        if is_gear(said.name, said.length_m):
            around = tracks.fixes_of(ship, contact.start_us - SPAN_US, contact.end_us + SPAN_US)
            if int((tracks.sog_kn[around] > UNDER_WAY_KN).sum()) < UNDER_WAY_FIXES:
                return True
    return False


def in_one_place(samples: Samples, said: tuple[Said, Said]) -> bool:
    """Say whether two antennas were so near each other, for the most part, that they may be on one hull."""
    return median(samples.distance_m) <= max(SAME_PLACE_M, 0.8 * _hull_m(said))


def one_place(samples: Samples, said: tuple[Said, Said]) -> Bools:
    """Say at which samples two transponders may be on one hull, as far as interpolation can tell."""
    near: Bools = samples.distance_m - samples.bound_m <= SAME_AWAY_M + _hull_m(said)
    return near


def same_place_all_along(around: Samples, said: tuple[Said, Said], moved: Motion) -> bool:
    """Say whether two transponders were in one place under way as well as lying: on one hull.

    Args:
        around: Samples of all the time around a contact.
        said: What each said of herself.
        moved: How they moved in that time.
    """
    if moved.together_m < SAME_MOVED_M or not in_one_place(around, said):
        return False
    return float(np.mean(~one_place(around, said))) <= 0.05


def _hull_m(said: tuple[Said, Said]) -> float:
    """Return the lesser of two lengths; 0 where one is not known."""
    return float(min(one.length_m or 0 for one in said))


def steaming(tracks: Tracks, samples: Samples, pair: tuple[int, int], max_gap_us: int) -> Bools:
    """Say at which samples both ships steamed rather than lay or drifted: for the most part of half an hour around.

    A ship steams at over `TRAWL_KN` made good with her heading on her course; where no heading is sent, ships that
    lie hull to hull are taken to drift.
    """
    first, last = int(samples.t[0]) // _STRIDE_US, int(samples.t[-1]) // _STRIDE_US + 1
    t = np.arange(first, last + 1) * _STRIDE_US
    steers = np.ones(len(t) - 1, np.bool_)
    for ship in pair:
        lon, lat, known = tracks.position_at(ship, t, max_gap_us)
        east, north = offset_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
        knots = np.hypot(east, north) / (_STRIDE_US / US_S) / KNOT_M_S
        course = np.degrees(np.arctan2(east, north))
        heading = tracks.heading_near(ship, t[:-1] + _STRIDE_US // 2)
        off = np.abs((heading - course + 180.0) % 360.0 - 180.0)
        ahead = np.where(np.isnan(heading), _apart(samples, t) > FLOATS_M, off <= _ADRIFT_DEG)
        steers &= known[1:] & known[:-1] & (knots >= TRAWL_KN[0]) & ahead
    padded = np.pad(steers.astype(np.int64), _HALF, mode="edge")
    counts = np.convolve(padded, np.ones(2 * _HALF + 1, np.int64), "valid")
    most: Bools = counts > _HALF
    _fill(most, _HAUL_STRIDES)
    return most[np.clip(samples.t // _STRIDE_US - first, 0, len(most) - 1)]


def _fill(flags: Bools, most: int) -> None:
    """Set the stretches of at most so many that lie between set ones."""
    at = np.flatnonzero(flags)
    for low, high in pairwise(at.tolist()):
        if 1 < high - low <= most + 1:
            flags[low:high] = True


def _apart(samples: Samples, t: Ints) -> Floats:
    """Return the likely gap of hulls at the sample nearest before the middle of each stride."""
    at = np.clip(np.searchsorted(samples.t, t[:-1] + _STRIDE_US // 2) - 1, 0, len(samples) - 1)
    return samples.likely_gap_m[at]


def moved_m(tracks: Tracks, ship: int, from_us: int, to_us: int, max_gap_us: int) -> float:
    """Return how far a ship (by index) got from one time to another; NaN where one of the places is not known."""
    t: Ints = np.array([from_us, to_us])
    lon, lat, known = tracks.position_at(ship, t, max_gap_us)
    if not known.all():
        return np.nan
    went: Floats = distance_m(lon[0], lat[0], lon[1], lat[1])
    return float(went)
