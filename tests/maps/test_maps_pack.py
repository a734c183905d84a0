"""Packed columns come back exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.pack import pack, unpack

INT32 = st.integers(-(2**31), 2**31 - 1)


@given(st.lists(st.tuples(INT32, INT32), max_size=40))
def test_any_columns_come_back(rows: list[tuple[int, int]]) -> None:
    columns = [[row[0] for row in rows], [row[1] for row in rows]]
    packed = pack(columns)
    assert packed["n"] == len(rows)
    assert [column.tolist() for column in unpack(packed)] == columns


def test_a_track_takes_a_few_letters_a_position() -> None:
    random = np.random.default_rng(1)
    t = np.cumsum(random.integers(8, 14, 50_000))
    lon = 12_400_000 + np.cumsum(random.integers(-30, 60, 50_000))
    lat = 3_860_000 + np.cumsum(random.integers(-30, 60, 50_000))
    packed = pack([t, lon, lat])
    assert len(str(packed["z"])) / 50_000 < 5


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        pack([[1, 2], [3]])
    with pytest.raises(ValueError, match="does not fit 32 bits"):
        pack([[2**31]])
