"""The event of ships that were near each other: its evidence, its score, and what speaks for and against a transfer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from detectors import cargo
from detectors.company import Contact, moved_m
from detectors.event import Event, Reach, iso, iso_all, shared, to_datetime
from detectors.geo import US_H, Bools, Floats, Ints, median
from detectors.hulls import BASES, POINTS
from detectors.rafts import members

if TYPE_CHECKING:
    from detectors.statics import Statics
    from detectors.tracks import Tracks
    from zones import Zone

MINUTE_US = US_H // 60
SERIES_POINTS = 60
ALONGSIDE_M, ALONGSIDE_POINTS_M, TOUCHING_M = 100.0, 150.0, 30.0
APART_M = 2000.0  # who is farther is still coming, or has left
CAME_M = 500.0  # who moved farther in the hour before came to the other
THIRD_M = (15.0, 100.0)  # hulls so far apart for long leave room for a craft that says nothing
SILENT_MINUTES = 60.0  # a hole so long is told as a silence
_SPREAD_M = 25.0
_CROWD = 4


@dataclass(frozen=True)
class Place:
    """Where a contact was.

    Attributes:
        at: Index of the closest sample.
        port: Name of a port near, or None.
        anchorage: Name of an anchorage near, or None.
        masked: Name of a learned place where ships lie, or None.
        zones: Zones that hold the closest sample.
    """

    at: int
    port: str | None
    anchorage: str | None
    masked: str | None
    zones: tuple[Zone, ...]

    @property
    def lies(self) -> bool:
        """Whether ships lie together there anyway."""
        return (self.port or self.anchorage or self.masked) is not None

    @property
    def sts_area(self) -> str | None:
        """Id of the area for ship-to-ship transfers that it is in, or None."""
        return next((zone.id for zone in self.zones if zone.kind == "sts_area"), None)


def event_of(tracks: Tracks, statics: Statics, raft: Sequence[Contact], place: Place, max_gap_us: int) -> Event:
    """Return the event of a contact, or of a raft of several that share ships.

    Args:
        tracks: All fixes.
        statics: What the ships said of themselves.
        raft: The contacts, the one that began first before the others.
        place: Where that one was.
        max_gap_us: The longest span to interpolate over.
    """
    first = raft[0]
    ships = members(raft)
    order = sorted(ships, key=lambda ship: (int(tracks.mmsi[ship]), ship))
    start_us = first.start_us
    end_us = max(one.end_us for one in raft)
    is_open = any(one.is_open for one in raft)
    evidence = _of_contact(tracks, first, place, max_gap_us)
    evidence["members"] = [
        {"mmsi": int(tracks.mmsi[ship]), "from": _iso(low), "to": _iso(high)}
        for ship in order
        for low, high in ships[ship]
    ]
    evidence["ships"] = [_of_ship(statics, int(tracks.mmsi[ship]), start_us, end_us) for ship in order]
    evidence["series"] = _series(tracks, first)
    reach = Reach(
        min(one.reach.reads_from for one in raft),
        None if is_open else max(one.reach.reads_to or one.end_us for one in raft),
    )
    event = Event(
        kind=first.kind,
        mmsi=tuple(int(tracks.mmsi[ship]) for ship in order),
        start=to_datetime(start_us),
        end=None if is_open else to_datetime(end_us),
        lon=float(first.near.lon[place.at]),
        lat=float(first.near.lat[place.at]),
        score=_score(first.kind, evidence, place),
        zones=tuple(zone.id for zone in place.zones),
        evidence=evidence,
        reasons=_reasons(first.kind, evidence, place),
        reach=reach,
        anchor=tuple(sorted(int(tracks.mmsi[ship]) for ship in first.pair)),
    )
    return shared(event, max(tracks.sharing(ship, start_us, end_us) for ship in order))


def _of_contact(tracks: Tracks, contact: Contact, place: Place, max_gap_us: int) -> dict[str, Any]:
    """Return the evidence of one contact of two."""
    near, start_us, end_us = contact.near, contact.start_us, contact.end_us
    fixes = [tracks.fixes_of(ship, start_us, end_us) for ship in contact.pair]
    hole_us = max(int(np.diff(tracks.t[part], prepend=start_us, append=end_us).max()) for part in fixes)
    hulls = bool((near.basis > POINTS).any())
    basis = int(near.basis.max(initial=POINTS))
    coming_us, parting_us = _phases(contact)
    went = [moved_m(tracks, ship, start_us - US_H, start_us, max_gap_us) for ship in contact.pair]
    number = [int(tracks.mmsi[ship]) for ship in contact.pair]
    return {
        "hours": round(contact.hours, 2),
        "distance_min_m": round(float(near.distance_m.min())),
        "distance_median_m": round(median(near.distance_m)),
        "hull_gap_min_m": round(float(near.gap_m.min())) if hulls else None,
        "hull_gap_median_m": round(median(near.gap_m)) if hulls else None,
        "hull_gap_basis": BASES[basis],
        "distance_bound_m": round(float(near[place.at : place.at + 1].bound_m[0])),
        "sog_median_a_kn": round(contact.speeds_kn[0], 1),
        "sog_median_b_kn": round(contact.speeds_kn[1], 1),
        "relative_sog_median_kn": _number(contact.motion.relative_kn, 1),
        "course_difference_median_deg": _number(contact.motion.course_difference_deg, 0),
        "fixes_a": int(near.of_a.sum()),
        "fixes_b": int((~near.of_a).sum()),
        "longest_hole_minutes": round(hole_us / MINUTE_US, 1),
        "alongside_hours": round(_alongside_us(contact, max_gap_us) / US_H, 2),
        "came": [mmsi for mmsi, metres in zip(number, went, strict=True) if metres > CAME_M],
        "stayed": [mmsi for mmsi, metres in zip(number, went, strict=True) if metres <= CAME_M],
        "approach_minutes": coming_us and round(coming_us / MINUTE_US),
        "parting_minutes": parting_us and round(parting_us / MINUTE_US),
        "neighbours_count": contact.waiting,
        "port": place.port,
        "anchorage": place.anchorage,
        "masked": place.masked,
        "sts_area": place.sts_area,
        "contacts_48h_count": max(len(contact.linked), 1),
        "contacts_48h_hours": round(sum(one.hours for one in contact.linked or [contact]), 2),
        "unseen_third": _room_for_a_third(contact),
    }


def _number(value: float, digits: int) -> float | None:
    return None if isnan(value) else round(value, digits)


def _iso(t_us: int) -> str:
    return iso(to_datetime(t_us))


def alongside(contact: Contact) -> Bools:
    """Say at which samples the hulls are alongside."""
    near = contact.near
    found: Bools = near.gap_m <= np.where(near.basis == POINTS, ALONGSIDE_POINTS_M, ALONGSIDE_M)
    return found


def _alongside_us(contact: Contact, max_gap_us: int) -> int:
    """Return how long the hulls were alongside: between samples that both are, and are no hole apart."""
    touching, step = alongside(contact), np.diff(contact.near.t)
    return int(step[touching[1:] & touching[:-1] & (step <= max_gap_us)].sum())


def _phases(contact: Contact) -> tuple[int | None, int | None]:
    """Return how long coming and parting took: from `APART_M` to the contact and back; None where it was not seen."""
    samples, run = contact.samples, contact.run
    before = np.flatnonzero(samples.distance_m[: run.start] > APART_M)
    after = np.flatnonzero(samples.distance_m[run.stop :] > APART_M)
    coming = contact.start_us - int(samples.t[before[-1]]) if len(before) else None
    parting = int(samples.t[run.stop + after[0]]) - contact.end_us if len(after) else None
    return coming, parting


def _room_for_a_third(contact: Contact) -> bool:
    """Say whether the hulls kept so far apart, for an hour or more, that a craft may have lain between them."""
    gap = contact.near.gap_m
    if contact.hours < 1 or not THIRD_M[0] <= median(gap) <= THIRD_M[1]:
        return False
    low, high = np.percentile(gap, (25, 75))
    return bool(high - low <= _SPREAD_M)


def _of_ship(statics: Statics, mmsi: int, start_us: int, end_us: int) -> dict[str, object]:
    """Return what a ship said of herself around a contact."""
    said = statics.said(mmsi, start_us, end_us)
    before, after = statics.draughts_m(mmsi, start_us, end_us)
    return {
        "mmsi": mmsi,
        "name": said.name,
        "ship_type": said.ship_type,
        "class": cargo.ship_class(said.ship_type),
        "length_m": said.length_m,
        "beam_m": said.beam_m,
        "draught_before_m": before,
        "draught_after_m": after,
        "gear": cargo.is_gear(said.name, said.length_m),
    }


def _series(tracks: Tracks, contact: Contact) -> list[list[object]]:
    """Return at most SERIES_POINTS samples, evenly picked: time, antenna distance, speed of each."""
    near = contact.near
    picked = np.unique(np.linspace(0, len(near) - 1, SERIES_POINTS).round().astype(np.int64))
    t = near.t[picked]
    speeds = [[_number(one, 1) for one in _speed_at(tracks, ship, t).tolist()] for ship in contact.pair]
    metres = [round(one) for one in near.distance_m[picked].tolist()]
    return [list(row) for row in zip(iso_all(t), metres, *speeds, strict=True)]


def _speed_at(tracks: Tracks, ship: int, t: Ints) -> Floats:
    """Return the speed that a ship sent with her last fix up to each time; NaN where it is not known."""
    part = slice(int(tracks.offsets[ship]), int(tracks.offsets[ship + 1]))
    at = np.maximum(np.searchsorted(tracks.t[part], t, "right") - 1, 0)
    return tracks.sog_kn[part][at].astype(np.float64)


def _changed(evidence: dict[str, Any]) -> list[str]:
    """Return what is said of draughts that changed."""
    said = (cargo.draught_words(ship["draught_before_m"], ship["draught_after_m"]) for ship in evidence["ships"])
    return [f"{ship['mmsi']:09d}: {text}" for ship, text in zip(evidence["ships"], said, strict=True) if text]


def _score(kind: str, evidence: dict[str, Any], place: Place) -> float:
    """Return the documented score."""
    score: float = 0.3 + 0.25 * (evidence["alongside_hours"] >= 0.5)
    least = evidence["hull_gap_min_m"]
    score += 0.1 * ((evidence["distance_min_m"] if least is None else least) <= TOUCHING_M)
    score += 0.1 * (len(evidence["came"]) > 0) + 0.1 * bool(_changed(evidence))
    score += 0.1 * (evidence["contacts_48h_count"] > 1)
    score += 0.2 if place.sts_area else 0.1 * any(zone.alert_for != "none" for zone in place.zones)
    score -= 0.3 * place.lies + 0.1 * (evidence["neighbours_count"] >= _CROWD)
    score -= 0.1 * (evidence["approach_minutes"] is None and evidence["parting_minutes"] is None)
    score -= {"rendezvous": 0.0, "brief_contact": 0.15}.get(kind, 0.2)
    if place.lies and not place.sts_area:
        score = min(score, 0.5)
    return round(min(max(score, 0.0), 1.0), 2)


def _reasons(kind: str, evidence: dict[str, Any], place: Place) -> tuple[str, ...]:
    """Say what speaks for and against a transfer, the ordinary explanation last."""
    gap, basis = evidence["hull_gap_min_m"], evidence["hull_gap_basis"]
    near = f"{evidence['distance_min_m']} m between antennas at the closest"
    if gap is not None:
        near = f"{gap} m between hulls at the closest (by {basis}), {near}"
    said = [
        f"for: {near}, {evidence['hours']} h within contact, "
        f"at {evidence['sog_median_a_kn']} and {evidence['sog_median_b_kn']} kn"
    ]
    said += _for(evidence, place) + _against(evidence, place)
    return (*said, f"innocent explanation: {_ORDINARY[kind]}")


def _for(evidence: dict[str, Any], place: Place) -> list[str]:
    ships = evidence["ships"]
    said = []
    if place.sts_area:
        said.append("for: in an area named for ship-to-ship transfers")
    if evidence["came"]:
        said.append(f"for: {_numbers(evidence['came'])} came within the hour before")
    if any(ship["class"] in ("tanker", "cargo", "dredger") for ship in ships):
        said.append(f"for: {cargo.who_met([ship['class'] for ship in ships])}")
    if evidence["contacts_48h_count"] > 1:
        said.append(
            f"for: {evidence['contacts_48h_count']} contacts of these two within 48 h, "
            f"{evidence['contacts_48h_hours']} h together"
        )
    if evidence["unseen_third"]:
        said.append("for: the hulls kept apart with room for a third craft between them that sent nothing")
    return said + [f"for: {text}" for text in _changed(evidence)]


def _against(evidence: dict[str, Any], place: Place) -> list[str]:
    said = []
    if place.port:
        said.append(f"against: within the port of {place.port}, where ships lie together anyway")
    if place.anchorage:
        said.append(f"against: in the anchorage of {place.anchorage}, where ships lie together anyway")
    if place.masked:
        said.append(f"against: at {place.masked}, a place learned from the data where ships lie together anyway")
    if evidence["neighbours_count"] >= _CROWD:
        said.append(f"against: {evidence['neighbours_count']} others waited near by: a place where ships lie")
    if evidence["approach_minutes"] is None and evidence["parting_minutes"] is None:
        said.append("against: neither was seen apart from the other shortly before or after")
    if evidence["longest_hole_minutes"] > SILENT_MINUTES:
        said.append(
            f"against: for {evidence['longest_hole_minutes']:.0f} minutes one of the two was not heard; "
            "that they stayed together then was not seen"
        )
    if evidence["hull_gap_min_m"] is None and evidence["distance_min_m"] <= ALONGSIDE_POINTS_M:
        said.append("against: the sides of the ships are not known; antennas alone cannot show hull to hull")
    if evidence["distance_bound_m"] > ALONGSIDE_M:
        said.append(
            f"against: at the closest one place is interpolated and can be {evidence['distance_bound_m']} m off"
        )
    return said


_ORDINARY = {
    "rendezvous": "waiting, bunkering, pilotage, towage or fishing together",
    "brief_contact": "pilotage, a crew change, supplies or a tow",
    "pair_trawling": "pair fishing with one net, or steaming in company",
    "same_hull": "one ship with two transponders, or a tow alongside all the way",
    "attended": "a tug, pilot, bunkering or supply craft at her ordinary work",
}


def _numbers(ships: Sequence[int]) -> str:
    return " and ".join(f"{mmsi:09d}" for mmsi in ships)
