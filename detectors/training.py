"""Learning for a case: open it, learn from what it holds, keep the artefact to be in force from then on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ais.marks import renew
from ais.reader import arrow
from detectors.artefacts import Artefact
from detectors.event import iso, to_datetime
from detectors.features import GROUP_OF
from detectors.horizon import find_horizon
from detectors.learned import NOTHING, keep
from detectors.ledger import read_events
from detectors.lists import Lists
from detectors.mask import Rules, TooLittle, learn_mask
from detectors.view import View

if TYPE_CHECKING:
    from ais.store import Store
    from zones import ZoneSet


def train_anchorages(store: Store, zones: ZoneSet, rules: Rules, *, now: datetime, version: str) -> Artefact:
    """Learn where ships lie from all fixes of a case, and put the mask into force for it.

    Args:
        store: The case, open for writing.
        zones: The zones in force: an area for ship-to-ship transfers is never masked.
        rules: What makes such a place.
        now: Time of the training, UTC.
        version: darkwake's version.

    Raises:
        TooLittle: There is no such place in the case.
    """
    from zones import load_places

    with store.transaction() as con:
        renew(con)
    horizon = find_horizon(store.con)
    if horizon is None:
        raise TooLittle("too little to learn from: the case holds no position of a ship")
    view = View(store.con, None, horizon, horizon, zones, load_places(), Lists(), NOTHING)
    made = learn_mask(view, rules, {"versions": {"darkwake": version}, **made_from(store)})
    take(store, made, now=now)
    return made


def train_unusual(store: Store, *, now: datetime, version: str) -> Artefact:
    """Learn what is usual among the events of a case, and put the forests into force for it.

    Args:
        store: The case, open for writing, its events found.
        now: Time of the training, UTC.
        version: darkwake's version.

    Raises:
        TooLittle: There are too few events of every sort.
    """
    from detectors.fitting import fit_unusual, versions

    found: dict[str, list[Mapping[str, Any]]] = {}
    for event in read_events(store.reader()):
        if event["kind"] in GROUP_OF:
            found.setdefault(GROUP_OF[event["kind"]], []).append(event["evidence"])
    made = fit_unusual(found, {"versions": {"darkwake": version, **versions()}, **made_from(store)})
    take(store, made, now=now)
    return made


def made_from(store: Store) -> dict[str, Any]:
    """Return what a case's rows came from: its inputs by name and hash, and the time of its positions."""
    inputs = arrow(store.con, "SELECT name, sha256 FROM inputs ORDER BY sha256, name").to_pylist()
    span = arrow(store.con, "SELECT epoch_us(min(t)) AS low, epoch_us(max(t)) AS high FROM positions").to_pylist()[0]
    ends = [None if t is None else iso(to_datetime(t)) for t in (span["low"], span["high"])]
    return {"inputs": inputs, "first_t": ends[0], "last_t": ends[1]}


def take(store: Store, artefact: Artefact, *, now: datetime) -> None:
    """Put an artefact into force for a case."""
    with store.transaction() as con:
        keep(con, artefact, now)
