"""Scores of events by what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detectors.contract import Detector
    from detectors.event import Event
    from detectors.learned import Learned


def uses(detector: Detector) -> tuple[str, ...]:
    """Return the kinds of artefact that a detector's events hang on."""
    return detector.learned


def scored(events: Sequence[Event], learned: Learned) -> list[Event]:
    """Return events with their scores."""
    return list(events)
