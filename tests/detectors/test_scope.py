"""Replace in scope: any chunks in any order leave the same events as one pass over everything, for every detector."""

import gc

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ais.store import Store
from detectors import detect, discover, read_events, scope, to_json
from detectors.event import to_datetime
from detectors.tracks import Tracks
from detectors.view import View
from soak.fresh import fresh, passing
from tests.detectors.cases import HOUR, NOW, T0, Ship, defaults, insert, metres_east, rows_of, still

# Around Cho-do and Sok-do and the western edge of the territorial sea: short gaps count, lines are crossed.
LON, LAT = 124.9, 38.58


def traffic(seed: int) -> list[Ship]:
    """A few days of a few ships that meet, go silent, cross lines and fish; sparse, so that many runs are quick."""
    rng = np.random.default_rng(seed)
    ships = []
    days = rng.uniform(1.0, 3.0)
    for k in range(int(rng.integers(3, 7))):
        minutes = np.unique((rng.uniform(0, 300) + np.cumsum(rng.choice([6, 12, 30, 55, 90], 400))).round(2))
        for _ in range(int(rng.integers(0, 3))):
            start, hours = rng.uniform(0, days * 1440), rng.choice([1.5, 2.5, 5, 7, 16, 30])
            minutes = minutes[(minutes < start) | (minutes > start + hours * 60)]
        minutes = minutes[minutes < days * 1440]
        if len(minutes) < 2:
            continue
        speed = float(rng.choice([0.3, 0.6, 1.0, 2.5, 6.0]))
        walk = rng.normal(0, 20 * speed, (2, len(minutes))).cumsum(axis=1)
        lon = LON + (rng.normal(0, 250) + walk[0]) / 87_000 - (0.55 if rng.random() < 0.3 else 0.0)
        lat = LAT + (rng.normal(0, 250) + walk[1]) / 111_000
        talks = rng.uniform(0, days * 1440, int(rng.integers(0, 6))).tolist()
        fishes = rng.random() < 0.5
        ships.append(
            Ship(
                int(rng.choice([412000100, 445000100, 273000100])) + k,
                minutes,
                lon,
                lat,
                np.full(len(minutes), speed) if rng.random() < 0.7 else None,
                nav_status=7 if rng.random() < 0.2 else None,
                talks=talks,
                ship_type=30 if fishes else int(rng.choice([52, 70])),
            )
        )
    return ships + company(rng, days) + (failing(rng, days * 1440) if seed % 2 else [])


def company(rng: np.random.Generator, days: float) -> list[Ship]:
    """Two that go side by side all the time: trawlers with one net, or one hull with two transponders."""
    apart, kind = (250.0, 30) if rng.random() < 0.5 else (20.0, 70)
    ships = []
    for k in range(2):
        minutes = np.unique((rng.uniform(0, 30) + np.cumsum(rng.choice([6, 12, 30], 300))).round(2))
        minutes = minutes[minutes < days * 1440]
        east = minutes * 60 * 3.0 * 0.514444
        lon, lat = LON - 1.0 + east / 87_000, np.full(len(minutes), LAT - 0.2 + k * apart / 111_195)
        talks = rng.uniform(0, days * 1440, 5).tolist()
        ships.append(Ship(412000300 + k, minutes, lon, lat, np.full(len(minutes), 3.0), talks=talks, ship_type=kind))
    return ships


def failing(rng: np.random.Generator, span: float) -> list[Ship]:
    """What a receiver hears that fails once or twice, another of its ships too, or is silent itself meanwhile."""
    on = np.zeros(0)
    t = rng.uniform(0, 0.3) * span
    for _ in range(int(rng.integers(1, 3))):
        on = np.append(on, np.arange(t, t + rng.choice([66, 80, 110]), 4.0))
        t = on[-1] + rng.choice([40, 180, 440, 900])
    on = np.append(on, np.arange(t, t + 30, 4.0))
    ships = []
    for k in range(4):
        minutes = on + 0.7 * k
        if k == 3:  # seen seldom, and silent before the receiver is or after
            minutes = minutes[:: int(rng.choice([2, 5]))]
            minutes = minutes[(minutes < on[-8] - rng.choice([0, 150])) | (minutes > on[-8] + rng.choice([0, 40]))]
        minutes = minutes[minutes < span]
        if len(minutes):
            lon, lat = 150.0 + (minutes - on[0]) * 0.003, np.full(len(minutes), 30.0 + 0.08 * k)  # 9 kn in the Pacific
            ships.append(Ship(412000500 + k, minutes.round(2), lon, lat, station="north"))
    if rng.random() < 0.5:  # which another receiver hears too, now and then
        some = ships[int(rng.integers(0, len(ships)))]
        ships.append(Ship(some.mmsi, some.minutes[::7] + 0.3, some.lon[::7], some.lat[::7], station="south"))
    return ships


def calm(seed: int) -> list[Ship]:
    """Weeks of ships that report hourly at sea, with a few silences, meetings and visits far apart: narrow windows."""
    rng = np.random.default_rng(seed)
    ships = []
    span = 20 * 1440
    meet_at = rng.uniform(0.1, 0.9, 3) * span
    for k in range(4):
        minutes = np.arange(rng.uniform(0, 50), span, 50.0)
        lon, lat = np.full(len(minutes), 122.9 + 0.3 * k), np.full(len(minutes), 37.3)
        keep = np.ones(len(minutes), dtype=bool)
        for start in rng.uniform(0.1, 0.9, int(rng.integers(0, 3))) * span:
            end = start + rng.choice([2, 6, 20]) * 60
            away = (minutes > start) & (minutes < end)
            lon[away], lat[away] = LON, LAT + 0.02 * k  # a visit to the transfer area
            keep &= away | (minutes < start - 240) | (minutes > end + 240)  # and an unheard passage of 190 km
        if k < 2:
            for start in meet_at:
                lon[(minutes > start) & (minutes < start + 300)] = 122.5 + 0.001 * k
        silent = rng.uniform(0.1, 0.9, int(rng.integers(0, 2))) * span
        for start in silent:
            keep &= (minutes < start) | (minutes > start + rng.choice([3, 7, 15]) * 60)
        talks = (rng.uniform(0, 1, 3) * span).tolist()
        ships.append(
            Ship(
                412000100 + k,
                minutes[keep],
                lon[keep],
                lat[keep],
                np.full(int(keep.sum()), 0.4),
                talks=talks,
                ship_type=30 if k % 2 else 80,
            )
        )
    return ships + (failing(rng, span) if seed % 2 else [])


def chunks(tables, seed):
    """Deal all rows to a few chunks: by time, at random, both, by time with few ships in each, or one ship's late."""
    rng = np.random.default_rng(seed + 10_000)
    style = rng.integers(0, 5)
    count = int(rng.integers(2, 4)) + (style >= 3)
    numbers = sorted(set(tables["positions"]["mmsi"].to_pylist()))
    late_ships = [*rng.choice(numbers, (2, 2))]
    cuts: dict[int, np.ndarray] = {}
    dealt = [{} for _ in range(count)]
    for name, rows in tables.items():
        t = rows["t"].to_numpy().view(np.int64)
        if style == 3:
            part = (t - T0) / (20 * 24 * HOUR if np.ptp(t) > 4 * 24 * HOUR else 3 * 24 * HOUR)
            for mmsi in sorted(set(rows["mmsi"].to_pylist()) - cuts.keys()):
                cuts[mmsi] = np.sort(rng.choice([0.0, 0.3, rng.random(), 1.0], count - 1))
            bins = np.array([np.searchsorted(cuts[m], p) for m, p in zip(rows["mmsi"].to_pylist(), part, strict=True)])
            bins = bins.astype(int)
        elif style == 4:  # the second chunk is of a few rows of all, the others are of one or two ships
            bins = (rng.random(len(t)) < 0.01).astype(int)
            for k, late in enumerate(late_ships[: count - 2], 2):
                bins[np.isin(rows["mmsi"].to_numpy(), late) & (rng.random(len(t)) < 0.6)] = k
        elif style == 0:
            order = np.argsort(t, kind="stable")
            bins = np.empty(len(t), dtype=int)
            bins[order] = np.arange(len(t)) * count // max(len(t), 1)
        else:
            late = rng.random(len(t)) < (0.1 if style == 1 else 1.0)
            spread = (t - t.min()) * count // max(int(np.ptp(t)) + 1, 1) if len(t) else t
            bins = np.where(late, rng.integers(0, count, len(t)), spread)
        for k in range(count):
            picked = rows.take(np.flatnonzero(bins == k))
            dealt[k][name] = picked.take(rng.permutation(picked.num_rows))
    return dealt


def events_of(path, zones, batches) -> tuple[str, int]:
    with passing(fresh(path)) as store:
        for batch in batches:
            insert(store, batch)
            detect(store, zones, detectors=defaults(), now=NOW, version="test")
        bounded = "SELECT count(*) AS n FROM runs WHERE window_from IS NOT NULL OR window_to IS NOT NULL"
        reader = store.reader()
        return to_json(read_events(reader)), reader.query(bounded)["n"][0].as_py()


@pytest.mark.parametrize(("make", "count"), [(traffic, 13), (calm, 12)])
@pytest.mark.parametrize("block", range(4))
def test_any_chunks_equal_one_pass(tmp_path_factory, zones, make, count, block):
    @settings(max_examples=count, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(number=st.integers(0, 2**20))
    def one(number: int) -> None:
        seed = number * 4 + block
        folder = tmp_path_factory.mktemp("scope")
        tables = rows_of(make(seed))
        whole, _ = events_of(folder / "whole.duckdb", zones, [tables])
        parts, bounded = events_of(folder / "parts.duckdb", zones, chunks(tables, seed))
        narrow.append(bounded)
        assert parts == whole, f"seed {seed}"

    narrow: list[int] = []
    one()
    assert make is traffic or sum(narrow) >= 5, "windows with an edge were hardly tried"


@pytest.mark.parametrize("seed", [3, 8])
def test_ships_looked_at_in_parts_equal_one_pass(tmp_path, zones, monkeypatch, seed):
    """As where those that changed have more fixes than may be in memory several times."""
    tables = rows_of(traffic(seed))
    whole, _ = events_of(tmp_path / "whole.duckdb", zones, [tables])
    monkeypatch.setattr(scope, "_FIXES_AT_ONCE", 60)
    monkeypatch.setattr(scope, "MOST_ROWS", 300)
    parts, _ = events_of(tmp_path / "parts.duckdb", zones, chunks(tables, seed))
    assert parts == whole


def test_the_traffic_shows_every_kind(tmp_path, zones):
    kinds, wanted = set(), {kind for detector in discover().values() for kind in detector.kinds}
    for seed, make in [*((seed, traffic) for seed in range(12)), *((seed, calm) for seed in range(12, 18))]:
        with Store.open(tmp_path / f"{seed}.duckdb") as store:
            insert(store, rows_of(make(seed)))
            kinds |= set(detect(store, zones, detectors=defaults(), now=NOW, version="test").events)
        if kinds == wanted:
            break
    assert kinds == wanted


def test_late_row_revises_and_the_ledger_says_so(tmp_path, zones):
    ship, other = still(412000101, LON, LAT, 0, 60, 10), still(412000101, LON, LAT, 700, 800, 10)
    with Store.open(tmp_path / "a.duckdb") as store:
        insert(store, rows_of([ship, other]))
        detect(store, zones, detectors=defaults("gap"), now=NOW, version="test")
        (gap,) = read_events(store.reader(), kind="gap")
        insert(store, rows_of([still(412000101, LON, LAT, 380, 380, 10)]))
        detect(store, zones, detectors=defaults("gap"), now=NOW, version="test")
        gaps = read_events(store.reader(), kind="gap")
        assert [(e["end"] - e["start"]).total_seconds() * 1e6 / HOUR for e in gaps] == pytest.approx(
            [320 / 60, 320 / 60]
        )
        ledger = store.reader().query("SELECT action, event_id, supersedes FROM ledger ORDER BY seq").to_pylist()
        assert [row["action"] for row in ledger] == ["new", "revised", "new"]
        assert ledger[1]["event_id"] == gap["id"]


def test_nothing_new_runs_nothing(tmp_path, zones):
    with Store.open(tmp_path / "a.duckdb") as store:
        insert(store, rows_of([still(412000101, LON, LAT, 0, 600, 10)]))
        assert detect(store, zones, detectors=defaults(), now=NOW, version="test").ran == tuple(sorted(defaults()))
        assert detect(store, zones, detectors=defaults(), now=NOW, version="test").ran == ()
        assert detect(store, zones, detectors=defaults(), now=NOW, version="other").ran == tuple(sorted(defaults()))


def test_withdrawn_event_is_superseded(tmp_path, zones):
    a = still(101, 123.2, 37.2, 0, 300)
    b = still(102, 123.2 + metres_east(80, 37.2), 37.2, 0, 300)
    watch = still(103, 121.0, 36.0, -400, 900, 30)
    with Store.open(tmp_path / "a.duckdb") as store:
        insert(store, rows_of([a, b, watch]))
        detect(store, zones, detectors=defaults("rendezvous"), now=NOW, version="test")
        (before,) = read_events(store.reader())
        early = [still(mmsi, lon, 37.2, -30, -5) for mmsi, lon in ((101, 123.2), (102, 123.2005))]
        insert(store, rows_of(early))
        detect(store, zones, detectors=defaults("rendezvous"), now=NOW, version="test")
        (after,) = read_events(store.reader())
        assert after["id"] != before["id"]
        rows = (
            store.reader()
            .query("SELECT event_id, supersedes FROM ledger WHERE action = 'new' ORDER BY seq")
            .to_pylist()
        )
        assert rows[-1] == {"event_id": after["id"], "supersedes": [before["id"]]}


@pytest.mark.parametrize("hours", [4.0, 8.0])
@pytest.mark.parametrize("at_h", [0, 94])
def test_a_late_fix_tells_of_a_silence_days_away(tmp_path, zones, hours, at_h):
    """A ship that talks without a fix: a late one, far from the silence, is still the nearest to it."""
    talks = [float(m) for m in (*range(60, 31 * 60, 60), *range(int(30 + hours) * 60, 140 * 60, 60))]
    ship = still(412000101, LON, LAT, 94 * 60 - at_h * 60, 94 * 60 - at_h * 60, talks=talks)
    tables = rows_of([ship, still(412000102, 121.0, 36.0, 0, 140 * 60, 10)])
    late = rows_of([still(412000101, LON, LAT + 0.01, at_h * 60, at_h * 60)])
    if hours < 6:
        tables["positions"] = tables["positions"].slice(1)
    whole, _ = events_of(tmp_path / "whole.duckdb", zones, [{k: pa.concat_tables([tables[k], late[k]]) for k in late}])
    parts, _ = events_of(tmp_path / "parts.duckdb", zones, [tables, late])
    assert parts == whole
    assert '"gap"' in whole


def test_a_late_fix_the_day_before_leaves_the_speed_of_a_meeting(tmp_path, zones):
    """Speeds not sent come from fixes inside the meeting: what lies far outside it is not read."""
    hours = 50 + np.array([0, 1, 2])
    there = np.array([124.2, *np.full(3, 123.2), 124.4])
    a = Ship(101, np.array([27, *hours, 75]) * 60, there, np.full(5, 37.2))
    b = still(102, 123.2 + metres_east(80, 37.2), 37.2, 49 * 60, 54 * 60, 30)
    watch = still(103, 121.0, 36.0, 0, 90 * 60, 30)
    late = rows_of([still(101, 123.2, 37.2, 34 * 60, 34 * 60)])
    tables = rows_of([a, b, watch])
    whole, _ = events_of(tmp_path / "whole.duckdb", zones, [{k: pa.concat_tables([tables[k], late[k]]) for k in late}])
    parts, _ = events_of(tmp_path / "parts.duckdb", zones, [tables, late])
    assert parts == whole
    assert '"rendezvous"' in whole


def test_a_late_fix_of_a_third_ship_parts_a_crowd(tmp_path, zones):
    """Where a third ship seemed to lie between two of its fixes, 250 m were too far for a meeting of the others."""
    a = still(101, 123.2, 37.2, 0, 300, 10)
    b = still(102, 123.2 + metres_east(250, 37.2), 37.2, 0, 300, 10)
    c = still(103, 123.2 + metres_east(600, 37.2), 37.2, 0, 300, 55)
    watch = still(104, 121.0, 36.0, 0, 400, 30)
    more = rows_of([still(104, 121.0, 36.0, 5, 410, 405)])  # who was near whom in its span is kept from then on
    late = rows_of([still(103, 123.2, 37.25, 27, 300, 55)])
    tables = rows_of([a, b, c, watch])
    before, _ = events_of(tmp_path / "before.duckdb", zones, [tables, more])
    parts, _ = events_of(tmp_path / "parts.duckdb", zones, [tables, more, late])
    together = {name: pa.concat_tables([tables[name], more[name], late[name]]) for name in tables}
    whole, _ = events_of(tmp_path / "whole.duckdb", zones, [together])
    assert '"rendezvous"' not in before
    assert '"rendezvous"' in whole
    assert parts == whole


def test_a_span_with_other_settings_is_no_whole(tmp_path, zones):
    """After a look at one span with other thresholds, the next full look renews the rest too."""
    minutes = np.concatenate([[0, 240], np.arange(480, 4001, 60), [4240, 4480.0]])
    ship = Ship(412000101, minutes, np.full(len(minutes), 122.0), np.full(len(minutes), 36.5))
    watch = still(412000102, 121.0, 36.0, 0, 4480, 10)
    usual, short = defaults("gap"), {"gap": discover()["gap"](min_hours=3.0)}
    late = (to_datetime(T0 + 60 * HOUR), None)
    with Store.open(tmp_path / "a.duckdb") as store:
        insert(store, rows_of([ship, watch]))
        counts = [
            detect(store, zones, detectors=rule, now=NOW, version="test", window=window).events.get("gap", 0)
            for rule, window in ((usual, None), (short, late), (short, None), (usual, late), (usual, None))
        ]
    assert counts == [0, 2, 4, 2, 0]


def test_longer_meetings_are_looked_for_further_around(tmp_path, zones):
    """Two stays of 13 h side by side that a late fix joins to one of 26: more than what suits meetings of 2 h."""
    a = still(101, 123.2, 37.2, 6000, 7600)
    b = still(102, 123.2 + metres_east(80, 37.2), 37.2, 6000, 7600)
    for ship in (a, b):
        keep = abs(ship.minutes - 6800) > 50
        ship.minutes, ship.lon, ship.lat = ship.minutes[keep], ship.lon[keep], ship.lat[keep]
    late = [still(ship.mmsi, ship.lon[0], 37.2, 6800, 6800) for ship in (a, b)]
    watch = still(103, 121.0, 36.0, 0, 14000, 30)
    with Store.open(tmp_path / "a.duckdb") as store:
        rule = {"rendezvous": discover()["rendezvous"](min_hours=24.0, join_hours=0.0)}
        insert(store, rows_of([a, b, watch]))
        assert detect(store, zones, detectors=rule, now=NOW, version="test").events == {}
        insert(store, rows_of(late))
        assert detect(store, zones, detectors=rule, now=NOW, version="test").events == {"rendezvous": 1}


def test_nothing_of_a_detection_waits_for_the_collector_of_cycles(tmp_path, zones):
    """A watch looks each second: what one look read must be gone before the next, and not when cycles are sought."""
    with Store.open(tmp_path / "a.duckdb") as store:
        gc.collect()
        gc.disable()
        try:
            for late in (0, 310):
                insert(store, rows_of([still(412000101, LON, LAT, late, late + 300, 10)]))
                detect(store, zones, detectors=defaults(), now=NOW, version="test")
            assert not [one for one in gc.get_objects() if isinstance(one, (View, Tracks))]
        finally:
            gc.enable()
