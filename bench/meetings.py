"""Meetings at the size of a week: rate, memory, growth, and what a crowd costs; beside a BallTree and pandas."""

import time
from pathlib import Path

import numpy as np

from bench.child import best, measure
from bench.figure import Figure

WEEK_H = 168
SIZES = {"small": (1_250_000, 313, WEEK_H), "week": (20_000_000, 5_000, WEEK_H)}
CROWD = (1_000_000, 500, 48)


def figures(folder: Path) -> list[Figure]:
    """Measure `rendezvous` on a week of 5,000 ships, on a sixteenth of it, and on 500 ships apart and together."""
    paths = {name: str(folder / f"{name}.duckdb") for name in (*SIZES, "apart", "crowd")}
    rows = {name: measure("traffic:build", paths[name], *size)["positions"] for name, size in SIZES.items()}
    for name in ("apart", "crowd"):
        measure("traffic:build_roads", paths[name], *CROWD, int(name == "crowd"))
    week = measure("detection:detector", paths["week"], "rendezvous")
    names = ("small", "apart", "crowd")
    small, apart, crowd = (best("detection:detector", paths[name], "rendezvous") for name in names)
    tree = measure("meetings:ball_tree", paths["small"])
    peer = measure("detection:pandas_meetings", paths["small"])
    what = f"`rendezvous`, {rows['week'] / 1e6:.3g} M positions, 5,000 ships for a week"
    growth = (rows["week"] / week["rate"]) / (rows["small"] / small["rate"])
    told = f"pandas, first fix of 10 minutes, grid join, on {rows['small'] / 1e6:.3g} M"
    return [
        Figure(what, week["rate"], "positions/s", 2e6, peer=told, peer_value=peer["rate"]),
        Figure(
            f"the same on {rows['small'] / 1e6:.3g} M", small["rate"], "positions/s", 2e6,
            peer="scikit-learn BallTree, haversine, step by step", peer_value=tree["rate"],
        ),
        Figure("the same at a week, peak memory of that process", week["peak_gb"], "GB", 2.0, at_most=True),
        Figure("time for 16 times the data", growth, "times", 18.0, at_most=True),
        Figure("cost of a position, 500 ships in one anchorage", apart["rate"] / crowd["rate"], "times", 3.0,
               at_most=True),
    ]  # fmt: skip


def ball_tree(path: str) -> dict[str, float]:
    """Find pairs within 500 m at each ship's first fix of 10 minutes, one tree a step, from a frame in memory."""
    from sklearn.neighbors import BallTree

    from bench.detection import _frame

    frame = _frame(path)
    size = len(frame)
    started = time.perf_counter()
    slots = frame.assign(slot=frame["t"].dt.floor("10min")).groupby(["mmsi", "slot"], as_index=False).first()
    pairs = 0
    for _, step in slots.groupby("slot"):
        place = np.radians(step[["lat", "lon"]].to_numpy())
        near = BallTree(place, metric="haversine").query_radius(place, 500 / 6_371_009, count_only=True)
        pairs += int(near.sum()) - len(place)
    return {"rate": size / (time.perf_counter() - started), "events": pairs / 2}
