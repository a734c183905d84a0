"""Duplicates: what is kept is a function of the set of rows, held against a slow twin of the rule."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from unittest.mock import patch

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ais.duplicates import SAID, hashes, repeated, settle
from ais.schema import COPIES, TABLES
from ais.store import Store
from tests.ais.sentences import T0, Take, fix, rows, said

ZERO = datetime.fromisoformat("2024-02-29T23:59:30")


class Row(NamedTuple):
    """A position in few columns; the others are always the same."""

    mmsi: int
    half_s: int  # time in half seconds
    utc_s: int | None
    lon: float
    station: str | None
    repeat: int

    @property
    def payload(self) -> tuple[object, ...]:
        second = None if self.utc_s is not None and self.utc_s <= 59 else self.half_s // 2
        return (self.mmsi, self.utc_s, self.lon, second)


class Placed(NamedTuple):
    """A row at its place in an input."""

    row: Row
    name: str
    line: int

    @property
    def order(self) -> tuple[object, ...]:
        return (self.row.half_s, self.row.station is not None, self.row.station or "", self.name, self.line)


def kept_by_the_rule(placed: Sequence[Placed]) -> set[tuple[str, int]]:
    """The rule read out loud, row by row."""
    kept = set()
    for payload in {one.row.payload for one in placed}:
        alike = sorted((one for one in placed if one.row.payload == payload), key=lambda one: one.row.half_s)
        chain: list[Placed] = []
        for one in [*alike, None]:
            if chain and (one is None or one.row.half_s - chain[-1].row.half_s > 20):
                kept.add(min(chain, key=lambda each: each.order)[1:])
                chain = []
            if one is not None:
                chain.append(one)
    return kept


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        for name in (*SAID, "inputs", "rejects", "parts"):
            made.execute(TABLES[name].ddl())
        for table in COPIES.values():
            made.execute(table.ddl())
        yield made


def add_input(con: duckdb.DuckDBPyConnection, number: int, placed: Sequence[Placed]) -> None:
    """Take rows in as the input of that number, in their order."""
    name = placed[0].name if placed else f"empty{number}"
    con.execute(
        "INSERT INTO inputs (id, name, sha256, bytes, format, lines, other, mmsi_like, options, clock_offset_s, "
        "clocks, complete) VALUES (?, ?, ?, 0, 'nmea', ?, 0, true, '{}', 0, '{}', true)",
        (number, name, f"{number:064}", len(placed)),
    )
    schema = pa.schema([field.with_nullable(True) for field in TABLES["positions"].arrow_schema()])
    made = [
        {
            "mmsi": row.mmsi,
            "t": ZERO + timedelta(seconds=row.half_s / 2),
            "utc_s": row.utc_s,
            "lon": row.lon,
            "lat": 38.0,
            "msg_type": 1,
            "repeat": row.repeat,
            "station": row.station,
            "input_id": number,
            "line": line,
        }
        for row, _, line in placed
    ]
    if made:
        table = pa.Table.from_pylist(made, schema)
        h = hashes(con, "positions", table)
        settle(con, "positions", table, h, repeated(h))


ROWS = st.builds(
    Row,
    mmsi=st.sampled_from([440000001, 440000002]),
    half_s=st.integers(0, 120),
    utc_s=st.sampled_from([None, 5, 5, 5, 60]),
    lon=st.sampled_from([125.0, 125.0, -180.0]),
    station=st.sampled_from([None, "a", "b"]),
    repeat=st.integers(0, 1),
)


@settings(max_examples=80)
@given(
    st.lists(ROWS, max_size=25),
    st.randoms(use_true_random=False),
    st.integers(1, 3),
    st.sampled_from([(20_000, 1_000), (20_000, 1), (3, 1_000)]),
    st.booleans(),
)
def test_kept_rows_are_those_of_the_rule_however_they_arrive(
    con: duckdb.DuckDBPyConnection,
    sent: list[Row],
    chance: random.Random,
    files: int,
    few: tuple[int, int],
    at_once: bool,
) -> None:
    """Whether rows near the new ones, and those alike among them, are few or many; file by file or all in one go."""
    for name in (*SAID, "inputs", *(table.name for table in COPIES.values())):
        con.execute(f"DELETE FROM {name}")
    by_file: dict[str, list[Placed]] = {f"file{i}": [] for i in range(files)}
    for row in sent:
        name = chance.choice(sorted(by_file))
        by_file[name].append(Placed(row, name, len(by_file[name]) + 1))
    placed = [one for file in by_file.values() for one in file]
    order = list(by_file.values())
    chance.shuffle(order)
    with patch.multiple("ais.duplicates", _FEW_ROWS=few[0], _FEW_ALIKE=few[1]):
        con.execute("BEGIN" if at_once else "SELECT 1")
        for number, file in enumerate(order, 1):
            add_input(con, number, file)
        con.execute("COMMIT" if at_once else "SELECT 1")
    sql = "SELECT name, line FROM {} AS p JOIN inputs ON inputs.id = p.input_id"
    kept = con.execute(sql.format("positions")).fetchall()
    copies = con.execute(sql.format("position_copies")).fetchall()
    assert sorted(kept) == sorted(kept_by_the_rule(placed))
    assert sorted(kept + copies) == sorted((one.name, one.line) for one in placed)


def test_the_same_message_of_two_stations_is_one_row(store: Store, take: Take) -> None:
    report = take([fix(T0, station="b", repeat=1), fix(T0, station="a"), fix(T0 + 30, second=20)])
    assert (report.stored, report.duplicates, report.positions) == (2, 1, 2)
    assert rows(store, "SELECT station, line FROM positions ORDER BY t") == [("a", 2), (None, 3)]


def test_an_earlier_row_that_comes_later_is_kept_and_the_change_is_told(store: Store, take: Take) -> None:
    late = take([fix(T0 + 9, second=20), fix(T0 + 500, second=0)], "late.nmea")
    early = take([fix(T0, second=20)], "early.nmea")
    assert rows(store, "SELECT epoch_ms(t) // 1000 FROM positions ORDER BY t") == [(T0,), (T0 + 500,)]
    assert rows(store, "SELECT epoch_ms(t) // 1000 FROM position_copies") == [(T0 + 9,)]
    assert (early.stored, early.duplicates) == (1, 0)
    ((stored, duplicates),) = rows(
        store,
        f"SELECT (SELECT count(*) FROM positions WHERE input_id = {late.input_id}),"
        f" (SELECT count(*) FROM position_copies WHERE input_id = {late.input_id})",
    )
    assert (stored, duplicates) == (1, 1)
    spans = rows(store, "SELECT epoch_ms(first_t) // 1000, epoch_ms(last_t) // 1000 FROM changes ORDER BY id")
    assert spans == [(T0 + 9, T0 + 500), (T0, T0 + 9)]


def test_a_chain_goes_on_from_its_last_copy(store: Store, take: Take) -> None:
    take([fix(T0 + s, second=20) for s in (0, 8, 16)], "first.nmea")
    later = take([fix(T0 + 24, second=20)], "later.nmea")
    assert (later.stored, later.duplicates) == (0, 1)
    assert rows(store, "SELECT epoch_ms(t) // 1000 FROM positions") == [(T0,)]


def test_without_a_second_of_its_own_only_the_same_second_is_a_duplicate(store: Store, take: Take) -> None:
    voyage = {"msg_type": 5, "shipname": "PAEK MA"}
    lines = [
        *said(T0, **voyage),
        *said(T0, station="x", **voyage),
        *said(T0 + 1, **voyage),
        fix(T0, second=60),
        fix(f"{T0}.9", second=60),
        fix(T0 + 1, second=60),
    ]
    report = take(lines)
    assert (report.stored, report.duplicates) == (6, 3)
    assert rows(store, "SELECT count(*) FROM identities") == [(2,)]
    assert rows(store, "SELECT count(*) FROM heard") == [(2,)]
    assert rows(store, "SELECT count(*) FROM positions") == [(2,)]


def test_the_same_bytes_again_change_nothing(store: Store, take: Take) -> None:
    lines = [fix(T0 + 60 * i) for i in range(5)]
    first = take(lines)
    before = [rows(store, f"SELECT * FROM {name}") for name in TABLES]
    again = take(lines, "another name.nmea")
    assert again.already
    assert (again.input_id, again.name, again.stored) == (first.input_id, first.name, first.stored)
    assert [rows(store, f"SELECT * FROM {name}") for name in TABLES] == before


def test_a_file_of_copies_alone_is_a_change_for_it_tells_of_a_receiver(store: Store, take: Take) -> None:
    take([fix(T0 + 60 * i) for i in range(5)])
    report = take([fix(T0 + 60 * i, repeat=1, station="z") for i in range(3)], "copies.nmea")
    assert (report.stored, report.duplicates) == (0, 3)
    assert rows(store, "SELECT epoch(last_t - first_t)::INTEGER FROM changes ORDER BY id") == [(240,), (120,)]


def test_copies_are_found_among_stamps_that_lie_far_apart(store: Store, take: Take) -> None:
    stamps = [T0 + 40_000 * i + 700 * (i % 3) for i in range(80)]  # more holes than one query looks around
    take([fix(t, second=7) for t in stamps], "a.nmea")
    report = take([fix(t + 8, second=7) for t in stamps], "b.nmea")
    assert report.duplicates == 80
    assert take([fix(t + 16, second=7) for t in stamps[::2]] + [fix(stamps[1] + 30, second=7)], "c.nmea").positions == 1
