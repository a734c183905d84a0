"""Live equals replay through the real door: any split of a feed into inputs leaves the same rows, marks and events.

The feed holds what feeds hold: copies at other stations, ships that share a number, equal times at two places,
impossible jumps, ships that only talk, static reports late, speeds not sent, and stamps a year ahead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from ais.ingest import IngestOptions, ingest
from detectors import detect, discover, read_events, to_json
from soak.fresh import fresh, passing
from tests.ais.sentences import said, sentence
from zones import load_zones

NOW = datetime(2026, 6, 1, tzinfo=UTC)
T0 = 1_709_600_000
LON, LAT = 124.9, 38.58  # between Cho-do and Sok-do

Message = list[str]


def feed(rng: np.random.Generator) -> list[Message]:
    """A few days of a few ships, as messages of one or more lines."""
    span_min = float(rng.uniform(1, 4)) * 1440
    base = int(rng.choice([412000100, 445000100, 273000100]))
    messages: list[Message] = []
    for k in range(int(rng.integers(3, 6))):
        shares = k and rng.random() < 0.15
        messages += ship(rng, base + k - bool(shares), span_min, fishes=bool(k % 2))
    if rng.random() < 0.7:  # another ship with a number of theirs, far away or near
        messages += ship(rng, base + 1, span_min, fishes=False, east=float(rng.choice([-4.0, 0.2])))
    if rng.random() < 0.5:
        for i in range(int(rng.choice([1, 2, 5, 12]))):
            ahead = T0 + 86_400 * 365 + i * int(rng.choice([60, 3600]))
            messages.append(said(ahead, mmsi=base, lon=LON, lat=LAT, speed=0.1, second=60))
            messages.append(said(ahead, msg_type=5, mmsi=base + 1, shipname="B", ship_type=30))
    return messages


def ship(rng: np.random.Generator, mmsi: int, span_min: float, *, fishes: bool, east: float = 0.0) -> Iterator[Message]:
    """One ship's messages."""
    minutes = rng.uniform(0, 300) + np.cumsum(rng.choice([6, 12, 30, 55, 90], 300))
    for _ in range(int(rng.integers(0, 3))):
        start, hours = rng.uniform(0, span_min), rng.choice([1.5, 2.5, 5, 7, 16, 30])
        minutes = minutes[(minutes < start) | (minutes > start + hours * 60)]
    minutes = minutes[minutes < span_min]
    speed_kn = float(rng.choice([0.3, 0.6, 1, 2.5, 6]))
    walk = rng.normal(0, 20 * speed_kn, (2, len(minutes))).cumsum(axis=1)
    lon = LON + east + (rng.normal(0, 250) + walk[0]) / 87_000 - (0.55 if rng.random() < 0.3 else 0)
    lat = LAT + (rng.normal(0, 250) + walk[1]) / 111_000
    silent_sog, talks = rng.random() < 0.4, rng.random() < 0.4
    for minute, x, y in zip(minutes, lon, lat, strict=True):
        t = round(T0 + minute * 60)
        if talks and rng.random() < 0.5:
            yield said(t, msg_type=24, mmsi=mmsi, partno=0, shipname="A")
            continue
        jump = rng.uniform(1, 5) if rng.random() < 0.02 else 0
        knots = 102.3 if silent_sog or rng.random() < 0.1 else speed_kn
        second = 60 if rng.random() < 0.2 else t % 60
        lines = said(
            t, "ab"[int(rng.integers(2))], mmsi=mmsi, lon=float(x + jump), lat=float(y), second=second, speed=knots
        )
        yield lines
        if rng.random() < 0.1:  # the same, heard again later: a chain of copies
            body = lines[0].split("!")[1].split("*")[0]
            for later in (8, 16, 24)[: int(rng.integers(1, 4))]:
                yield [sentence(body, f"s:c,c:{t + later}")]
        if rng.random() < 0.03:
            yield said(t, mmsi=mmsi, lon=float(x + 0.001), lat=float(y), second=5, speed=1)
    for minute in rng.uniform(0, span_min, int(rng.integers(0, 6))):
        yield said(round(T0 + minute * 60), msg_type=5, mmsi=mmsi, shipname="B", ship_type=30 if fishes else 70)


def split(rng: np.random.Generator, messages: list[Message]) -> list[list[Message]]:
    """Deal messages to a few inputs: by time, at random, by time with a tenth late, or all at once with a few late."""
    count = int(rng.integers(2, 6))
    times = np.array([float(re.search(r"c:([\d.]+)", one[0]).group(1)) for one in messages])  # type: ignore[union-attr]
    by_time = np.argsort(np.argsort(times, kind="stable")) * count // len(messages)
    at_random = rng.integers(0, count, len(messages))
    late = rng.random(len(messages)) < rng.choice([0.0, 1.0, 0.1, 0.01])
    first = by_time if rng.random() < 0.7 else np.zeros(len(messages), dtype=int)
    dealt = np.where(late, at_random, first)
    inputs = []
    for k in range(count):
        part = [messages[i] for i in rng.permutation(np.flatnonzero(dealt == k))]
        inputs.append(part + [part[int(i)] for i in rng.integers(0, len(part), 5)] if part else part)
    return [part for part in inputs if part]


def judged(folder: Path, inputs: list[list[Message]], threads: int) -> tuple[object, ...]:
    """Take inputs in one after the other, detecting after each; return events, positions and marks."""
    folder.mkdir()
    zones, detectors = load_zones(), {name: kind() for name, kind in discover().items()}
    with passing(fresh(folder / "case.duckdb")) as store:
        store.con.execute(f"SET threads = {threads}")
        for number, messages in enumerate(inputs):
            path = folder / f"{number}.nmea"
            path.write_text("".join(f"{line}\n" for message in messages for line in message))
            ingest(store, path, IngestOptions(), now=NOW)
            detect(store, zones, detectors=detectors, now=NOW, version="test")
        positions = store.con.execute("SELECT mmsi, t, lon, lat, sog_kn, utc_s FROM positions ORDER BY ALL").fetchall()
        marks = store.con.execute("SELECT mmsi, t, track, flags FROM marks ORDER BY ALL").fetchall()
        return to_json(read_events(store.reader())), positions, marks


@pytest.mark.parametrize("seed", range(6))
def test_any_split_is_one_pass(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    messages = feed(rng)
    whole = judged(tmp_path / "whole", [messages], threads=1)
    assert judged(tmp_path / "parts", split(rng, messages), threads=2) == whole
    assert str(whole[0]).count('"kind"') > 2
