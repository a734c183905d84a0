"""The report as a file: deterministic, small, written whole or not at all."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ais.reader import Reader
from maps import ReportError, assets, write_report
from maps.findings import MAX_EVENTS
from tests.maps.cases import MADE_AT, SETTINGS, case, crowd, event, fix, meeting, plain_zones, run, source


def make(reader: Reader, path: Path) -> str:
    write_report(reader, plain_zones(), path, made_at=MADE_AT, version="0.1.0", settings=SETTINGS)
    return path.read_text(encoding="utf-8")


def data_of(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="dw-data">(.*?)</script>', html, re.DOTALL)
    assert found
    content = json.loads(found[1])
    assert isinstance(content, dict)
    return content


def test_the_same_case_gives_the_same_bytes(tmp_path: Path) -> None:
    with case(tmp_path / "c.duckdb", meeting()) as reader:
        assert make(reader, tmp_path / "a.html") == make(reader, tmp_path / "b.html")


def test_nothing_in_the_page_points_outside(tmp_path: Path) -> None:
    with case(tmp_path / "c.duckdb", meeting()) as reader:
        html = make(reader, tmp_path / "a.html")
    assert not re.findall(r"<(?:script|img|iframe|link|object|embed|audio|video)[^>]*\b(?:src|href|data)\s*=", html)
    assert not [address for address in re.findall(r"url\(([^)]*)\)", html) if not address.startswith(("data:", "#"))]
    assert "sourceMappingURL" not in html
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy[1]
    assert "unsafe-inline" not in policy[1].split("style-src")[0]
    assert html.index("Content-Security-Policy") < html.index("<script>")
    assert assets.licence("leaflet") in html
    assert "jQuery" not in html


def test_the_page_holds_events_and_inputs(tmp_path: Path) -> None:
    with case(tmp_path / "c.duckdb", meeting()) as reader:
        data = data_of(make(reader, tmp_path / "a.html"))
    assert [e["kind"] for e in data["events"]] == ["rendezvous", "odd_new_kind", "gap"]  # type: ignore[attr-defined]
    assert data["inputs"][0]["name"] == "traffic.nmea"  # type: ignore[index]
    lead = data["lead"]
    assert isinstance(lead, dict)
    assert lead["headline"] == "3 events to look at"
    assert "1 meeting at sea, 1 AIS silence" in lead["found"]
    assert "1 silence cannot be assessed" in lead["sure"]


def test_a_hundred_thousand_positions_stay_under_the_budget(tmp_path: Path) -> None:
    with case(tmp_path / "c.duckdb", crowd(50, 2000)) as reader:
        html = make(reader, tmp_path / "a.html")
    assert data_of(html)["tracks"]["kept"] == 100_000  # type: ignore[index]
    assert len(html) < 2_000_000


def test_events_beyond_the_limit_are_counted(tmp_path: Path) -> None:
    rows = [
        event("gap", [412000001], i / 100, i / 100 + 3, id=f"{i:016x}", score=i % 7 / 7) for i in range(MAX_EVENTS + 5)
    ]
    tables = {"inputs": [source()], "positions": [fix(412000001, 1, 124, 38)], "events": rows, "runs": [run()]}
    with case(tmp_path / "c.duckdb", tables) as reader:
        data = data_of(make(reader, tmp_path / "a.html"))
    assert len(data["events"]) == MAX_EVENTS  # type: ignore[arg-type]
    assert data["left_out"] == 5
    assert any("5 events with the lowest scores are left out" in text for _, text in data["caveats"])  # type: ignore[attr-defined]


def test_another_zone_set_than_the_runs_is_said(tmp_path: Path) -> None:
    tables = meeting() | {"runs": [run(zones_sha256="00")]}
    with case(tmp_path / "c.duckdb", tables) as reader:
        data = data_of(make(reader, tmp_path / "a.html"))
    assert data["caveats"][0][0] == "Zones drawn are not those of the run"  # type: ignore[index]


def test_a_case_without_anything_still_makes_a_page(tmp_path: Path) -> None:
    with case(tmp_path / "c.duckdb", {}) as reader:
        data = data_of(make(reader, tmp_path / "a.html"))
    assert "no detection has been run" in data["lead"]["found"]  # type: ignore[index]
    assert data["events"] == []


def test_a_bad_target_is_refused_and_the_old_report_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with case(tmp_path / "c.duckdb", meeting()) as reader:
        for target in (tmp_path, tmp_path / "no" / "r.html"):
            with pytest.raises(ReportError, match="give the path of a file in a folder that exists"):
                make(reader, target)
        old = make(reader, tmp_path / "r.html")
        before = sorted(path.name for path in tmp_path.iterdir())

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("maps.writing.os.fsync", full)
        with pytest.raises(ReportError, match=r"r\.html cannot be written: No space left on device"):
            make(reader, tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == old
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_importing_the_package_is_light() -> None:
    code = "import sys, maps; assert not {'folium', 'numpy', 'duckdb', 'shapely'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_vendored_files_are_as_published() -> None:
    folder = Path(assets.__file__).parent / "vendor"
    sums = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.*"))
        if path.suffix in {".js", ".css"}
    }
    assert sums == {
        "jquery/jquery.min.js": "fc9a93dd241f6b045cbff0481cf4e1901becd0e12fb45166a8f17f95823f0b1a",
        "leaflet/leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
        "leaflet/leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    }
