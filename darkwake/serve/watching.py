"""What the page of a watch reads from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from darkwake.serve.answers import Alerts, Feed, Status
from darkwake.serve.app import Live

if TYPE_CHECKING:
    from darkwake.watch import Watch
    from detectors.vessel_lists import VesselLists


def live_of(watch: Watch, lists: Callable[[], VesselLists]) -> Live:
    """Return what the page of a watch is made from."""
    tell, wrong = (lambda: status_of(watch)), (lambda: _wrong(watch))
    return Live(watch.case, watch.zones, tell, wrong, lists, watch.desk.put)


def status_of(watch: Watch) -> Status:
    """Return how a watch is."""
    from ais.clock import from_us
    from detectors import iso

    health = watch.health
    feeds = [
        Feed(one.name, one.state, one.lines, one.dropped(), iso(from_us(one.last_us)) if one.last_us else None)
        for one in health.feeds.values()
    ]
    return Status(
        version=watch.version,
        now=iso(watch.clock()),
        started=iso(health.started),
        horizon=iso(health.horizon) if health.horizon else None,
        behind_s=round(health.behind_s, 1),
        error=health.error,
        feeds=feeds,
        alerts=Alerts(**watch.teller.outbox.counts()) if watch.teller else None,
        events=dict(health.events),
        ledger=health.ledger,
    )


def _wrong(watch: Watch) -> str:
    if not watch.works:
        return "what comes is not taken into the case"
    return watch.health.error or ""
