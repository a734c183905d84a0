"""A case against its own sentences: no false alarm on real files of every format, and every alteration is named."""

from __future__ import annotations

import gzip
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais.differences import SHOWN
from ais.duplicates import SAID
from ais.forget import forget
from ais.ingest import IngestOptions, ingest
from ais.schema import COPIES, TABLES
from ais.store import CaseError, Store
from ais.sums import mend, sums
from ais.verification import Verified, verification
from ais.verify import verify_rows
from tests.ais.readings import FILES, START
from tests.ais.sentences import DATA, NMEA, NOW, T0, fix, said
from tests.ais.sentences import TABLES as CSV

SUEZ = {"mmsi": "ID", "t": "ais_pos_timestamp", "lon": "longitude", "lat": "latitude"}
SOLENT = {"mmsi": "MMSI", "t": "Time", "lon": "Longitude_degrees", "lat": "Latitude_degrees", "sog_kn": "SOG_knots"}
GOLDEN: list[tuple[Path, dict[str, Any]]] = [
    *((path, {"start_time": START}) for path in FILES),
    (DATA / "json" / "ntpsec__sample.aivdm.ju.chk", {"start_time": START}),
    (NMEA / "ntpsec__sample.aivdm.js.chk", {"start_time": START, "clock_offset_s": -90.5}),
    (CSV / "AISViz__test_data_noaa_20230101.csv", {}),
    (CSV / "danish_made.csv", {"clock_offset_s": 3600}),
    (CSV / "dstl__SolentAIS_part.csv", {"columns": SOLENT}),
    (
        CSV / "suez_boat-positions_first600.csv",
        {"columns": SUEZ, "time_format": "%d/%m/%Y %H:%M", "time_zone": "Africa/Cairo"},
    ),
]
ROWS = (*SAID, *(table.name for table in COPIES.values()))
Alter = Callable[..., Path]


def verified(path: Path) -> Verified:
    with verification(path) as case:
        verify_rows(case)
        return Verified.of(case, events=0)


def texts(found: Verified, table: str) -> list[str]:
    return [one.text for one in found.differences if one.table == table]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case in which every table but marks has 20 rows or more: what was heard twice, noise, a table."""
    folder = tmp_path_factory.mktemp("verify")
    lines = (NMEA / "GFW_ais-listener_tagblock_first2000.txt").read_bytes().splitlines(keepends=True)
    fixed = [said(T0 + 20 * i, msg_type=4, mmsi=4401234 + i, lon=126, lat=37, year=2023)[0] for i in range(25)]
    made = "".join(f"{line}\n" for line in [*fixed, *(f"noise {i}" for i in range(25)), "# note", fix(T0)]).encode()
    parts = {"a.nmea": b"".join(lines[:400]), "b.nmea": b"".join(lines[200:450]), "made.nmea": made}
    parts |= {"again.nmea": b"".join(made.splitlines(keepends=True)[:25]) + b"\r\n"}
    parts |= {"noaa.csv": (CSV / "AISViz__test_data_noaa_20230101.csv").read_bytes()[:6_000]}
    with Store.open(folder / "case.duckdb") as store:
        for name, data in parts.items():
            (folder / name).write_bytes(data)
            ingest(store, folder / name, IngestOptions(), now=NOW)
    return folder / "case.duckdb"


@pytest.fixture
def alter(whole: Path, tmp_path: Path) -> Alter:
    """A function that returns the case with SQL run on it, by hands that know nothing of darkwake."""

    def altered(*statements: str) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.duckdb"
        shutil.copy(whole, path)
        with duckdb.connect(str(path)) as con:
            for statement in statements:
                con.execute(statement)
        return path

    return altered


def test_real_files_of_every_format_verify(tmp_path: Path) -> None:
    zipped = tmp_path / "first.nmea.gz"
    zipped.write_bytes(gzip.compress(FILES[0].read_bytes()))
    late = tmp_path / "late.nmea"  # a day that was believed when it was taken in, and one that was not
    late.write_text("".join(f"{fix(NOW.timestamp() + days * 86400)}\n" for days in (1, 3)) + "# cut", encoding="utf-8")
    path = tmp_path / "case.duckdb"
    with Store.open(path) as store:
        reports = [
            ingest(store, file, IngestOptions(**how), now=NOW) for file, how in [*GOLDEN, (zipped, {}), (late, {})]
        ]
        assert reports[-1].rejects == {"clock": 1}
    found = verified(path)
    assert found.differences == ()
    assert (found.inputs, found.as_kept, found.lines) == (len(reports), 0, sum(report.lines for report in reports))
    assert [note for note in found.notes if "marks" not in note] == []


def test_lines_longer_than_a_block_may_hold_and_no_end_of_line(tmp_path: Path) -> None:
    with Store.open(tmp_path / "case.duckdb") as store:
        for number, end in enumerate((b"\n", b"")):
            file = tmp_path / f"{number}.nmea"
            file.write_bytes(fix(T0).encode() + b"\n" + b"x" * 7_000_000 + b"\n" + fix(T0 + 60, mmsi=5).encode() + end)
            ingest(store, file, IngestOptions(), now=NOW)
    found = verified(tmp_path / "case.duckdb")
    assert (found.differences, found.lines) == ((), 6)


def test_an_input_that_was_taken_out_leaves_nothing_to_find(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "case.duckdb"
    shutil.copy(whole, path)
    with Store.open(path) as store:
        forget(store, "a.nmea")
    assert verified(path).differences == ()


@pytest.mark.parametrize("seed", range(2))
def test_a_changed_byte_of_a_sentence_is_named(alter: Alter, seed: int) -> None:
    rng = random.Random(seed)
    path = alter()
    changed = {}
    with duckdb.connect(str(path)) as con:
        for name, place, size, data in con.execute(
            "SELECT name, s.rowid, s.bytes, data FROM sentences AS s JOIN inputs ON id = input_id"
        ).fetchall():
            raw = bytearray(pa.Codec("zstd").decompress(data, size, asbytes=True))
            at = rng.randrange(len(raw)) if seed else raw.index(b"\n") - 1  # at first: before the first line end
            changed[name] = raw[:at].count(b"\n") + 1, raw[at]
            raw[at] ^= 1
            packed = pa.Codec("zstd").compress(bytes(raw), asbytes=True)
            con.execute("UPDATE sentences SET data = ? WHERE rowid = ?", [packed, place])
    found = verified(path)
    told = {one.input_id: one for one in found.differences if one.table == "sentences" and one.line is not None}
    names = ("a.nmea", "b.nmea", "made.nmea", "again.nmea", "noaa.csv")
    assert len(told) == len(names)
    for number, name in enumerate(names, 1):
        line, was = changed[name]
        assert told[number].place == f"{name} line {line:,}"
        assert f"was {bytes([was])!r} (put back, the hash is right)" in told[number].what
    if not seed:  # an ordinary byte of a sentence: the row that it gave is named too
        assert {one.line for one in found.differences if one.input_id == 1 and one.table == "rejects"} == {1}


def test_a_changed_byte_that_no_rule_reads_is_named(alter: Alter) -> None:
    path = alter()
    with duckdb.connect(str(path)) as con:
        ((size, data),) = con.execute("SELECT bytes, data FROM sentences WHERE input_id = 3").fetchall()
        raw = pa.Codec("zstd").decompress(data, size, asbytes=True).replace(b"# note", b"# nose")
        con.execute("UPDATE sentences SET data = ? WHERE input_id = 3", [pa.Codec("zstd").compress(raw, asbytes=True)])
    found = verified(path)
    assert found.counts == {"sentences": 2}
    assert (
        "made.nmea line 51: byte 5 is b's' and was b't' (put back, the hash is right): # nose"
        in found.differences[0].text
    )


@given(st.binary(min_size=1, max_size=9000), st.integers(0), st.integers(1, 255))
def test_sums_tell_any_changed_byte(raw: bytes, place: int, change: int) -> None:
    assert sums(raw) == (sum(raw), sum(i * byte for i, byte in enumerate(raw, 1)))
    place %= len(raw)
    now = raw[:place] + bytes([raw[place] ^ change]) + raw[place + 1 :]
    assert mend(now, sums(raw)) == (place, raw[place])
    assert mend(raw, sums(raw)) is None


def _other(column: str, kind: str) -> str:
    """SQL of a value that is not the column's."""
    return {
        "BOOLEAN": f"NOT coalesce({column}, false)",
        "TIMESTAMP": f"coalesce({column}, TIMESTAMP '2020-01-01') + INTERVAL 1 SECOND",
        "VARCHAR": f"coalesce({column}, '') || 'X'",
        "BLOB": f"{column} || 'X'::BLOB",
    }.get(kind, f"if({column} > 1, {column} - 1, coalesce({column}, 0) + 1)")


def test_each_column_of_rows_and_inputs_is_compared(alter: Alter) -> None:
    statements, columns = [], {}
    of_inputs = ("lines", "other", "mmsi_like", "first_t", "last_t", "clock_offset_s")
    kinds = {column.name: column.sql for column in TABLES["inputs"].columns}
    changes = ", ".join(f"{name} = {_other(name, kinds[name])}" for name in of_inputs)
    statements.append(f"UPDATE inputs SET {changes}, format = 'csv', clocks = 'x' WHERE id = 1")
    for name in (*ROWS, "rejects", "parts"):
        columns[name] = [column for column in TABLES[name].columns if column.name not in ("input_id", "line")]
        statements += [
            f"UPDATE {name} SET {column.name} = {_other(column.name, column.sql)} WHERE rowid = "
            f"(SELECT rowid FROM {name} ORDER BY input_id, line LIMIT 1 OFFSET {row})"
            for row, column in enumerate(columns[name])
        ]
    found = verified(alter(*statements))
    assert {name: count for name, count in found.counts.items() if name in columns} == {
        name: len(of_table) for name, of_table in columns.items()
    }
    for name, of_table in columns.items():
        told = [[column for column, _, _ in one.columns] for one in found.differences if one.table == name]
        assert told == [[column.name] for column in of_table[:SHOWN]]
        assert all(one.line and one.sentence for one in found.differences if one.table == name)
    (one,) = (one for one in found.differences if one.table == "inputs")
    assert {column for column, _, _ in one.columns} == {*of_inputs, "format", "clocks"}


CHANGES = (
    ("plain_sha256 = 'x'", "not x"),
    ("sha256 = 'x'", "with the sha256 x"),
    ("bytes = 5", "it came as 5 bytes"),
    ("options = '{}'", "the options '{}' are not understood"),
    ("options = replace(options, '\"raw\": true', '\"raw\": false')", "its raw lines were not kept (--no-raw)"),
    ("options = replace(options, 'auto', 'csv')", "cannot be read again"),
    ("complete = false", "taken in only in part, and is whole"),
    ("begun_on = NULL", "the day on which it was begun is missing"),
    ("begun_on = '2020-01-01'", "lacks this row (reason 'clock')"),
)


@pytest.mark.parametrize("part", range(3))
def test_what_an_input_says_of_itself_is_checked(alter: Alter, part: int) -> None:
    changes = dict(enumerate(CHANGES[part::3], 1))
    found = verified(
        alter(*(f"UPDATE inputs SET {change} WHERE id = {number}" for number, (change, _) in changes.items()))
    )
    for number, (_, told) in changes.items():
        assert [one.text for one in found.differences if one.input_id == number and told in one.text], told


def test_rows_that_went_came_or_changed_places_are_named(alter: Alter) -> None:
    first = "(SELECT min(rowid) FROM {})".format
    statements = []
    for name in (*ROWS, "rejects", "parts", "hearings"):
        change = " REPLACE (hour + INTERVAL 1 DAY AS hour)" if name == "hearings" else ""
        statements += [
            f"INSERT INTO {name} SELECT *{change} FROM {name} WHERE rowid = (SELECT max(rowid) FROM {name})",
            f"DELETE FROM {name} WHERE rowid = {first(name)}",
        ]
    doubted = "mmsi, t, input_id, line, 7 AS track, 1 AS flags"
    statements += ["DELETE FROM touched", f"INSERT INTO marks BY NAME SELECT {doubted} FROM positions LIMIT 1"]
    found = verified(alter(*statements))
    for name in (*ROWS, "rejects", "parts", "hearings"):
        assert found.counts[name] == 2, name
        one, other = texts(found, name)
        assert {"the case lacks this row" in text for text in (one, other)} == {True, False}
        assert {"only the case has this row" in text for text in (one, other)} == {True, False}
    assert found.counts["marks"] == 1


def test_altered_raw_lines_end_in_no_crash(alter: Alter) -> None:
    found = verified(
        alter(
            "UPDATE sentences SET data = data[1:100] WHERE input_id = 1",
            "UPDATE sentences SET bytes = 99999999999 WHERE input_id = 2",
            "DELETE FROM sentences WHERE input_id = 3",
            "UPDATE sentences SET input_id = 77 WHERE input_id = 4",
            "UPDATE sentences SET first_line = 9, plain_sum = 1 WHERE input_id = 5",
        )
    )
    assert found.counts == {"sentences": 7}
    assert [one.text for one in found.differences] == [
        "sentences, input 77: 1 blocks of raw lines of an input that the case does not name",
        "sentences, a.nmea: the kept sentences from line 1 on are damaged",
        "sentences, b.nmea: the kept sentences from line 1 on are damaged",
        "sentences, made.nmea: its raw lines are gone",
        "sentences, again.nmea: its raw lines are gone",
        "sentences, noaa.csv: the block from line 9 on has other sums than it says",
        "sentences, noaa.csv: a block does not begin in the line 9 that it says",
    ]


def test_a_copy_in_the_place_of_the_kept_row_and_rows_of_no_input_are_found(alter: Alter) -> None:
    first = "rowid = (SELECT min(rowid) FROM fixed)"
    move = f"INSERT INTO fixed_copies SELECT * FROM fixed WHERE {first}"
    found = verified(alter(move, f"DELETE FROM fixed WHERE {first}", "DELETE FROM inputs WHERE id = 5"))
    assert (found.counts["fixed"], found.counts["fixed_copies"], found.counts["sentences"]) == (1, 1, 1)
    assert found.counts["positions"] > SHOWN
    assert len(texts(found, "positions")) == SHOWN


def test_what_has_no_raw_lines_is_said_and_the_rest_compared(alter: Alter, tmp_path: Path) -> None:
    path = alter(
        "UPDATE inputs SET options = '{}', plain_sha256 = NULL, begun_on = NULL WHERE id = 1",
        "DELETE FROM sentences WHERE input_id = 1",
        "UPDATE inputs SET complete = false, plain_sha256 = NULL, place = '{}' WHERE id = 2",
    )
    pq.write_table(
        pa.table({"ID": [412000001], "T": ["2023-01-01T00:00:00"], "X": [1.5], "Y": [2.5]}), tmp_path / "p.parquet"
    )
    (tmp_path / "c.nmea").write_bytes((NMEA / "GFW_ais-listener_tagblock_first2000.txt").read_bytes()[:20_000])
    with Store.open(path) as store:
        ingest(store, tmp_path / "c.nmea", IngestOptions(raw=False), now=NOW)
        columns = {"mmsi": "ID", "t": "T", "lon": "X", "lat": "Y"}
        ingest(store, tmp_path / "p.parquet", IngestOptions(columns=columns), now=NOW)
    found = verified(path)
    assert found.differences == ()
    assert (found.inputs, found.as_kept) == (3, 4)
    assert [note.split(";")[0] for note in found.notes if "marks" not in note] == [
        "a.nmea: taken in by an older darkwake, which kept no raw lines",
        "b.nmea: taken in only in part, the same ingest again takes in the rest",
        "c.nmea: its raw lines were not kept (--no-raw)",
        "p.parquet: Parquet has no lines to keep",
    ]
    with duckdb.connect(str(path)) as con:  # what became of its lines must add up, and copies follow from its rows
        con.execute("UPDATE inputs SET lines = lines + 1 WHERE name = 'c.nmea'")
        con.execute(
            "DELETE FROM position_copies WHERE rowid = (SELECT min(rowid) FROM position_copies WHERE input_id = 6)"
        )
        con.execute("DELETE FROM hearings WHERE input_id = 7")
    assert verified(path).counts == {"inputs": 1, "hearings": 2}


def test_a_case_that_is_none_or_lacks_a_table_is_one_sentence(alter: Alter, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="there is no case file"):
        verified(tmp_path / "none.duckdb")
    with pytest.raises(CaseError, match="lacks the column"):
        verified(alter("DROP TABLE parts"))
    path = alter()
    with Store.open(path), pytest.raises(CaseError, match="open for writing"):
        verified(path)
