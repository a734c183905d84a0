"""What a detector wants drawn of its events: lines, circles and points named by the evidence that holds them.

A detector declares it as ``draws``; a map then draws it for every event of its kinds, and knows nothing else of the
detector.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal


@dataclass(frozen=True)
class Drawing:
    """One thing to draw of an event.

    Attributes:
        form: A `line` through all places, a `circle` around the first, or a `point` at each.
        name: What it shows, for legend and print.
        places: Keys of the evidence, longitude and latitude in turn; none stands for the event's own point.
        radius_m: Key of the evidence that holds a circle's radius in metres.
        labels: Words beside the places, in their order.
    """

    form: Literal["line", "circle", "point"]
    name: str
    places: tuple[tuple[str, str], ...] = ()
    radius_m: str = ""
    labels: tuple[str, ...] = ()

    def of(self, evidence: Mapping[str, object], lon: float, lat: float) -> dict[str, object] | None:
        """Return it with its numbers for one event; None where the evidence lacks one of them."""
        places = [[_number(evidence.get(x)), _number(evidence.get(y))] for x, y in self.places] or [[lon, lat]]
        radius = _number(evidence.get(self.radius_m)) if self.radius_m else 0.0
        if radius is None or any(value is None for place in places for value in place):
            return None
        shown = {"form": self.form, "name": self.name, "places": places, "labels": list(self.labels)}
        return {**shown, "radius_m": radius}


def _number(value: object) -> float | None:
    """Return a finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None
