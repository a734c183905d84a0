"""How often a ship reports: the reporting intervals of AIS by class, speed, turn and state.

Source: ITU-R M.1371-5, annex 1, tables 1 and 2, as makers' manuals reprint them (Weatherdock easyTRX2S, Alltek
B600). Class A at anchor or moored and under 3 kn: 3 min; to 14 kn 10 s, changing course 3 1/3 s; to 23 kn 6 s,
changing course 2 s; above 2 s. Class B (carrier sense): 3 min to 2 kn, else 30 s. Static data: every 6 min.
A course change is a heading more than 5 degrees off its mean over the last 30 s.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darkwake.simulate.grid import Floats

#: Seconds between two static reports (type 5; type 24 in two parts).
STATIC_S = 360.0
#: Degrees off the mean heading of 30 s that make a course change.
TURNING_DEG = 5.0


def class_a_s(sog_kn: Floats, turning: NDArray[np.bool_], resting: NDArray[np.bool_]) -> Floats:
    """Seconds between class A reports.

    Args:
        sog_kn: speed over ground.
        turning: whether the ship is changing course.
        resting: whether its navigational status is at anchor, moored or aground.
    """
    steady = np.select([sog_kn <= 14.0, sog_kn <= 23.0], [10.0, 6.0], 2.0)
    turn = np.where(sog_kn <= 14.0, 10.0 / 3.0, 2.0)
    moving = np.where(turning, turn, steady)
    return np.where(resting & (sog_kn <= 3.0), 180.0, np.where(resting, 10.0, moving))


def class_b_s(sog_kn: Floats) -> Floats:
    """Seconds between reports of a class B carrier-sense unit."""
    return np.where(sog_kn <= 2.0, 180.0, 30.0)


def report_times(rng: np.random.Generator, t: Floats, interval_s: Floats) -> Floats:
    """When reports go out while the interval changes: each is due when the share of intervals passed reaches one.

    Args:
        rng: gives the phase, and up to 5 % of an interval of early or late slots.
        t: seconds since 1970 at the steps, rising.
        interval_s: interval in force from each step on.

    Returns:
        Times in rising order, between the first and last step.
    """
    if len(t) < 2:
        return np.zeros(0)
    due = np.concatenate([[0.0], np.cumsum(np.diff(t) / interval_s[:-1])])
    phase = rng.random()
    number = np.arange(int(np.floor(due[-1] - phase)) + 1, dtype=np.float64) + phase
    sent = number + rng.uniform(-0.05, 0.05, len(number))
    return np.interp(np.clip(sent, 0.0, due[-1]), due, t)
