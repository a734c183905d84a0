"""Detectors over a case of positions, and pandas doing the same sums on the same rows."""

import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from bench.child import best, measure
from bench.figure import Figure

NOW = datetime(2023, 3, 5, tzinfo=UTC)


def figures(folder: Path, positions: int = 5_000_000, ships: int = 2_500) -> list[Figure]:
    """Measure `gap`, `rendezvous` and `loitering` at five million positions."""
    path = str(folder / "day.duckdb")
    size = measure("traffic:build", path, positions, ships)["positions"]
    made = f"{size / 1e6:.2g} M positions of {ships:,} ships"
    gap, meet = best("detection:detector", path, "gap"), best("detection:detector", path, "rendezvous")
    loiter, loiter_peer = best("detection:detector", path, "loitering"), best("detection:pandas_loitering", path)
    gap_peer, meet_peer = best("detection:pandas_gaps", path), best("detection:pandas_meetings", path)
    join = f"pandas, first fix of 10 minutes, grid join, {meet_peer['peak_gb']:.2g} GB"
    rows = [
        ("`gap`", gap, 3e6, f"pandas, sort and shift, {gap_peer['peak_gb']:.2g} GB", gap_peer),
        ("`rendezvous`", meet, 1e6, join, meet_peer),
        ("`loitering`", loiter, 3e6, f"pandas, sort and runs, {loiter_peer['peak_gb']:.2g} GB", loiter_peer),
    ]
    found = []
    for name, one, floor, peer, peer_one in rows:
        what = f"{name}, {made}, {one['events']:.0f} events"
        found.append(Figure(what, one["rate"], "positions/s", floor, peer=peer, peer_value=peer_one["rate"]))
    found.append(Figure("`rendezvous`, peak memory of that process", meet["peak_gb"], "GB", 1.5, at_most=True))
    return found


def detector(path: str, name: str) -> dict[str, float]:
    """Run one detector over the case, from stored rows to stored events."""
    from ais.store import Store
    from detectors import detect, discover
    from zones import load_places, load_zones

    zones, _ = load_zones(), load_places()
    one = discover()[name]()
    with Store.open(path) as store:
        size = store.con.execute("SELECT count(*) FROM positions").fetchall()[0][0]
        started = time.perf_counter()
        done = detect(store, zones, detectors={name: one}, now=NOW, version="bench", window=(None, None))
        seconds = time.perf_counter() - started
    return {"rate": size / seconds, "events": sum(done.events.get(kind, 0) for kind in one.kinds)}


def pandas_gaps(path: str) -> dict[str, float]:
    """Find silences over six hours with distance and implied speed, from a frame already in memory."""
    frame = _frame(path)
    started = time.perf_counter()
    frame = frame.sort_values(["mmsi", "t"])
    before = frame.groupby("mmsi").shift()
    hours = (frame["t"] - before["t"]).dt.total_seconds() / 3600
    km = _km(frame["lon"], frame["lat"], before["lon"], before["lat"])
    found = frame.assign(hours=hours, km=km, kn=km / 1.852 / hours)[hours >= 6]
    return {"rate": len(frame) / (time.perf_counter() - started), "events": len(found)}


def pandas_loitering(path: str) -> dict[str, float]:
    """Find runs under 2 kn for four hours without a hole of over an hour, in ports too; every faster fix ends one."""
    frame = _frame(path)
    started = time.perf_counter()
    frame = frame.sort_values(["mmsi", "t"])
    hole = frame["t"].diff() > pd.Timedelta(hours=1)
    slow = frame["sog_kn"] < 2
    run = (hole | (slow != slow.shift()) | (frame["mmsi"] != frame["mmsi"].shift())).cumsum()
    spans = frame[slow].groupby(run[slow])["t"].agg(["min", "max"])
    found = spans[spans["max"] - spans["min"] >= pd.Timedelta(hours=4)]
    return {"rate": len(frame) / (time.perf_counter() - started), "events": len(found)}


def pandas_meetings(path: str) -> dict[str, float]:
    """Find pairs under 500 m and 2 kn for two hours, by each ship's first fix of 10 minutes on a grid of 0.01 deg."""
    frame = _frame(path)
    size = len(frame)
    started = time.perf_counter()
    slots = frame.assign(slot=frame["t"].dt.floor("10min")).groupby(["mmsi", "slot"], as_index=False).first()
    slots = slots.assign(x=np.floor(slots["lon"] * 100).astype(int), y=np.floor(slots["lat"] * 100).astype(int))
    near = []
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            moved = slots.assign(x=slots["x"] + dx, y=slots["y"] + dy)
            pairs = slots.merge(moved, on=["slot", "x", "y"], suffixes=("", "_b"))
            pairs = pairs[pairs["mmsi"] < pairs["mmsi_b"]]
            km = _km(pairs["lon"], pairs["lat"], pairs["lon_b"], pairs["lat_b"])
            near.append(pairs[(km < 0.5) & (pairs["sog_kn"] < 2) & (pairs["sog_kn_b"] < 2)])
    met = pd.concat(near).groupby(["mmsi", "mmsi_b"]).size()
    return {"rate": size / (time.perf_counter() - started), "events": int((met >= 12).sum())}


def _frame(path: str) -> pd.DataFrame:
    """Return the positions of a case as a frame."""
    from ais.reader import Reader

    with Reader.open(path) as reader:
        return reader.query("SELECT mmsi, t, lon, lat, sog_kn FROM positions").to_pandas()


def _km(lon_a: pd.Series, lat_a: pd.Series, lon_b: pd.Series, lat_b: pd.Series) -> pd.Series:
    """Return great-circle distances in km (haversine, mean radius)."""
    a, b = np.radians(lat_a), np.radians(lat_b)
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return pd.Series(12_742.0 * np.arcsin(np.sqrt(half)), index=lon_a.index)
