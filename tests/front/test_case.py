"""`Case`: the commands as methods, for scripts and notebooks."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from darkwake import Case
from darkwake.settings import SettingsError
from tests.front.front_door import ROOT, meeting_csv


def test_the_whole_way(tmp_path: Path) -> None:
    (tmp_path / "meeting.csv").write_text(meeting_csv(), encoding="utf-8")
    case = Case(tmp_path / "c.duckdb")
    taken = case.ingest(tmp_path / "meeting.csv")
    assert (taken.lines, taken.already) == (481, False)
    assert case.detect().events["rendezvous"] == 1
    events = case.events(kind="rendezvous")
    assert events["mmsi"].tolist() == [[412000001, 445000002]]
    assert events["start"][0].to_pydatetime() == datetime(2023, 1, 1, 22, 30, tzinfo=UTC)
    assert case.names() == {412000001: "ALPHA", 445000002: "BRAVO"}
    assert len(case.tracks(412000001)) == 240
    assert case.report(tmp_path / "r.html").stat().st_size > 50_000
    assert case.status()["vessels"] == 2
    assert "ALPHA" in case.map().get_root().render()


def test_a_ship_is_asked_for_by_number(case: Path) -> None:
    told = Case(case)
    with pytest.raises(TypeError, match="MMSI"):
        told.tracks("ALPHA")  # type: ignore[arg-type]
    first = told.tracks().iloc[0]
    assert len(told.tracks(first["mmsi"])) > 0


def test_settings_change_what_is_found(case: Path) -> None:
    told = Case(case)
    assert (
        told.detect(only=["rendezvous"], settings={"rendezvous": {"min_hours": 5.0}}).events.get("rendezvous", 0) == 0
    )
    assert told.detect(only=["rendezvous"]).events["rendezvous"] == 1
    with pytest.raises(SettingsError, match="min_hours"):
        told.detect(settings={"rendezvous": {"min_hour": 5.0}})


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, darkwake; from darkwake import Case; Case('x'); print(sorted(set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    for heavy in ("numpy", "pandas", "duckdb", "pyarrow", "folium", "shapely", "scipy", "rich"):
        assert f"'{heavy}'" not in done.stdout
