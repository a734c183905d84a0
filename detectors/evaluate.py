"""How well events agree with the truth of a scenario.

An event and a planted behaviour match when they are of one kind, name the same ships (and, where the truth says one,
the same zone) and their times overlap by at least half: intersection over union >= 0.5. Matches are taken greedily,
best overlap first, one to one; a second event for one behaviour is a false alarm. Rafts are scored by their pairs:
a meeting of more than two ships counts as every two of them, for as long as both were members; two who were so for
less than the two hours of a meeting may be found by it, but are no alarm of their own. What is open ends at the
truth's last report.

Where the truth plants contacts in known roads and at quays (`anchorage_contact`), a meeting or brief contact that says
it was in a port, an anchorage or under a mask, and in no STS area, is scored as one: told apart by what it says.

A gap whose verdict is `cannot be assessed` is an answer and no alarm: it finds nothing and costs nothing, and is
counted apart, as are the planted gaps that got no other answer. Kinds that the truth does not judge are counted only.
Temporal overlap as criterion and false alarms per 1,000 vessel-days follow event detection in other fields; the
maritime papers at hand have no standard.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations, product
from statistics import median
from typing import Annotated, TypeVar

import msgspec

from detectors.scores import KindScore, Scores

#: Least temporal intersection over union of a match.
MIN_IOU = 0.5
#: Two members of a raft who were so for less than a meeting's least length are no alarm of their own.
LEAST = timedelta(hours=2)
#: Nautical miles beyond a decoy's reach at which it is still blamed: a silence begins before the edge of a hole.
MARGIN_NM = 2.0
#: The gap verdict that raises an alarm.
ALARM_VERDICT = "silent though receivable"
#: The pseudo-kind of meetings that say where they were, and what they say it by.
IN_ROADS, PLACES = "anchorage_contact", ("port", "anchorage", "masked")
#: Planted kinds that are transfers, long or in short contacts.
TRANSFERS = ("rendezvous", "brief_contact")
#: What a false alarm is blamed on when no decoy is in reach.
PLANTED, NOTHING = "a planted event, told again or with other times", "no decoy"

_Time = Annotated[datetime, msgspec.Meta(tz=True)]
_Ships = Annotated[list[int], msgspec.Meta(min_length=1)]


class EvaluateError(ValueError):
    """Events or truth are not what `darkwake events` and `darkwake simulate` write."""


class _Event(msgspec.Struct, forbid_unknown_fields=True):
    """One event as `darkwake events --format json` has it."""

    id: str
    kind: str
    mmsi: list[int]
    start: _Time
    end: _Time | None
    lon: float
    lat: float
    score: float
    zones: list[str]
    evidence: dict[str, object]
    reasons: list[str]


class _Member(msgspec.Struct, rename={"from_": "from"}):
    """One ship of a raft: when she was in it; still, where `to` is null."""

    mmsi: int
    from_: _Time
    to: _Time | None


class _Planted(msgspec.Struct, forbid_unknown_fields=True):
    """One behaviour of the truth."""

    kind: str
    mmsi: _Ships
    start: _Time
    end: _Time | None
    lon: float
    lat: float
    near_decoy: bool
    label: str
    zone: str | None = None


class _Decoy(msgspec.Struct, forbid_unknown_fields=True):
    """One decoy of the truth; without ships it concerns all within `reach_nm` of its place."""

    label: str
    mmsi: list[int]
    start: _Time
    end: _Time
    lon: float
    lat: float
    reach_nm: float


class _Truth(msgspec.Struct, forbid_unknown_fields=True):
    """The truth of a scenario as `darkwake simulate --truth` writes it."""

    scenario: str
    seed: int
    start: _Time
    end: _Time
    vessel_days: Annotated[float, msgspec.Meta(ge=0)]
    kinds: list[str]
    events: list[_Planted]
    decoys: list[_Decoy]


_Parsed = TypeVar("_Parsed")
_Meeting = TypeVar("_Meeting", _Event, _Planted)


def evaluate(events: Sequence[Mapping[str, object]], truth: Mapping[str, object]) -> Scores:
    """Score events against a truth.

    Args:
        events: As `detectors.read_events` or the JSON of `darkwake events` gives them.
        truth: The JSON of `darkwake simulate --truth`.

    Raises:
        EvaluateError: A key is missing, unknown or of the wrong type.
    """
    told = _parsed(events, list[_Event], "events", "darkwake events --format json")
    real = _parsed(truth, _Truth, "truth", "darkwake simulate --truth")
    unknown = {planted.kind for planted in real.events} - set(real.kinds)
    if unknown:
        raise EvaluateError(f"the truth plants {sorted(unknown)} but does not list them in its kinds; make it anew")
    alarms = [_in_roads(event) for event in told] if IN_ROADS in real.kinds else told
    pairs = [pair for event in alarms for pair in _pairs(event, real.end)]
    planted = [pair for behaviour in real.events for pair in _pairs(behaviour, real.end)]
    scored = [
        _score(kind, [e for e in pairs if e.kind == kind], [p for p in planted if p.kind == kind], real)
        for kind in sorted(real.kinds)
    ]
    return Scores(
        scenario=real.scenario,
        seed=real.seed,
        vessel_days=real.vessel_days,
        kinds=tuple(score for score, _ in scored),
        missed=tuple(line for _, lines in scored for line in lines),
        unjudged=dict(sorted(Counter(event.kind for event in told if event.kind not in real.kinds).items())),
    )


def planted_transfers(events: Sequence[Mapping[str, object]], truth: Mapping[str, object]) -> list[bool | None]:
    """Say of each event whether it was a planted meeting or a piece of one, whatever its kind: what is learned from.

    Args:
        events: As `evaluate` takes them.
        truth: As `evaluate` takes it.

    Returns:
        For each event whether it was one; None where the truth does not judge its kind.

    Raises:
        EvaluateError: A key is missing, unknown or of the wrong type.
    """
    told = _parsed(events, list[_Event], "events", "darkwake events --format json")
    real = _parsed(truth, _Truth, "truth", "darkwake simulate --truth")
    planted = [pair for one in real.events if one.kind in TRANSFERS for pair in _pairs(one, real.end)]
    return [
        any(_within_one(pair, planted, real.end) for pair in _pairs(one, real.end))
        or (False if one.kind in real.kinds else None)
        for one in told
    ]


def _within_one(event: _Event, planted: Sequence[_Planted], horizon: datetime) -> bool:
    """Say whether half of an event's time or more lies in one planted meeting of its ships."""
    start, end = _span(event, horizon)
    for one in planted:
        if one.mmsi == event.mmsi:
            first, last = _span(one, horizon)
            if 2 * (min(end, last) - max(start, first)) >= end - start:
                return True
    return False


def iou(a: tuple[datetime, datetime], b: tuple[datetime, datetime]) -> float:
    """Return the overlap of two spans of time over their union, 0 to 1; two equal instants overlap wholly."""
    union = (max(a[1], b[1]) - min(a[0], b[0])).total_seconds()
    shared = (min(a[1], b[1]) - max(a[0], b[0])).total_seconds()
    return max(shared, 0.0) / union if union > 0 else 1.0


def _parsed(value: object, kind: type[_Parsed], what: str, writer: str) -> _Parsed:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise EvaluateError(f"the {what} cannot be read: {error}; give what `{writer}` writes") from None


def _in_roads(event: _Event) -> _Event:
    """Return a meeting as a contact in roads, if it says that it was in some and not in an STS area."""
    placed = any(event.evidence.get(key) is not None for key in PLACES) and event.evidence.get("sts_area") is None
    meets = event.kind in ("rendezvous", "brief_contact")
    return msgspec.structs.replace(event, kind=IN_ROADS) if meets and placed else event


def _pairs(one: _Meeting, horizon: datetime) -> Iterator[_Meeting]:
    """Yield a meeting of three or more ships as every two of them; all else as it is, ships in order."""
    if one.kind not in ("rendezvous", IN_ROADS) or len(one.mmsi) <= 2:
        yield msgspec.structs.replace(one, mmsi=sorted(one.mmsi))
        return
    stays = _stays(one, horizon)
    for a, b in combinations(sorted(one.mmsi), 2):
        for (first, last), (other_first, other_last) in product(stays[a], stays[b]):
            start, end = max(first, other_first), min(last, other_last)
            if start <= end:
                yield msgspec.structs.replace(one, mmsi=[a, b], start=start, end=end)


def _stays(one: _Event | _Planted, horizon: datetime) -> dict[int, list[tuple[datetime, datetime]]]:
    """Return each ship's times in a meeting: as its evidence lists the members, else all of it."""
    listed: dict[int, list[tuple[datetime, datetime]]] = {mmsi: [] for mmsi in one.mmsi}
    for member in _members(one):
        listed[member.mmsi].append((member.from_, member.to or horizon))
    return {mmsi: spans or [_span(one, horizon)] for mmsi, spans in listed.items()}


def _members(one: _Event | _Planted) -> list[_Member]:
    if not isinstance(one, _Event) or "members" not in one.evidence:
        return []
    return _parsed(one.evidence["members"], list[_Member], "members of a raft", "darkwake events")


def _passing(event: _Event, horizon: datetime) -> bool:
    """Say whether a pair is that of a raft and was in it together for less than a meeting takes."""
    first, last = _span(event, horizon)
    return last - first < LEAST and len({member.mmsi for member in _members(event)}) > 2


def _score(kind: str, told: list[_Event], planted: list[_Planted], truth: _Truth) -> tuple[KindScore, list[str]]:
    unsure = [e for e in told if _not_assessed(e)]
    alarms = [e for e in told if not _not_assessed(e)]
    matches = _matches(alarms, planted, truth.end)
    passing = [i for i, e in enumerate(alarms) if i not in matches and _passing(e, truth.end)]
    answered = _matches(unsure, [p for i, p in enumerate(planted) if i not in matches.values()], truth.end)
    away = [i for i, p in enumerate(planted) if not p.near_decoy]
    found = set(matches.values())
    found_away = len(found & set(away))
    onset = [abs((alarms[e].start - planted[p].start).total_seconds()) / 60.0 for e, p in matches.items()]
    wrong = [e for i, e in enumerate(alarms) if i not in matches and i not in passing]
    blame = Counter(_blame(e, planted, truth) for e in wrong)
    score = KindScore(
        kind=kind,
        planted=len(planted),
        found=len(found),
        recall=_share(len(found), len(planted)),
        planted_away=len(away),
        found_away=found_away,
        recall_away=_share(found_away, len(away)),
        events=len(alarms) - len(passing),
        precision=_share(len(found), len(alarms) - len(passing)),
        onset_median_minutes=round(median(onset), 2) if onset else None,
        onset_max_minutes=round(max(onset), 2) if onset else None,
        false_alarms=len(wrong),
        false_per_1000_vessel_days=round(1000.0 * len(wrong) / truth.vessel_days, 2) if truth.vessel_days else None,
        false_by_decoy=dict(sorted(blame.items())),
        not_assessed=len(unsure),
        planted_not_assessed=len(answered),
    )
    return score, [_missed(p) for i, p in enumerate(planted) if i not in found]


def _matches(told: list[_Event], planted: list[_Planted], horizon: datetime) -> dict[int, int]:
    """Index of event to index of behaviour: greedy by overlap, then by start and order, one to one."""
    by_ships: dict[tuple[int, ...], list[int]] = {}
    for p, behaviour in enumerate(planted):
        by_ships.setdefault(tuple(behaviour.mmsi), []).append(p)
    candidates = []
    for e, event in enumerate(told):
        for p in by_ships.get(tuple(event.mmsi), ()):
            overlap = iou(_span(event, horizon), _span(planted[p], horizon))
            if overlap >= MIN_IOU and _same_zone(event, planted[p]):
                candidates.append((-overlap, event.start, e, p))
    matches: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, e, p in sorted(candidates):
        if e not in matches and p not in taken:
            matches[e] = p
            taken.add(p)
    return matches


def _span(one: _Event | _Planted, horizon: datetime) -> tuple[datetime, datetime]:
    return one.start, max(one.start, one.end or horizon)


def _same_zone(event: _Event, planted: _Planted) -> bool:
    return planted.zone is None or planted.zone == event.evidence.get("zone")


def _not_assessed(event: _Event) -> bool:
    return event.kind == "gap" and event.evidence.get("verdict") != ALARM_VERDICT


def _blame(event: _Event, planted: list[_Planted], truth: _Truth) -> str:
    """What a false alarm overlaps: a planted event of the same ships, else a decoy by ship, else one by place."""
    start, end = _span(event, truth.end)
    for behaviour in planted:
        first, last = _span(behaviour, truth.end)
        if behaviour.mmsi == event.mmsi and _same_zone(event, behaviour) and start < last and first < end:
            return PLANTED
    near = [d for d in truth.decoys if start < d.end and d.start < end]
    for decoy in near:
        if set(decoy.mmsi) & set(event.mmsi):
            return decoy.label
    for decoy in near:
        if not decoy.mmsi and _within(event, decoy):
            return decoy.label
    return next((d.label for d in near if _within(event, d)), NOTHING)


def _within(event: _Event, decoy: _Decoy) -> bool:
    """Whether an event lies in a decoy's reach or just outside, measured on the plane."""
    east = (event.lon - decoy.lon) * math.cos(math.radians(decoy.lat))
    return math.hypot(east, event.lat - decoy.lat) * 60.0 <= decoy.reach_nm + MARGIN_NM


def _missed(planted: _Planted) -> str:
    ships = " and ".join(f"{mmsi:09d}" for mmsi in planted.mmsi)
    near = ", near a decoy" if planted.near_decoy else ""
    return f"{planted.kind} ({planted.label}) of {ships} from {planted.start:%Y-%m-%dT%H:%M:%SZ}{near}"


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
