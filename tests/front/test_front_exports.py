"""`darkwake tracks`, `zones export` and what `events` says of itself: source and time of making with everything."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq

from darkwake import formats
from darkwake.case import Case
from maps.exports import tracks_geojson, tracks_table
from tests.front.front_door import Run
from tests.hostile_texts import HOSTILE
from tests.maps.cases import case as made_case
from tests.maps.cases import fix, identity, source
from zones import load_zones, read_zones

TEXTS = list(HOSTILE.values())


def test_tracks_come_out_with_their_lines_source_and_time(cli: Run, case: Path, tmp_path: Path) -> None:
    held = Case(case).tracks()
    assert cli("tracks", "--case", case, "-o", "t.csv").out == f"Tracks: {len(held):,} positions, t.csv\n"
    rows = list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text(encoding="utf-8"))))
    assert [int(row["mmsi"]) for row in rows] == held["mmsi"].tolist()
    assert [float(row["lat"]) for row in rows] == held["lat"].tolist()
    assert rows[0]["t"] == "2023-01-01T22:30:00.000000Z"
    assert {row["input"] for row in rows} == {"meeting.csv"}
    assert {(row["case"], len(row["made"])) for row in rows} == {("case.duckdb", 20)}
    assert cli("tracks", "--case", case, "--format", "parquet", "--mmsi", 412000001, "-o", "t.parquet").code == 0
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.num_rows == len(held) // 2
    assert b"meeting.csv (sha256" in table.schema.metadata[b"source"]
    assert str(table.schema.field("t").type) == "timestamp[us, tz=UTC]"
    assert cli("tracks", "--case", case, "--format", "geojson", "--to", "2023-01-02T00:00Z", "-o", "t.json").code == 0
    lines = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert [one["properties"]["name"] for one in lines["features"]] == ["ALPHA", "BRAVO"]
    first = lines["features"][0]
    assert len(first["geometry"]["coordinates"]) == len(first["properties"]["times"]) == 91
    assert first["properties"]["times"][-1] == "2023-01-02T00:00:00Z"
    assert {"source", "made"} <= set(lines)


def test_a_line_breaks_at_a_silence_at_180_and_leaves_doubts_out(tmp_path: Path) -> None:
    places = [(0, 179.8), (0.1, 179.9), (0.2, -179.9), (0.3, -179.8), (0.4, 10.0), (2.0, -179.0)]
    rows = [fix(7, hours, lon, 10.0, line=i) for i, (hours, lon) in enumerate(places, 1)]
    mark = {"mmsi": 7, "t": rows[4]["t"], "input_id": 1, "line": 5, "track": 1, "flags": 1}
    with made_case(tmp_path / "c.duckdb", {"inputs": [source()], "positions": rows, "marks": [mark]}) as reader:
        table = tracks_table(reader)
        found = json.loads(tracks_geojson(table, {}, {}))["features"]
    assert table["flags"].to_pylist() == [0, 0, 0, 0, 1, 0]
    assert [one["geometry"]["type"] for one in found] == ["LineString", "LineString", "Point"]
    assert [len(one["properties"]["times"]) for one in found] == [2, 2, 1]
    assert {one["properties"]["left_out"] for one in found} == {1}
    assert json.loads(tracks_geojson(table.slice(0, 0), {}, {}))["features"] == []


def test_zones_come_out_as_they_can_be_taken_in(cli: Run, tmp_path: Path) -> None:
    zones = load_zones()
    assert cli("zones", "export", "-o", "z.geojson").code == 0
    _, again, _ = read_zones(tmp_path / "z.geojson")
    assert [zone.id for zone in again] == [zone.id for zone in zones.zones]
    assert [zone.geometry for zone in again] == [zone.geometry for zone in zones.zones]
    assert zones.sha256 in json.loads((tmp_path / "z.geojson").read_text(encoding="utf-8"))["zone_set"]
    assert cli("zones", "export", "--format", "csv", "-o", "z.csv").code == 0
    csv.field_size_limit(10_000_000)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "z.csv").read_text(encoding="utf-8"))))
    assert [row["whose"] for row in rows] == [zone.whose for zone in zones.zones]
    assert all(zones.sha256 in row["zone_set"] for row in rows)
    assert cli("zones", "export", "--format", "parquet", "-o", "z.parquet").code == 0
    assert pq.read_table(tmp_path / "z.parquet")["id"].to_pylist() == [zone.id for zone in zones.zones]


def test_events_name_their_source_and_when_they_were_taken_out(cli: Run, case: Path, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(cli("events", "--case", case, "--format", "csv").out)))
    assert all(row["source"].startswith("AIS in meeting.csv (sha256 ") and len(row["made"]) == 20 for row in rows)
    shapes = json.loads(cli("events", "--case", case, "--format", "geojson").out)
    assert shapes["source"] == rows[0]["source"]
    assert cli("events", "--case", case, "--format", "parquet", "-o", "e.parquet").code == 0
    assert pq.read_schema(tmp_path / "e.parquet").metadata[b"source"].decode() == rows[0]["source"]


def test_hostile_names_of_files_stations_and_ships_leave_as_text(tmp_path: Path) -> None:
    inputs = [source(text, id=i + 1, sha256=f"{i:064x}") for i, text in enumerate(TEXTS)]
    positions = [fix(412000000 + i, 1, 124, 38, station=text, input_id=i + 1, line=1) for i, text in enumerate(TEXTS)]
    said = [identity(412000000 + i, name=text) for i, text in enumerate(TEXTS)]
    tables = {"inputs": inputs, "positions": positions, "identities": said}
    with made_case(tmp_path / "c.duckdb", tables) as reader:
        table = tracks_table(reader)
    case = Case(tmp_path / "c.duckdb")
    rows = list(csv.reader(io.StringIO(formats.table_csv(table, case.about()).decode(), newline="")))
    assert len(rows) == len(TEXTS) + 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "\t", "\r"))]
    assert not [
        cell for row in rows for cell in row if cell.startswith("-") and not cell[1:].replace(".", "").isdigit()
    ]
    features = json.loads(tracks_geojson(table, case.names(), case.about()))["features"]
    assert [one["properties"]["name"] for one in features] == TEXTS
    assert table["station"].to_pylist() == TEXTS
