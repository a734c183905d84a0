"""Places where many ships lie still over time, learned from a case: anchorages and berths that no list has.

A ship lies still between two of its fixes, one per ten minutes and at most `MOST_GAP_H` apart, when it made good less
than half a knot. Its hours count for the cell, of 0.01 degrees, of the earlier one. A cell where ships lay belongs to
the mask when enough different ships spent enough hours in it and the eight around it; cells that touch are one place,
named after the nearest port or anchorage. An area for ship-to-ship transfers is never masked: meetings there are what
it is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from detectors.artefacts import Artefact, BadArtefact, make
from detectors.geo import KNOT_M_S, US_H, Floats, Ints, distance_m

if TYPE_CHECKING:
    from detectors.view import View
    from zones import Places, ZoneSet

CELL_DEG = 0.01
STILL_KN = 0.5
STRIDE_MINUTES = 10
MOST_GAP_H = 2.0
NAMED_KM = 30.0  # a place farther from every port and anchorage is named by its coordinates alone
_ROUND = 36_000  # cells around the globe
_FINE = 5  # points a side by which a cell is held against areas
_M_DEG = 111_195.0
_LONGEST_NAME = 100  # a mask may come from elsewhere

# Offsets on a plane will do within the little that a ship makes good in two hours at half a knot.
_STILL = f"""
WITH strides AS (
  SELECT mmsi, track, epoch_us(t) AS t_us, lon, lat FROM fixes
  QUALIFY row_number() OVER (
    PARTITION BY mmsi, track, epoch_us(t) // {STRIDE_MINUTES * 60_000_000} ORDER BY t, lon, lat
  ) = 1
), steps AS (
  SELECT *, lead(t_us) OVER ship - t_us AS us, (lead(lat) OVER ship - lat) * {_M_DEG} AS north_m,
    (lead(lon) OVER ship - lon) AS turn_deg
  FROM strides WINDOW ship AS (PARTITION BY mmsi, track ORDER BY t_us)
), still AS (
  SELECT mmsi, track, us, floor(lon / {CELL_DEG})::INTEGER AS x, floor(lat / {CELL_DEG})::INTEGER AS y FROM steps
  WHERE us <= {int(MOST_GAP_H * US_H)} AND north_m * north_m
    + pow((turn_deg - 360 * round(turn_deg / 360)) * cos(radians(lat)) * {_M_DEG}, 2)
    < pow(us * {STILL_KN * KNOT_M_S / 1e6}, 2)
), stays AS (
  SELECT x, y, mmsi, track, sum(us)::BIGINT AS us FROM still GROUP BY ALL
), around AS (
  SELECT (x + east + {_ROUND // 2 + _ROUND}) % {_ROUND} - {_ROUND // 2} AS x, y + north AS y, mmsi, track, us
  FROM stays, range(-1, 2) e(east), range(-1, 2) n(north)
)
SELECT x, y, own.us AS us, count(DISTINCT (mmsi, track))::INTEGER AS ships
FROM around JOIN (SELECT x, y, sum(us)::BIGINT AS us FROM stays GROUP BY ALL) own USING (x, y)
GROUP BY ALL HAVING ships >= {{ships}} AND sum(around.us) >= {{us}} ORDER BY y, x
"""


class TooLittle(ValueError):
    """There is too little to learn from."""


@dataclass(frozen=True)
class Rules:
    """What makes a cell a place where ships lie.

    Attributes:
        ships: Least number of different ships.
        hours: Least hours that they lay there, summed.
    """

    ships: int = 8
    hours: float = 96.0


@dataclass(frozen=True)
class Mask:
    """Places where ships lie.

    Attributes:
        key: Number of each cell, ascending, shape (n,).
        place: Which place it belongs to, shape (n,).
        names: Of the places.
    """

    key: Ints
    place: Ints
    names: tuple[str, ...]

    @classmethod
    def of(cls, artefact: Artefact) -> Mask:
        """Read a mask.

        Raises:
            BadArtefact: Its parts do not fit each other.
        """
        try:
            x, y, place = (artefact.arrays[name].astype(np.int64) for name in ("x", "y", "place"))
            names = tuple(str(one["name"])[:_LONGEST_NAME] for one in artefact.about["places"])
            fits = x.ndim == 1 and x.shape == y.shape == place.shape
            if not fits or (len(x) and not 0 <= place.min() <= place.max() < len(names)):
                raise ValueError("its cells and places do not fit")
        except (KeyError, TypeError, ValueError) as error:
            raise BadArtefact(f"the mask of anchorages is damaged ({error}); make it anew") from None
        key = _key(x, y)
        order = np.argsort(key, kind="stable")
        return cls(key[order], place[order], names)

    def __len__(self) -> int:
        return len(self.names)

    def at(self, lon: Floats, lat: Floats) -> Ints:
        """Return which place each point is in, -1 for none; an area of the zones for transfers is not asked."""
        if not len(self.key):
            return np.full(len(lon), -1, dtype=np.int64)
        key = _key(*(np.floor(np.asarray(degrees) / CELL_DEG).astype(np.int64) for degrees in (lon, lat)))
        row = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        return np.where(self.key[row] == key, self.place[row], -1)

    def name(self, place: int) -> str | None:
        """Return a place's name, or None for -1."""
        return self.names[place] if place >= 0 else None


NO_MASK = Mask(np.zeros(0, np.int64), np.zeros(0, np.int64), ())


def _key(x: Ints, y: Ints) -> Ints:
    return y * _ROUND + (x + _ROUND // 2) % _ROUND


def learn_mask(view: View, rules: Rules, made_from: Mapping[str, Any]) -> Artefact:
    """Learn where ships lie from the fixes of a view.

    Args:
        view: The fixes, zones and places; open.
        rules: What makes a cell such a place.
        made_from: What else to say of where it was learned.

    Raises:
        TooLittle: There is no such place.
    """
    rows = view.columns(_STILL.format(ships=rules.ships, us=int(rules.hours * US_H)))
    x, y = rows["x"].astype(np.int64), rows["y"].astype(np.int64)
    free = ~_in_sts(view.zones, x, y)
    if not free.any():
        raise TooLittle(
            f"too little to learn from: nowhere within {3 * CELL_DEG} degrees, outside the areas for ship-to-ship "
            f"transfers, did {rules.ships} ships lie for {rules.hours:g} hours; take in more days, or ask for less"
        )
    x, y, ships, hours = x[free], y[free], rows["ships"][free], rows["us"][free] / US_H
    place, centres = _joined(x, y, hours)
    told = []
    for number, (lon, lat) in enumerate(centres):
        of = place == number
        name = name_of(view.places, lon, lat)
        told.append({"name": name, "lon": lon, "lat": lat, "cells": int(of.sum()),
                     "ships_most": int(ships[of].max()), "hours": round(float(hours[of].sum()))})  # fmt: skip
    about = {
        "places": told,
        "rules": {"ships": rules.ships, "hours": rules.hours, "cell_deg": CELL_DEG, "still_kn": STILL_KN},
        "left_out_sts_cells": int((~free).sum()),
        "zones_sha256": view.zones.sha256,
        **made_from,
    }
    arrays = {"x": x.astype(np.int32), "y": y.astype(np.int32), "place": place.astype(np.int32)}
    return make("anchorages", about, arrays)


def _in_sts(zones: ZoneSet, x: Ints, y: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Say which cells have any part, by a grid of points, in an area for ship-to-ship transfers."""
    areas = [zone.id for zone in zones.zones if zone.kind == "sts_area"]
    if not areas or not len(x):
        return np.zeros(len(x), np.bool_)
    fine = np.linspace(0.0, 1.0, _FINE)
    east, north = (part.ravel() for part in np.meshgrid(fine, fine))
    lon = ((x[:, None] + east) * CELL_DEG).ravel()
    lat = np.minimum((y[:, None] + north) * CELL_DEG, 90.0).ravel()
    held = zones.inside(lon, lat, ids=areas).any(axis=0)
    return np.asarray(held.reshape(len(x), -1).any(axis=1))


def _joined(x: Ints, y: Ints, hours: Floats) -> tuple[Ints, list[tuple[float, float]]]:
    """Join cells that touch; return each one's place, and where most of each place's hours lie."""
    number = {(int(a) % _ROUND, int(b)): i for i, (a, b) in enumerate(zip(x, y, strict=True))}
    place = np.full(len(x), -1, dtype=np.int64)
    count = 0
    for start in range(len(x)):
        if place[start] >= 0:
            continue
        place[start], waiting = count, [start]
        while waiting:
            at = waiting.pop()
            for east in (-1, 0, 1):
                for north in (-1, 0, 1):
                    other = number.get(((int(x[at]) + east) % _ROUND, int(y[at]) + north), -1)
                    if other >= 0 and place[other] < 0:
                        place[other] = count
                        waiting.append(other)
        count += 1
    return place, [_centre(x[place == one], y[place == one], hours[place == one]) for one in range(count)]


def _centre(x: Ints, y: Ints, hours: Floats) -> tuple[float, float]:
    """Return the middle of the cell with the most hours."""
    busiest = int(np.argmax(hours))
    return round((int(x[busiest]) + 0.5) * CELL_DEG, 3), round((int(y[busiest]) + 0.5) * CELL_DEG, 3)


def name_of(places: Places, lon: float, lat: float) -> str:
    """Return what to call a place: its coordinates, and the nearest port or anchorage that has a name."""
    here = f"{abs(lat):.3f} {'N' if lat >= 0 else 'S'} {abs(lon):.3f} {'E' if lon >= 0 else 'W'}"
    near: list[tuple[float, str]] = []
    for find, of in ((places.near_port, places.ports), (places.near_anchorage, places.anchorages)):
        at = int(find([lon], [lat], NAMED_KM * 1000)[0])
        if at >= 0 and of.name[at]:
            near.append((float(distance_m(lon, lat, of.lon[at], of.lat[at])), of.name[at]))
    if not near:
        return here
    metres, name = min(near)
    return f"{here}, {metres / 1000:.0f} km from {name}"


def describe(artefact: Artefact) -> Sequence[Mapping[str, Any]]:
    """Return the places of a mask: name, lon, lat, cells, ships_most, hours."""
    return list(artefact.about["places"])
