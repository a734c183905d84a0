"""The main job on real files: `darkwake run`, from sentences and tables to a report that asks for nothing."""

import re
from pathlib import Path
from typing import Any

import pytest

from darkwake import Case
from darkwake.cli import main
from tests.front.front_door import ROOT, Run

NMEA = ROOT / "tests" / "data" / "nmea" / "GFW_ais-listener_tagblock_first2000.txt"
TABLES = ROOT / "tests" / "data" / "tables"
SUEZ = [
    "--columns",
    "mmsi=ID,t=ais_pos_timestamp,lon=longitude,lat=latitude",
    "--time-format",
    "%d/%m/%Y %H:%M",
    "--time-zone",
    "Africa/Cairo",
]
SOLENT = [
    "--columns",
    "mmsi=MMSI,t=Time,lon=Longitude_degrees,lat=Latitude_degrees,sog_kn=SOG_knots,cog_deg=COG_degrees",
]


def _lawful(item: dict[str, Any]) -> bool:
    kept = item["stored"] + item["other"] + item["duplicates"]
    return bool(item["lines"] == kept + sum(item["rejects"].values()))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("ran")
    with pytest.raises(SystemExit) as left:
        main(["run", str(NMEA), "--case", str(folder / "a.duckdb"), "--report", str(folder / "a.html")])
    assert left.value.code == 0
    return Case(folder / "a.duckdb")


def test_every_line_of_a_real_file_is_counted(ran: Case) -> None:
    (item,) = ran.status()["inputs"]
    assert item["lines"] == 2000
    assert _lawful(item)
    assert item["name"] == NMEA.name


def test_times_are_those_of_the_tag_blocks(ran: Case) -> None:
    lines = NMEA.read_text(encoding="ascii").splitlines()
    said = {n: re.search(r"c:(\d+)", line) for n, line in enumerate(lines, 1)}
    found = ran.tracks()
    assert len(found) > 1000
    for line, t in zip(found["line"], found["t"], strict=True):
        stamp = said[line]
        assert stamp is not None
        assert int(t.timestamp()) == int(stamp.group(1))


def test_ships_that_talk_without_a_fix_are_heard(ran: Case) -> None:
    sql = "SELECT count(DISTINCT mmsi) AS n FROM heard WHERE msg_type IN (1, 2, 3, 18, 19, 27)"
    with ran.reader() as reader:
        assert reader.query(sql).to_pylist() == [{"n": 13}]


def test_the_report_asks_for_nothing(ran: Case, browser: Any) -> None:
    page = browser.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    address = ran.path.with_name("a.html").as_uri()
    page.goto(address)
    page.wait_for_selector(".leaflet-container")
    page.wait_for_timeout(500)
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [address]
    assert wrong == []
    assert NMEA.name in page.content()
    page.close()


@pytest.mark.parametrize(
    ("name", "options"), [("suez_boat-positions_first600.csv", SUEZ), ("dstl__SolentAIS_part.csv", SOLENT)]
)
def test_tables_run_to_a_report(name: str, options: list[str], cli: Run, tmp_path: Path) -> None:
    said = cli("run", TABLES / name, *options)
    assert said.code == 0, said.err
    stem = Path(name).stem
    (item,) = Case(f"{stem}.duckdb").status()["inputs"]
    assert _lawful(item)
    assert item["positions"] > 500
    assert (tmp_path / f"{stem}.html").stat().st_size > 50_000


def test_the_same_file_twice_changes_nothing(ran: Case, cli: Run) -> None:
    before = ran.status()
    said = cli("run", NMEA, "--case", ran.path, "--report", "b.html")
    assert said.code == 0
    assert "already in the case" in said.out
    assert ran.status() == before


def test_the_same_table_read_otherwise_is_told(cli: Run, tmp_path: Path) -> None:
    table = TABLES / "suez_boat-positions_first600.csv"
    assert cli("ingest", table, *SUEZ, "--case", "c.duckdb").code == 0
    before = Case("c.duckdb").status()
    other = ["Asia/Seoul" if word == "Africa/Cairo" else word for word in SUEZ]
    said = cli("ingest", table, *other, "--case", "c.duckdb")
    assert said.code == 0
    assert "--time-zone Africa/Cairo, not --time-zone Asia/Seoul" in said.out
    assert "read with" not in cli("ingest", table, *SUEZ, "--case", "c.duckdb").out
    assert "read with" not in cli("ingest", table, "--case", "c.duckdb").out
    assert Case("c.duckdb").status() == before


def test_the_report_takes_the_name_of_the_case(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    said = cli("run", NMEA, "--case", "out/mine.duckdb")
    assert said.code == 0, said.err
    assert (tmp_path / "out" / "mine.html").exists()
    assert not list(tmp_path.glob("*.html"))


def test_a_report_that_cannot_be_is_told_before_the_work(cli: Run, tmp_path: Path) -> None:
    said = cli("run", NMEA, "--report", "nowhere/r.html")
    assert said.code == 1
    assert "nowhere/r.html cannot be a report" in said.err
    assert not list(tmp_path.iterdir())


def test_several_inputs_and_a_pattern(cli: Run, tmp_path: Path) -> None:
    lines = NMEA.read_bytes().splitlines(keepends=True)
    (tmp_path / "day1.nmea").write_bytes(b"".join(lines[:1000]))
    (tmp_path / "day2.nmea").write_bytes(b"".join(lines[1000:]))
    said = cli("run", "day*.nmea")
    assert said.code == 0, said.err
    assert [item["name"] for item in Case("day1.duckdb").status()["inputs"]] == ["day1.nmea", "day2.nmea"]
    assert (tmp_path / "day1.html").exists()
