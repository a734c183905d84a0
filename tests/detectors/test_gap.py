"""Silences: which count, what is said of them, and a slow twin that agrees."""

import time

import numpy as np
import pytest

from detectors.event import to_us
from detectors.gap import RECEIVABLE, UNKNOWN, Gap
from tests.detectors.cases import HOUR, MINUTE, T0, Ship, find, still

SEA = (123.2, 37.2)  # Yellow Sea, away from DPRK ports and STS areas
SOKDO = (124.98, 38.60)


def silent(place=SEA, hours=8.0, mmsi=412000101, **more):
    """A ship that reports for six hours, is silent, and reports again."""
    before, after = np.arange(0, 361, 10.0), np.arange(360 + hours * 60, 2401, 10.0)
    minutes = np.concatenate([before, after])
    return Ship(mmsi, minutes, np.full(len(minutes), place[0]), np.full(len(minutes), place[1]), **more)


def crowd(place=SEA, ships=3, to_min=2400):
    return [still(412000200 + k, place[0] + 0.05 * (k + 1), place[1], 0, to_min, 20) for k in range(ships)]


def gaps(tmp_path, zones, ships, mmsi=412000101):
    return [event for event in find(tmp_path, zones, ships, "gap") if event["mmsi"] == [mmsi]]


def test_a_silence_with_others_heard(tmp_path, zones):
    (gap,) = gaps(tmp_path, zones, [silent(), *crowd()])
    evidence = gap["evidence"]
    assert evidence["verdict"] == RECEIVABLE
    assert evidence["hours"] == 8.0
    assert evidence["reports_12h"] == 37
    assert evidence["others_start_count"] == 3
    assert (to_us(gap["start"]), to_us(gap["end"])) == (T0 + 6 * HOUR, T0 + 14 * HOUR)


@pytest.mark.parametrize("others", [[], crowd(ships=2), crowd(place=(124.2, 37.2)), crowd(to_min=600)])
def test_too_little_heard_cannot_be_assessed(tmp_path, zones, others):
    (gap,) = gaps(tmp_path, zones, [silent(), *others, still(412000900, 121.0, 36.0, 0, 2400, 60)])
    assert gap["evidence"]["verdict"] == UNKNOWN
    assert gap["score"] < 0.5


def test_five_hours_count_only_near_dprk(tmp_path, zones):
    far = gaps(tmp_path, zones, [silent(hours=5), *crowd()])
    near = gaps(tmp_path, zones, [silent(SOKDO, hours=5), *crowd(SOKDO)])
    short = gaps(tmp_path, zones, [silent(SOKDO, hours=1.9), *crowd(SOKDO)])
    assert (len(far), len(near), len(short)) == (0, 1, 0)
    assert "sts_cho_do_sok_do" in near[0]["zones"]


def test_a_ship_that_talks_is_not_silent(tmp_path, zones):
    talks = [float(m) for m in range(400, 840, 60)]
    assert gaps(tmp_path, zones, [silent(talks=talks), *crowd()]) == []


def test_silence_starts_at_the_last_word_and_lies_at_the_last_fix(tmp_path, zones):
    (gap,) = gaps(tmp_path, zones, [silent(hours=10, talks=[420.0]), *crowd()])
    assert to_us(gap["start"]) == T0 + 7 * HOUR
    assert gap["evidence"]["hours"] == 9.0
    assert (gap["lon"], gap["lat"]) == SEA


def test_open_silence_is_an_event_that_does_not_grow(tmp_path, zones):
    ship = still(412000101, *SEA, 0, 360, 10)
    first, second = ([ship, *crowd(to_min=end)] for end in (1000, 3000))
    (early,), (late,) = gaps(tmp_path, zones, first), gaps(tmp_path, zones, second)
    assert early == late
    assert early["end"] is None
    assert early["evidence"]["hours"] is None
    assert early["evidence"]["verdict"] == RECEIVABLE


def test_distance_and_speed_across_180(tmp_path, zones):
    ship = silent((179.99, 52.0), hours=10)
    ship.lon[37:] = -179.99
    (gap,) = gaps(tmp_path, zones, [ship, still(412000900, 170.0, 50.0, 0, 2400, 60)])
    assert gap["evidence"]["distance_km"] == pytest.approx(1.37, abs=0.01)
    assert gap["evidence"]["implied_speed_kn"] == pytest.approx(0.1, abs=0.05)


def test_reception_across_180(tmp_path, zones):
    others = [still(412000200 + k, -179.95 + 0.01 * k, 52.0, 0, 2400, 20) for k in range(3)]
    (gap,) = gaps(tmp_path, zones, [silent((179.99, 52.0)), *others])
    assert gap["evidence"]["verdict"] == RECEIVABLE


def naive(ships: list[Ship], zones, rule: Gap):
    """Plain loops over every sign of every ship; ports are left to the rule's own list, far from these ships."""
    horizon = max(T0 + round(m * MINUTE) for s in ships for m in [*s.minutes.tolist(), *s.talks])
    found = []
    for ship in ships:
        signs = sorted({T0 + round(float(m) * MINUTE) for m in [*ship.minutes.tolist(), *ship.talks]})
        for start, end in zip(signs, [*signs[1:], None], strict=True):
            length = (end or horizon) - start
            if length < rule.min_hours * HOUR:
                continue
            stop = end if end else start + int(rule.min_hours * HOUR)
            sides = [_end(ship, start, before=True)] + ([_end(ship, end, before=False)] if end else [])
            if all(side is None for side in sides):
                continue
            heard = all(
                side is not None and _share(ships, ship, side, start, stop, rule) >= rule.receivable_share
                for side in sides
            )
            found.append((ship.mmsi, start, end, RECEIVABLE if heard else UNKNOWN))
    return sorted(found, key=lambda row: row[:2])


def _end(ship, t, *, before):
    times = [(T0 + round(float(m) * MINUTE), k) for k, m in enumerate(ship.minutes)]
    fits = [(u, k) for u, k in times if (u <= t if before else u >= t)]
    if not fits:
        return None
    k = (max(fits) if before else min(fits))[1]
    return round(float(ship.lon[k]), 6), round(float(ship.lat[k]), 6)


def _share(ships, ship, place, start, stop, rule):
    hours: dict[int, set[int]] = {}
    parts = max((stop - start) // HOUR, 1)
    for other in ships:
        if other.mmsi == ship.mmsi:
            continue
        for m, lon, lat in zip(other.minutes, other.lon, other.lat, strict=True):
            t = T0 + round(float(m) * MINUTE)
            dx = (round(float(lon), 6) - place[0]) * np.cos(np.radians((lat + place[1]) / 2))
            near = np.radians(np.hypot(dx, lat - place[1])) * 6_371_008.8 <= rule.receivable_nm * 1852
            if start <= t < stop and near:
                hours.setdefault((t - start) * parts // (stop - start), set()).add(other.mmsi)
    full = sum(len(said) >= rule.receivable_ships for said in hours.values())
    return full / parts


@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_the_naive_twin(tmp_path, zones, seed):
    # Others lie still, report on the hour and so stand in one cell: the witnesses are then exact.
    rng = np.random.default_rng(seed)
    ships = [
        still(
            412000200 + k,
            SEA[0] + rng.uniform(-0.5, 0.5),
            SEA[1] + rng.uniform(-0.4, 0.4),
            0,
            rng.uniform(600, 4000),
            60,
        )
        for k in range(8)
    ]
    for k in range(4):
        minutes = np.unique(np.cumsum(rng.choice([10, 60, 200, 500, 1000], 12)).astype(float) + rng.random())
        # Places that one ship can have been at: others would be of two ships, which the twin does not tell apart.
        lon, lat = (at + rng.normal(0, 0.1) + rng.normal(0, 0.002, len(minutes)).cumsum() for at in SEA[:2])
        ships.append(Ship(412000101 + k, minutes, lon, lat, talks=rng.uniform(0, 4000, 2).tolist()))
    events = find(tmp_path, zones, ships, "gap")
    ours = [(e["mmsi"][0], to_us(e["start"]), e["end"] and to_us(e["end"]), e["evidence"]["verdict"]) for e in events]
    assert sorted(ours, key=lambda row: row[:2]) == naive(ships, zones, Gap())


def test_what_was_heard_does_not_hang_on_other_silences(tmp_path, zones):
    """Each hour's witness is its first fix, whenever the earliest silence of the run began."""
    minutes = np.sort(np.append(np.arange(50, 2400, 60.0), 370.0))
    others = [Ship(412000200 + k, minutes, *np.full((2, len(minutes)), np.array([SEA]).T)) for k in range(3)]
    ship, elsewhere = silent(hours=8.0), still(412000900, 150.0, 10.0, -60, 330, 10)
    ship.minutes = ship.minutes + 20  # silent from 20 past the hour, after the others' first word of it
    alone = gaps(tmp_path, zones, [ship, *others])
    assert alone == gaps(tmp_path, zones, [ship, *others, elsewhere])
    assert len(alone) == 1


def test_a_stamp_decades_back_is_no_trouble(tmp_path, zones):
    """Receivers that count GPS weeks wrongly are 19.6 years late: microseconds by hours pass 64 bits."""
    others = [still(412000200 + k, *SEA, 0, 2400, 20) for k in range(3)]
    ship = still(412000101, *SEA, 1200, 2400, 10)
    ship.minutes[0] -= 1024 * 7 * 1440
    (gap,) = gaps(tmp_path, zones, [ship, *others])
    assert gap["evidence"]["hours"] > 171_000


def test_four_times_the_silences_in_one_place_take_four_times_as_long(tmp_path, zones):
    """A peer took 55 s for one ship with 16,000 messages and a gap between each: the square of their number."""
    took = []
    for count in (20, 600, 2400):  # the first pays for what is loaded once
        began = time.process_time()
        ships = [still(412000101 + k, *SEA, k, count * 7 * 60.0, 7 * 60) for k in range(2)]
        assert len(gaps(tmp_path, zones, ships)) == count
        took.append(time.process_time() - began)
    assert took[2] < 9 * took[1]
