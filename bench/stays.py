"""A watch's detection while ships stay for days: what one batch of a second costs, and how that grows with the stays.

300 ships, one fix each 30 s: a third of them stay, at work in the DPRK's territorial sea, or at anchor at sea by twos
alongside each other; the rest steam. Rows go straight into a case; marks and events are those of `detectors.detect`.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.child import measure
from bench.figure import Figure
from bench.traffic import BOX, KNOT_DEG_S, START_S

SHIPS, EVERY_S = 300, 30
BATCHES = 8
WARMING = 3  # batches in which each ship speaks: the first looks at all ships, and for meetings so does the second
NOW = datetime(2023, 6, 1, tzinfo=UTC)
FLOOR_S, GROWTH = 1.0, 1.5


def figures(folder: Path, days: tuple[float, float] = (1.0, 10.0)) -> list[Figure]:
    """Measure a batch after a short time and after a long one."""
    short, long = (measure("stays:batches", str(folder / f"stays{n}.duckdb"), of) for n, of in enumerate(days))
    what = f"detection of a batch of 1 s of {SHIPS} ships, a third of them staying for"
    return [
        Figure(f"{what} {days[0]:g} days", short["cpu_s"], "s of CPU", FLOOR_S, at_most=True),
        Figure(f"{what} {days[1]:g} days", long["cpu_s"], "s of CPU", FLOOR_S, at_most=True),
        Figure("the same, growth", long["cpu_s"] / short["cpu_s"], "times", GROWTH, at_most=True),
    ]


def batches(path: str, days: float, names: str = "") -> dict[str, float]:
    """Return the median cost of a batch once ships have stayed for so many days, by some detectors (default: all).

    Until then the events are found in one go; what follows until each ship has been looked at again is not counted.
    """
    from ais.store import Store
    from detectors import detect, discover
    from zones import load_zones

    zones = load_zones()
    found = {name: kind() for name, kind in discover().items() if not names or name in names.split(",")}
    seconds = days * 86_400
    warm = seconds + EVERY_S * np.arange(1, WARMING + 1)
    ends = [seconds, *warm, *(warm[-1] + np.arange(1, BATCHES + 1))]
    rows = columns(ends[-1])
    cuts = [0, *np.searchsorted(rows["t"].view(np.int64) // 1_000_000 - START_S, ends)]
    spent = []
    with Store.open(Path(path)) as store:
        for low, high in pairwise(cuts):
            _insert(store, {name: column[low:high] for name, column in rows.items()})
            began = time.process_time()
            done = detect(store, zones, detectors=found, now=NOW, version="bench")
            spent.append(time.process_time() - began)
    return {
        "cpu_s": float(np.median(spent[1 + WARMING :])),
        "first_s": spent[0],
        "events": float(sum(done.events.values())),
    }


def columns(span_s: float) -> dict[str, NDArray[np.generic]]:
    """Return positions in order of time."""
    rng = np.random.default_rng(5)
    each = int(span_s) // EVERY_S + 1
    t = np.arange(each) * EVERY_S + rng.integers(0, EVERY_S, (SHIPS, 1))
    number = np.arange(SHIPS)[:, None]
    work, anchor = (number % 3 == 0) & (number % 2 == 0), (number % 3 == 0) & (number % 2 == 1)
    west, _, south, north = BOX
    sog = np.where(work, 2.8, np.where(anchor, 0.1, rng.uniform(8, 14, (SHIPS, 1))))
    # Trawlers go to and fro off Haeju; pairs at anchor lie 12 km apart; the others cross the Yellow Sea.
    pair = number // 12 * 0.14 + (number // 6 % 2) * 0.001
    lon = np.where(work, 125.0, np.where(anchor, 121.0 + pair, rng.uniform(west, 124.0, (SHIPS, 1))))
    lat = np.where(work, 37.82 + number * 0.0005, np.where(anchor, 36.5, rng.uniform(south, 37.0, (SHIPS, 1))))
    run = sog * KNOT_DEG_S * t
    swing = 10e-5 * np.sin(t / 700.0 + number)
    lon = np.where(work, lon + _to_and_fro(run, 0.12), np.where(anchor, lon + swing, lon))
    lat = np.where(work | anchor, lat + swing, south + _to_and_fro(lat - south + run, north - south))
    order = np.argsort(t, axis=None, kind="stable")
    order = order[t.ravel()[order] < span_s]
    size = len(order)
    return {
        "mmsi": np.broadcast_to(412_000_000 + number, t.shape).ravel()[order].astype(np.uint32),
        "t": ((t.ravel()[order] + START_S) * 1_000_000).astype("datetime64[us]"),
        "lon": np.round(lon.ravel()[order], 6),
        "lat": np.round(lat.ravel()[order], 6),
        "sog_kn": np.round(np.broadcast_to(sog, t.shape).ravel()[order], 1).astype(np.float32),
        "msg_type": np.ones(size, np.uint8),
        "input_id": np.ones(size, np.uint32),
        "line": np.arange(1, size + 1, dtype=np.uint64),
    }


def _to_and_fro(way: NDArray[np.float64], length: float) -> NDArray[np.float64]:
    """Return where something is that goes to and fro on a line."""
    return length - np.abs(np.mod(way, 2 * length) - length)


def _insert(store: object, rows: dict[str, NDArray[np.generic]]) -> None:
    """Add positions as one change, as ingest does."""
    from ais.intake import note_changes
    from ais.schema import TABLES
    from ais.store import Store, insert

    assert isinstance(store, Store)
    size = len(rows["mmsi"])
    if not size:
        return
    with store.transaction() as con:
        schema = TABLES["positions"].arrow_schema()
        arrays = [pa.array(rows[f.name]).cast(f.type) if f.name in rows else pa.nulls(size, f.type) for f in schema]
        insert(con, "positions", pa.Table.from_arrays(arrays, names=schema.names))
        t = rows["t"].view(np.int64)
        note_changes(con, [int(t.min()), int(t.max())], [(rows["mmsi"].astype(np.uint32), t)], [])
