"""How likely one fix follows another: what a ship can have done between two reports of position, speed and course.

A ship is expected where the mean of its two velocities takes it; how far off the second fix lies, in spreads that grow
with time and speed, is the surprise of the step. After a long silence two more explanations are tried: the ship came
back to where it was lost, or it sailed and said nothing. The cost of a step is the negative log likelihood of its
likeliest explanation, with heavy tails, so that sums of costs compare whole stories; long silences are rarer than
short ones, as the inverse of their hours. Places and velocities are vectors in space: there is no seam at 180 degrees
and no pole; ways are chords, 1 % short of the arc at 3,000 km.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

EARTH_M = 6_371_008.8  # mean radius (IUGG)
KN_M_S = 1852 / 3600

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = Ints | slice


@dataclass(frozen=True)
class MotionRule:
    """What a ship can do, and what is likely. Costs are natural logarithms of odds.

    Attributes:
        max_speed_kn: No ship that carries AIS is faster: fast ferries make 50 kn, the fastest built 58.
        max_speed_h: For so long: the longest crossings of such ferries take about three hours.
        long_speed_kn: Nor faster than this for longer: the fastest liner made 30 kn (gpsdio-segment allows 25).
        jump_noise_m: Two fixes may be wrong by so much together: type 27 is rounded to 185 m, a poor fix to 1 km.
        time_noise_s: Receive times may be wrong by so much together: rounding to seconds, latency of satellites.
        place_noise_m: Misses up to this say nothing: two antennas, rounding of type 27, swinging at anchor.
        spread_m: Least spread: what time noise makes at 20 kn.
        idle_kn: The spread grows by so much with a ship that lies still: most go on lying still.
        turn_share: And by this share of the speed, and of the change of speed: who knows when it turned.
        unknown_kn: And by so much where no speed was sent: half the ships at sea make less than 10 kn.
        straight_h: Beyond this the spread grows as the root of time: nobody goes one way for ever (satellite passes
            over one ship are an hour or two apart).
        back_m: Spread about the place where a ship was lost: a berth, an anchorage, the edge of reception.
        sail_kn: Spread of a ship that sailed unseen, whatever it said before and after.
        able_kn: Any ship may have made this between two fixes, whatever it said: a ferry heard at its berths only.
        other_story: Odds against either of these two.
        swerve_m_s: Velocity as sent differs by so much from fix to fix.
        swerve_m_s2: And by so much more each second.
        fast_kn: Speeds sent over this are not believed.
    """

    max_speed_kn: float = 60.0
    max_speed_h: float = 3.0
    long_speed_kn: float = 30.0
    jump_noise_m: float = 2_000.0
    time_noise_s: float = 15.0
    place_noise_m: float = 500.0
    spread_m: float = 150.0
    idle_kn: float = 0.15
    turn_share: float = 0.3
    unknown_kn: float = 10.0
    straight_h: float = 2.0
    back_m: float = 2_000.0
    sail_kn: float = 5.0
    able_kn: float = 15.0
    other_story: float = 7.0
    swerve_m_s: float = 1.0
    swerve_m_s2: float = 0.02
    fast_kn: float = 60.0

    def reach_m(self, seconds: Floats) -> Floats:
        """Return how far a ship can get, with all noise."""
        fast = np.minimum(seconds, self.max_speed_h * 3600)
        way = self.max_speed_kn * (fast + self.time_noise_s) + self.long_speed_kn * (seconds - fast)
        return self.jump_noise_m + KN_M_S * way


@dataclass(frozen=True)
class Steps:
    """Measures of n steps.

    Attributes:
        surprise: How far the second fix lies from where it was expected, in spreads.
        cost: How unlikely the step is.
    """

    surprise: Floats
    cost: Floats


@dataclass(frozen=True)
class Motion:
    """n fixes as vectors.

    Attributes:
        t: UTC microseconds, shape (n,).
        place: Metres from the centre of the Earth, shape (n, 3).
        velocity: Metres per second, 0 where not sent, shape (n, 3).
        doubt: Metres per second by which each fix lets the spread grow, shape (n,).
        rule: What is likely.
    """

    t: Ints
    place: Floats
    velocity: Floats
    doubt: Floats
    rule: MotionRule

    @classmethod
    def of(cls, t: Ints, lon: Floats, lat: Floats, sog_kn: Floats, cog_deg: Floats, rule: MotionRule) -> Motion:
        """Build from degrees and knots; NaN where speed or course was not sent."""
        x, y, course = np.radians(lon), np.radians(lat), np.radians(cog_deg)
        sin_x, cos_x, sin_y, cos_y = np.sin(x), np.cos(x), np.sin(y), np.cos(y)
        believed = sog_kn <= rule.fast_kn  # false for NaN
        speed = np.where(believed, sog_kn, 0.0) * KN_M_S
        directed = ~np.isnan(course)
        east = np.where(directed, speed * np.sin(course), 0.0)
        north = np.where(directed, speed * np.cos(course), 0.0)
        grows = rule.idle_kn * KN_M_S + np.where(directed, rule.turn_share, 1.0) * speed
        return cls(
            t,
            EARTH_M * np.stack([cos_y * cos_x, cos_y * sin_x, sin_y], axis=1),
            np.stack(
                [-sin_x * east - sin_y * cos_x * north, cos_x * east - sin_y * sin_x * north, cos_y * north], axis=1
            ),
            np.where(believed, grows, rule.unknown_kn * KN_M_S),
            rule,
        )

    def take(self, rows: Ints) -> Motion:
        """Return some of the fixes."""
        return Motion(self.t[rows], self.place[rows], self.velocity[rows], self.doubt[rows], self.rule)

    def seconds(self, a: Rows, b: Rows) -> Floats:
        """Return the times from fixes a to fixes b; 0 where b is before a, which makes no step."""
        return np.asarray(np.maximum(self.t[b] - self.t[a], 0) / 1e6)

    def possible(self, a: Rows, b: Rows) -> Bools:
        """Say which steps from fixes a to fixes b a ship can have made."""
        way = self.place[b] - self.place[a]
        return np.asarray(np.einsum("ni,ni->n", way, way) <= self.rule.reach_m(self.seconds(a, b)) ** 2)

    def steps(self, a: Rows, b: Rows) -> Steps:
        """Measure steps from fixes a to fixes b that a ship can have made."""
        rule, seconds = self.rule, self.seconds(a, b)
        way, before, after = self.place[b] - self.place[a], self.velocity[a], self.velocity[b]
        missed = _length(way - (before + after) * (seconds / 2)[:, None])
        turn = _length(after - before)
        grown = np.minimum(seconds, np.sqrt(seconds * (rule.straight_h * 3600)))
        spread = rule.spread_m + (self.doubt[a] + self.doubt[b] + rule.turn_share * turn) * (grown / 2)
        surprise, odds = self._story(missed, spread)
        long = np.flatnonzero(seconds > rule.straight_h * 3600)
        if len(long):
            far = _length(way[long])
            for other in (rule.back_m, rule.spread_m + rule.sail_kn * KN_M_S * grown[long]):
                off, against = self._story(far, other)
                against *= rule.other_story
                surprise[long] = np.where(against < odds[long], off, surprise[long])
                odds[long] = np.minimum(against, odds[long])
        swerve = turn / (rule.swerve_m_s + rule.swerve_m_s2 * seconds)
        return Steps(surprise, np.log(odds * (1 + seconds / 3600) * (1 + swerve**2)))

    def strain(self, a: Rows, b: Rows) -> Floats:
        """Return the costs of what steps ask beyond what any ship may have done in between."""
        seconds = self.seconds(a, b)
        way = self.place[b] - self.place[a]
        missed = _length(way - (self.velocity[a] + self.velocity[b]) * (seconds / 2)[:, None])
        can = self.rule.able_kn * KN_M_S * seconds
        beyond = np.maximum(np.minimum(missed, _length(way)) - can, 0)
        surprise, _ = self._story(beyond, self.rule.spread_m + self.rule.turn_share * can)
        return np.asarray(2 * np.log1p(surprise**2 / 2))

    def _story(self, missed: Floats, spread: Floats | float) -> tuple[Floats, Floats]:
        """Return surprises and odds against misses: Student's t in two dimensions with two degrees of freedom."""
        surprise = np.maximum(missed - self.rule.place_noise_m, 0) / spread
        return surprise, ((1 + surprise**2 / 2) * (spread / self.rule.spread_m)) ** 2


def _length(vectors: Floats) -> Floats:
    """Return the lengths of vectors, shape (n, 3)."""
    return np.asarray(np.sqrt(np.einsum("ni,ni->n", vectors, vectors)))
