"""Impossible jumps: strays, excursions, shared numbers, landings; a slow twin; marks that follow the set of rows."""

from __future__ import annotations

import math
import random
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ais.jumps import JumpRule, jumps
from ais.store import Store
from tests.ais.sentences import T0, TABLES, Take, fix, rows, said

RULE = JumpRule()
Fix = tuple[int, float, float]  # seconds, degrees east, degrees north


def doubted(fixes: list[Fix], mmsi: int = 1) -> list[int]:
    """Places (in the order of time) of the doubted fixes of one ship."""
    fixes = sorted(fixes)
    t, lon, lat = (np.array(column) for column in zip(*fixes, strict=True))
    found = jumps(np.full(len(t), mmsi), t * 1_000_000, lon.astype(float), lat.astype(float), RULE)
    return np.flatnonzero(found).tolist()


def steaming(start_s: int, n: int, lon: float, lat: float = 38.0, step_s: int = 60) -> list[Fix]:
    """A ship eastbound at some 17 kn."""
    return [(start_s + i * step_s, lon + 0.006 * i, lat) for i in range(n)]


def test_a_ship_under_way_is_not_doubted() -> None:
    assert doubted(steaming(0, 50, 124.0)) == []


@pytest.mark.parametrize("stray", [0, 1, 20, 48, 49])
def test_one_stray_fix_is_doubted_alone(stray: int) -> None:
    fixes = steaming(0, 50, 124.0)
    fixes[stray] = (fixes[stray][0], 54.8, 38.0)
    assert doubted(fixes) == [stray]


def test_an_excursion_is_doubted_wholly() -> None:
    fixes = steaming(0, 60, 124.0)
    away = [(t, lon + 5, lat) for t, lon, lat in fixes[20:35]]
    assert doubted(fixes[:20] + away + fixes[35:]) == list(range(20, 35))


def test_of_two_ships_with_one_number_the_lesser_is_doubted() -> None:
    first, second = steaming(0, 50, 124.0), steaming(30, 30, 130.0)
    fixes = sorted(first + second)
    assert doubted(fixes) == [i for i, fix in enumerate(fixes) if fix in second]


def test_a_ship_that_stays_elsewhere_is_doubted_where_it_lands() -> None:
    assert doubted(steaming(0, 20, 124.0) + steaming(1200, 40, 131.0)) == [20]


def test_a_lone_pair_that_cannot_be_one_ship() -> None:
    assert doubted([(0, 124.0, 38.0), (60, 130.0, 38.0)]) == [1]


def test_across_the_antimeridian_and_near_the_pole() -> None:
    assert doubted([(0, 179.995, 0.0), (60, -179.995, 0.0), (120, -179.99, 0.0)]) == []
    assert doubted([(0, 0.0, 89.99), (60, 180.0, 89.99), (120, -90.0, 89.99)]) == []


def test_noise_of_place_and_time_is_allowed() -> None:
    assert doubted([(0, 124.0, 38.0), (0, 124.02, 38.0), (1, 124.0, 38.0), (1, 124.02, 38.0)]) == []


def test_fixes_of_one_place_and_time_share_the_doubt() -> None:
    landing = steaming(1200, 10, 131.0)
    assert doubted([*steaming(0, 20, 124.0), landing[0], *landing]) == [20, 21]


def twin(fixes: list[Fix]) -> list[int]:
    """The rule of `ais.jumps`, fix by fix, without the shortcuts."""

    def reaches(a: Fix, b: Fix) -> bool:
        d = math.acos(
            max(
                -1.0,
                min(
                    1.0,
                    math.sin(math.radians(a[2])) * math.sin(math.radians(b[2]))
                    + math.cos(math.radians(a[2])) * math.cos(math.radians(b[2])) * math.cos(math.radians(b[1] - a[1])),
                ),
            )
        )
        return d * 6_371_008.8 - 2_000 <= 60 * 1852 / 3600 * (b[0] - a[0] + 15)

    fixes = sorted(fixes)
    tracks: list[list[int]] = []  # heard longest ago first
    done: list[list[int]] = []
    for i, one in enumerate(fixes):
        track = next((track for track in reversed(tracks) if reaches(fixes[track[-1]], one)), None)
        if track is None:
            track = []
            if len(tracks) == 16:
                done.append(tracks.pop(min(range(16), key=lambda k: len(tracks[k]))))
        else:
            tracks.remove(track)
        track.append(i)
        tracks.append(track)
    doubt: set[int] = set()
    believed: list[list[int]] = []
    for track in sorted(done + tracks, key=lambda track: (-len(track), track[0])):
        clash = any(track[0] < other[-1] and other[0] < track[-1] for other in believed)
        if clash or (believed and len(track) < 3):
            doubt |= set(track)
        else:
            believed.append(track)
    for track in sorted(believed)[1:]:
        doubt |= {i for i in track if fixes[i] == fixes[track[0]]}
    return sorted(doubt)


FIXES = st.lists(
    st.tuples(st.integers(0, 400).map(lambda k: k * 97), st.sampled_from([124.0, 124.3, 126.1, 129.9]), st.just(38.2)),
    min_size=1,
    max_size=60,
)


@settings(max_examples=300)
@given(FIXES)
def test_the_slow_twin_agrees(fixes: list[Fix]) -> None:
    assert doubted(fixes) == twin(fixes)


def test_ships_side_by_side_do_not_mix() -> None:
    one, two = steaming(0, 30, 124.0), steaming(0, 30, 10.0)
    mmsi = np.array([1] * 30 + [2] * 30)
    t, lon, lat = (np.array(column, float) for column in zip(*(one + two), strict=True))
    assert not jumps(mmsi, (t * 1e6).astype(np.int64), lon, lat, RULE).any()


def test_the_solent_outlier_is_doubted_alone(store: Store, take: Take) -> None:
    columns = {"mmsi": "MMSI", "t": "Time", "lon": "Longitude_degrees", "lat": "Latitude_degrees"}
    take(TABLES / "dstl__SolentAIS_part.csv", columns=columns)
    found = rows(store, "SELECT p.mmsi, lon, flags FROM marks JOIN positions p USING (input_id, line)")
    assert found == [(245188000, 54.83172, 1)]


def test_aircraft_are_not_judged(store: Store, take: Take) -> None:
    lines = [
        *said(T0, msg_type=9, mmsi=111440001, lon=124, lat=38),
        *said(T0 + 60, msg_type=9, mmsi=111440001, lon=125),
    ]
    take(lines)
    assert rows(store, "SELECT count(*) FROM positions") == [(2,)]
    assert rows(store, "SELECT count(*) FROM marks") == [(0,)]


def test_marks_follow_the_set_of_rows_not_its_order(store: Store, take: Take) -> None:
    track = [fix(T0 + 60 * i, lon=124 + 0.006 * i) for i in range(12)]
    away = fix(T0 + 330, lon=131)
    take([track[0], away], "first.nmea")
    assert rows(store, "SELECT epoch_ms(t) // 1000 - 1700000000 FROM marks") == [(330,)]
    # Three fixes near the stray make it the longer track, so the first fix is the stray now.
    take([fix(T0 + 330 + 60 * i, lon=131 + 0.006 * i) for i in range(1, 4)], "second.nmea")
    assert rows(store, "SELECT epoch_ms(t) // 1000 - 1700000000 FROM marks") == [(0,)]
    ((first_t, last_t),) = rows(
        store, "SELECT epoch_ms(first_t) // 1000, epoch_ms(last_t) // 1000 FROM changes ORDER BY id DESC LIMIT 1"
    )
    assert (first_t - T0, last_t - T0) == (0, 330 + 180)  # the row that was re-marked is part of the change
    rest = track[1:]
    random.Random(5).shuffle(rest)
    take(rest, "third.nmea")
    marks = rows(store, "SELECT epoch_ms(t) // 1000 - 1700000000 FROM marks ORDER BY t")
    assert marks == [(330,), (390,), (450,), (510,)]


def test_marks_of_other_ships_are_left_alone(store: Store, take: Take) -> None:
    take([fix(T0 + 60 * i, lon=124 if i != 3 else 131) for i in range(8)], "one.nmea")
    before = rows(store, "SELECT rowid, * FROM marks")
    take([fix(T0 + 60 * i, mmsi=440999999, lon=124) for i in range(8)], "two.nmea")
    assert rows(store, "SELECT rowid, * FROM marks") == before


def test_a_number_that_is_everywhere_takes_a_moment() -> None:
    """Tracks of three fixes, each too far from the one before, so that none overlaps another."""
    rng = np.random.default_rng(0)
    lon = np.repeat(rng.uniform(-180, 180, 16_000), 3)
    lat = np.repeat(rng.uniform(-80, 80, 16_000), 3)
    began = time.perf_counter()
    found = jumps(np.full(48_000, 1), np.arange(48_000) * 10_000_000, lon, lat, RULE)
    assert found.sum() > 15_000
    assert time.perf_counter() - began < 8  # 0.5 s; 35 s where each track was held against all others
