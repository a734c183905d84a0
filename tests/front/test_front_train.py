"""`darkwake train`: what a case learns is in force from its next detection, in the report, and can be handed on."""

import json
from pathlib import Path

import pytest

from tests.front.front_door import START, Run, is_one_sentence, meeting_csv, other_process

HEAD = "MMSI,BaseDateTime,LAT,LON,SOG"


def roads_csv(ships: int = 8) -> str:
    """Ships 250 m apart in a row, the last two 40 m, all lying still for a day."""
    rows = [HEAD]
    for i in range(ships):
        lat = 36.5 + min(i, ships - 2) * 0.00225 + (0.0004 if i == ships - 1 else 0)
        for minute in range(0, 1440, 10):
            when = START.replace(hour=minute // 60, minute=minute % 60).isoformat()
            rows.append(f"{412000001 + i},{when},{lat:.6f},123.5,0.1")
    return "\n".join(rows) + "\n"


def test_a_learned_mask_is_used_named_and_handed_on(cli: Run, tmp_path: Path) -> None:
    table, case, other = (tmp_path / name for name in ("roads.csv", "roads.duckdb", "other.duckdb"))
    table.write_text(roads_csv())
    for path in (case, other):
        assert cli("ingest", table, "--case", path).code == 0
    said = cli("train", "anchorages", "--case", case, "-o", tmp_path / "mask.skops")
    assert said.code == 0, said.err
    assert "36.505 N 123.505 E" in said.out
    assert "darkwake detect" in said.out
    assert cli("train", "import", tmp_path / "mask.skops", "--case", other).code == 0
    told = []
    for path in (case, other):
        assert cli("detect", "--case", path, "--only", "rendezvous").code == 0
        told.append(cli("events", "--case", path, "--kind", "rendezvous", "--format", "json").out)
        assert cli("verify", "--case", path).code == 0
    assert told[0] == told[1]
    assert '"masked": "36.505 N 123.505 E"' in told[0]
    assert cli("report", "--case", case, "-o", tmp_path / "r.html").code == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Places where ships lie were learned" in page
    assert "roads.csv (artefact" in page


def test_what_cannot_be_learned_or_read_is_one_sentence(cli: Run, tmp_path: Path) -> None:
    table, case, bad = tmp_path / "roads.csv", tmp_path / "roads.duckdb", tmp_path / "bad.skops"
    table.write_text(roads_csv(4))
    bad.write_bytes(b"PK\x03\x04 nothing")
    assert cli("ingest", table, "--case", case).code == 0
    little = cli("train", "anchorages", "--case", case)
    assert is_one_sentence(little)
    assert "too little to learn from" in little.err
    for args in (
        ("anchorages", "--case", tmp_path / "none.duckdb"),
        ("import", bad, "--case", case),
        ("import", table, "--case", case),
        ("import", tmp_path / "none.skops", "--case", case),
    ):
        assert is_one_sentence(cli("train", *args)), args
    assert not (tmp_path / "none.duckdb").exists()


def test_models_of_a_users_own_are_learned_and_handed_on(cli: Run, tmp_path: Path) -> None:
    """Eighty pairs lie together, each for its own time and at its own distance; one of them for long and far."""
    rows, case = [HEAD], tmp_path / "pairs.duckdb"
    for i in range(80):
        lon, lat = 123 + i % 9 * 0.15, 34 + i // 9 * 0.15
        for minute in range(0, 150 + i % 7 * 10 if i else 700, 10):
            when = START.replace(hour=minute // 60, minute=minute % 60).isoformat()
            rows.append(f"{412000001 + i},{when},{lat:.6f},{lon:.6f},0.1")
            rows.append(f"{445000001 + i},{when},{lat + (0.0004 + i % 5 * 0.0001 if i else 0.003):.6f},{lon:.6f},0.2")
    table = tmp_path / "pairs.csv"
    table.write_text("\n".join(rows) + "\n")
    assert cli("ingest", table, "--case", case).code == 0
    early = cli("train", "unusual", "--case", case)
    assert is_one_sentence(early)
    assert "too little to learn from: 0 meetings" in early.err
    assert cli("detect", "--case", case, "--only", "rendezvous").code == 0
    said = cli("train", "unusual", "--case", case, "-o", tmp_path / "own.skops")
    assert said.code == 0, said.err
    assert "80 meetings" in said.out
    assert cli("detect", "--case", case, "--only", "rendezvous").code == 0
    events = json.loads(cli("events", "--case", case, "--format", "json").out)
    rank = {event["mmsi"][0]: event["evidence"]["unusual"] for event in events}
    assert len(rank) == 80
    assert rank[412000001] == max(rank.values()) > 0.95
    assert any("of the 80 meetings that the model learned from" in reason for reason in events[0]["reasons"])
    assert cli("report", "--case", case, "-o", tmp_path / "r.html").code == 0
    assert "Models order, they do not decide" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_meetings_need_a_place_to_go(cli: Run) -> None:
    said = cli("train", "meetings")
    assert said.code == 2
    assert "say where it goes" in said.err


def test_detection_does_not_import_what_takes_seconds(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text(meeting_csv())
    code = """
import sys
from darkwake.case import Case
case = Case(sys.argv[2])
case.ingest(sys.argv[1])
case.detect()
(event,) = case.records(kind="rendezvous")
assert event["evidence"]["like_transfer"] is not None
print("ready" if not {"sklearn", "skops"} & set(sys.modules) else "imported")
sys.stdout.flush()
sys.stdin.read()
"""
    with other_process(code, table, tmp_path / "a.duckdb"):
        pass


def test_a_corpus_too_small_to_learn_from_is_said(cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("darkwake.simulate.CORPUS", ("short-contacts",))
    said = cli("train", "meetings", "--seed", 3, "-o", tmp_path / "m.skops")
    assert is_one_sentence(said)
    assert "too little to learn from" in said.err
    assert not (tmp_path / "m.skops").exists()
