"""What a watch does not look at again had nothing to it: many small lots, in order or late, leave a replay's events."""

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from ais.store import Interrupted, Store
from detectors import detect, read_events, to_json
from detectors import idle as idle_module
from detectors.idle import Idle
from soak.fresh import fresh, passing
from tests.detectors.cases import HOUR, NOW, T0, Ship, defaults, insert, rows_of

LOTS = 12
DETECTORS = defaults("outage", "gap", "loitering", "zone_presence")


def steaming(rng: np.random.Generator) -> list[Ship]:
    """Ships of which nothing comes but for what each does for a while: lie at sea, fall silent, fish inshore, jump."""
    ships, span_min, first = [], 2_600.0, 0.0
    for k in range(8):
        minutes = np.arange(rng.uniform(0, 9), span_min, 9.0)
        speed = np.full(len(minutes), 9.0)
        start = rng.uniform(0.05, 0.7) * span_min
        some = (minutes > start) & (minutes < start + rng.choice([330, 500]))
        if k == 0:
            first = start
        elif k == 4:  # beside the first one for a while
            some = (minutes > first + 40) & (minutes < first + rng.choice([130, 300]))
        keep, east = np.full(len(minutes), True), np.full(len(minutes), 0.0015)
        if k % 4 == 0:
            east[some], speed[some] = 0.0, 0.4
        elif k % 4 == 1:
            keep = (minutes < start) | (minutes > start + rng.choice([250, 450]) * (1 + (k == 1)))
        lon, lat = 119.9 + np.cumsum(9 * east), np.full(len(minutes), 35.0 + 0.05 * k - 0.195 * (k == 4))
        if k % 4 == 2:  # into the territorial sea and out again
            inward = np.clip(1 - np.abs(minutes - start - 200) / 700, 0, 1)
            lon, lat = 123.0 + 1.9 * inward, 38.2 + 0.38 * inward
        if k % 4 == 3 and rng.random() < 0.5:
            lon[rng.integers(0, len(lon))] += 2.0
        talks = (rng.uniform(0, 1, 4 * (k % 4 != 1)) * span_min).tolist()
        said = speed[keep] if k else None
        ships.append(
            Ship(412000700 + k, minutes[keep], lon[keep], lat[keep], said, talks=talks, ship_type=30, station="north")
        )
    return ships


def lots(tables: dict[str, pa.Table], rng: np.random.Generator, number: int) -> list[dict[str, pa.Table]]:
    """Deal rows by time, some minutes late, one in thirty hours late."""
    end = max(int(rows["t"].to_numpy().view(np.int64).max()) for rows in tables.values() if rows.num_rows)
    dealt: list[dict[str, pa.Table]] = [{} for _ in range(number)]
    for name, rows in tables.items():
        t = rows["t"].to_numpy().view(np.int64)
        late = rng.uniform(0, HOUR / 12, len(t)) + (rng.random(len(t)) < 1 / 30) * rng.uniform(0, 7 * HOUR, len(t))
        lot = np.minimum((t - T0 + late) * number // (end - T0 + 1), number - 1)
        for n, one in enumerate(dealt):
            one[name] = rows.take(np.flatnonzero(lot == n))
    return dealt


def cut_off(store: Store, zones: object, rng: np.random.Generator) -> None:
    """Cut detection off while marks are made, or in one of the detectors."""
    begun: list[str] = []
    last = rng.choice(["", *(name for name in DETECTORS if name != "gap")])

    def stop() -> None:
        if not last or last in begun:
            raise Interrupted("the watch ends")

    with pytest.raises(Interrupted):
        detect(
            store, zones, detectors=DETECTORS, now=NOW, version="test", progress=begun.append, stop=stop  # type: ignore[arg-type]
        )  # fmt: skip


def found(store: Store, zones: object) -> str:
    """Bring the events up to the rows, and return them."""
    detect(store, zones, detectors=DETECTORS, now=NOW, version="test")  # type: ignore[arg-type]
    with store.reader() as reader:
        return to_json(read_events(reader))


def test_many_small_lots_leave_the_events_of_a_replay(tmp_path, zones, monkeypatch):
    """What was known before a look that is cut off serves the next one; of the later lots it is too much to be kept."""
    rng = np.random.default_rng(0)
    tables = rows_of(steaming(rng))
    idle: Counter[str] = Counter()
    cut = False
    among = Idle.among

    def counted(self: Idle, changes, *given, **more) -> frozenset[int]:
        ships = among(self, changes, *given, **more)
        idle[changes.detector] += len(ships)
        idle["after a cut"] += len(ships) * cut
        return ships

    monkeypatch.setattr(Idle, "among", counted)
    with passing(fresh(tmp_path / "live.duckdb")) as live:
        dealt = lots(tables, rng, LOTS)
        for n, lot in enumerate(dealt):
            if n == len(dealt) * 2 // 3:
                assert idle["after a cut"] > 8
                monkeypatch.setattr(idle_module, "MOST_BEFORE", 2)
            insert(live, lot)
            if cut := bool(n and rng.random() < 0.4):
                cut_off(live, zones, rng)
            events = found(live, zones)
            if n in (LOTS // 2, len(dealt) - 1):
                with passing(fresh(tmp_path / f"replay{n}.duckdb")) as anew:
                    insert(anew, {name: pa.concat_tables([one[name] for one in dealt[: n + 1]]) for name in lot})
                    assert events == found(anew, zones)
    assert min(idle[name] for name in ("gap", "loitering", "zone_presence")) > 8
    assert {event["kind"] for event in json.loads(events)} >= {"gap", "loitering", "incursion"}


def test_what_a_ship_says_of_herself_a_day_later_tells_what_she_was(tmp_path, zones):
    """A spell of what calls itself gear is none; once most of what she said is another name, it is one."""
    minutes = np.arange(0.0, 1_800.0, 6.0)
    lies = minutes < 360
    lon, speed = 121.0 + np.cumsum(np.where(lies, 0, 0.002)), np.where(lies, 0.3, 4.0)
    tables = rows_of([Ship(412000001, minutes, lon, np.full(len(minutes), 35.0), speed)])
    said = [(10, "NET MARK"), (1_500, "REAL SHIP"), (1_520, "REAL SHIP"), (1_540, "REAL SHIP")]
    tables["identities"] = pa.table(
        {
            "mmsi": pa.array([412000001] * 4, pa.uint32()),
            "t": pa.array([T0 + minute * HOUR // 60 for minute, _ in said], pa.timestamp("us")),
            "name": [name for _, name in said],
            "input_id": pa.array([1] * 4, pa.uint32()),
            "line": pa.array(range(9_001, 9_005), pa.uint64()),
        }
    )
    told = []
    with passing(fresh(tmp_path / "live.duckdb")) as live:
        for start in range(0, 1_800, 300):
            low, high = T0 + start * HOUR // 60, T0 + (start + 300) * HOUR // 60
            part = {}
            for name, rows in tables.items():
                t = rows["t"].to_numpy().view(np.int64)
                part[name] = rows.filter(pa.array((t >= low) & (t < high)))
            insert(live, part)
            told.append(len(json.loads(found(live, zones))))
    assert told == [0] * 5 + [1]
