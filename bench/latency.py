"""From a sentence to the ledger row that it completes, while a clean feed runs.

The feed is of ships all over the Yellow Sea, a day of 500 of which is in the case already; each sentence comes when it
was said. Twice a second a ship that was silent for nine hours is heard again: what is timed is from that sentence until
another process, which asks ten times a second, reads in the ledger that the silence has ended.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np

from ais.reader import QueryError, Reader
from ais.store import CaseError
from bench.figure import Figure
from soak.live import Live, sentences, watching

SHIPS, PROBES, PROBE_S = 500, 200, 0.5
RATES = (500, 10_000)  # sentences a second, each ship one
HISTORY_H, EVERY_S = 24, 300
FLOOR_S = 3.0
_SILENT_H = (9.0, 9.5, 10.0, 11.0)  # before now: when ships that are heard again had last been
_SEA = (119.5, 124.0, 32.0, 37.0)  # west, east, south, north: clear of North Korea's waters
_FIRST = 273_400_000
_ASK_S, _LIMIT_S = 0.1, 120.0
_SEEN = """
SELECT DISTINCT (event::JSON ->> '$.mmsi[0]')::UINTEGER AS mmsi FROM ledger
WHERE event::JSON ->> 'kind' = 'gap' AND event::JSON ->> 'end' IS NOT NULL
"""


def figures(folder: Path) -> list[Figure]:
    """Measure the time from some hundred sentences to their findings, at each pace."""
    return [figure for rate in RATES for figure in _at(folder, rate)]


def _at(folder: Path, rate: int) -> list[Figure]:
    place = folder / str(rate)
    place.mkdir()
    with watching(place) as live:
        now = int(time.time())
        past = np.arange(now - HISTORY_H * 3_600, now - 60, EVERY_S)
        mmsi, t = np.tile(412_000_000 + np.arange(SHIPS), len(past)), np.repeat(past, SHIPS)
        probes = _FIRST + np.arange(PROBES)
        history = sentences(mmsi, t, box=_SEA)
        silent = np.repeat(now - np.array(_SILENT_H) * 3_600, PROBES).astype(np.int64)
        history += sentences(np.tile(probes, len(_SILENT_H)), silent, box=_SEA)
        live.send(history)
        live.wait_for(len(history))
        taken_s = _timed(live, rate)
        taken = np.sort(list(taken_s.values()))
        live.drained()
    what = f"a sentence to its finding in the ledger, {rate:,} sentences/s, a day of {SHIPS} ships in the case"
    p99 = float(taken[int(0.99 * PROBES)]) if len(taken) == PROBES else float("inf")
    return [
        Figure(f"{what}: 99th percentile of {PROBES}", p99, "s", FLOOR_S, at_most=True),
        Figure("the same, median", float(np.median(taken)), "s", FLOOR_S, at_most=True),
    ]


def _timed(live: Live, rate: int) -> dict[int, float]:
    """Let the feed run, send a probe now and then; returns the seconds after which each was found."""
    sent: dict[int, float] = {}
    found: dict[int, float] = {}
    asking = threading.Thread(target=_ask, args=(live.case, sent, found))
    asking.start()
    began, part = time.perf_counter(), int(rate * PROBE_S)
    for number in range(PROBES):
        now = int(time.time())
        ships = 412_000_000 + (number * part + np.arange(part)) % rate
        live.send(sentences(ships, np.full(part, now), box=_SEA))
        (probe,) = sentences(np.array([_FIRST + number]), np.array([now]), box=_SEA)
        sent[_FIRST + number] = time.perf_counter()
        live.send([probe])
        time.sleep(max(0.0, began + (number + 1) * PROBE_S - time.perf_counter()))
    asking.join()
    return {probe: at - sent[probe] for probe, at in found.items()}


def _ask(case: Path, sent: dict[int, float], found: dict[int, float]) -> None:
    """Note when each probe is found, until all are or it takes too long."""
    end = time.perf_counter() + PROBES * PROBE_S + _LIMIT_S
    while len(found) < PROBES and time.perf_counter() < end:
        try:
            with Reader.open(case) as reader:
                seen = reader.query(_SEEN)["mmsi"].to_pylist()
        except (CaseError, QueryError):
            seen = []
        for probe in seen:
            if probe in sent:
                found.setdefault(probe, time.perf_counter())
        time.sleep(_ASK_S)
