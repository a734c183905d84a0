"""What it means: one behaviour per file, events out, the ledger, evaluation."""

from detectors.contract import Detector, SettingError, discover
from detectors.event import Event, Reach, iso, to_json
from detectors.ledger import not_looked_at, read_events, zones_of_last_run
from detectors.scope import DetectReport, detect
from detectors.verify import verify_events

__all__ = [
    "DetectReport",
    "Detector",
    "Event",
    "Reach",
    "SettingError",
    "detect",
    "discover",
    "iso",
    "not_looked_at",
    "read_events",
    "to_json",
    "verify_events",
    "zones_of_last_run",
]
