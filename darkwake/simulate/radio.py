"""Who hears what: coastal receivers, range, shadows, outages, and a feed that keeps fewer copies.

A receiver hears a class A report with a chance that falls with distance around its range (half of its best at the
range, a tenth of the range from good to poor), and class B, of 2 W and a low antenna, at 0.6 of that range. The
range breathes from hour to hour as propagation does. What several receivers hear comes several times, seconds
apart. A feed may store at most one position of a ship in `keep_s` seconds, as aggregators do: this keeps files
small without changing who is heard and for how long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkwake.simulate.broadcast import Ints, Reports
from darkwake.simulate.grid import DEGREE_M, NM_M, Floats, distance_m

#: The best chance of a report close by: slots collide even then.
BEST = 0.92
#: Range of class B over that of class A.
CLASS_B_RANGE = 0.6


@dataclass(frozen=True)
class Station:
    """A receiver: name in the tag blocks, place, range in nautical miles for class A."""

    name: str
    lon: float
    lat: float
    range_nm: float


@dataclass(frozen=True)
class Outage:
    """A receiver that is down from..to, seconds since 1970."""

    station: str
    start: float
    end: float


@dataclass(frozen=True)
class Shadow:
    """A disc from which no receiver hears anything, from..to (seconds since 1970)."""

    lon: float
    lat: float
    radius_nm: float
    start: float
    end: float


@dataclass(frozen=True)
class Radio:
    """All that decides reception in a scenario; `keep_s` and `keep_static_s` thin positions and static reports."""

    stations: tuple[Station, ...]
    outages: tuple[Outage, ...] = ()
    shadows: tuple[Shadow, ...] = ()
    keep_s: float = 120.0
    keep_static_s: float = 1800.0


@dataclass(frozen=True)
class Heard:
    """Copies of reports as received: index of the report, of the station, whole receive second since 1970."""

    report: Ints
    station: Ints
    epoch_s: Ints


def breathing(rng: np.random.Generator, radio: Radio, hours: int) -> Floats:
    """Factor on each station's range in each hour, shape (stations, hours)."""
    return np.exp(rng.normal(0.0, 0.06, (len(radio.stations), hours)))


def receive(
    rng: np.random.Generator, radio: Radio, factor: Floats, epoch_s: float, reports: Reports, class_a: bool
) -> Heard:
    """The copies of one ship's reports that the receivers hear and the feed keeps, by report, then station.

    Args:
        rng: chance and delays.
        radio: receivers and their troubles.
        factor: from `breathing`.
        epoch_s: where its hours begin.
        reports: one ship's, in order of time.
        class_a: whether her set is class A.
    """
    hour = np.clip(((reports.t - epoch_s) // 3600.0).astype(np.int64), 0, factor.shape[1] - 1)
    lit = _lit(radio, reports)
    heard = np.zeros((len(radio.stations), len(reports.t)), dtype=np.bool_)
    for i, station in enumerate(radio.stations):
        reach = station.range_nm * NM_M * (1.0 if class_a else CLASS_B_RANGE)
        near = lit & (np.abs(reports.true_lat - station.lat) * DEGREE_M < 1.6 * reach)
        index = np.flatnonzero(near)
        if not len(index):
            continue
        away = distance_m(
            reports.true_lon[index], reports.true_lat[index], np.array(station.lon), np.array(station.lat)
        )
        limit = reach * factor[i, hour[index]]
        chance = BEST / (1.0 + np.exp(np.clip((away - limit) / (0.1 * reach), -50.0, 50.0)))
        for outage in radio.outages:
            if outage.station == station.name:
                chance[(reports.t[index] >= outage.start) & (reports.t[index] < outage.end)] = 0.0
        heard[i, index] = rng.random(len(index)) < chance
    anywhere: NDArray[np.bool_] = np.any(heard, axis=0)
    kept = _kept(radio, reports, anywhere)
    report, station_index = np.nonzero(heard.T & kept[:, None])
    return Heard(report, station_index, _receive_seconds(rng, reports.t[report], report))


def _lit(radio: Radio, reports: Reports) -> NDArray[np.bool_]:
    lit = np.ones(len(reports.t), dtype=np.bool_)
    for s in radio.shadows:
        away = distance_m(reports.true_lon, reports.true_lat, np.array(s.lon), np.array(s.lat))
        lit &= ~((away < s.radius_nm * NM_M) & (reports.t >= s.start) & (reports.t < s.end))
    return lit


def _kept(radio: Radio, reports: Reports, heard: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The first report heard in each stretch of time, positions and each kind of static report by themselves."""
    kept = np.zeros(len(heard), dtype=np.bool_)
    group = np.where(np.isin(reports.kind, (1, 3, 18)), 0, reports.kind)
    for kind in np.unique(group):
        index = np.flatnonzero(heard & (group == kind))
        every = max(radio.keep_static_s if kind else radio.keep_s, 1e-3)
        _, first = np.unique(np.floor(reports.t[index] / every), return_index=True)
        kept[index[first]] = True
    return kept


def _receive_seconds(rng: np.random.Generator, sent: Floats, report: Ints) -> Ints:
    """The first copy within half a second, each further one up to two seconds later."""
    later = np.concatenate([[False], np.diff(report) == 0]) if len(report) else np.zeros(0, dtype=np.bool_)
    delay = rng.uniform(0.05, 0.5, len(sent)) + np.where(later, rng.uniform(0.0, 2.0, len(sent)), 0.0)
    return np.floor(sent + delay).astype(np.int64)
