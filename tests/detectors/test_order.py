"""The order of rows is that of a stable sort whatever the width of the keys; the median is that of NumPy."""

import numpy as np
import pytest

from detectors.geo import median
from detectors.order import order_by


@pytest.mark.parametrize("seed", range(20))
def test_agrees_with_a_stable_sort(seed):
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(0, 400))
    number = rng.choice(np.array([2, 412_000_000, 412_000_001, 412_070_000, 2**32 - 1], np.uint32), rows)
    track = rng.choice(np.array([0, 0, 0, 3, 2**63 + 1, 2**64 - 1], np.uint64), rows)
    t = rng.integers(-5, 5, rows) * int(rng.choice([1, 10**6, 10**15]))
    if seed % 2:
        t.sort()
    assert np.array_equal(order_by(t, track, number), np.lexsort((t, track, number)))
    assert np.array_equal(order_by(t), np.argsort(t, kind="stable"))


def test_a_constant_key_changes_nothing():
    assert order_by(np.full(5, 7)).tolist() == [0, 1, 2, 3, 4]
    assert order_by(np.array([2, 1, 3]), np.full(3, 7, np.uint32)).tolist() == [1, 0, 2]


@pytest.mark.parametrize("rows", range(8))
def test_the_median_is_numpys(rows):
    values = np.random.default_rng(rows).normal(0, 1, rows)
    assert median(values) == np.median(values) if rows else np.isnan(median(values))
    if rows:
        values[rows // 2] = np.nan
        assert np.isnan(median(values))
