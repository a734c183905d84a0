"""Ships that share a number, and doubted fixes: made cases, properties, real tracks, and a slow twin of each step."""

from __future__ import annotations

import random
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ais.auction import followed
from ais.doubts import DoubtRule, judge, track_name
from ais.flags import FROZEN, JUMP, LATE, NOWHERE, OTHER, REASONS, reasons
from ais.marks import renew
from ais.motion import EARTH_M, KN_M_S, Motion, MotionRule
from ais.schema import MARKS
from ais.segments import Fixes
from ais.store import Store
from bench.segmenting import FLOOR_FILES, FLOOR_PAIRS, LEFT_OUT, files_f1, mean, pairs_f1, speed
from tests.ais.sentences import T0, TABLES, Take, fix, rows, said

Fix = tuple[float, float, float, float, float]  # seconds, degrees east, degrees north, knots, course


def columns(*ships: list[Fix]) -> Fixes:
    """Fixes of numbers 1, 2, ... in order, none twice."""
    found = sorted({(number, *one[:3]): one[3:] for number, ship in enumerate(ships, 1) for one in ship}.items())
    mmsi, t, lon, lat = np.array([where for where, _ in found], float).reshape(-1, 4).T
    sog, cog = np.array([moved for _, moved in found], float).reshape(-1, 2).T
    return Fixes(mmsi.astype(np.int64), (t * 1e6).astype(np.int64), lon, lat, sog, cog, np.ones(len(t), np.int8))


def flags(*fixes: Fix) -> list[int]:
    """What is said of each fix of one number, in order."""
    return judge(columns(list(fixes)), DoubtRule()).flags.tolist()


def eastbound(
    start_s: float, n: int, lon: float, lat: float = 38.0, step_s: float = 60.0, kn: float = 17.0
) -> list[Fix]:
    """A ship that steams east."""
    degrees = kn * KN_M_S * step_s / EARTH_M * 180 / np.pi / np.cos(np.radians(lat))
    return [(start_s + i * step_s, (lon + degrees * i + 180) % 360 - 180, lat, kn, 90.0) for i in range(n)]


def moored(start_s: float, n: int, lon: float, lat: float = 38.0, step_s: float = 180.0) -> list[Fix]:
    """A ship that lies still."""
    return [(start_s + i * step_s, lon + 1e-5 * (i % 3), lat, 0.0, float("nan")) for i in range(n)]


@pytest.mark.parametrize("lon", [124.0, 179.9, -179.99])
@pytest.mark.parametrize("lat", [0.0, 38.0, -71.0, 89.5])
def test_a_ship_under_way_or_moored_is_not_doubted_anywhere(lon: float, lat: float) -> None:
    assert not any(flags(*eastbound(0, 50, lon, lat)))
    assert not any(flags(*moored(0, 50, lon, lat)))


def test_silence_alone_starts_no_track() -> None:
    """Nine days later and 7,000 km away, or back after each day in another place within reach: still one ship."""
    assert not any(flags(*eastbound(0, 20, 124.0), *eastbound(9 * 86_400, 20, -160.0)))
    places = [124.0, 129.0, 125.0, 131.0, 124.0, 127.0]
    assert not any(flags(*(one for day, lon in enumerate(places) for one in moored(day * 86_400, 20, lon))))


@pytest.mark.parametrize("hours", [0.5, 1.0, 3.0])
def test_a_ferry_heard_at_its_berths_only_is_one_ship(hours: float) -> None:
    """Berths 14 nm per hour of passage apart, half an hour at each, nothing sent under way, for ten days."""
    apart, trip = 14 * hours / 60 / np.cos(np.radians(38.0)), hours * 3600 + 1800
    fixes = [one for k in range(round(240 / (hours + 0.5))) for one in moored(k * trip, 10, 124.0 + apart * (k % 2))]
    assert not any(flags(*fixes))


@pytest.mark.parametrize("stray", [0, 1, 20, 48, 49])
def test_one_stray_fix_is_doubted_alone(stray: int) -> None:
    fixes = eastbound(0, 50, 124.0)
    fixes[stray] = (fixes[stray][0], 54.8, 38.0, 17.0, 90.0)
    assert flags(*fixes) == [JUMP if i == stray else 0 for i in range(50)]


def test_an_excursion_is_doubted_wholly_and_is_no_part_of_the_track() -> None:
    fixes = eastbound(0, 60, 124.0)
    away = [(t, lon + 5, *rest) for t, lon, *rest in fixes[20:35]]
    assert flags(*fixes[:20], *away, *fixes[35:]) == [0] * 20 + [JUMP | OTHER] * 15 + [0] * 25  # type: ignore[arg-type]


@pytest.mark.parametrize("apart", [0.12, 6.0])  # degrees: 10 and 500 km
def test_two_ships_heard_in_turns_are_two_tracks_and_neither_is_doubted(apart: float) -> None:
    first, second = eastbound(0, 50, 124.0), eastbound(30, 30, 124.0 + apart, 38.1)
    judged = judge(columns(first + second), DoubtRule())
    of_second = [one in second for one in sorted(first + second)]
    assert judged.flags.tolist() == [OTHER * other for other in of_second]
    name = track_name(1, *(int(second[0][0] * 1e6), second[0][1], second[0][2]))
    assert set(judged.track.tolist()) == {0, name}


def test_two_ships_that_meet_and_part_keep_their_tracks() -> None:
    """One lies at anchor, the other comes from the west, passes 700 m off and goes on."""
    lying, passing = moored(0, 60, 124.5, 38.0, 60), eastbound(7, 120, 124.3, 38.0063, 60, 20.0)
    judged = judge(columns(lying + passing), DoubtRule())
    of = [one in passing for one in sorted(lying + passing)]
    other = (judged.flags & OTHER > 0).tolist()
    assert other in (of, [not one for one in of])


def test_a_ship_that_stays_elsewhere_is_doubted_where_it_lands() -> None:
    assert flags(*eastbound(0, 20, 124.0), *eastbound(1200, 40, 131.0)) == [JUMP] * 0 + [OTHER] * 20 + [JUMP] + [0] * 39


def test_a_lone_pair_that_cannot_be_one_ship() -> None:
    assert flags((0, 124.0, 38.0, 5, 0), (60, 130.0, 38.0, 5, 0)) == [0, JUMP]


def test_equal_times_at_two_places() -> None:
    """Two ships at the same seconds; two places 1 km apart at the same second are noise."""
    first, second = moored(0, 20, 124.0), moored(0, 20, 126.0)
    assert sorted(flags(*first, *second)) == [0] * 20 + [OTHER] * 20
    assert not any(flags(*first, *((t, lon + 0.011, *rest) for t, lon, *rest in first[3:5])))  # type: ignore[arg-type]


def test_a_late_report_is_told_from_a_jump() -> None:
    fixes = eastbound(0, 60, 124.0, step_s=120)
    t, _, *rest = fixes[40]
    assert flags(*fixes, (t + 30, fixes[15][1] + 0.001, *rest)) == [0] * 41 + [LATE] + [0] * 19  # type: ignore[arg-type]
    assert flags(*fixes, (t + 30, fixes[15][1], 39.0, *rest[1:])) == [0] * 41 + [JUMP] + [0] * 19  # type: ignore[arg-type]


def test_frozen_is_the_same_place_at_a_speed_that_moves() -> None:
    still = [(60.0 * i, 124.0, 38.0, 11.0, 90.0) for i in range(10)]
    assert flags(*still) == [FROZEN] * 10
    assert not any(flags(*((t, *where, 0.4, cog) for t, *where, _, cog in still)))  # type: ignore[arg-type]
    assert not any(flags(*((t / 60, *rest) for t, *rest in still)))  # type: ignore[arg-type]  # 9 s: it may be a copy
    moving = eastbound(600, 20, 124.02)
    assert flags(*still, *moving) == [FROZEN] * 10 + [0] * 20


def test_null_island_is_nowhere_and_names_the_ship_it_is_of() -> None:
    fixes = eastbound(0, 20, 124.0)
    fixes[7] = (fixes[7][0], 0.0, 0.0, 17.0, 90.0)
    judged = judge(columns(fixes), DoubtRule())
    assert judged.flags.tolist() == [NOWHERE * (i == 7) for i in range(20)]
    assert judged.track[7] == track_name(1, 0, *fixes[0][1:3])
    assert flags((0, 0.0, 0.0, 0, 0), (60, 0.0, 0.0, 0, 0)) == [NOWHERE] * 2


def test_every_flag_has_a_reason_and_stands_in_the_schema() -> None:
    assert reasons(JUMP | OTHER) == [REASONS[JUMP], REASONS[OTHER]]
    meaning = next(column.meaning for column in MARKS.columns if column.name == "flags")
    for bit in REASONS:
        assert f" {bit} " in f" {meaning} ".replace(":", " ")


def test_the_name_of_a_track_is_the_same_everywhere() -> None:
    assert track_name(440123456, 1_700_000_000_000_000, 124.123456, -38.5) == 14152920196206704735


PLACES = st.sampled_from([124.0, 124.004, 124.3, 126.1, 129.9, -178.0, 0.0])
SHIPS = st.lists(
    st.tuples(
        st.integers(0, 200).map(lambda k: k * 97.0),
        PLACES,
        st.sampled_from([38.2, 0.0, 38.25]),
        st.sampled_from([0.0, 9.0, float("nan")]),
        st.sampled_from([0.0, 90.0, float("nan")]),
    ),
    max_size=40,
)


@settings(max_examples=75, deadline=None)
@given(st.lists(SHIPS, min_size=2, max_size=4))
def test_one_number_is_judged_without_the_others(ships: list[list[Fix]]) -> None:
    together = columns(*ships)
    judged = judge(together, DoubtRule())
    for number in range(1, len(ships) + 1):
        own = np.flatnonzero(together.mmsi == number)
        alone = judge(together.take(own), DoubtRule())
        assert alone.flags.tolist() == judged.flags[own].tolist()
        assert alone.track.tolist() == judged.track[own].tolist()


@settings(max_examples=150, deadline=None)
@given(SHIPS)
def test_what_is_said_holds_together(ship: list[Fix]) -> None:
    """Each track's undoubted fixes are within a ship's reach of each other; marked fixes have a track, others none."""
    fixes = columns(ship)
    judged = judge(fixes, DoubtRule())
    assert ((judged.flags > 0) == (judged.track > 0)).all()
    name = np.where(judged.flags & OTHER > 0, judged.track, 0)
    for track in set(name.tolist()):
        own = [i for i in np.flatnonzero(name == track).tolist() if not judged.flags[i] & (JUMP | LATE | NOWHERE)]
        for a, b in pairwise(own):
            seconds = (fixes.t[b] - fixes.t[a]) / 1e6
            assert far_m(fixes, a, b) <= 2_000 + 60 * KN_M_S * (seconds + 15) + 1e-3


def far_m(fixes: Fixes, a: int, b: int) -> float:
    """The chord between two fixes."""
    lon, lat = np.radians(fixes.lon[[a, b]]), np.radians(fixes.lat[[a, b]])
    at = EARTH_M * np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    return float(np.linalg.norm(at[:, 0] - at[:, 1]))


@settings(max_examples=200)
@given(st.integers(1, 5), st.data())
def test_the_auction_is_about_the_least_of_all_choices(n: int, data: st.DataObject) -> None:
    cost = np.array(
        data.draw(
            st.lists(st.lists(st.sampled_from([1.0, 2.5, 7.0, np.inf]), min_size=n, max_size=n), min_size=3, max_size=3)
        )
    )
    before = np.array([[max(i - lag, 0) for i in range(n)] for lag in (1, 2, 3)])
    for lag in (1, 2, 3):
        cost[lag - 1, : min(lag, n)] = np.inf
    chosen = followed(cost, before, 5.0)
    taken = [int(j) for i, j in enumerate(chosen) if j != i]
    assert len(taken) == len(set(taken))

    def whole(choice: tuple[int, ...]) -> float:
        """Cost of following so many places back, 0 being alone."""
        back = [i - lag for i, lag in enumerate(choice) if lag]
        if len(back) != len(set(back)):
            return np.inf
        return sum(cost[lag - 1, i] if lag else 5.0 for i, lag in enumerate(choice))

    least = min(whole(choice) for choice in product_of_lags(n))
    assert whole(tuple(int(i - j) for i, j in enumerate(chosen))) <= least + 0.2 * n + 1e-9


def product_of_lags(n: int) -> list[tuple[int, ...]]:
    """Every choice of 0 to 3 places back for each of n."""
    found: list[tuple[int, ...]] = [()]
    for i in range(n):
        found = [(*one, lag) for one in found for lag in range(min(i, 3) + 1)]
    return found


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.floats(-180, 180), st.floats(-89, 89), st.floats(0, 30), st.floats(0, 359)), min_size=2, max_size=2
    ),
    st.floats(0, 1e6),
)
def test_a_step_by_the_book(pair: list[tuple[float, float, float, float]], seconds: float) -> None:
    """The slow twin of `Motion.steps` and `Motion.possible`, without arrays."""
    rule = MotionRule()
    lon, lat, sog, cog = (np.array(column) for column in zip(*pair, strict=True))
    motion = Motion.of(np.array([0, int(seconds * 1e6)]), lon, lat, sog, cog, rule)
    first, then = np.array([0]), np.array([1])
    step = motion.steps(first, then)
    way, fast, doubt = [], [], []
    for x, y, kn, degrees in pair:
        a, b, c = np.radians(x), np.radians(y), np.radians(degrees)
        way.append(EARTH_M * np.array([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)]))
        north = np.array([-np.sin(b) * np.cos(a), -np.sin(b) * np.sin(a), np.cos(b)])
        east = np.array([-np.sin(a), np.cos(a), 0.0])
        fast.append(kn * KN_M_S * (np.sin(c) * east + np.cos(c) * north))
        doubt.append((0.15 + 0.3 * kn * KN_M_S / KN_M_S) * KN_M_S)
    seconds = int(seconds * 1e6) / 1e6
    grown = seconds if seconds <= 7200 else (seconds * 7200) ** 0.5
    turn = np.linalg.norm(fast[1] - fast[0])
    far = np.linalg.norm(way[1] - way[0])
    stories = [
        (
            np.linalg.norm(way[1] - way[0] - (fast[0] + fast[1]) / 2 * seconds),
            150 + (doubt[0] + doubt[1] + 0.3 * turn) * grown / 2,
            1,
        )
    ]
    if seconds > 7200:
        stories += [(far, 2000, 7), (far, 150 + 5 * KN_M_S * grown, 7)]
    costs = []
    for off, spread, odds in stories:
        surprise = max(off - 500, 0) / spread
        costs.append((2 * np.log((1 + surprise**2 / 2) * spread / 150) + np.log(odds), surprise))
    cost, surprise = min(costs)
    cost += np.log1p(seconds / 3600) + np.log1p((turn / (1 + 0.02 * seconds)) ** 2)
    assert step.cost[0] == pytest.approx(cost, abs=1e-6)
    assert step.surprise[0] == pytest.approx(surprise, rel=1e-6, abs=1e-9)
    beyond = max(min(stories[0][0], far) - 15 * KN_M_S * seconds - 500, 0) / (150 + 0.3 * 15 * KN_M_S * seconds)
    assert motion.strain(first, then)[0] == pytest.approx(2 * np.log1p(beyond**2 / 2), abs=1e-6)
    reach = 2000 + KN_M_S * (60 * (min(seconds, 10_800) + 15) + 30 * max(seconds - 10_800, 0))
    assert motion.possible(first, then)[0] == (far <= reach) or abs(far - reach) < 1e-3


def test_real_numbers_are_told_apart_as_the_peer_does() -> None:
    assert mean(files_f1()) >= FLOOR_FILES


def test_real_tracks_given_one_number_are_told_apart() -> None:
    found = pairs_f1(share=0.1)
    left_out = found.pop(LEFT_OUT, [])
    assert len(found) == 7
    assert len(left_out) < 0.1 * sum(map(len, found.values()))
    assert mean([f1 for kind in found.values() for f1 in kind]) >= FLOOR_PAIRS


def test_speed() -> None:
    """Half of the floor: the machine may be busy; `python -m bench segmenting` measures."""
    assert speed(2)["rate"] > 250e3


def test_a_number_that_is_everywhere_is_all_strays() -> None:
    rng = np.random.default_rng(0)
    where = rng.uniform([-180, -80], [180, 80], (3_000, 2))
    found = flags(*((i * 10.0, lon, lat, 5.0, 0.0) for i, (lon, lat) in enumerate(where.tolist())))
    assert sum(flag & JUMP for flag in found) > 2_900


# Through the door.


def taken(store: Store, take: Take, what: object, name: str = "input.nmea", **options: object) -> None:
    take(what, name, **options) if isinstance(what, list) else take(what, **options)
    with store.transaction() as con:
        renew(con)


SECONDS = "epoch_ms(t) // 1000 - 1700000000"


def test_the_solent_outlier_is_doubted_alone(store: Store, take: Take) -> None:
    names = {"mmsi": "MMSI", "t": "Time", "lon": "Longitude_degrees", "lat": "Latitude_degrees"}
    taken(store, take, TABLES / "dstl__SolentAIS_part.csv", columns=names)
    found = rows(store, "SELECT p.mmsi, lon, flags FROM marks JOIN positions p USING (input_id, line)")
    assert found == [(245188000, 54.83172, JUMP)]


def test_aircraft_are_not_judged(store: Store, take: Take) -> None:
    lines = [
        *said(T0, msg_type=9, mmsi=111440001, lon=124, lat=38),
        *said(T0 + 60, msg_type=9, mmsi=111440001, lon=125),
    ]
    taken(store, take, lines)
    assert rows(store, "SELECT count(*) FROM positions") == [(2,)]
    assert rows(store, "SELECT count(*) FROM marks") == [(0,)]


def test_marks_wait_for_detection_and_follow_the_set_of_rows(store: Store, take: Take) -> None:
    track = [fix(T0 + 60 * i, lon=124 + 0.006 * i, speed=17, course=90) for i in range(12)]
    away = fix(T0 + 330, lon=131)
    take([track[0], away], "first.nmea")
    assert rows(store, "SELECT mmsi FROM touched") == [(440123456,)]
    assert rows(store, "SELECT * FROM marks") == []
    taken(store, take, [track[1]], "second.nmea")
    assert rows(store, "SELECT * FROM touched") == []
    assert rows(store, f"SELECT {SECONDS}, flags FROM marks") == [(330, JUMP)]
    # Three fixes near the stray make it the longer track: the first two fixes are another ship's, and it lands.
    later = [fix(T0 + 330 + 60 * i, lon=131 + 0.006 * i, speed=17, course=90) for i in range(1, 4)]
    taken(store, take, later, "third.nmea")
    assert rows(store, f"SELECT {SECONDS}, flags FROM marks ORDER BY t") == [(0, JUMP), (60, JUMP)]
    spans = rows(
        store, "SELECT epoch_ms(first_t) // 1000, epoch_ms(last_t) // 1000 FROM changes ORDER BY id DESC LIMIT 1"
    )
    assert [(low - T0, high - T0) for low, high in spans] == [(0, 330)]  # the marks that came and went
    rest = track[2:]
    random.Random(5).shuffle(rest)
    taken(store, take, rest, "fourth.nmea")
    found = rows(store, f"SELECT {SECONDS}, flags, track FROM marks ORDER BY t")
    name = track_name(440123456, (T0 + 330) * 1_000_000, 131.0, 38.5)
    assert found == [(330 + 60 * i, OTHER, name) for i in range(4)]


def test_any_order_and_split_of_inputs_gives_the_same_marks(store: Store, take: Take) -> None:
    base = [fix(T0 + 60 * i, lon=124 + 0.006 * i, speed=17, course=90) for i in range(9)]
    base += [fix(T0 + 30 + 120 * i, lon=131, speed=0) for i in range(5)] + [fix(T0 + 200, lon=0, lat=0)]
    found = set()
    for number, order in enumerate(list(permutations(range(3)))[:4]):
        mmsi = 440000001 + number  # cut and shuffled in another way for each number
        lines = [line for k in order for line in base[k::3]]
        lines = [next(iter(said(**one))) for one in map(fields, lines, [mmsi] * len(lines))]
        for part in (lines[:7], lines[7:]):
            taken(store, take, part, f"{mmsi}-{len(part)}.nmea")
        found.add(tuple(rows(store, f"SELECT t, flags FROM marks WHERE mmsi = {mmsi} ORDER BY ALL")))
    assert len(found) == 1
    assert len(found.pop()) == 6


def fields(line: str, mmsi: int) -> dict[str, object]:
    """The fields of a line of `fix`, for another ship."""
    import pyais

    message = pyais.decode(line[line.index("!") :].encode()).asdict()
    keys = ("lon", "lat", "speed", "course", "second")
    return {"t": line.split("c:")[1].split("*")[0], "mmsi": mmsi} | {key: message[key] for key in keys}


def test_marks_of_other_ships_are_left_alone(store: Store, take: Take) -> None:
    taken(store, take, [fix(T0 + 60 * i, lon=124 if i != 3 else 131) for i in range(8)], "one.nmea")
    before = rows(store, "SELECT rowid, * FROM marks")
    taken(store, take, [fix(T0 + 60 * i, mmsi=440999999, lon=124) for i in range(8)], "two.nmea")
    assert rows(store, "SELECT rowid, * FROM marks") == before
