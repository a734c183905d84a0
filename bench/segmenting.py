"""Telling apart ships that share a number: how right against a peer's segments and on made pairs, and how fast.

Truth of the files: the peer's segments of class Segment or ClosedSegment, joined over silence: by their start, each
goes on from the nearest one that ended before and that a ship at 25 kn can have come from (the peer's own greatest
speed, with its quarter of an hour of slack). Fixes of other classes are judged too, but not counted.
Truth of the pairs: two tracks that are one ship's each, given one number. The second is left where it is or moved
(same shape and times of day) to a number of kilometres from the first; it starts when it did, at the half of the
first, or an hour after its end. Pairs that one ship at 25 kn could have made are left out: at least three steps from
one track to the other, or one of them at 60 kn, must be too far for that; how many are left out is told. The floor of
0.99 is for all pairs together; each kind alone must reach 0.98: where both tracks are silent for days at once, which
one goes on in which is a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.child import best
from bench.figure import Figure

TRACKS = Path(__file__).parent.parent / "tests" / "data" / "tracks" / "gpsdio_segmented.csv.gz"
KM_H = 1.852
NEAR_KM = (10, 50)
LEFT_OUT = "left out"
COUNTED = ("Segment", "ClosedSegment")
FLOOR_FILES, FLOOR_PAIRS, FLOOR_KIND, FLOOR_RATE = 0.95, 0.99, 0.98, 500e3


def figures(_: Path) -> list[Figure]:
    """Measure how right the tracks are and how fast they are told apart."""
    files, pairs = files_f1(), pairs_f1()
    left_out = len(pairs.pop(LEFT_OUT, []))
    found = [
        Figure(f"tracks of {len(files)} real numbers against gpsdio-segment", mean(files), "F1", FLOOR_FILES),
        *(
            Figure(f"two real tracks, one number, {len(f1)} pairs {name}", mean(f1), "F1", FLOOR_KIND)
            for name, f1 in pairs.items()
        ),
        Figure(
            f"the same, all pairs ({left_out} that one ship could have made left out)",
            mean([one for f1 in pairs.values() for one in f1]),
            "F1",
            FLOOR_PAIRS,
        ),
    ]
    for what, ships in (("every number is of one ship", 1), ("every number is shared by two ships", 2)):
        rate = best("segmenting:speed", ships, cores=1)["rate"]
        found.append(Figure(f"1 M fixes judged, {what}, one core", rate, "fixes/s", FLOOR_RATE))
    return found


def mean(values: list[float]) -> float:
    """Return the mean."""
    return float(np.mean(values))


def files_f1() -> list[float]:
    """Return the pairwise F1 of each file."""
    found = []
    for _, track in read():
        counted = track[track.segment_class.isin(COUNTED)]
        found.append(pairwise_f1(truth(counted), told(track)[counted.index]))
    return found


def pairs_f1(share: float = 1.0) -> dict[str, list[float]]:
    """Return the pairwise F1 of made pairs by how they lie (1 for each under LEFT_OUT); of a share, evenly picked."""
    found: dict[str, list[float]] = defaultdict(list)
    chosen = list(combinations(single_ships(), 2))
    for first, second in chosen[:: round(1 / share)]:
        for name, moved in _laid(first, second):
            both = pd.concat([first.assign(ship=0), moved.assign(ship=1)])
            both = both.sort_values(["t", "lon", "lat", "sog", "cog"], ignore_index=True)
            if _two_by_the_data(both):
                found[name].append(pairwise_f1(both.ship.to_numpy(), told(both)))
            else:
                found[LEFT_OUT].append(1.0)
    return dict(found)


def read() -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield each number with its fixes in order."""
    rows = pd.read_csv(TRACKS)
    rows = rows[(rows.lat <= 90) & (rows.lon < 180)]
    rows["t"] = pd.to_datetime(rows.timestamp, utc=True).dt.as_unit("us").astype("int64")
    rows["sog"] = rows.speed_kn.where(rows.speed_kn < 102.2)
    rows["cog"] = rows.course_deg.where(rows.course_deg < 360)
    rows["set_class"] = np.where(rows.type.isin([1, 2, 3, 27]), 1, 2)
    for number, own in rows.sort_values(["t", "lon", "lat", "sog", "cog"]).groupby("mmsi"):
        yield int(str(number)), own.reset_index(drop=True)


def single_ships() -> list[pd.DataFrame]:
    """Return the tracks that are one ship's, with one kind of set, each as its own table."""
    found = []
    for _, track in read():
        counted = track[track.segment_class.isin(COUNTED)]
        label = truth(counted)
        parts = [counted[label == k].reset_index(drop=True) for k in np.unique(label)]
        found += [one for one in parts if one.set_class.nunique() == 1] if len(parts) < 3 else []
    return found


def truth(track: pd.DataFrame) -> np.ndarray:
    """Return which ship each counted fix is of: the peer's segments joined over silence."""
    label: dict[int, int] = {}
    ends: list[pd.Series] = []
    for segment, own in sorted(track.groupby("segment"), key=lambda group: (group[1].t.iloc[0], group[0])):
        start, nearest = own.iloc[0], (np.inf, len(ends))
        for k, end in enumerate(ends):
            hours, far = (start.t - end.t) / 3.6e9, km(end.lon, end.lat, start.lon, start.lat)
            if hours >= 0 and far <= 25 * KM_H * (hours + 0.25):
                nearest = min(nearest, (float(far), k))
        label[int(str(segment))] = nearest[1]
        ends[nearest[1] : nearest[1] + 1] = [own.iloc[-1]]
    return np.asarray(track.segment.map(label).to_numpy())


def told(track: pd.DataFrame) -> np.ndarray:
    """Return which ship each fix is of by the segmenter."""
    from ais.doubts import DoubtRule, judge
    from ais.flags import OTHER
    from ais.segments import Fixes

    place = ["t", "lon", "lat"]
    once = track.drop_duplicates(place)
    lon, lat, sog, cog = (once[name].to_numpy(np.float64) for name in ("lon", "lat", "sog", "cog"))
    number, t, kind = np.ones(len(once), np.int64), once.t.to_numpy(np.int64), once.set_class.to_numpy(np.int8)
    fixes = Fixes(number, t, lon, lat, sog, cog, kind)
    judged = judge(fixes, DoubtRule())
    name = np.where(judged.flags & OTHER > 0, judged.track, 0)
    return np.asarray(name[track.groupby(place, sort=False).ngroup()])


def pairwise_f1(truth: np.ndarray, ours: np.ndarray) -> float:
    """Return the F1 of pairs of fixes said to be of one ship."""
    cells = np.stack([truth.astype(np.uint64), ours.astype(np.uint64)])
    counts = (np.unique(labels, axis=-1, return_counts=True)[1] for labels in (cells, truth, ours))
    both, in_truth, in_ours = (float((n * (n - 1)).sum()) for n in counts)
    return 2 * both / (in_truth + in_ours) if in_truth + in_ours else 1.0


def km(lon_0: Any, lat_0: Any, lon_1: Any, lat_1: Any) -> np.ndarray:
    """Return great-circle distances."""
    x_0, y_0, x_1, y_1 = (np.radians(degrees) for degrees in (lon_0, lat_0, lon_1, lat_1))
    half = np.sin((y_1 - y_0) / 2) ** 2 + np.cos(y_0) * np.cos(y_1) * np.sin((x_1 - x_0) / 2) ** 2
    return np.asarray(2 * 6371.0088 * np.arcsin(np.sqrt(np.minimum(half, 1))))


def _laid(first: pd.DataFrame, second: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the second track as it may lie to the first."""
    start, end = first.t.min(), first.t.max()
    begun = second.assign(t=second.t - second.t.min() + start)
    halfway, after = ({"t": begun.t + wait} for wait in ((end - start) // 2, end - start + 3_600_000_000))
    yield "far apart, same time", second
    yield "far apart, half later", second.assign(**halfway)
    yield "far apart, one after the other", second.assign(**after)
    for far in NEAR_KM:
        near = _moved(second, first.lon.median(), first.lat.median() - np.sign(first.lat.median()) * far / 111.2)
        yield f"{far} km apart, same time", near
        yield f"{far} km apart, half later", near.assign(**halfway)


def _moved(track: pd.DataFrame, lon: float, lat: float) -> pd.DataFrame:
    """Return a track moved so that its medians lie there, ways of the same length."""
    there = track.lat + (lat - track.lat.median())
    wide = np.cos(np.radians(track.lat)) / np.cos(np.radians(there.clip(-85, 85)))
    east = ((track.lon - track.lon.median() + 180) % 360 - 180) * wide
    return track.assign(lat=there, lon=(lon + east + 180) % 360 - 180)


def _two_by_the_data(both: pd.DataFrame) -> bool:
    """Say whether one ship cannot have made both tracks."""
    before, after = both[:-1].reset_index(drop=True), both[1:].reset_index(drop=True)
    turns = before.ship != after.ship
    far = km(before.lon, before.lat, after.lon, after.lat) - 2
    hours = (after.t - before.t) / 3.6e9 + 15 / 3600
    return bool((turns & (far > 25 * KM_H * hours)).sum() >= 3 or (turns & (far > 60 * KM_H * hours)).any())


def speed(ships: int) -> dict[str, float]:
    """Judge a million fixes of numbers that so many ships share; NumPy works on one core, so its CPU time is told."""
    import time

    from ais.doubts import DoubtRule, judge
    from ais.segments import Fixes

    fixes = Fixes(*_sailing(1000 // ships, ships, 1000))
    judge(fixes.take(slice(0, 10_000)), DoubtRule())
    started = time.process_time()
    judge(fixes, DoubtRule())
    return {"rate": len(fixes) / (time.process_time() - started)}


def _sailing(numbers: int, ships: int, each: int) -> list[np.ndarray]:
    """Return sorted columns of ships anywhere, a report a minute on average at 6 to 14 kn, turning a little."""
    rng, shape = np.random.default_rng(1), (numbers * ships, each)
    wait = rng.exponential(60, shape)
    sog = np.repeat(rng.uniform(6, 14, (numbers * ships, 1)), each, axis=1).round(1)
    cog = (rng.uniform(0, 360, (numbers * ships, 1)) + rng.normal(0, 3, shape).cumsum(axis=1)) % 360
    home_lat = rng.uniform(-60, 60, (numbers * ships, 1))
    way = sog * KM_H / 3.6 * wait / 111_195
    lat = home_lat + (way * np.cos(np.radians(cog))).cumsum(axis=1)
    east = (way * np.sin(np.radians(cog))).cumsum(axis=1) / np.cos(np.radians(home_lat))
    lon = (rng.uniform(-180, 180, (numbers * ships, 1)) + east + 180) % 360 - 180
    mmsi = np.repeat(np.arange(numbers * ships) // ships, each)
    t = (wait.cumsum(axis=1) * 1e6).astype(np.int64)
    columns = [mmsi, *(c.ravel() for c in (t, lon.round(6), lat.round(6), sog, cog)), np.ones(len(mmsi), np.int8)]
    order = np.lexsort((columns[3], columns[2], columns[1], mmsi))
    return [column[order] for column in columns]
