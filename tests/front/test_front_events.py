"""`darkwake events`: its formats, filters, and what becomes of hostile names."""

import csv
import io
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.front.front_door import NMEA, Run, meeting_csv

KEYS = ["id", "kind", "mmsi", "start", "end", "lon", "lat", "score", "zones", "evidence", "reasons"]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_json_is_one_array_of_exactly_the_keys(cli: Run, case: Path) -> None:
    found = json.loads(cli("events", "--case", case, "--format", "json").out)
    met = [event for event in found if event["kind"] == "rendezvous"]
    assert len(met) == 1
    assert all(list(event) == KEYS for event in found)
    assert met[0]["mmsi"] == [412000001, 445000002]
    assert met[0]["start"] == "2023-01-01T22:30:00Z"
    assert all(
        TIME.fullmatch(event["start"]) and (event["end"] is None or TIME.fullmatch(event["end"])) for event in found
    )
    assert found == sorted(found, key=lambda event: (event["start"], event["id"]))


def test_filters(cli: Run, case: Path) -> None:
    def count(*args: object) -> int:
        return len(json.loads(cli("events", "--case", case, "--format", "json", *args).out))

    assert count("--kind", "rendezvous") == 1
    assert count("--kind", "rendezvous", "--mmsi", 445000002) == 1
    assert count("--mmsi", 999999999) == 0
    assert count("--zone", "sts_cho_do_sok_do") == 0


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--kind", "gaps"), "there is no kind 'gaps'; did you mean 'gap'?"),
        (("--zone", "sts_cho_do"), "there is no zone 'sts_cho_do'; did you mean 'sts_cho_do_sok_do'?"),
    ],
)
def test_a_misspelt_filter_is_wrong_usage(option: tuple[str, str], said: str, cli: Run, case: Path) -> None:
    ran = cli("events", "--case", case, *option)
    assert ran.code == 2
    assert said in ran.err


def test_every_format_holds_every_event(cli: Run, case: Path, tmp_path: Path) -> None:
    whole = json.loads(cli("events", "--case", case, "--format", "json").out)
    ids = [event["id"] for event in whole]
    table = cli("events", "--case", case).out.splitlines()
    assert [line.split()[0] for line in table[1:]] == ids
    rows = list(csv.DictReader(io.StringIO(cli("events", "--case", case, "--format", "csv").out)))
    assert [row["id"] for row in rows] == ids
    assert json.loads(rows[0]["evidence"]) == whole[0]["evidence"]
    shapes = json.loads(cli("events", "--case", case, "--format", "geojson").out)
    assert [shape["id"] for shape in shapes["features"]] == ids
    assert shapes["features"][0]["geometry"]["coordinates"] == [whole[0]["lon"], whole[0]["lat"]]
    assert cli("events", "--case", case, "--format", "parquet", "-o", "events.parquet").code == 0
    stored = pq.read_table(tmp_path / "events.parquet").to_pylist()
    assert [row["id"] for row in stored] == ids
    assert [row["mmsi"] for row in stored] == [event["mmsi"] for event in whole]


@pytest.mark.parametrize("name", ["\x1b]0;owned\x07\x1b[31mEVIL", "[red]EVIL[/red]", "\u202eEVIL", "EVIL\r\x9b2J"])
def test_a_hostile_name_cannot_reach_the_terminal(name: str, cli: Run, tmp_path: Path) -> None:
    shown = _said_of(name, "table", cli, tmp_path)
    assert "EVIL" in shown
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert "\u202e" not in shown
    if name.startswith("[red]"):
        assert name in shown


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_name_is_no_formula_in_csv(name: str, cli: Run, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(_said_of(name, "csv", cli, tmp_path))))
    assert rows
    assert all(row["names"].startswith(f"'{name}") for row in rows if row["mmsi"].startswith("412000001"))


def _said_of(name: str, format_: str, cli: Run, tmp_path: Path) -> str:
    """Return the events, in a format, of a case in which the first ship has a name."""
    text = meeting_csv((name.replace("\r", ""), "BRAVO"), hours=3)
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert cli("ingest", "a.csv", "--case", "a.duckdb").code == 0
    assert cli("detect", "--case", "a.duckdb").code == 0
    said = cli("events", "--case", "a.duckdb", "--format", format_)
    assert said.code == 0
    return said.out


def test_no_events_is_an_answer(cli: Run, case: Path) -> None:
    assert cli("events", "--case", case, "--mmsi", 1).out == "no events\n"
    assert cli("events", "--case", case, "--mmsi", 1, "--format", "json").out.strip() == "[]"


def test_a_case_that_was_not_looked_through_says_so(cli: Run, tmp_path: Path) -> None:
    first, *others = NMEA.splitlines(keepends=True)
    (tmp_path / "a.nmea").write_text(first)
    (tmp_path / "b.nmea").write_text("".join(others))

    def notes() -> tuple[str, str]:
        assert cli("report", "--case", "a.duckdb", "-o", "a.html").code == 0
        page = (tmp_path / "a.html").read_text(encoding="utf-8")
        said = cli("events", "--case", "a.duckdb", "--format", "json")
        assert json.loads(said.out) == []
        assert (said.err != "") == ("Run `darkwake detect` first" in page.replace("\\u0060", "`"))
        assert ("not a finding" in page) == (said.err != "")
        assert ("It does not mean that nothing happened" in page) == (said.err == "")
        return said.err, cli("status", "--case", "a.duckdb").out

    cli("ingest", "a.nmea", "--case", "a.duckdb")
    assert all("no detection has been run" in note for note in notes())
    cli("detect", "--case", "a.duckdb", "--only", "gap")
    assert all("Never run on this case: loitering, rendezvous, zone_presence" in note for note in notes())
    cli("detect", "--case", "a.duckdb")
    assert notes()[0] == ""
    cli("ingest", "b.nmea", "--case", "a.duckdb")
    assert all("gap, loitering, outage, rendezvous, zone_presence has not looked at yet" in note for note in notes())
