"""How often ships report, and what one track's reports say."""

from datetime import UTC, datetime

import numpy as np
import pytest

from darkwake.simulate.broadcast import NO_COG, NO_HEADING, NO_LON, broadcast
from darkwake.simulate.grid import KNOT_MS, STEP_S, Grid, distance_m
from darkwake.simulate.intervals import class_a_s, class_b_s, report_times
from darkwake.simulate.radio import Outage, Radio, Shadow, Station, receive
from darkwake.simulate.ships import Registry, imo_number
from darkwake.simulate.voyage import MOORED, Voyage

GRID = Grid.lasting(datetime(2023, 10, 10, tzinfo=UTC), 6.0)


def _ship(seed=1, **what):
    return Registry(np.random.default_rng(seed)).make("cargo", **{"ais_class": "A"} | what)


def _sent(voyage, ship, kinds=(1, 3, 18), blind=()):
    reports = broadcast(np.random.default_rng(5), GRID, ship, voyage.track(), list(blind))
    return reports.take(np.isin(reports.kind, kinds))


@pytest.mark.parametrize(
    ("sog_kn", "turning", "resting", "seconds"),
    [
        (0.1, False, True, 180), (3.0, True, True, 180), (3.1, False, True, 10),
        (0.0, False, False, 10), (14.0, False, False, 10), (14.0, True, False, 10 / 3),
        (14.1, False, False, 6), (23.0, False, False, 6), (14.1, True, False, 2), (23.1, False, False, 2),
    ],
)  # fmt: skip
def test_class_a_interval_table(sog_kn, turning, resting, seconds):
    assert class_a_s(np.array([sog_kn]), np.array([turning]), np.array([resting]))[0] == pytest.approx(seconds)


def test_class_b_interval_table():
    assert class_b_s(np.array([0.0, 2.0, 2.1, 14.0])).tolist() == [180, 180, 30, 30]


def test_report_times_follow_a_changing_interval():
    t = 1e9 + np.arange(0.0, 7201.0, 30.0)
    times = report_times(np.random.default_rng(1), t, np.where(t < t[0] + 3600, 10.0, 180.0))
    assert np.all(np.diff(times) > 0)
    early, late = np.diff(times[times < t[0] + 3500]), np.diff(times[times > t[0] + 3700])
    assert early.min() > 8.9
    assert early.max() < 11.1
    assert late.min() > 161
    assert late.max() < 199


def _course(speed_kn, hours=2.0):
    voyage = Voyage(GRID, np.random.default_rng(2), (124.0, 36.0))
    voyage.sail([(124.0, 36.0 + speed_kn * hours / 60.0)], speed_kn)
    return voyage


@pytest.mark.parametrize(
    ("speed_kn", "ais_class", "seconds"), [(12, "A", 10), (18, "A", 6), (26, "A", 2), (9, "B", 30)]
)
def test_a_ship_under_way_reports_as_the_table_says(speed_kn, ais_class, seconds):
    sent = _sent(_course(speed_kn), _ship(ais_class=ais_class))
    steady = np.diff(sent.t[(sent.t > sent.t[0] + 3600) & (sent.t < sent.t[0] + 5400)])
    assert np.median(steady) == pytest.approx(seconds, rel=0.05)
    assert steady.max() < 1.3 * seconds
    assert np.median(sent.sog[len(sent.sog) // 2 :][:200]) == pytest.approx(10 * speed_kn, rel=0.08)


def test_at_anchor_three_minutes_and_a_course_that_means_nothing():
    ship = _ship()
    voyage = Voyage(GRID, np.random.default_rng(2), (124.0, 38.0)).anchor(GRID.steps)
    sent = _sent(voyage, ship)
    assert np.median(np.diff(sent.t)[5:]) == pytest.approx(180, rel=0.02)
    assert np.quantile(sent.sog, 0.95) <= 4
    known = sent.cog[sent.cog != NO_COG]
    if len(known):
        spread = np.abs(np.exp(1j * np.radians(known / 10)).mean())
        assert spread < 0.6
    away = distance_m(sent.true_lon, sent.true_lat, sent.true_lon[0], sent.true_lat[0])
    assert away.max() < 450


def test_turning_reports_come_three_times_as_often_as_type_3():
    voyage = Voyage(GRID, np.random.default_rng(2), (124.0, 36.0))
    voyage.sail([(124.0, 36.2), (124.2, 36.2), (124.2, 36.4)], 12.0)
    ship = _ship()
    sent = _sent(voyage, ship)
    turning = sent.kind == 3
    assert 10 < turning.sum() < 0.2 * len(turning)
    both = turning[1:] & turning[:-1]
    assert np.median(np.diff(sent.t)[both]) == pytest.approx(10 / 3, rel=0.1)


def test_static_reports_every_six_minutes():
    for ais_class, kinds in (("A", [5]), ("B", [241, 242])):
        reports = broadcast(np.random.default_rng(5), GRID, _ship(ais_class=ais_class), _course(10).track(), [])
        for kind in kinds:
            assert np.diff(reports.t[reports.kind == kind])[:10].tolist() == pytest.approx([360.0] * 10)


def test_speed_changes_as_a_ship_can():
    track = _course(12.0).track()
    speed = distance_m(track.lon[1:], track.lat[1:], track.lon[:-1], track.lat[:-1]) / STEP_S / KNOT_MS
    assert np.abs(np.diff(speed)).max() < 1.2
    assert speed[-1] < 1.0
    assert 10.0 < speed.max() < 14.0


def test_moored_ships_lie_still_and_their_gps_wanders_a_few_metres():
    voyage = Voyage(GRID, np.random.default_rng(2), (124.0, 38.0)).anchor(GRID.steps, status=MOORED)
    sent = _sent(voyage, _ship())
    spread = distance_m(sent.true_lon, sent.true_lat, sent.true_lon.mean(), sent.true_lat.mean())
    assert 1.0 < np.median(spread) < 6.0
    assert spread.max() < 20.0


def test_a_ship_adrift_goes_with_the_stream():
    track = Voyage(GRID, np.random.default_rng(2), (124.0, 38.5)).drift(GRID.steps).track()
    speed = distance_m(track.lon[1:], track.lat[1:], track.lon[:-1], track.lat[:-1]) / STEP_S / KNOT_MS
    assert 0.3 < np.median(speed[1:]) < 1.5


def test_the_antenna_not_the_hull_is_reported():
    ship = _ship(length_m=150)
    voyage = Voyage(GRID, np.random.default_rng(2), (124.0, 38.0)).anchor(GRID.steps, status=MOORED)
    track = voyage.track()
    sent = _sent(voyage, ship)
    away = distance_m(sent.true_lon, sent.true_lat, track.lon[0], track.lat[0])
    assert np.median(away) == pytest.approx(np.hypot(ship.antenna_forward_m, ship.antenna_right_m), abs=5)
    assert ship.antenna_forward_m < -20  # a bridge aft


def test_without_a_fix_a_set_says_so():
    start = GRID.epoch_s + 3600
    sent = _sent(_course(12), _ship(), blind=[(start, start + 1800)])
    dumb = (sent.t >= start) & (sent.t < start + 1800)
    assert dumb.sum() > 100
    assert (sent.lon[dumb] == NO_LON).all()
    assert (sent.lon[~dumb] != NO_LON).all()


def test_class_b_has_no_heading_and_no_imo_number():
    ship = _ship(ais_class="B")
    assert ship.imo == 0
    assert (_sent(_course(8), ship).heading == NO_HEADING).all()


def test_imo_numbers_have_a_right_check_digit():
    for number in (imo_number(serial) for serial in range(900_000, 900_300)):
        digits = [int(d) for d in str(number)]
        assert sum(d * (7 - i) for i, d in enumerate(digits[:6])) % 10 == digits[6]


def _heard(range_nm, away_nm, *, outages=(), shadows=(), class_a=True, keep_s=0.0, stations=1):
    voyage = Voyage(GRID, np.random.default_rng(2), (124.0, 38.0)).anchor(GRID.steps, status=0)
    reports = broadcast(np.random.default_rng(5), GRID, _ship(), voyage.track(), [])
    places = tuple(Station(f"ST{i}", 124.0, 38.0 + away_nm / 60.0, range_nm) for i in range(stations))
    radio = Radio(places, tuple(outages), tuple(shadows), keep_s, 0.0)
    factor = np.ones((stations, 7))
    return reports, receive(np.random.default_rng(6), radio, factor, GRID.epoch_s, reports, class_a)


def test_reception_falls_with_range_and_class_b_is_heard_less_far():
    shares = [
        len(heard.report) / len(reports.t) for reports, heard in (_heard(40, away) for away in (5, 30, 40, 50, 70))
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.9
    assert shares[2] == pytest.approx(0.46, abs=0.03)
    assert shares[4] < 0.01
    reports, heard = _heard(40, 30, class_a=False)
    assert len(heard.report) < 0.2 * len(reports.t)


def test_two_stations_give_copies_within_seconds():
    reports, heard = _heard(40, 10, stations=2)
    copies = np.bincount(heard.report, minlength=len(reports.t))
    assert (copies == 2).mean() > 0.7
    both = np.flatnonzero(np.diff(heard.report) == 0)
    late = heard.epoch_s[both + 1] - heard.epoch_s[both]
    assert np.abs(late).max() <= 3
    assert (late > 0).mean() > 0.4


def test_a_thinned_feed_keeps_one_position_in_each_stretch_and_loses_no_time():
    reports, heard = _heard(40, 10, keep_s=300.0)
    position = reports.kind[heard.report] == 1
    times = reports.t[heard.report[position]]
    assert len(np.unique(times // 300)) == len(times)
    assert np.diff(times).max() < 600


def test_outages_and_shadows_silence_and_end():
    start = GRID.epoch_s + 7200
    for trouble in ({"outages": [Outage("ST0", start, start + 3600)]},
                    {"shadows": [Shadow(124.0, 38.0, 5.0, start, start + 3600)]}):  # fmt: skip
        reports, heard = _heard(40, 10, **trouble)
        times = reports.t[heard.report]
        assert not ((times >= start) & (times < start + 3600)).any()
        assert (times < start).any()
        assert (times >= start + 3600).any()
