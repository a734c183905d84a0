"""Figures of a watch in the text format of Prometheus; labels are feeds and kinds, never ships."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from darkwake.serve.answers import Status

Sample = tuple[str, float]


def exposed(status: Status, streams: int) -> str:
    """Return the figures, each with its help and type."""
    now = datetime.fromisoformat(status.now).timestamp()
    age = None if status.horizon is None else now - datetime.fromisoformat(status.horizon).timestamp()
    families: list[tuple[str, str, str, list[Sample]]] = [
        (
            "feed_lines_total",
            "counter",
            "Lines taken from a feed",
            [(_label("feed", f.name), f.lines) for f in status.feeds],
        ),
        (
            "feed_dropped_lines_total",
            "counter",
            "Lines of a feed that found no room",
            [(_label("feed", f.name), f.dropped) for f in status.feeds],
        ),
        (
            "feed_last_line_timestamp_seconds",
            "gauge",
            "When a feed's last line came",
            [
                (_label("feed", f.name), datetime.fromisoformat(f.last_line).timestamp())
                for f in status.feeds
                if f.last_line
            ],
        ),
        ("events", "gauge", "Findings that stand", [(_label("kind", k), n) for k, n in sorted(status.events.items())]),
        ("ledger_revision", "gauge", "Number of the ledger's last revision", [("", status.ledger)]),
        (
            "horizon_age_seconds",
            "gauge",
            "Age of the newest time that detectors saw",
            [("", age)] if age is not None else [],
        ),
        (
            "behind_seconds",
            "gauge",
            "How long what came has waited to be looked through",
            [("", status.behind_s)],
        ),
        ("case_failing", "gauge", "1 while the case cannot be written", [("", float(status.error is not None))]),
        ("streams", "gauge", "Open streams of the page", [("", streams)]),
    ]
    if status.alerts is not None:
        states = {"waiting": status.alerts.waiting, "sent": status.alerts.sent, "outdated": status.alerts.outdated}
        families.append(("alerts", "gauge", "Alerts by state", [(_label("state", k), n) for k, n in states.items()]))
    return "".join(_family(*family) for family in families)


def _family(name: str, kind: str, what: str, samples: Iterable[Sample]) -> str:
    lines = [
        f"darkwake_{name}{label} {value:g}" if value < 1e6 else f"darkwake_{name}{label} {value:.3f}"
        for label, value in samples
    ]
    return "".join(f"{line}\n" for line in [f"# HELP darkwake_{name} {what}", f"# TYPE darkwake_{name} {kind}", *lines])


def _label(name: str, value: str) -> str:
    safe = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{{{name}="{safe}"}}'
