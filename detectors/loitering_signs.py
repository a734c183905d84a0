"""What speaks for and against a loitering ship having met a silent one: weighed, and said in words.

None of these signs proves anything: most ships that wait at sea wait for orders, a berth, the tide or better weather.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from detectors.cargo import draught_words, is_service, laden_or_ballast, ship_class

if TYPE_CHECKING:
    from detectors.statics import Said
    from detectors.surroundings import Status
    from zones import Zone

START_SCORE = 0.3
AT_ANCHOR = (1, 5, 6)  # at anchor, moored, aground (ITU-R M.1371-5, table 45)
FISHING_STATUS, FISHING_TYPE = 7, 30
INNOCENT = "innocent explanation: waiting for orders, a berth, the tide or better weather, repairs, or fishing"


@dataclass(frozen=True)
class Rules:
    """The thresholds that signs are weighed by, in the units of their names."""

    near_km: float
    crowd_km: float
    crowd_ships: int
    around_hours: float
    silent_hours: float


@dataclass(frozen=True)
class Place:
    """Where a ship loitered: zones, a port or anchorage near, a learned place there, whether a DPRK port is near."""

    zones: tuple[Zone, ...]
    port: str | None
    anchorage: str | None
    masked: str | None
    in_approach: bool

    @property
    def sts_area(self) -> str | None:
        """The ship-to-ship area there, by its id."""
        return next((zone.id for zone in self.zones if zone.kind == "sts_area"), None)

    @property
    def is_watched(self) -> bool:
        """Whether a zone there alerts, or a DPRK port is near."""
        return self.in_approach or any(zone.alert_for != "none" for zone in self.zones)


@dataclass(frozen=True)
class Signs:
    """What is known of one loitering ship beside its track.

    Attributes:
        place: Where it was.
        said: What it said of itself.
        draughts_m: Said before and after, None where not said.
        status: What it said of its navigational status.
        is_listed: Whether it is on the list of known fishing vessels.
        neighbours: The most other slow ships near it at once.
        silent_minutes: Its longest silence before and after, None where it was not heard then.
    """

    place: Place
    said: Said
    draughts_m: tuple[float | None, float | None]
    status: Status
    is_listed: bool
    neighbours: int
    silent_minutes: tuple[float | None, float | None]

    @property
    def why_fishing(self) -> str | None:
        """What tells that it fishes, None where nothing does."""
        if self.said.ship_type == FISHING_TYPE:
            return f"says AIS type {FISHING_TYPE} (fishing)"
        if self.status.mostly(FISHING_STATUS):
            return f"says status {FISHING_STATUS} (engaged in fishing) in most reports"
        return "on the list of known fishing vessels of 2018" if self.is_listed else None

    def evidence(self) -> dict[str, object]:
        """Return the values that the signs rest on."""
        said, (before_m, after_m) = self.said, self.draughts_m
        return {
            "draught_before_m": before_m,
            "draught_after_m": after_m,
            "neighbours_count": self.neighbours,
            "silent_before_minutes": self.silent_minutes[0],
            "silent_after_minutes": self.silent_minutes[1],
            "port": self.place.port,
            "anchorage": self.place.anchorage,
            "masked": self.place.masked,
            "sts_area": self.place.sts_area,
            "nav_status": self.status.most,
            "fishing_reason": self.why_fishing,
            "ship": {
                "name": said.name,
                "ship_type": said.ship_type,
                "class": ship_class(said.ship_type),
                "length_m": said.length_m,
                "beam_m": said.beam_m,
                "laden_before": laden_or_ballast(before_m, said.ship_type, said.length_m),
                "laden_after": laden_or_ballast(after_m, said.ship_type, said.length_m),
            },
        }

    def weighed(self, rules: Rules) -> tuple[float, list[str]]:
        """Return the score, and what speaks for and against."""
        signs = [*self._for(rules), *self._against(rules)]
        score = START_SCORE + sum(weight for weight, _ in signs)
        return round(min(max(score, 0.0), 1.0), 2), [text for _, text in signs]

    def _for(self, rules: Rules) -> Iterator[tuple[float, str]]:
        draught = draught_words(*self.draughts_m)
        if draught:
            yield 0.2, f"for: {draught}"
        if self.place.sts_area:
            yield 0.2, "for: in an area named for ship-to-ship transfers"
        elif self.place.is_watched:
            yield 0.1, "for: in a zone that alerts, or in the approach to a North Korean port"
        silent = [
            f"{minutes / 60:.1f} h {side}"
            for side, minutes in zip(("before", "after"), self.silent_minutes, strict=True)
            if minutes is not None and minutes >= rules.silent_hours * 60
        ]
        if silent:
            span = f"within {rules.around_hours:g} h of it"
            yield 0.1, f"for: silent for {' and '.join(silent)}, {span}; `gap` events say if it could be received then"
        if not self.neighbours:
            yield 0.1, f"for: no other slow ship was heard within {rules.crowd_km:g} km: a partner, if any, was silent"

    def _against(self, rules: Rules) -> Iterator[tuple[float, str]]:
        place = self.place
        named = [
            f"the {what} of {name}" for what, name in (("port", place.port), ("anchorage", place.anchorage)) if name
        ]
        if named and not place.sts_area:
            yield -0.1, f"against: within {rules.near_km:g} km of {' and '.join(named)}, where ships wait"
        if place.masked:
            yield -0.2, f"against: at {place.masked}, a place learned from the data where many ships lie"
        if self.status.mostly(*AT_ANCHOR):
            yield -0.1, f"against: it said that it lay at anchor, moored or aground (status {self.status.most})"
        if self.neighbours >= rules.crowd_ships and not place.sts_area:  # where several rafts lie a kilometre apart
            yield -0.1, f"against: {self.neighbours} other slow ships lay near at once: a waiting crowd"
        elif self.neighbours:
            yield (
                0.0,
                f"against: it was not alone ({self.neighbours} near); who met whom is told by `rendezvous` events",
            )
        if self.why_fishing:
            yield -0.2, f"against: {self.why_fishing}"
        elif is_service(self.said.ship_type, self.said.name):
            yield -0.2, "against: it attends other ships by its trade, and waits for them at sea"
