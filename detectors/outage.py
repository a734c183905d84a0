"""Outages of a source: a receiver or feed from which nothing came for a while, though it had heard ships steadily.

Read from the lines alone, in ``run`` as in ``watch``: a lost connection and a quiet sea look alike to a log, and only
lines come again in a replay. A source is a receiver as its lines name it (`detectors.sources`); any line of it shows
that it works, a base station's and a copy too.

An outage taken for a silence costs a finding that says "cannot be assessed"; ships' silence taken for an outage hides
what they did. So the rule errs towards no outage. In the hour before, the source was never silent for
``steady_minutes``: what hears sparsely (satellites, a small station, tracks thinned to one fix in ten minutes) has
pauses by habit. And in its last minutes it heard several ships, no two of them within ``apart_nm``: one ship, or a
company that switches off together, is no source that failed. What is left out on purpose: connections that were
lost, and sources that hear little before they fail.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa

from ais.seal import seal_us
from detectors.contract import Detector, threshold
from detectors.event import Event, Reach, iso, to_datetime
from detectors.geo import EARTH_RADIUS_M, NM_M, US_H, Floats, distance_m, xyz_m
from detectors.sources import OPEN, Rhythm, last_fixes, silences, tell

if TYPE_CHECKING:
    import duckdb

    from detectors.changes import Changes
    from detectors.view import View

_MINUTE_US = 60_000_000
_NAMED_SHIPS = 20


@dataclass(frozen=True)
class Outage(Detector):
    """Silences of a source over ``outage_minutes`` that are not its habit.

    Score: 0 always. It orders what ships did, and an outage is no ship's.
    """

    name: ClassVar[str] = "outage"
    kinds: ClassVar[tuple[str, ...]] = ("outage",)

    outage_minutes: float = threshold(
        15.0, "longest silence of a source that is none: five times what ships at anchor need", unit="min", least=1
    )
    steady_minutes: float = threshold(
        5.0, "in the hour before it was never silent so long (at anchor 3 min, ITU-R M.1371)", unit="min", least=1
    )
    outage_ships: int = threshold(3, "ships apart that it heard in the last of these minutes", least=1)
    apart_nm: float = threshold(3.0, "ships nearer to each other may switch off together", unit="nm", least=0)
    memory_h: float = threshold(1.0, "how far around a change to look again: the hour before", unit="h", least=1)

    def stirred(self, changes: Changes) -> frozenset[int] | None:
        """No ship's; all outages are looked at again where any differs from those that stand."""
        sealed = seal_us(changes.con) or 0
        low, high = changes.low_us - US_H, changes.high_us + US_H
        stand = {
            (row["start_us"], row["end_us"], row["lon"], row["lat"], json.dumps(row["evidence"]))
            for row in changes.standing(US_H)
            if row["start_us"] >= sealed
        }
        now = {
            (event.reach.reads_from + US_H, event.reach.reads_to, event.lon, event.lat, json.dumps(event.evidence))
            for event in self._outages(changes.con, low, high, changes.horizon_us)
        }
        return frozenset() if now == stand else None

    def find(self, view: View) -> Iterator[Event | Reach]:
        """Yield the outages that meet the view, or whose hour before does."""
        low = -OPEN if view.start_us is None else view.start_us
        yield from self._outages(view.con, low, view.end_us + US_H, view.horizon_us)

    def _outages(self, con: duckdb.DuckDBPyConnection, low_us: int, high_us: int, horizon_us: int) -> Iterator[Event]:
        rule = json.dumps(dataclasses.asdict(self), sort_keys=True)
        steady_us = int(self.steady_minutes * _MINUTE_US)
        rhythm = Rhythm(int(self.outage_minutes * _MINUTE_US), steady_us, rule)
        holes = silences(con, rhythm, low_us, high_us, horizon_us)
        new = holes.filter(holes["told"].is_null())
        fresh = iter(self._told(con, new, steady_us) if new.num_rows else [])
        for hole in holes.to_pylist():
            if told := json.loads(next(fresh) if hole["told"] is None else hole["told"]):
                yield self._event(hole["source"], hole["start_us"], hole["end_us"], told)

    def _told(self, con: duckdb.DuckDBPyConnection, holes: pa.Table, within_us: int) -> list[str]:
        """Return what is to be told of each silence, as JSON: nothing of one that is no outage."""
        texts = ["{}"] * holes.num_rows
        fixes = last_fixes(con, holes, within_us)
        if fixes is not None:
            bounds = np.searchsorted(fixes["i"].to_numpy(), np.arange(holes.num_rows + 1)).tolist()
            for i, (first, last) in enumerate(pairwise(bounds)):
                texts[i] = json.dumps(self._heard(fixes.slice(first, last - first)))
        tell(con, holes, texts)
        return texts

    def _heard(self, fixes: pa.Table) -> dict[str, Any]:
        """Return what is told of a silence by the ships' last fixes before it: nothing where they are too few."""
        ships, lon, lat, reports = (fixes[name].to_numpy() for name in ("mmsi", "lon", "lat", "reports"))
        if not self._apart(lon, lat):
            return {}
        middle = _middle(lon, lat)
        return {
            "lon": middle[0],
            "lat": middle[1],
            "reports_count": int(reports.sum()),
            "ships_count": len(ships),
            "ships_within_km": round(float(distance_m(*middle, lon, lat).max()) / 1000, 2),
            "ships_heard": ships[:_NAMED_SHIPS].tolist(),
        }

    def _apart(self, lon: Floats, lat: Floats) -> bool:
        """Say whether so many ships were heard that no two of them lie near each other."""
        taken: list[int] = []
        for k in range(len(lon)):
            if (distance_m(lon[k], lat[k], lon[taken], lat[taken]) >= self.apart_nm * NM_M).all():
                taken.append(k)
            if len(taken) >= self.outage_ships:
                return True
        return False

    def _event(self, source: str, start_us: int, end_us: int, told: dict[str, Any]) -> Event:
        """Make the event of one outage."""
        end = None if end_us == OPEN else end_us
        said = {name: value for name, value in told.items() if name not in ("lon", "lat")}
        minutes = f"{self.steady_minutes:g} min"
        reasons = [
            f"for: nothing came from it after {iso(to_datetime(start_us))}, though in the hour before it was never "
            f"silent for {minutes}",
            f"for: in its last {minutes} it had heard {told['ships_count']} ships, {self.outage_ships} or more of them "
            f"over {self.apart_nm:g} nm from each other",
            "against: ships that all switch off at once look the same to a source that hears no others",
        ]
        if end is None:
            reasons.append("note: nothing had come from it again when the data end")
        reasons.append("innocent explanation: a receiver, its power or its line that failed, or was switched off")
        return Event(
            kind="outage",
            mmsi=(),
            start=to_datetime(start_us),
            end=None if end is None else to_datetime(end),
            lon=told["lon"],
            lat=told["lat"],
            score=0.0,
            zones=(),
            evidence={"source": source, "hours": None if end is None else round((end - start_us) / US_H, 2), **said},
            reasons=tuple(reasons),
            reach=Reach(start_us - US_H, end),
            key=source,
        )


def _middle(lon: Floats, lat: Floats) -> tuple[float, float]:
    """Return the middle of some places, also across 180 degrees."""
    x, y, z = (xyz_m(lon, lat).sum(axis=0) / EARTH_RADIUS_M / len(lon)).tolist()
    return round(float(np.degrees(np.arctan2(y, x))), 4), round(float(np.degrees(np.arctan2(z, np.hypot(x, y)))), 4)
