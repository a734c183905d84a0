"""Silences of a ship, each with what was heard of others there and then.

A ship is silent while it neither reports a position nor is heard otherwise. Six hours is the common least length
(Global Fishing Watch, ``gaps.md``); near DPRK ports and in ship-to-ship areas two hours count, because at 10 kn
Nampo to Sok-do takes 1.9 h. Distance from shore is no criterion: nearly all DPRK waters lie under the 50 nm that
the published rules ask for.

Silence is not guilt. The verdict is ``silent though receivable`` only when enough other ships were heard around each
end in most hours of the silence; anything less is ``cannot be assessed``. Hours in which all sources that had heard
the ship were out themselves (`detectors.excused`) do not count towards its length. Left out on purpose: a probability
of silence from each receiver's measured reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from detectors import excused
from detectors.contract import Detector, threshold
from detectors.drawing import Drawing
from detectors.event import Event, Reach, shared, to_datetime, untied
from detectors.geo import KNOT_M_S, NM_M, US_H, Bools, Ints, distance_m
from detectors.idle import Idle
from detectors.reception import Asked, receivable
from detectors.silences import Ends, Silences, find_silences
from detectors.view import as_table

if TYPE_CHECKING:
    from detectors.changes import Changes
    from detectors.view import View

RECEIVABLE = "silent though receivable"
UNKNOWN = "cannot be assessed"
BEFORE_US = 12 * US_H

# Up to the end, or up to the start of an open silence: nothing in it grows with the clock.
_OTHERS = f"""
SELECT a.i AS i, count(DISTINCT f.track) AS n FROM asked a JOIN fixes f ON f.mmsi = a.mmsi AND f.track <> a.track
  AND f.t >= make_timestamp(a.start_us - {BEFORE_US}) AND f.t <= make_timestamp(a.stop_us)
GROUP BY a.i ORDER BY a.i
"""
_REPORTS = f"""
WITH binned AS (SELECT i, mmsi, track, t_us, unnest([t_us // {BEFORE_US}, t_us // {BEFORE_US} - 1]) AS bin FROM asked)
SELECT b.i AS i, count(*) AS n
FROM binned b JOIN (SELECT mmsi, track, epoch_us(t) AS t_us, epoch_us(t) // {BEFORE_US} AS bin FROM fixes) f
  ON f.mmsi = b.mmsi AND f.track = b.track AND f.bin = b.bin AND f.t_us <= b.t_us AND f.t_us >= b.t_us - {BEFORE_US}
GROUP BY b.i ORDER BY b.i
"""


@dataclass(frozen=True)
class _End:
    """One end of one silence: the fix there, where it lies, and what was heard of others around it."""

    t_us: int
    lon: float
    lat: float
    zones: tuple[str, ...]
    port: str | None
    heard_share: float
    heard_most: int


@dataclass(frozen=True)
class Gap(Detector):
    """Silences over ``min_hours``, or over ``min_hours_near`` with an end near a DPRK port or in an STS area.

    Score: 0.2 where reception cannot be assessed, 0.5 where the ship was silent though receivable; plus 0.2 with an
    end in an STS area or near a DPRK port, plus 0.1 with an end in a zone that alerts, plus 0.1 where the ship had
    reported at least ``busy_reports`` times in the 12 h before, plus 0.1 where it lasted over 24 h.
    """

    name: ClassVar[str] = "gap"
    kinds: ClassVar[tuple[str, ...]] = ("gap",)
    reads: ClassVar[tuple[str, ...]] = ("outage",)
    draws: ClassVar[tuple[Drawing, ...]] = (
        Drawing(
            "line",
            "from last heard to heard again, not a route",
            (("start_lon", "start_lat"), ("end_lon", "end_lat")),
            labels=("last heard", "heard again"),
        ),
    )

    min_hours: float = threshold(6.0, "least silence (Global Fishing Watch, naive gap)", unit="h", least=0.1)
    min_hours_near: float = threshold(
        2.0, "least silence near a DPRK port or in an STS area (Nampo-Sok-do takes 1.9 h at 10 kn)", unit="h", least=0.1
    )
    near_port_nm: float = threshold(20.0, "how near to a DPRK port is near: two hours at 10 kn", unit="nm", least=0)
    receivable_nm: float = threshold(20.0, "others heard this near show reception", unit="nm", least=0.1)
    receivable_ships: int = threshold(3, "others that must be heard in an hour for it to count", least=1)
    receivable_share: float = threshold(0.8, "share of the silence's hours that must count", least=0)
    busy_reports: int = threshold(14, "reports in 12 h that mark a steady sender (Welch 2022)", least=0)
    memory_h: float = threshold(12.0, "how far around a change to look again", unit="h", least=12)

    def stirred(self, changes: Changes) -> frozenset[int] | None:
        """Ships not heard all along, those silent long enough by now, and those of silences that others witnessed.

        Also those whose silences outages explain no more, or otherwise.
        """
        most_us = int(max(self.min_hours, self.min_hours_near) * US_H)
        explained = excused.stirred(changes, most_us)
        if explained is None:
            return None
        stirred = {*(changes.ships - self._unbroken(changes)), *explained}
        for hours in {self.min_hours, self.min_hours_near}:
            stirred |= changes.silent_for(int(hours * US_H))
        for row in changes.standing(US_H):
            weighed_us = most_us + int(row["evidence"].get("outage_hours", 0) * US_H)
            # What others said tells up to the end of a silence, not beyond it, and of the hour in which it began.
            last_us = row["start_us"] + weighed_us + 2 * US_H if row["end_us"] is None else row["end_us"]
            if last_us >= changes.low_us:
                stirred |= set(row["mmsi"])
        return frozenset(stirred)

    def _unbroken(self, changes: Changes) -> frozenset[int]:
        """Return the ships that changed but were never silent since for so long that it might count.

        Signs of life other than fixes can but part what lies between two fixes, which is too short already; what was
        before these has its fix after it.
        """
        least_us = int(min(self.min_hours, self.min_hours_near) * US_H)
        idle = Idle.of(changes.shelf, self)
        return idle.among(changes, 0, lambda _, since_us: since_us >= least_us, heard_within_us=least_us)

    def find(self, view: View) -> Iterator[Event | Reach]:
        """Yield each silence of the view that is long enough for where it lies."""
        silences = find_silences(view, int(min(self.min_hours, self.min_hours_near) * US_H))
        ports = [self._ports(view, ends) for ends in (silences.before, silences.after)]
        near = self._in_sts(view, silences.before) | self._in_sts(view, silences.after)
        near |= (ports[0] >= 0) | (ports[1] >= 0)
        hours = (silences.end_us - silences.start_us) / US_H
        keep = hours >= np.where(near, self.min_hours_near, self.min_hours)
        keep &= silences.before.known | silences.after.known
        silences, near = silences.where(keep), near[keep]
        ports = [port[keep] for port in ports]
        excuse = excused.weigh(view, silences, self._least_us(near))
        excused.note(view, silences, excuse)
        keep = excuse.counts(silences, self._least_us(near), view.horizon_us)
        silences, near, excuse = silences.where(keep), near[keep], excuse.where(keep)
        ports = [port[keep] for port in ports]
        if not len(silences):
            return
        others = _others(view, silences)
        # What was said before a ship's first fix may have been another's with its number.
        keep = silences.before.known | (others == 0)
        silences, near, others, excuse = silences.where(keep), near[keep], others[keep], excuse.where(keep)
        if not len(silences):
            return
        reports = _reports_before(view, silences)
        weighed = self._weigh(view, silences, np.concatenate([ports[0][keep], ports[1][keep]]), excuse.stop_us)
        found = []
        for i, ends in enumerate(zip(weighed[: len(silences)], weighed[len(silences) :], strict=True)):
            outage_hours = round(int(excuse.outage_us[i]) / US_H, 2)
            event = self._event(view, silences, i, ends, int(reports[i]), bool(near[i]), outage_hours)
            found.append((shared(event, 1 + int(others[i])), (int(silences.track[i]),)))
        yield from untied(found)

    def _least_us(self, near: Bools) -> Ints:
        """Return how long each silence must be."""
        return np.asarray(np.where(near, self.min_hours_near, self.min_hours) * US_H, np.int64)

    def _ports(self, view: View, ends: Ends) -> Ints:
        """Return the nearest DPRK port of each end within reach, -1 where there is none."""
        port = np.full(len(ends.t_us), -1, dtype=np.int64)
        at = ends.known
        if at.any():
            port[at] = view.places.near_port(ends.lon[at], ends.lat[at], self.near_port_nm * NM_M, country="PRK")
        return port

    def _in_sts(self, view: View, ends: Ends) -> Bools:
        """Say which ends lie in a ship-to-ship transfer area."""
        areas = [zone.id for zone in view.zones.zones if zone.kind == "sts_area"]
        inside = np.zeros(len(ends.t_us), dtype=np.bool_)
        at = ends.known
        if areas and at.any():
            inside[at] = view.zones.inside(ends.lon[at], ends.lat[at], ends.t_us[at], ids=areas).any(axis=0)
        return inside

    def _weigh(self, view: View, silences: Silences, ports: Ints, stop: Ints) -> list[_End | None]:
        """Return all starts, then all ends, with zones, port and what was heard of others; None without a fix.

        An open silence is weighed until it was long enough (`stop`), so that nothing in it grows with the clock.
        """
        ends = silences.before.joined(silences.after)
        twice = (np.tile(column, 2) for column in (silences.mmsi, silences.start_us, stop))
        mmsi, start, stop = twice
        asked = Asked(mmsi, ends.lon, ends.lat, start, stop, ends.known)
        heard = receivable(view, asked, self.receivable_nm * NM_M, self.receivable_ships)
        held = view.zones.inside(ends.lon, ends.lat, ends.t_us)
        weighed: list[_End | None] = []
        for i in range(len(ends.t_us)):
            if not ends.known[i]:
                weighed.append(None)
                continue
            port = view.places.port_name(int(ports[i])) if ports[i] >= 0 else None
            zones = tuple(view.zones.zones[row].id for row in np.flatnonzero(held[:, i]))
            place = int(ends.t_us[i]), float(ends.lon[i]), float(ends.lat[i])
            weighed.append(_End(*place, zones, port, round(float(heard.share[i]), 2), int(heard.most[i])))
        return weighed

    def _event(
        self,
        view: View,
        silences: Silences,
        i: int,
        ends: tuple[_End | None, _End | None],
        reports: int,
        near: bool,
        outage_hours: float,
    ) -> Event:
        """Make the event of one silence."""
        start_us, is_open = int(silences.start_us[i]), bool(silences.is_open[i])
        end_us = None if is_open else int(silences.end_us[i])
        known = [end for end in ends if end]
        place = known[0]
        assessed = len(known) == (1 if is_open else 2)
        receivable_here = assessed and all(end.heard_share >= self.receivable_share for end in known)
        evidence = _evidence(start_us, end_us, ends, reports, receivable_here)
        if outage_hours:
            evidence["outage_hours"] = outage_hours
        zones = tuple(sorted({zone for end in known for zone in end.zones}))
        alert = any(view.zones[zone].alert_for != "none" for zone in zones)
        score = (0.5 if receivable_here else 0.2) + 0.2 * near + 0.1 * alert + 0.1 * (reports >= self.busy_reports)
        score += 0.1 * (end_us is not None and end_us - start_us > 24 * US_H)
        reads_from = min(start_us, ends[0].t_us if ends[0] else start_us) - BEFORE_US
        return Event(
            kind="gap",
            mmsi=(int(silences.mmsi[i]),),
            start=to_datetime(start_us),
            end=None if end_us is None else to_datetime(end_us),
            lon=place.lon,
            lat=place.lat,
            score=round(min(score, 1.0), 2),
            zones=zones,
            evidence=evidence,
            reasons=self._reasons(receivable_here, near, reports, is_open, outage_hours),
            reach=Reach(reads_from, None if end_us is None else max(end_us, ends[1].t_us if ends[1] else end_us)),
        )

    def _reasons(
        self, receivable_here: bool, near: bool, reports: int, is_open: bool, outage_hours: float
    ) -> tuple[str, ...]:
        """Say what speaks for and against a deliberate silence."""
        said = ["against: too few other ships were heard around it to tell silence from lost reception"]
        if receivable_here:
            where = "its last fix" if is_open else "each end"
            said = [
                f"for: {self.receivable_ships} or more other ships were heard within {self.receivable_nm:g} nm of "
                f"{where} in at least {self.receivable_share:.0%} of its hours"
            ]
        if near:
            said.append("for: an end lies in a ship-to-ship transfer area or near a DPRK port")
        busy = reports >= self.busy_reports
        said.append(
            f"{'for' if busy else 'against'}: it had reported {reports} time{'s' * (reports != 1)} in the 12 h before"
        )
        if outage_hours:
            said.append(
                f"against: all sources that had heard it gave nothing themselves for {outage_hours:g} h of it; these "
                "do not count towards its length"
            )
        if is_open:
            said.append("note: it had not been heard again when the data end")
        said.append("innocent explanation: a set that failed or was switched off at a berth, or a weak transmitter")
        return tuple(said)


def _others(view: View, silences: Silences) -> Ints:
    """Return how many other ships of the same number gave fixes in each silence or the 12 h before it."""
    count = np.zeros(len(silences), dtype=np.int64)
    if view.few is not None and len(np.unique(view.few.mmsi)) == len(view.few.mmsi):
        return count  # no number is of two ships
    ship: dict[str, npt.NDArray[Any]] = {"mmsi": silences.mmsi.astype(np.uint32), "track": silences.track}
    stop = np.where(silences.is_open, silences.start_us, silences.end_us)
    asked = as_table({"i": np.arange(len(count)), **ship, "start_us": silences.start_us, "stop_us": stop})
    rows = view.columns(_OTHERS, asked=asked)
    count[rows["i"]] = rows["n"]
    return count


def _reports_before(view: View, silences: Silences) -> Ints:
    """Return how many fixes each ship gave in the 12 h up to its last one before the silence."""
    count = np.zeros(len(silences), dtype=np.int64)
    known = np.flatnonzero(silences.before.known)
    if len(known):
        number = silences.mmsi[known].astype(np.uint32)
        ship: dict[str, npt.NDArray[Any]] = {"mmsi": number, "track": silences.track[known]}
        asked = as_table({"i": known, **ship, "t_us": silences.before.t_us[known]})
        rows = view.columns(_REPORTS, asked=asked)
        count[rows["i"]] = rows["n"]
    return count


def _evidence(
    start_us: int, end_us: int | None, ends: tuple[_End | None, _End | None], reports: int, receivable_here: bool
) -> dict[str, object]:
    """Return the values that the event rests on."""
    before, after = ends
    moved_m = speed_kn = None
    if before and after:
        moved_m = float(distance_m(before.lon, before.lat, after.lon, after.lat))
        speed_kn = round(moved_m / max((after.t_us - before.t_us) / 1e6, 1.0) / KNOT_M_S, 1)
    evidence: dict[str, object] = {
        "verdict": RECEIVABLE if receivable_here else UNKNOWN,
        "hours": None if end_us is None else round((end_us - start_us) / US_H, 2),
        "distance_km": None if moved_m is None else round(moved_m / 1000, 2),
        "implied_speed_kn": speed_kn,
        "reports_12h": reports,
    }
    for side, end in (("start", before), ("end", after)):
        evidence |= {
            f"{side}_lon": end and end.lon,
            f"{side}_lat": end and end.lat,
            f"{side}_zones": list(end.zones) if end else [],
            f"{side}_port": end and end.port,
            f"receivable_{side}_fraction": end and end.heard_share,
            f"others_{side}_count": end and end.heard_most,
        }
    return evidence
