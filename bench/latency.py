"""From a sentence to the ledger row that it completes, the page and the alert, while a clean feed runs.

The feed is of ships all over the Yellow Sea, a day of 500 of which is in the case already; each sentence comes when it
was said. Twice a second a ship that was silent for nine hours is heard again: what is timed is from that sentence until
another process, which asks ten times a second, reads in the ledger that the silence has ended, until the stream that a
page follows tells it, and until a webhook has it.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ais.reader import QueryError, Reader
from ais.store import CaseError
from bench.figure import Figure
from soak.hook import Hook
from soak.live import Live, free_port, sentences, watching

SHIPS, PROBES, PROBE_S = 500, 200, 0.5
RATES = (500, 10_000)  # sentences a second, each ship one
HISTORY_H, EVERY_S = 24, 300
FLOORS_S = {"ledger": 3.0, "page": 4.0, "alert": 5.0}
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
    place, port = folder / str(rate), free_port()
    place.mkdir()
    config = place / "darkwake.toml"
    with Hook() as hook:
        config.write_text(
            f'[[alerts]]\nname = "all"\nto = "webhook+{hook.url}"\nper_hour = 1000000\n', encoding="utf-8"
        )
        with watching(place, "--serve", f"127.0.0.1:{port}", "--config", str(config)) as live:
            now = int(time.time())
            past = np.arange(now - HISTORY_H * 3_600, now - 60, EVERY_S)
            mmsi, t = np.tile(412_000_000 + np.arange(SHIPS), len(past)), np.repeat(past, SHIPS)
            probes = _FIRST + np.arange(PROBES)
            history = sentences(mmsi, t, box=_SEA)
            silent = np.repeat(now - np.array(_SILENT_H) * 3_600, PROBES).astype(np.int64)
            history += sentences(np.tile(probes, len(_SILENT_H)), silent, box=_SEA)
            live.send(history)
            live.wait_for(len(history))
            taken_s = _timed(live, rate, port, hook)
            live.drained()
    what = f"a sentence to its finding, {rate:,} sentences/s, a day of {SHIPS} ships in the case"
    found = []
    for name, floor_s in FLOORS_S.items():
        taken = np.sort(list(taken_s[name].values()))
        p99 = float(taken[int(0.99 * PROBES)]) if len(taken) == PROBES else float("inf")
        found.append(Figure(f"{what}, in the {name}: 99th percentile of {PROBES}", p99, "s", floor_s, at_most=True))
        median = float(np.median(taken)) if len(taken) else float("inf")
        found.append(Figure("the same, median", median, "s", floor_s, at_most=True))
    return found


def _timed(live: Live, rate: int, port: int, hook: Hook) -> dict[str, dict[int, float]]:
    """Let the feed run, send a probe now and then; returns the seconds after which each was found, by where."""
    sent: dict[int, float] = {}
    found: dict[str, dict[int, float]] = {name: {} for name in FLOORS_S}
    over = threading.Event()
    asking = threading.Thread(target=_ask, args=(live.case, sent, found["ledger"]))
    following = threading.Thread(target=_follow, args=(port, found["page"], over), daemon=True)
    for thread in (asking, following):
        thread.start()
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
    time.sleep(FLOORS_S["alert"])
    over.set()
    following.join(FLOORS_S["page"])
    for at, (_, payload) in zip(hook.at, hook.came, strict=False):
        _note(found["alert"], json.loads(payload)["event"], at)
    return {
        name: {probe: at - sent[probe] for probe, at in seen.items() if probe in sent} for name, seen in found.items()
    }


def _note(found: dict[int, float], event: dict[str, Any], at: float) -> None:
    """Note that an event was told, if it is a silence that has ended."""
    if event["kind"] == "gap" and event["end"] is not None:
        found.setdefault(event["mmsi"][0], at)


def _follow(port: int, found: dict[int, float], over: threading.Event) -> None:
    """Follow the stream of changes as a page does; note what it tells."""
    while not over.is_set():
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LIMIT_S)
            connection.request("GET", "/api/v1/stream")
            stream = connection.getresponse()
            while not over.is_set() and (line := stream.readline()):
                if line.startswith(b"data: "):
                    at = time.perf_counter()
                    for revision in json.loads(line[6:]).get("revisions", ()):
                        _note(found, revision["event"], at)


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
