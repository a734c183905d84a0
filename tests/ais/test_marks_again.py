"""Marks remade by what came since are those of all fixes at once, whichever came when."""

import numpy as np
import pytest

from ais.marks import renew
from soak.fresh import fresh, passing
from tests.detectors.cases import Ship, insert, rows_of

PARTS = 9
MARKS = "SELECT mmsi, t, line, track, flags FROM marks ORDER BY ALL"


def odd_ships(rng: np.random.Generator) -> list[Ship]:
    """Ships under way, some with a jump, a place at 0/0, a frozen place, or another ship of the same number."""
    ships = []
    for k in range(6):
        minutes = np.cumsum(rng.choice([1.0, 3.0, 10.0, 200.0], 60, p=[0.5, 0.3, 0.18, 0.02])).round(2)
        sog = np.full(60, float(rng.choice([0.1, 8.0])))
        lon, lat = 123.0 + 0 * minutes, 36.0 + sog * minutes / 3600
        at = int(rng.integers(0, 60))
        match k % 6:
            case 1:
                lon[at] += 3.0
            case 2:
                lon[at] = lat[at] = 0.0
            case 3:
                lon[at:], lat[at:] = lon[at], lat[at]
            case 4:
                lon[::2] += 4.0
        ships.append(Ship(412000100 + k, minutes, lon, lat, sog, cog_deg=0.0))
    return ships


@pytest.mark.parametrize("seed", range(5))
def test_marks_of_parts_are_those_of_the_whole(tmp_path, seed):
    rng = np.random.default_rng(seed)
    tables = rows_of(odd_ships(rng))
    size, minutes = tables["positions"].num_rows, tables["positions"]["t"].to_numpy().view(np.int64)
    late = rng.random(size) < (0.0 if seed % 2 else 0.1)
    part = np.where(late, rng.integers(0, PARTS, size), np.argsort(np.argsort(minutes)) * PARTS // size)
    found = []
    for number in (PARTS, 1):
        with passing(fresh(tmp_path / f"{number}.duckdb")) as store:
            for k in range(number):
                here = np.flatnonzero(part == k) if number > 1 else np.arange(size)
                insert(store, {"positions": tables["positions"].take(here)})
                with store.transaction() as con:
                    renew(con)
            found.append(store.reader().query(MARKS).to_pylist())
            if number > 1:
                plain = store.con.execute("SELECT mmsi FROM plain_ships WHERE plain").fetchall()
    assert found[0] == found[1]
    assert {row["mmsi"] for row in found[1]} >= {412000101, 412000102}
    assert (412000100,) in plain


def test_ships_of_which_nothing_is_left_are_let_go(tmp_path):
    """All of an input is taken out again in the process that had judged its ships."""
    tables = rows_of([Ship(101 + k, np.arange(5.0), np.full(5, 123.0 + k), np.full(5, 36.0)) for k in range(2)])
    with passing(fresh(tmp_path / "a.duckdb")) as store:
        insert(store, tables)
        with store.transaction() as con:
            renew(con)
            con.execute("DELETE FROM positions WHERE mmsi = 101")
            con.execute("INSERT INTO touched VALUES (101)")
            con.execute("INSERT INTO changes SELECT max(id) + 1, min(first_t), max(last_t) FROM changes")
            renew(con)
        assert store.con.execute("SELECT DISTINCT mmsi FROM plain_ships").fetchall() == [(102,)]
        assert store.con.execute("FROM touched").fetchall() == []
