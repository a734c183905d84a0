"""`darkwake simulate`, `evaluate` and `demo`."""

import json
from pathlib import Path

from tests.front.front_door import Run, is_one_sentence


def test_the_demo_leaves_a_report_and_finds_what_was_planted(cli: Run, tmp_path: Path) -> None:
    said = cli("demo", "-o", "out")
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1] == "Report: out/demo.html"
    assert (tmp_path / "out" / "demo.html").stat().st_size > 100_000
    assert cli("events", "--case", "out/demo.duckdb", "--format", "json", "-o", "events.json").code == 0
    scored = cli("evaluate", "--events", "events.json", "--truth", "out/demo.truth.json")
    assert scored.code == 0
    assert scored.out.strip() in said.out
    again = cli("demo", "-o", "out")
    assert again.out == said.out


def test_simulate_writes_a_scenario_by_name_and_number(cli: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        said = cli("simulate", "busy-day:2000", "--seed", 5, "-o", f"{name}.nmea", "--truth", f"{name}.json")
        assert said.code == 0, said.err
    assert (tmp_path / "a.nmea").read_bytes() == (tmp_path / "b.nmea").read_bytes()
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["seed"] == 5


def test_simulate_lists_scenarios_and_knows_no_others(cli: Run) -> None:
    assert "demo" in cli("simulate").out
    wrong = cli("simulate", "nowhere", "-o", "a.nmea")
    assert wrong.code == 2
    assert "nowhere" in wrong.err
    assert cli("simulate", "demo").code == 2


def test_evaluate_says_which_file_is_wrong(cli: Run, tmp_path: Path) -> None:
    (tmp_path / "text.json").write_text("not json", encoding="utf-8")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    for events, truth in (("text.json", "list.json"), ("list.json", "list.json"), ("none.json", "list.json")):
        said = cli("evaluate", "--events", events, "--truth", truth)
        assert is_one_sentence(said), said
