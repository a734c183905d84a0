"""The horizon: a stray tail far ahead of all else does not count, whatever the order of rows."""

import itertools

import numpy as np
import pytest

from ais.store import Store
from detectors import detect
from detectors.event import to_us
from detectors.horizon import find_horizon
from tests.detectors.cases import HOUR, MINUTE, NOW, T0, defaults, insert, rows_of, still


def horizon(path, ships):
    with Store.open(path) as store:
        insert(store, rows_of(ships))
        return find_horizon(store.con)


def naive(times):
    """The rule as the design words it, over every row."""
    times = sorted(times)
    silences = [b - a for a, b in itertools.pairwise(times)]
    if not silences:
        return times[-1] if times else None
    longest = max(silences)
    cut = silences.index(longest)
    others = sorted(silences[:cut] + silences[cut + 1 :])
    ahead = len(times) - cut - 1 < 10 and longest > HOUR and longest > 20 * (others[-1] if others else 0)
    return times[cut] if ahead else times[-1]


@pytest.mark.parametrize("seed", range(20))
def test_agrees_with_the_naive_twin(tmp_path, seed):
    rng = np.random.default_rng(seed)
    every = float(rng.choice([0.2, 2, 30]))
    ships = [still(k + 1, 123.0, 37.0, 0, rng.uniform(60, 600), every) for k in range(3)]
    ships.append(still(9, 123.0, 37.0, rng.choice([650, 900, 5000]), rng.choice([650, 900, 5000]) + 1, 1))
    rows = [T0 + round(float(m) * MINUTE) for ship in ships for m in ship.minutes]
    assert horizon(tmp_path / "a.duckdb", ships) == naive(rows)


def test_nothing_has_no_horizon(tmp_path):
    assert horizon(tmp_path / "a.duckdb", []) is None


def test_a_minute_of_ships_and_a_stray_row_a_day_later(tmp_path, zones):
    ships = [still(412000000 + k, 123.0 + k / 100, 37.0, 0, 0) for k in range(40)]
    stray = [still(412000500, 123.0, 37.0, 1439, 1439)]
    with Store.open(tmp_path / "a.duckdb") as store:
        insert(store, rows_of([*ships, *stray]))
        done = detect(store, zones, detectors=defaults("gap"), now=NOW, version="test")
    assert done.horizon is not None
    assert to_us(done.horizon) == T0
    assert (done.ahead, done.events) == (1, {})
