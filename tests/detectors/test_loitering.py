"""Loitering: planted spells found as they are, near misses not, and a slow twin that agrees on random tracks."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from ais.store import Store
from detectors import detect, read_events, to_json
from detectors.event import to_us
from detectors.geo import distance_m
from detectors.learned import keep
from detectors.loitering import Loitering
from detectors.mask import Rules
from detectors.training import train_anchorages
from tests.detectors.cases import MINUTE, NOW, T0, Ship, defaults, find, insert, metres_east, rows_of, still
from zones import ZoneSet, load_places

LON, LAT = 123.2, 37.2  # open Yellow Sea: no port or anchorage within 10 km
M_PER_MIN = 1852 / 60  # metres in a minute at one knot


def adrift(
    hours: float = 6.0, kn: float = 0.5, lon: float = LON, lat: float = LAT, every: float = 5.0, said: bool = True,
    start: float = 300.0, mmsi: int = 101, **more: object,
) -> list[Ship]:  # fmt: skip
    """A ship that steams up at 10 kn, drifts east, and steams off; and another far away that keeps the data going."""
    spell = np.arange(start, start + hours * 60 + 1e-9, every)
    east = (spell - start) * kn * M_PER_MIN
    come, go = np.arange(start - 120, start - 9, 10.0), np.arange(spell[-1] + 10, spell[-1] + 121, 10)
    minutes = np.concatenate([come, spell, go])
    metres = np.concatenate([(come - start) * 10 * M_PER_MIN, east, east[-1] + (go - spell[-1]) * 10 * M_PER_MIN])
    sog = np.concatenate([np.full(len(come), 10.0), np.full(len(spell), kn), np.full(len(go), 10.0)])
    at = (lon + np.array([metres_east(one, lat) for one in metres]) + 180) % 360 - 180
    watch = still(999, (lon + 4 + 180) % 360 - 180, min(max(lat, -80), 80), 0, minutes[-1] + 300, 45)
    return [Ship(mmsi, minutes, at, np.full(len(minutes), lat), sog if said else None, **more), watch]  # type: ignore[arg-type]


def spells(tmp_path, zones, ships, mmsi=101, rule=None):
    settings = {"loitering": rule} if rule else {}
    found = find(tmp_path, zones, ships, "loitering", **settings)
    return [event for event in found if event["mmsi"] == [mmsi]]


PLANTED = [
    ("six hours", adrift()),
    ("no speeds sent", adrift(said=False)),
    ("1.9 kn", adrift(kn=1.9)),
    ("1.9 kn, no speeds sent", adrift(kn=1.9, said=False)),
    ("exactly four hours", adrift(hours=4)),
    ("across midnight", adrift(hours=4.1, start=22 * 60)),
    ("fixes every 60 minutes", adrift(every=60)),
    ("along a whole degree of latitude", adrift(lat=37.0)),
    ("across a whole degree of longitude", adrift(lon=123.0 - metres_east(1000, LAT))),
    ("across 180 degrees", adrift(lon=180.0 - metres_east(2000, LAT))),
    ("at 89.9 N", adrift(lat=89.9)),
    ("on the equator at 0 E", adrift(lat=0.0, lon=-0.001)),
]
MISSES = [
    ("four hours less a minute", adrift(hours=4 - 1 / 60, every=239 / 60)),
    ("2.1 kn under way", adrift(kn=2.1)),
    ("2.1 kn, no speeds sent", adrift(kn=2.1, said=False)),
    ("fixes every 61 minutes", adrift(hours=12, every=61)),
    ("in the port of Nampo", adrift(lon=125.38, lat=38.7167, kn=0.1)),
]


def test_planted_spells_are_found_once_and_near_misses_not(tmp_path, zones):
    cases = [(what, dataclasses.replace(ships[0], mmsi=200 + i)) for i, (what, ships) in enumerate(PLANTED + MISSES)]
    found = find(tmp_path, zones, [*(ship for _, ship in cases), still(999, LON + 4, LAT, 0, 3000, 45)], "loitering")
    for i, (what, ship) in enumerate(cases):
        events = [event for event in found if event["mmsi"] == [ship.mmsi]]
        assert len(events) == (i < len(PLANTED)), what
        slow = ship.minutes[12:-12]
        for event in events:
            off = [to_us(event["start"]) - T0 - slow[0] * MINUTE, T0 + slow[-1] * MINUTE - to_us(event["end"])]
            # Speeds not sent: the fix next to a passage is as fast as the way from the fix before to the one after.
            assert off == [0, 0] if ship.sog_kn is not None else max(off) <= 5 * MINUTE, what


def test_speeds_around_the_limit_make_none(tmp_path, zones):
    """2.1 kn under way, sent with an error of 0.2 kn: a third of the fixes are slow, the ship is not."""
    ships = adrift(kn=2.1, hours=12)
    ships[0].sog_kn = np.round(ships[0].sog_kn + np.random.default_rng(1).normal(0, 0.2, len(ships[0].minutes)), 1)
    assert spells(tmp_path, zones, ships) == []


def test_a_speed_stuck_at_nought_makes_none(tmp_path, zones):
    ships = adrift(kn=9, hours=12, every=0.5)
    ships[0].sog_kn[:] = 0.0
    assert spells(tmp_path, zones, ships) == []


def port_of_nampo_as_sts_area(zones):
    west, south, east, north = 125.3, 38.6, 125.5, 38.8
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return ZoneSet((dataclasses.replace(zones["sts_cho_do_sok_do"], id="mine", geometry=shape, edges=()),))


@pytest.mark.parametrize("kn", [0.01, 1.0])
def test_a_port_hides_nothing_in_an_sts_area(tmp_path, zones, kn):
    ships = adrift(lon=125.36, lat=38.7167, kn=kn)
    assert spells(tmp_path, zones, ships) == []
    (event,) = spells(tmp_path, port_of_nampo_as_sts_area(zones), ships)
    assert event["evidence"]["sts_area"] == "mine"
    assert event["evidence"]["port"]
    assert not any("where ships wait" in reason for reason in event["reasons"])


def test_what_lies_out_of_port_is_told_alone(tmp_path, zones):
    """Nine hours at 1 kn from the roads of Nampo to those of Songnim: the way between them is at sea."""
    ships = adrift(lon=125.43, lat=38.7167, kn=1.0, hours=9)
    (event,) = spells(tmp_path, zones, ships)
    ports = load_places().near_port(ships[0].lon, ships[0].lat, 5000) >= 0
    out = ships[0].minutes[~ports & (ships[0].sog_kn < 2)]
    assert (to_us(event["start"]) - T0) / MINUTE == out[0] > 330
    assert (to_us(event["end"]) - T0) / MINUTE == out[-1] < 800
    assert event["evidence"]["port"]


@pytest.mark.parametrize(("fast_min", "kn", "count"), [(0, 12, 1), (15, 3, 1), (15, 12, 0), (40, 3, 0), (40, 0.5, 1)])
def test_a_short_burst_is_borne_and_a_passage_cuts(tmp_path, zones, fast_min, kn, count):
    """Six hours with something faster in the middle: one noisy fix, keeping station on the spot, a passage."""
    ships = adrift()
    ship, middle = ships[0], 300 + 180
    burst = (ship.minutes >= middle) & (ship.minutes <= middle + fast_min)
    ship.sog_kn[burst] = kn
    if kn == 12 and fast_min:  # it went somewhere
        ship.lon[ship.minutes >= middle] += metres_east(fast_min * 12 * M_PER_MIN, LAT)
    assert len(spells(tmp_path, zones, ships)) == count


@pytest.mark.parametrize("said", [True, False])
def test_one_place_astray_does_not_cut(tmp_path, zones, said):
    ships = adrift(said=said)
    ships[0].lat[50] += 1200 / 111_195
    (event,) = spells(tmp_path, zones, ships)
    assert event["evidence"]["hours"] == pytest.approx(6.0, abs=0.0 if said else 0.2)


def test_evidence_is_that_of_the_track(tmp_path, zones):
    ships = adrift(hours=5, kn=1.2, nav_status=0)
    ship = ships[0]
    keep = ~((ship.minutes > 400) & (ship.minutes < 441))
    ships[0] = dataclasses.replace(ship, **{k: getattr(ship, k)[keep] for k in ("minutes", "lon", "lat", "sog_kn")})
    (event,) = spells(tmp_path, zones, ships)
    said, slow = event["evidence"], ships[0].sog_kn < 2
    lon, lat = ships[0].lon[slow].round(6), ships[0].lat[slow].round(6)
    assert said["hours"] == 5.0
    assert said["fixes"] == slow.sum() == 53
    assert said["longest_hole_minutes"] == 45.0
    assert said["sog_median_kn"] == 1.2
    assert said["drift_km"] == round(float(distance_m(lon[0], lat[0], lon[-1], lat[-1])) / 1000, 2) == 11.11
    assert said["spread_m"] == round(float(distance_m(lon, lat, event["lon"], event["lat"]).max()))
    assert any(np.isclose(lon, event["lon"], atol=1e-9)), "a real fix"
    assert said["nav_status"] == 0
    assert said["neighbours_count"] == 0
    assert (said["silent_before_minutes"], said["silent_after_minutes"]) == (0.0, 0.0)
    assert (said["port"], said["anchorage"], said["sts_area"], said["fishing_reason"]) == (None, None, None, None)
    assert event["reasons"][-1].startswith("innocent explanation: ")


def test_a_spell_at_the_end_of_the_data_is_open(tmp_path, zones):
    (event,) = spells(tmp_path, zones, [still(101, LON, LAT, 0, 300)])
    assert event["end"] is None
    gone = Ship(101, np.array([310, 320, 330.0]), LON + np.arange(1, 4) * 0.03, np.full(3, LAT), np.full(3, 10.0))
    lay = still(101, LON, LAT, 0, 300, sog_kn=np.zeros(61))
    (event,) = spells(tmp_path, zones, [lay, gone, still(999, LON + 3, LAT, 0, 335, 5)])
    assert event["end"] is None, "20 minutes under way may yet be a burst"
    (event,) = spells(tmp_path, zones, [lay, gone, still(999, LON + 3, LAT, 0, 380, 5)])
    assert event["end"] is not None, "an hour unheard"


def static(tables, mmsi, minute, **said):
    """Add a static report."""
    rows = tables["identities"]
    row = {"mmsi": mmsi, "t": T0 + round(minute * MINUTE), "input_id": 1, "line": 10**6 + rows.num_rows, **said}
    one = pa.Table.from_pylist([{k: row.get(k) for k in rows.schema.names}], schema=rows.schema)
    return {**tables, "identities": pa.concat_tables([rows, one])}


def judged(tmp_path, zones, ships, *reports):
    """Return the one event of ship 101, given static reports (minute, values) of her."""
    tables = rows_of(ships)
    for minute, said in reports:
        tables = static(tables, 101, minute, **said)
    path = tmp_path / f"case{len(list(tmp_path.iterdir()))}.duckdb"
    with Store.open(path) as store:
        insert(store, tables)
        detect(store, zones, detectors=defaults("loitering"), now=NOW, version="test")
        found = [event for event in read_events(store.reader()) if event["mmsi"] == [101]]
    assert len(found) <= 1
    return found[0] if found else None


def test_a_meeting_with_a_silent_ship_outranks_a_ship_that_waits(tmp_path, zones):
    tanker = {
        "name": "SEA STAR",
        "ship_type": 80,
        "to_bow_m": 90,
        "to_stern_m": 20,
        "to_port_m": 8,
        "to_starboard_m": 8,
    }
    waits = judged(tmp_path, zones, adrift(), (200, {**tanker, "draught_m": 6.1}), (700, {**tanker, "draught_m": 6.1}))
    met = judged(tmp_path, zones, adrift(), (200, {**tanker, "draught_m": 6.1}), (700, {**tanker, "draught_m": 4.2}))
    assert (waits["score"], met["score"]) == (0.4, 0.6)
    assert met["evidence"]["ship"] == {
        "name": "SEA STAR", "ship_type": 80, "class": "tanker", "length_m": 110, "beam_m": 16,
        "laden_before": "laden", "laden_after": "in ballast",
    }  # fmt: skip
    assert any("typed by hand" in reason for reason in met["reasons"])
    quiet = adrift()
    come = np.arange(-400.0, -100, 10)
    quiet.append(Ship(101, come, np.full(30, LON - 0.9), np.full(30, LAT), np.full(30, 8.0)))
    quiet[0] = dataclasses.replace(
        quiet[0], **{k: getattr(quiet[0], k)[12:] for k in ("minutes", "lon", "lat", "sog_kn")}
    )
    silent = judged(tmp_path, zones, quiet, (-200, {**tanker, "draught_m": 6.1}), (700, {**tanker, "draught_m": 4.2}))
    assert silent["evidence"]["silent_before_minutes"] == 410.0
    assert silent["score"] == 0.7
    cho_do = judged(tmp_path, zones, adrift(lon=124.84, lat=38.56, kn=0.1), (200, {**tanker, "draught_m": 6.1}))
    assert cho_do["evidence"]["sts_area"]
    assert cho_do["score"] == 0.6


@pytest.mark.parametrize(
    ("what", "ships", "report", "by"),
    [
        ("anchored", adrift(nav_status=1), {}, -0.1),
        ("fishing by status", adrift(nav_status=7), {}, -0.2),
        ("fishing by type", adrift(), {"ship_type": 30}, -0.2),
        ("a tug", adrift(), {"ship_type": 52}, -0.2),
        ("one other near", [*adrift(), still(102, LON + 0.01, LAT, 0, 800)], {}, -0.1),
        ("a crowd", [*adrift(), *(still(200 + k, LON + 0.002 * k, LAT, 0, 800) for k in range(6))], {}, -0.2),
        ("8 km off the anchorage of Kagoshima", adrift(lon=130.6, lat=31.4, kn=0.05), {}, -0.1),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_ordinary_waiting_is_lowered_and_said(tmp_path, zones, what, ships, report, by):
    alone = judged(tmp_path, zones, adrift())
    event = judged(tmp_path, zones, ships, *([(400, report)] if report else []))
    assert event["score"] == pytest.approx(alone["score"] + by), what
    assert len(event["reasons"]) != len(alone["reasons"]) or event["reasons"] != alone["reasons"]


def test_a_net_buoy_is_left_out_and_a_ship_that_says_so_is_not(tmp_path, zones):
    buoy = still(101, LON, LAT, 0, 600)
    for said in ({"name": "NET MARK 12"}, {"name": "WANG BIAO 3", "to_bow_m": 1, "to_stern_m": 1}):
        assert judged(tmp_path, zones, [buoy], (400, said)) is None
        assert judged(tmp_path, zones, adrift(), (400, said)), "it came at 10 kn"
    assert judged(tmp_path, zones, [buoy], (400, {"name": "NET MARK 12", "to_bow_m": 60, "to_stern_m": 20}))


def test_a_learned_place_lowers_and_names_what_lies_there(tmp_path, zones):
    crowd = [still(300 + i, LON + metres_east(400 * i, LAT), LAT, 0, 360) for i in range(5)]
    with Store.open(tmp_path / "a.duckdb") as store:
        insert(store, rows_of([*crowd, still(999, LON + 3, LAT, 0, 900, 30)]))
        said = []
        for learned in (False, True):
            if learned:
                rules = Rules(ships=5, hours=20)
                keep(store.con, train_anchorages(store, zones, rules, now=NOW, version="test"), NOW)
            detect(store, zones, detectors=defaults("loitering"), now=NOW, version="test")
            said.append({e["id"]: e for e in read_events(store.reader()) if e["mmsi"] != [999]})
    before, after = said
    assert before.keys() == after.keys()
    assert len(after) == 5
    for key, event in after.items():
        assert event["evidence"]["masked"].startswith("37.")
        assert before[key]["evidence"]["masked"] is None
        assert event["score"] == pytest.approx(before[key]["score"] - 0.2)
        assert any(event["evidence"]["masked"] in reason for reason in event["reasons"])


def test_late_rows_that_join_two_spells_leave_the_same_events(tmp_path, zones):
    """A fix in the hole between two spells, of which one alone is too short, makes one of them: whatever comes last."""
    minutes = np.concatenate([np.arange(0, 301, 5.0), [355.0], np.arange(410, 631, 5)])
    ship = Ship(101, minutes, np.full(len(minutes), LON), np.full(len(minutes), LAT), np.zeros(len(minutes)))
    tables = rows_of([ship, still(999, LON + 4, LAT, -6000, 9000, 45)])
    rows = tables["positions"]
    own, t = rows["mmsi"].to_numpy() == 101, (rows["t"].to_numpy().view(np.int64) - T0) // MINUTE
    parts = {"watch": ~own, "first": own & (t <= 300), "late": own & (t == 355), "second": own & (t >= 410)}
    orders = [
        "watch first late second",
        "late second watch first",
        "first second late watch",
    ]
    said = []
    for i, order in enumerate(orders):
        with Store.open(tmp_path / f"{i}.duckdb") as store:
            for part in order.split():
                insert(store, {**tables, "positions": rows.take(np.flatnonzero(parts[part]))})
                detect(store, zones, detectors=defaults("loitering"), now=NOW, version="test")
            said.append(to_json(event for event in read_events(store.reader()) if event["mmsi"] == [101]))
    assert len(set(said)) == 1
    assert '"hours": 10.5, "fixes": 107, "longest_hole_minutes": 55.0' in said[0]


def slow_twin(ship: Ship, rule: Loitering) -> list[tuple[float, float]]:
    """Return the spells of a ship in open sea, fix by fix: minutes of the first and last slow fix."""
    t, lon, lat = ship.minutes.round(2), ship.lon.round(6), ship.lat.round(6)
    said = np.full(len(t), np.nan) if ship.sog_kn is None else np.asarray(ship.sog_kn, np.float32).astype(float)

    def metres(i, j):
        return float(distance_m(lon[i], lat[i], lon[j], lat[j]))

    def near(i, j):
        return metres(i, j) <= rule.max_sog_kn * M_PER_MIN * (t[j] - t[i]) + 150

    def linked(i, j):
        return i >= 0 and j < len(t) and t[j] - t[i] <= rule.max_gap_minutes

    def implied(i, low, high):
        low, high = i - 1 if i > low and linked(i - 1, i) else i, i + 1 if i < high and linked(i, i + 1) else i
        return metres(low, high) / M_PER_MIN / (t[high] - t[low]) if high > low else np.inf

    def slow(i):
        speed = implied(i, 0, len(t) - 1) if np.isnan(said[i]) else said[i]
        astray = linked(i - 1, i) and linked(i, i + 1) and near(i - 1, i + 1) and not (near(i - 1, i) or near(i, i + 1))
        return speed < rule.max_sog_kn and not astray

    runs: list[list[int]] = []
    for i in filter(slow, range(len(t))):
        last = runs[-1][-1] if runs else i
        goes_on = all(linked(j, j + 1) for j in range(last, i)) and near(last, i)
        if runs and goes_on and (i - last == 1 or t[i - 1] - t[last + 1] <= rule.burst_minutes):
            runs[-1].append(i)
        else:
            runs.append([i])
    found = []
    for run in runs:
        low, high = run[0], run[-1]
        if t[high] - t[low] < rule.min_hours * 60:
            continue
        speeds = [implied(i, low, high) if np.isnan(said[i]) else said[i] for i in range(low, high + 1)]
        if max(np.median(speeds), metres(low, high) / M_PER_MIN / (t[high] - t[low])) < rule.max_sog_kn:
            found.append((t[low], t[high]))
    return found


def wandering(seed: int) -> list[Ship]:
    """Ships far from any port that drift, steam, fall silent and send false speeds, each in its own rhythm."""
    rng = np.random.default_rng(seed)
    ships = []
    for k in range(3):
        t, place, rows = rng.uniform(0, 600), np.array([-160 + 0.5 * k, LAT]), []
        while t < 3 * 1440:
            kn = float(rng.choice([0.1, 1.0, 1.8, 2.1, 4.0, 12.0], p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1]))
            course, every = rng.uniform(0, 2 * np.pi), float(rng.choice([2, 10, 25, 50, 59, 61]))
            is_silent, end = rng.random() < 0.1, t + float(rng.choice([5, 15, 30, 120, 240, 300]))
            while t < end:
                t += every
                place = place + kn * every / 3600 * np.array([np.sin(course) / 0.797, np.cos(course)])
                said = 25.0 if rng.random() < 0.03 else max(0.0, round(kn + rng.normal(0, 0.1), 1))
                if not is_silent:
                    off = 400.0 if rng.random() < 0.03 else 0.0  # far for a drifter, too near to be doubted
                    rows.append((round(t, 2), *(place + (rng.normal(0, 10, 2) + np.array([0, off])) / 111_195), said))
        columns = np.array(rows).T
        ships.append(Ship(101 + k, *columns[:3], columns[3] if rng.random() < 0.6 else None))
    return [*ships, still(999, -150.0, LAT, 0, 4 * 1440, 30)]


@pytest.mark.parametrize("rule", [Loitering(), Loitering(max_sog_kn=1.5, min_hours=1.0, burst_minutes=0.0)])
def test_slow_twin_agrees(tmp_path, zones, rule):
    watch = wandering(0)[-1]
    ships = [
        dataclasses.replace(ship, mmsi=ship.mmsi + 10 * seed) for seed in range(6) for ship in wandering(seed)[:-1]
    ]
    found, count = find(tmp_path, zones, [*ships, watch], "loitering", loitering=rule), 0
    for ship in ships:
        told = [event for event in found if event["mmsi"] == [ship.mmsi]]
        spans = [tuple((to_us(event[end]) - T0) / MINUTE for end in ("start", "end")) for event in told]
        expected = slow_twin(ship, rule)
        assert np.round(spans, 2).tolist() == np.round(expected, 2).tolist(), f"ship {ship.mmsi}"
        count += len(expected)
    assert count > 20
