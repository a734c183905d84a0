"""Numbers that models see of an event: taken from its evidence alone, so that a reader can take them again.

Three groups have their own: meetings of any kind, loitering, and gaps. The kind itself is left out, and so are times,
places and names: a model shall not learn who or where, only how. What is unknown gets a middling value; where not
knowing may matter, that is a number of its own. Long-tailed numbers go in as log(1 + x).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.cargo import is_service
from detectors.geo import Floats

Evidence = Mapping[str, Any]

MEETINGS, LOITERING, GAPS = "meetings", "loitering", "gaps"
GROUP_OF = {
    "rendezvous": MEETINGS,
    "brief_contact": MEETINGS,
    "pair_trawling": MEETINGS,
    "same_hull": MEETINGS,
    "attended": MEETINGS,
    "loitering": LOITERING,
    "gap": GAPS,
}
_CARGO = ("tanker", "cargo", "dredger")
_CHANGED_M = 0.5


@dataclass(frozen=True)
class Feature:
    """One number of an event.

    Attributes:
        name: What models call it.
        words: What a reader calls it; of a sign, what it means that it is there.
        of: Its value by the evidence, None where unknown.
        middling: What stands for an unknown value.
        log: Whether it goes in as log(1 + x).
        absent: Of a sign that is there or not, what it means that it is not.
    """

    name: str
    words: str
    of: Callable[[Evidence], float | None]
    middling: float = 0.0
    log: bool = False
    absent: str = ""

    def value(self, evidence: Evidence) -> float:
        """Return the number that goes into a model."""
        found = self.of(evidence)
        number = self.middling if found is None else float(found)
        return round(math.log1p(max(number, 0.0)) if self.log else number, 6)

    def known(self, evidence: Evidence) -> bool:
        """Say whether the evidence tells it."""
        return self.of(evidence) is not None

    def told(self, evidence: Evidence) -> str:
        """Return the feature with its value, for a reader."""
        found = self.of(evidence)
        if self.absent:
            return self.words if found else self.absent
        return f"{self.words} {float(found):.4g}" if found is not None else f"{self.words} not known"


def matrix(group: str, evidence: Sequence[Evidence]) -> Floats:
    """Return the features of events of one group, shape (n, features)."""
    rows = [[feature.value(one) for feature in FEATURES[group]] for one in evidence]
    return np.array(rows, np.float64).reshape(len(rows), len(FEATURES[group]))


def names(group: str) -> list[str]:
    """Return the names of a group's features in their order."""
    return [feature.name for feature in FEATURES[group]]


def _key(key: str) -> Callable[[Evidence], float | None]:
    def of(evidence: Evidence) -> float | None:
        value: float | None = evidence.get(key)
        return value

    return of


def _is(key: str) -> Callable[[Evidence], float | None]:
    """Return whether a key has a value that is not none, false or empty."""
    return lambda evidence: float(bool(evidence.get(key)))


def _known(key: str) -> Callable[[Evidence], float | None]:
    return lambda evidence: float(evidence.get(key) is not None)


def _gap_m(evidence: Evidence) -> float | None:
    gap: float | None = evidence.get("hull_gap_median_m")
    return evidence.get("distance_median_m") if gap is None else gap


def _faster_kn(evidence: Evidence) -> float | None:
    return max(evidence.get("sog_median_a_kn") or 0.0, evidence.get("sog_median_b_kn") or 0.0)


def _alongside(evidence: Evidence) -> float | None:
    return float((evidence.get("alongside_hours") or 0.0) / max(evidence.get("hours") or 0.0, 0.1))


def _lies(evidence: Evidence) -> float | None:
    return float(any(evidence.get(key) is not None for key in ("port", "anchorage", "masked")))


def _share(test: Callable[[Evidence], bool], said: str) -> Callable[[Evidence], float | None]:
    """Return the share that pass a test of the ships that said something; None where none did."""

    def of(evidence: Evidence) -> float | None:
        ships = [ship for ship in evidence.get("ships") or [] if ship.get(said) is not None]
        return sum(map(test, ships)) / len(ships) if ships else None

    return of


def _lengths(evidence: Evidence) -> list[float]:
    known = [ship.get("length_m") for ship in evidence.get("ships") or []]
    return [float(length) for length in known if length]


def _least_m(evidence: Evidence) -> float | None:
    lengths = _lengths(evidence)
    return min(lengths) if len(lengths) > 1 else None


def _ratio(evidence: Evidence) -> float | None:
    lengths = _lengths(evidence)
    return min(lengths) / max(lengths) if len(lengths) > 1 else None


def _draught(ship: Evidence) -> bool:
    before, after = ship.get("draught_before_m"), ship.get("draught_after_m")
    return before is not None and after is not None and abs(after - before) >= _CHANGED_M


FEATURES: dict[str, tuple[Feature, ...]] = {
    MEETINGS: (
        Feature("hours", "hours together", _key("hours"), log=True),
        Feature("gap_m", "median metres between them", _gap_m, 100.0, log=True),
        Feature("least_m", "least metres between antennas", _key("distance_min_m"), 100.0, log=True),
        Feature("hulls", "sides of the ships known", _known("hull_gap_min_m"), absent="sides of the ships not known"),
        Feature("faster_kn", "median knots of the faster", _faster_kn),
        Feature("relative_kn", "knots against each other", _key("relative_sog_median_kn"), 0.3),
        Feature("course_deg", "degrees between their courses", _key("course_difference_median_deg"), 60.0),
        Feature("alongside", "share of the time alongside", _alongside),
        Feature("came", "one came to the other", _is("came"), absent="neither came to the other"),
        Feature("approach", "seen to approach", _known("approach_minutes"), absent="not seen to approach"),
        Feature("parting", "seen to part", _known("parting_minutes"), absent="not seen to part"),
        Feature("neighbours", "other ships lying near", _key("neighbours_count"), log=True),
        Feature("lies", "where ships lie together anyway", _lies, absent="in no known port or anchorage"),
        Feature("sts_area", "in an area for transfers", _is("sts_area"), absent="in no area for transfers"),
        Feature("contacts", "contacts within 48 h", _key("contacts_48h_count"), 1.0, log=True),
        Feature("third", "room for an unseen third", _is("unseen_third"), absent="no room for an unseen third"),
        Feature("draught", "share of ships with a changed draught", _share(_draught, "draught_after_m")),
        Feature("cargo", "share of ships for cargo", _share(lambda ship: ship["class"] in _CARGO, "class"), 0.5),
        Feature("fishing", "share of fishing vessels", _share(lambda ship: ship["class"] == "fishing", "class"), 0.1),
        Feature(
            "service",
            "share of ships that attend others by trade",
            _share(lambda ship: is_service(ship["ship_type"], ship.get("name")), "ship_type"),
            0.1,
        ),
        Feature("smaller_m", "metres of the smallest", _least_m, 80.0, log=True),
        Feature("ratio", "length of the smallest over the largest", _ratio, 0.7),
        Feature("ships", "number of ships", lambda evidence: float(len(evidence.get("ships") or [])), 2.0, log=True),
        Feature("hole", "longest minutes without a fix", _key("longest_hole_minutes"), 5.0, log=True),
    ),
    LOITERING: (
        Feature("hours", "hours", _key("hours"), log=True),
        Feature("sog_kn", "median knots", _key("sog_median_kn")),
        Feature("drift_km", "km from first to last fix", _key("drift_km"), log=True),
        Feature("spread_m", "metres around its place", _key("spread_m"), log=True),
        Feature("neighbours", "other slow ships near", _key("neighbours_count"), log=True),
        Feature("silent_before", "minutes silent before", _key("silent_before_minutes"), 10.0, log=True),
        Feature("silent_after", "minutes silent after", _key("silent_after_minutes"), 10.0, log=True),
        Feature("draught", "draught changed", lambda evidence: float(_draught(evidence)), absent="no changed draught"),
        Feature("near", "near a port or anchorage", _lies, absent="away from ports and anchorages"),
        Feature("sts_area", "in an area for transfers", _is("sts_area"), absent="in no area for transfers"),
        Feature("fishing", "fishing", _is("fishing_reason"), absent="not fishing"),
        Feature("hole", "longest minutes without a fix", _key("longest_hole_minutes"), 5.0, log=True),
    ),
    GAPS: (
        Feature("hours", "hours silent", _key("hours"), 12.0, log=True),
        Feature("open", "heard again", _known("hours"), absent="not heard again"),
        Feature("distance_km", "km between its ends", _key("distance_km"), 5.0, log=True),
        Feature("speed_kn", "knots between its ends", _key("implied_speed_kn"), 1.0, log=True),
        Feature("reports", "reports in the 12 h before", _key("reports_12h"), log=True),
        Feature("heard_start", "share of hours receivable at its start", _key("receivable_start_fraction")),
        Feature("heard_end", "share of hours receivable at its end", _key("receivable_end_fraction")),
        Feature("others_start", "others heard at its start", _key("others_start_count"), log=True),
        Feature("others_end", "others heard at its end", _key("others_end_count"), log=True),
        Feature("port", "began near a port of the DPRK", _is("start_port"), absent="began near no port of the DPRK"),
    ),
}
