"""Meetings: each planted one found exactly once, none of the others; and a slow twin that agrees."""

from itertools import pairwise

import numpy as np
import pytest

from detectors.event import iso, to_datetime
from detectors.rendezvous import Rendezvous
from tests.detectors.cases import MINUTE, T0, Ship, find, metres_east, still

LON, LAT = 123.2, 37.2  # open Yellow Sea, no port near


def pair(lon=LON, lat=LAT, metres=60.0, from_min=0.0, hours=6.0, every=5.0):
    """Two ships alongside; the second steps aside before and after, so that both are seen apart."""
    to_min = from_min + hours * 60
    minutes = np.arange(from_min, to_min + 1e-9, every)
    a = Ship(101, minutes, np.full(len(minutes), lon), np.full(len(minutes), lat), np.zeros(len(minutes)))
    b_lon = np.full(len(minutes), lon + metres_east(metres, lat))
    far = metres_east(9000, lat)
    # away for two hours before and after
    before, after = np.arange(from_min - 120, from_min - 30 + 1e-9, 10), np.arange(to_min + 30, to_min + 121, 10)
    b = Ship(
        102,
        np.concatenate([before, minutes + 0.5, after]),
        np.concatenate([np.full(len(before), lon - far), b_lon, np.full(len(after), lon + far)]),
        np.full(len(before) + len(minutes) + len(after), lat),
        np.concatenate([np.full(len(before), 6.0), np.full(len(minutes), 0.1), np.full(len(after), 6.0)]),
    )
    watch = still(999, lon + 2.0 if lon < 170 else lon - 2.0, max(min(lat, 85), -85), from_min - 180, to_min + 300, 30)
    return [a, b, watch]


def meetings(events):
    return [event for event in events if event["kind"] == "rendezvous"]


@pytest.mark.parametrize(
    ("what", "ships"),
    [
        ("60 m apart for 6 h in the open", pair()),
        ("either side of a whole degree of longitude", pair(lon=123.0 - metres_east(30, LAT))),
        ("either side of a whole degree of latitude", pair(lat=37.00001)),
        ("320 m apart", pair(metres=320)),
        ("across UTC midnight 22:30-01:00", pair(from_min=22.5 * 60, hours=2.5)),
        ("across 180 degrees", pair(lon=180.0 - metres_east(30, 37.2))),
        ("at 80 N", pair(lat=80.0)),
        ("on the equator", pair(lat=0.0)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_planted_meeting_is_found_once(tmp_path, zones, what, ships):
    for ship in ships:
        ship.lon = (ship.lon + 180) % 360 - 180
    found = meetings(find(tmp_path, zones, ships, "rendezvous"))
    assert len(found) == 1, what
    assert found[0]["mmsi"] == [101, 102]


def test_latitude_seam_has_ships_on_both_sides(tmp_path, zones):
    ships = pair()
    ships[0].lat[:] = 37.0 - 0.0002
    ships[1].lat[:] = 37.0 + 0.0002
    assert len(meetings(find(tmp_path, zones, ships, "rendezvous"))) == 1


def test_course_is_no_criterion(tmp_path, zones):
    # Two ships adrift at 0.3 kn with courses 80 degrees apart: course means nothing there.
    ships = pair()
    ships[0].cog_deg, ships[1].cog_deg = 100.0, 180.0
    ships[0].sog_kn[:] = 0.3
    ships[1].sog_kn[12:-12] = 0.3
    assert len(meetings(find(tmp_path, zones, ships, "rendezvous"))) == 1


@pytest.mark.parametrize(
    ("what", "ships"),
    [("100 minutes", pair(hours=100 / 60)), ("560 m", pair(metres=560))],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_meeting(tmp_path, zones, what, ships):
    assert meetings(find(tmp_path, zones, ships, "rendezvous")) == [], what


def steaming(knots: float, metres: float, sog: bool):
    minutes = np.arange(0, 361, 3.0)
    lon = LON + metres_east(1, LAT) * minutes * 60 * knots * 0.514444
    sogs = np.full(len(minutes), knots) if sog else None
    return [
        Ship(101, minutes, lon, np.full(len(minutes), LAT), sogs),
        Ship(
            102,
            minutes + 1,
            lon + metres_east(60 * knots * 0.514444, LAT),
            np.full(len(minutes), LAT + metres / 111_195),
            sogs,
        ),
    ]


@pytest.mark.parametrize("sog", [True, False])
def test_steaming_side_by_side_is_no_meeting(tmp_path, zones, sog):
    assert meetings(find(tmp_path, zones, steaming(4.0, 100, sog), "rendezvous")) == []
    assert len(meetings(find(tmp_path, zones, steaming(1.0, 100, sog), "rendezvous"))) == 1


@pytest.mark.parametrize("fast_min", [60, 90, 150, 240])
def test_a_move_in_company_between_two_slow_spells_tells_no_time_twice(tmp_path, zones, fast_min):
    minutes = np.arange(0, 361.0 + fast_min, 3)
    sog = np.where((minutes >= 180) & (minutes < 180 + fast_min), 8.0, 0.1)
    lon = LON + metres_east(1, LAT) * np.append(0, np.cumsum(sog[:-1] * 0.514444 * 180))
    lat = np.full(len(minutes), LAT)
    beside = lat + 150 / 111_195
    found = meetings(find(tmp_path, zones, [Ship(101, minutes, lon, lat, sog), Ship(102, minutes, lon, beside, sog)]))
    assert found
    assert all(one["end"] < other["start"] for one, other in pairwise(found))


def test_one_real_fix_each_is_no_evidence(tmp_path, zones):
    # Two hourly fixes of one, one of the other: interpolation alone never makes a meeting.
    a = Ship(101, np.arange(0, 400, 50.0), np.full(8, LON), np.full(8, LAT))
    b = Ship(102, np.array([0.0, 400.0]), np.full(2, LON), np.full(2, LAT))
    assert meetings(find(tmp_path, zones, [a, b], "rendezvous")) == []


def test_holes_are_joined_and_told(tmp_path, zones):
    ships = pair(every=5)
    cut = (ships[0].minutes > 100) & (ships[0].minutes < 150)
    for name in ("minutes", "lon", "lat", "sog_kn"):
        setattr(ships[0], name, getattr(ships[0], name)[~cut])
    found = meetings(find(tmp_path, zones, ships, "rendezvous"))
    assert len(found) == 1
    assert found[0]["evidence"]["longest_hole_minutes"] == 50.0


def cut(ship, low, high):
    """Take out what a ship sent between two minutes."""
    keep = (ship.minutes <= low) | (ship.minutes >= high)
    for name in ("minutes", "lon", "lat", "sog_kn"):
        setattr(ship, name, getattr(ship, name)[keep])


@pytest.mark.parametrize("silent", [0, 1])
def test_a_silence_alongside_is_part_of_the_meeting_and_told(tmp_path, zones, silent):
    # GFW merges encounters under 4 h apart; here neither was seen elsewhere in between.
    ships = pair(hours=7)
    cut(ships[silent], 125, 245)
    (found,) = meetings(find(tmp_path, zones, ships, "rendezvous"))
    assert found["evidence"]["hours"] == pytest.approx(7, abs=0.1)
    assert found["evidence"]["longest_hole_minutes"] == pytest.approx(120, abs=5)
    assert any("was not heard; that they stayed together then was not seen" in one for one in found["reasons"])


@pytest.mark.parametrize(
    ("what", "hours", "low", "high", "lengths"),
    [
        ("over 4 h", 12, 180, 425, [3.0, 5.0]),
        ("more unseen than seen", 5, 65, 235, []),
        ("two hours in all, one of them unseen", 3, 65, 140, []),
    ],
)  # fmt: skip
def test_a_silence_is_not_joined(tmp_path, zones, what, hours, low, high, lengths):
    ships = pair(hours=hours)
    cut(ships[1], low, high)
    found = meetings(find(tmp_path, zones, ships, "rendezvous"))
    assert [event["evidence"]["hours"] for event in found] == pytest.approx(lengths, abs=0.2), what


def test_ships_seen_900_m_apart_for_half_an_hour_met_twice(tmp_path, zones):
    ships = pair(hours=6, every=2.5)
    away = (ships[1].minutes > 165) & (ships[1].minutes < 195)
    ships[1].lon[away] += metres_east(900, LAT)
    found = meetings(find(tmp_path, zones, ships, "rendezvous"))
    assert [event["evidence"]["hours"] for event in found] == pytest.approx([2.75, 2.75], abs=0.1)


def test_the_last_of_a_queue_has_no_meeting_with_the_one_before_her(tmp_path, zones):
    queue = [still(101 + k, LON + metres_east(east, LAT), LAT, 0, 400) for k, east in enumerate((0, 450, 950, 1450))]
    assert find(tmp_path, zones, queue, "rendezvous") == []
    assert len(meetings(find(tmp_path, zones, queue[:2], "rendezvous"))) == 1


def test_who_lies_alongside_and_sails_alone_is_no_second_transponder(tmp_path, zones):
    """As two ships of the Suez roads did: 57 m apart for 31 hours, then one went 6 km."""
    stays, sails = still(101, LON, LAT, 0, 1200), still(102, LON + metres_east(50, LAT), LAT, 0, 1200)
    sails.lon[-8:] += np.arange(1, 9) * metres_east(800, LAT)
    (found,) = find(tmp_path, zones, [stays, sails], "rendezvous")
    assert (found["kind"], found["evidence"]["hours"]) == ("rendezvous", pytest.approx(19.4, abs=0.1))


def test_open_meeting_has_no_end(tmp_path, zones):
    a = still(101, LON, LAT, 0, 300)
    b = still(102, LON + metres_east(80, LAT), LAT, 0, 300)
    found = meetings(find(tmp_path, zones, [a, b], "rendezvous"))
    assert [event["end"] for event in found] == [None]


def test_port_contact_is_marked_and_lowered(tmp_path, zones):
    at_sea = meetings(find(tmp_path, zones, pair(), "rendezvous"))[0]
    in_port = meetings(find(tmp_path, zones, pair(lon=125.40, lat=38.7167), "rendezvous"))[0]
    assert "ampo" in in_port["evidence"]["port"]
    assert at_sea["evidence"]["port"] is None
    assert in_port["score"] < at_sea["score"] + 0.1


# A twin without trees, steps or slices: every pair, every fix, plain Python.
def naive(ships: list[Ship], rule: Rendezvous):
    found = []
    for i, first in enumerate(ships):
        for second in ships[i + 1 :]:
            times = sorted(_samples(first, second, rule, 0) + _samples(second, first, rule, 1))
            for run, unseen in _runs(times, rule):
                seen = run[-1][0] - run[0][0] - unseen
                counts = [sum(who == side for _, who, *_ in run) for side in (0, 1)]
                if seen < rule.min_hours * 60 * MINUTE or min(counts) < 2:
                    continue
                if max(_speed(ship, run[0][0], run[-1][0]) for ship in (first, second)) < rule.max_sog_kn:
                    found.append((sorted([first.mmsi, second.mmsi]), run[0][0], counts, run[-1][0]))
    return sorted(_rafts(found))


def _rafts(found):
    """Meetings that share ships and times as one: all its ships, and the one that began first."""
    groups = []
    for pair, start, counts, end in sorted(found, key=lambda one: (one[1], one[0])):
        group = [(pair, start, counts, end)]
        for other in list(groups):
            if any(set(p) & set(pair) and s <= end and start <= e for p, s, _, e in other):
                groups.remove(other)
                group = other + group
        groups.append(group)
    for group in groups:
        _, start, counts, _ = min(group, key=lambda one: (one[1], one[0]))
        yield sorted({ship for pair, *_ in group for ship in pair}), start, counts


def _times(ship):
    return [T0 + round(float(m) * MINUTE) for m in ship.minutes]


def _samples(ship, other, rule, who):
    mine, theirs = _times(ship), _times(other)
    found = []
    for k, t in enumerate(mine):
        at = [j for j, u in enumerate(theirs) if u <= t]
        if not at:
            continue
        j = at[-1]
        bound = 0.0
        if theirs[j] == t:
            lon, lat = other.lon[j], other.lat[j]
        elif j + 1 < len(theirs) and theirs[j + 1] - theirs[j] <= rule.max_gap_minutes * MINUTE:
            part = (t - theirs[j]) / (theirs[j + 1] - theirs[j])
            lon = other.lon[j] + part * (other.lon[j + 1] - other.lon[j])
            lat = other.lat[j] + part * (other.lat[j + 1] - other.lat[j])
            seconds = (theirs[j + 1] - theirs[j]) / 1e6
            made = _metres(other.lon[j], other.lat[j], other.lon[j + 1], other.lat[j + 1]) / seconds
            sent = max(other.sog_kn[j], other.sog_kn[j + 1]) * 1852 / 3600
            bound = max(made, sent) * min(part, 1 - part) * seconds
        else:
            continue
        found.append((t, who, _metres(ship.lon[k], ship.lat[k], lon, lat), bound))
    return found


def _metres(lon_a, lat_a, lon_b, lat_b):
    """Equirectangular: an independent formula, good to millimetres at 500 m."""
    dx = (lon_a - lon_b) * np.cos(np.radians((lat_a + lat_b) / 2))
    return float(np.radians(np.hypot(dx, lat_a - lat_b)) * 6_371_008.8)


def _runs(times, rule):
    """Samples in contact, cut where they end, each run with how long nothing was known of one ship in it."""
    gap, pieces = rule.max_gap_minutes * MINUTE, []
    silence, apart, last = 0, [0, 0], None
    for t, who, metres, bound in times:
        silence += t - last if last is not None and t - last > gap else 0
        last = t
        if metres <= rule.max_distance_m:
            if pieces:
                firm = min(apart) >= 2 or t - pieces[-1][0][-1][0] - silence > gap
            if not pieces or firm or silence:
                pieces.append(([], not pieces or firm, silence))
            pieces[-1][0].append((t, who))
            silence, apart = 0, [0, 0]
        elif metres - bound > rule.max_distance_m + 250:
            apart[who] += 1
    runs, seen, unseen = [], 0, 0
    for run, firm, silence in pieces:
        more = run[-1][0] - run[0][0]
        if not firm and silence <= rule.join_hours * 60 * MINUTE and unseen + silence <= seen + more:
            runs[-1] = runs[-1][0] + run, unseen + silence
            seen, unseen = seen + more, unseen + silence
        else:
            runs.append((run, 0))
            seen, unseen = more, 0
    return runs


def _speed(ship, low, high):
    return float(np.median([s for t, s in zip(_times(ship), ship.sog_kn, strict=True) if low <= t <= high]))


@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_the_naive_twin(tmp_path, zones, seed):
    rng = np.random.default_rng(seed)
    ships = []
    for k in range(5):
        minutes = np.unique(np.cumsum(rng.choice([2, 5, 10, 25, 70], 80)).astype(float) + rng.random())
        speed = rng.choice([0.2, 1.0, 3.0])
        steps = rng.normal(0, 15 * speed, (2, len(minutes))).cumsum(axis=1)
        lon = LON + (rng.normal(0, 250) + steps[0]) / 88_000
        lat = LAT + (rng.normal(0, 250) + steps[1]) / 111_000
        ships.append(Ship(100 + k, minutes, lon.round(6), lat.round(6), np.full(len(minutes), speed)))
    rule = Rendezvous(crowd_ships=9)  # else five ships within a mile belong together hull to hull only
    events = meetings(find(tmp_path, zones, ships, rendezvous=rule))
    ours = sorted((e["mmsi"], e["start"], [e["evidence"]["fixes_a"], e["evidence"]["fixes_b"]]) for e in events)
    assert [(m, iso(s), f) for m, s, f in ours] == [(m, iso(to_datetime(s)), f) for m, s, f in naive(ships, rule)]
