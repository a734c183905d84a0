"""Currents of the three seas: what a drifting or anchored ship feels.

A turning tidal stream of the lunar period (M2, 12.42 h) with an ellipse per sea, strong in the Yellow Sea and
Korea Bay, weak in the East Sea, and a phase that runs with longitude; plus what the scenario adds as wind.
Amplitudes are typical of tidal atlases' open-sea values, not a model of a place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkwake.simulate.grid import KNOT_MS, Floats

#: Lunar semidiurnal period in seconds.
M2_S = 12.4206 * 3600.0


@dataclass(frozen=True)
class Tide:
    """A tidal ellipse: greatest speed, direction of its long axis, and short over long axis."""

    speed_kn: float
    axis_deg: float
    roundness: float


YELLOW_SEA = Tide(0.8, 20.0, 0.35)
KOREA_BAY = Tide(0.9, 40.0, 0.30)
EAST_SEA = Tide(0.25, 10.0, 0.50)
#: A race off the capes and between the islands of Korea Bay, where the stream runs at 2-3 kn for hours.
RACE = Tide(2.9, 20.0, 0.10)


def tide_at(lon: float) -> Tide:
    """The tide of the sea at a longitude: west of the peninsula, in its northern bay or east of it."""
    if lon > 127.0:
        return EAST_SEA
    return KOREA_BAY if lon > 123.4 else YELLOW_SEA


def current_ms(lon: float, t: Floats, tide: Tide | None = None) -> tuple[Floats, Floats]:
    """East and north current in m/s at a longitude and times (seconds since 1970); by the sea's tide unless given."""
    tide = tide or tide_at(lon)
    phase = 2 * np.pi * ((t % M2_S) / M2_S) + np.radians(25.0 * lon)
    along = tide.speed_kn * KNOT_MS * np.cos(phase)
    across = tide.speed_kn * tide.roundness * KNOT_MS * np.sin(phase)
    axis = np.radians(tide.axis_deg)
    return along * np.sin(axis) + across * np.cos(axis), along * np.cos(axis) - across * np.sin(axis)
