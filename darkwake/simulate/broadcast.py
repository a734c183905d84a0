"""From a track to the reports that the ship's set transmits.

Times by `intervals`; positions of the antenna, not of the hull, with GPS noise of about 3 m that wanders over
minutes; speed and course from a velocity with noise of 0.08 kn each way, so that a course at rest means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkwake.simulate.grid import DEGREE_M, KNOT_MS, STEP_S, Floats, Grid, offset, wander
from darkwake.simulate.intervals import STATIC_S, TURNING_DEG, class_a_s, class_b_s, report_times
from darkwake.simulate.ships import Ship
from darkwake.simulate.voyage import AT_ANCHOR, MOORED, Track

Ints = NDArray[np.int64]

#: Standard deviations: GPS wander and white noise in metres, velocity in knots per axis.
GPS_WANDER_M, GPS_WHITE_M, VELOCITY_KN = 2.5, 0.8, 0.08
#: What stands for "not available": lon, lat (1/10,000 min), sog (0.1 kn), cog (0.1 deg), heading, rate of turn.
NO_LON, NO_LAT, NO_SOG, NO_COG, NO_HEADING, NO_ROT = 181 * 600_000, 91 * 600_000, 1023, 3600, 511, -128
#: Message kinds: the AIS type, with 241 and 242 for the two parts of type 24.
TYPE_24A, TYPE_24B = 241, 242


@dataclass(frozen=True)
class Reports:
    """Transmissions of one ship in order of time, one array element each.

    t: seconds since 1970; kind: message type (3 while turning; 241, 242: parts of 24); the rest raw as on the air,
    0 in static reports; draught: 0.1 m, as typed, 0 in position reports; true_lon, true_lat: where the ship is, in
    degrees.
    """

    t: Floats
    kind: Ints
    lon: Ints
    lat: Ints
    sog: Ints
    cog: Ints
    heading: Ints
    rot: Ints
    status: Ints
    draught: Ints
    true_lon: Floats
    true_lat: Floats

    def take(self, which: NDArray[np.bool_] | Ints) -> Reports:
        """The chosen transmissions."""
        return Reports(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def joined(parts: list[Reports]) -> Reports:
    """Several ships' reports one after the other."""
    return Reports(*(np.concatenate([getattr(p, name) for p in parts]) for name in Reports.__dataclass_fields__))


def broadcast(
    rng: np.random.Generator, grid: Grid, ship: Ship, track: Track, blind: list[tuple[float, float]]
) -> Reports:
    """All reports of a ship that is never switched off.

    Args:
        rng: noise, phases.
        grid: the scenario's steps.
        ship: equipment and dimensions.
        track: where she goes.
        blind: times (seconds since 1970, from..to) in which her set has no fix and says so.
    """
    t = grid.times(track.first, track.last)
    east, north = _velocity_kn(track)
    speed = np.hypot(east, north)
    turn = (np.diff(track.heading_deg, append=track.heading_deg[-1:]) + 180.0) % 360.0 - 180.0
    resting = np.isin(track.status, (AT_ANCHOR, MOORED))
    # Half a step of 30 s lies between a heading and the mean of the 30 s before it.
    interval = class_a_s(speed, np.abs(turn) / 2 > TURNING_DEG, resting) if ship.ais_class == "A" else class_b_s(speed)
    sent = report_times(rng, t, interval)
    positions = _positions(rng, ship, track, t, sent, (east, north, turn), blind)
    return _with_static(rng, ship, positions, t, track)


def _velocity_kn(track: Track) -> tuple[Floats, Floats]:
    if len(track.lon) < 2:
        return np.zeros(len(track.lon)), np.zeros(len(track.lon))
    scale = DEGREE_M / STEP_S / KNOT_MS
    return np.gradient(track.lon) * np.cos(np.radians(track.lat)) * scale, np.gradient(track.lat) * scale


def _positions(
    rng: np.random.Generator,
    ship: Ship,
    track: Track,
    t: Floats,
    sent: Floats,
    motion: tuple[Floats, Floats, Floats],
    blind: list[tuple[float, float]],
) -> Reports:
    n = len(sent)
    step = np.clip(((sent - t[0]) / STEP_S).astype(np.int64), 0, len(t) - 1) if n else np.zeros(0, dtype=np.int64)
    part = (sent - t[step]) / STEP_S
    turn = motion[2][step]
    heading = track.heading_deg[step] + turn * part
    bow = np.radians(heading)
    forward, right = ship.antenna_forward_m, ship.antenna_right_m
    lon, lat = offset(
        np.interp(sent, t, track.lon),
        np.interp(sent, t, track.lat),
        forward * np.sin(bow) + right * np.cos(bow) + _gps_m(rng, sent),
        forward * np.cos(bow) - right * np.sin(bow) + _gps_m(rng, sent),
    )
    east = np.interp(sent, t, motion[0]) + rng.normal(0.0, VELOCITY_KN, n)
    north = np.interp(sent, t, motion[1]) + rng.normal(0.0, VELOCITY_KN, n)
    sog = np.minimum(np.rint(np.hypot(east, north) * 10.0), 1022).astype(np.int64)
    cog = np.rint(np.degrees(np.arctan2(east, north)) % 360.0 * 10.0).astype(np.int64) % 3600
    if not ship.course_at_rest:
        cog = np.where(sog < 3, NO_COG, cog)
    shown = np.rint(heading + rng.normal(0.0, 0.5, n)).astype(np.int64) % 360 if ship.gyro else np.full(n, NO_HEADING)
    per_minute = turn * 60.0 / STEP_S
    rate = np.rint(np.sign(turn) * np.minimum(4.733 * np.sqrt(np.abs(per_minute)), 126.0)).astype(np.int64)
    dumb = np.zeros(n, dtype=np.bool_)
    for start, end in blind:
        dumb |= (sent >= start) & (sent < end)
    return Reports(
        t=sent,
        kind=np.where(np.abs(turn) / 2 > TURNING_DEG, 3, 1) if ship.ais_class == "A" else np.full(n, 18),
        lon=np.where(dumb, NO_LON, np.rint(lon * 600_000.0).astype(np.int64)),
        lat=np.where(dumb, NO_LAT, np.rint(lat * 600_000.0).astype(np.int64)),
        sog=np.where(dumb, NO_SOG, sog),
        cog=np.where(dumb, NO_COG, cog),
        heading=shown,
        rot=rate if ship.gyro else np.full(n, NO_ROT),
        status=track.status[step].astype(np.int64),
        draught=np.zeros(n, dtype=np.int64),
        true_lon=lon,
        true_lat=lat,
    )


def _gps_m(rng: np.random.Generator, t: Floats) -> Floats:
    return wander(rng, t, GPS_WANDER_M, 240.0, 3600.0) + rng.normal(0.0, GPS_WHITE_M, len(t))


def _with_static(rng: np.random.Generator, ship: Ship, positions: Reports, t: Floats, track: Track) -> Reports:
    due = np.arange(t[0] + rng.uniform(0.0, STATIC_S), t[-1], STATIC_S)
    kinds = [(5, due)] if ship.ais_class == "A" else [(TYPE_24A, due), (TYPE_24B, np.minimum(due + 60.0, t[-1]))]
    parts = [positions]
    for kind, when in kinds:
        zero = np.zeros(len(when), dtype=np.int64)
        parts.append(
            Reports(
                when,
                zero + kind,
                zero,
                zero,
                zero,
                zero,
                zero,
                zero,
                zero,
                zero + round(ship.draught_m * 10),
                np.interp(when, t, track.lon),
                np.interp(when, t, track.lat),
            )
        )
    both = joined(parts)
    return both.take(np.argsort(both.t, kind="stable"))
