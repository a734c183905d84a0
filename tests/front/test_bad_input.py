"""Bad input: one sentence, exit code 1, no traceback, and the case as it was."""

import gzip
import json
import re
import sqlite3
from pathlib import Path

import duckdb
import pytest

from tests.front.front_door import NMEA, Run, is_one_sentence, other_process, snapshot

NO_TIME = re.sub(r"(?m)^.*\\!", "!", NMEA)  # the tag blocks cut off
DAY_FIRST = "ID,when,x,y\n1,20/03/2021 00:22,32.3,31.4\n1,21/03/2021 01:25,32.4,31.4\n"
COLUMNS = ["--columns", "mmsi=ID,t=when,lon=x,lat=y"]
FILES: dict[str, tuple[str, bytes, list[str]]] = {
    "empty": ("empty.nmea", b"", []),
    "binary": ("photo.nmea", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 40, []),
    "truncated gzip": ("cut.nmea.gz", gzip.compress(NMEA.encode() * 50)[:-12], []),
    "NMEA with no time": ("untimed.nmea", NO_TIME.encode(), []),
    "CSV without the needed columns": ("odd.csv", b"a,b,c\n1,2,3\n4,5,6\n", []),
    "CSV with day-first dates": ("days.csv", DAY_FIRST.encode(), COLUMNS),
    "CSV whose columns are not there": ("days.csv", DAY_FIRST.encode(), ["--columns", "mmsi=MMSI,t=when,lon=x,lat=y"]),
    "Parquet that is none": ("cut.parquet", b"PAR1" + b"\0" * 50, []),
}


@pytest.mark.parametrize("what", FILES)
@pytest.mark.parametrize("command", ["ingest", "run"])
def test_a_bad_file_changes_nothing(what: str, command: str, cli: Run, case: Path, tmp_path: Path) -> None:
    name, data, options = FILES[what]
    (tmp_path / name).write_bytes(data)
    before = snapshot(cli, case)
    said = cli(command, tmp_path / name, "--case", case, *options)
    assert is_one_sentence(said), said
    assert name in said.err
    assert snapshot(cli, case) == before


@pytest.mark.parametrize("command", ["ingest", "run"])
def test_a_directory_and_a_missing_file(command: str, cli: Run, case: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    before = snapshot(cli, case)
    for name in ("folder", "nowhere.nmea", "nowhere*.nmea"):
        said = cli(command, tmp_path / name, "--case", case)
        assert is_one_sentence(said), said
        assert name in said.err
    assert snapshot(cli, case) == before


def test_a_bad_file_does_not_stop_the_others(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.nmea").write_bytes(b"")
    (tmp_path / "good.nmea").write_text(NMEA)
    said = cli("run", "empty.nmea", "good.nmea", "--case", "both.duckdb")
    assert said.code == 1
    assert "Traceback" not in said.err
    assert "left out: empty.nmea" in said.err
    assert "1 of 2 inputs" in said.err
    assert (tmp_path / "both.html").exists()
    assert len(json.loads(cli("status", "--case", "both.duckdb", "--json").out)["inputs"]) == 1


def test_a_bad_file_leaves_no_new_case(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.nmea").write_bytes(b"")
    assert is_one_sentence(cli("run", "empty.nmea"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.nmea"]


def _text(path: Path) -> None:
    path.write_text("my notes\n", encoding="utf-8")


def _sqlite(path: Path) -> None:
    con = sqlite3.connect(path)
    con.execute("CREATE TABLE positions (mmsi INTEGER)")
    con.commit()
    con.close()


def _foreign_duckdb(path: Path) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE positions (mmsi INTEGER)")


@pytest.mark.parametrize("make", [_text, _sqlite, _foreign_duckdb])
def test_a_case_file_that_is_not_ours(make: object, cli: Run, tmp_path: Path) -> None:
    path = tmp_path / "theirs.duckdb"
    make(path)  # type: ignore[operator]
    (tmp_path / "good.nmea").write_text(NMEA, encoding="utf-8")
    before = path.read_bytes()
    for args in (
        ["ingest", "good.nmea"],
        ["run", "good.nmea"],
        ["detect"],
        ["events"],
        ["status"],
        ["report", "-o", "r.html"],
    ):
        said = cli(*args, "--case", path)
        assert is_one_sentence(said), (args, said)
        assert "theirs.duckdb" in said.err
    assert path.read_bytes() == before


def test_a_case_that_is_not_there(cli: Run, tmp_path: Path) -> None:
    for args in (["detect"], ["events"], ["status"], ["report", "-o", "r.html"]):
        said = cli(*args, "--case", "none.duckdb")
        assert is_one_sentence(said), (args, said)
    assert list(tmp_path.iterdir()) == []


HOLD_AS_OURS = """
import sys
from ais.store import Store
with Store.open(sys.argv[1]):
    print("ready", flush=True)
    sys.stdin.read()
"""
HOLD_AS_OTHER = """
import sys, duckdb
con = duckdb.connect(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
"""


def test_readers_work_beside_a_writer_and_a_second_writer_does_not(cli: Run, case: Path, tmp_path: Path) -> None:
    (tmp_path / "good.nmea").write_text(NMEA, encoding="utf-8")
    before = snapshot(cli, case)
    with other_process(HOLD_AS_OURS, case):
        assert snapshot(cli, case) == before
        assert "rendezvous" in cli("events", "--case", case).out
        for args in (["ingest", "good.nmea"], ["detect"]):
            said = cli(*args, "--case", case)
            assert is_one_sentence(said), (args, said)
            assert case.name in said.err
    assert snapshot(cli, case) == before


def test_a_case_held_by_another_program(cli: Run, case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ais.reader.OPEN_WAIT_S", 0.2)
    (tmp_path / "good.nmea").write_text(NMEA, encoding="utf-8")
    before = snapshot(cli, case)
    with other_process(HOLD_AS_OTHER, case):
        for args in (["ingest", "good.nmea"], ["detect"], ["events"], ["status"]):
            said = cli(*args, "--case", case)
            assert is_one_sentence(said), (args, said)
            assert case.name in said.err
    assert snapshot(cli, case) == before


BOWTIE = '{"type":"Polygon","coordinates":[[[124,38],[125,39],[125,38],[124,39],[124,38]]]}'
OPEN_RING = '{"type":"Polygon","coordinates":[[[124,38],[125,38],[125,39],[124,39]]]}'


@pytest.mark.parametrize("geometry", [BOWTIE, OPEN_RING])
def test_a_zone_file_with_invalid_rings(geometry: str, cli: Run, case: Path, tmp_path: Path) -> None:
    properties = json.dumps({"name": "Mine", "kind": "area", "source": ["me"], "alert_for": "any"})
    feature = f'{{"type":"Feature","id":"mine","properties":{properties},"geometry":{geometry}}}'
    (tmp_path / "mine.geojson").write_text(f'{{"type":"FeatureCollection","features":[{feature}]}}', encoding="utf-8")
    (tmp_path / "good.nmea").write_text(NMEA, encoding="utf-8")
    before = snapshot(cli, case)
    commands = (
        ["zones", "check", "mine.geojson"],
        ["zones", "list", "--zones", "mine.geojson"],
        ["detect", "--case", case, "--zones", "mine.geojson"],
        ["run", "good.nmea", "--case", case, "--zones", "mine.geojson"],
        ["report", "--case", case, "-o", "r.html", "--zones", "mine.geojson"],
    )
    for args in commands:
        said = cli(*args)
        assert is_one_sentence(said), (args, said)
        assert "mine" in said.err
    assert snapshot(cli, case) == before
