"""`darkwake verify` on a case with a finding: what a stranger sees when it is true, and when it was altered."""

import json
from pathlib import Path

import duckdb
import numpy as np

from soak.live import START_S, sentences
from tests.front.front_door import NMEA, Run, is_one_sentence, other_process
from tests.zones.samples import box, feature

WRITER = """
import sys
from ais.store import Store
with Store.open(sys.argv[1]):
    print("ready", flush=True)
    sys.stdin.read()
"""


def altered(case: Path, *statements: str) -> Path:
    with duckdb.connect(str(case)) as con:
        for statement in statements:
            con.execute(statement)
    return case


def test_a_true_case_verifies_in_one_sentence_and_is_left_as_it_is(cli: Run, case: Path, tmp_path: Path) -> None:
    before = case.read_bytes()
    said = cli("verify", "--case", case)
    assert (said.code, said.err) == (0, "")
    assert said.out == "1 input rebuilt and decoded again, 481 lines; 1 event detected again: all as the case says\n"
    assert case.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["case.duckdb"]


def test_an_altered_event_is_named_with_each_field(cli: Run, case: Path) -> None:
    later = "reads_from = reads_from - INTERVAL 1 SECOND"
    hours = "evidence = replace(evidence, '\"hours\": 3.98', '\"hours\": 9.98')"
    altered(case, f"UPDATE events SET score = 0.5, {hours}, {later}")
    said = cli("verify", "--case", case)
    assert is_one_sentence(said)
    assert "(1 in events, 1 in ledger)" in said.err
    line, of_ledger, *_ = said.out.splitlines()
    assert line.startswith("events, ")
    assert "(rendezvous of 412000001 and 445000002 from 2023-01-01 22:30)" in line
    assert "score is 0.5 in the case" in line
    assert "evidence.hours is 9.98 in the case, 3.98 again" in line
    assert "reads_from is 2022-12-30 20:29:59 in the case, 2022-12-30 20:30:00 again" in line
    assert "0.5 in the event" in of_ledger


def test_events_ledger_runs_and_zones_that_went_came_or_changed(cli: Run, case: Path) -> None:
    altered(
        case,
        "INSERT INTO events SELECT * REPLACE ('0123456789abcdef' AS id) FROM events",
        "UPDATE ledger SET seq = 2, run_id = 77, supersedes = ['x'], event = replace(event, '412000001', '412000002')",
        "INSERT INTO ledger SELECT 3, 1, 'fedcba9876543210', 'revised', [], '{}'",
        "UPDATE runs SET events = 5 WHERE detector = 'rendezvous'",
        "UPDATE runs SET settings = '{}' WHERE detector = 'gap'",
        "UPDATE zones SET feature = replace(feature, '\"whose\"', '\"whose\" ') WHERE id = 'prk_eez'",
        "DELETE FROM zones WHERE rowid = (SELECT max(rowid) FROM zones)",
    )
    said = cli("verify", "--case", case, "--json")
    assert is_one_sentence(said)
    found = json.loads(said.out)
    assert found["total"] == sum(found["counts"].values()) == len(found["differences"])
    assert found["counts"] == {"events": 1, "ledger": 7, "runs": 2, "zones": 1}
    whats = " ".join(one["what"] for one in found["differences"])
    for part in (
        "only the case has this event",
        "revisions before this one are missing",
        "the run that made it is not recorded",
        "it is out of turn",
        "that its run did not withdraw",
        "no revision made it",
        "is gone without being withdrawn",
        "mmsi is [412000002, 445000002] in the ledger, [412000001, 445000002] in the event",
        "SettingError",
        "it is not that of the zones",
    ):
        assert part in whats, part


def test_what_cannot_be_compared_is_said(cli: Run, case: Path, tmp_path: Path) -> None:
    (tmp_path / "more.nmea").write_text(NMEA, encoding="utf-8")
    assert cli("ingest", tmp_path / "more.nmea", "--case", case).code == 0
    own = tmp_path / "own.geojson"
    own.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature(box(1, 2, 3, 4), "mine")]}), encoding="utf-8"
    )
    assert cli("detect", "--case", case, "--only", "gap", "--zones", own).code == 0
    altered(case, "UPDATE runs SET version = '0.0' WHERE detector = 'gap'")
    said = cli("verify", "--case", case)
    assert said.code == 0, said.out
    behind = "not verified: events of loitering, rendezvous, zone_presence: rows came since its last run"
    assert f"{behind}; run darkwake detect\n" in said.out
    assert "taken as the case keeps them; give their files with --zones" in said.out
    assert "judged by darkwake 0.0" in said.out
    assert said.out.endswith(": what could be verified is as the case says\n")
    assert "--zones" not in cli("verify", "--case", case, "--zones", own).out


def test_a_case_that_is_being_written_to_or_is_not_there(cli: Run, case: Path, tmp_path: Path) -> None:
    with other_process(WRITER, case):
        said = cli("verify", "--case", case)
    assert is_one_sentence(said)
    assert "is being written to by process" in said.err
    assert is_one_sentence(cli("verify", "--case", tmp_path / "none.duckdb"))


def test_silences_weighed_against_outages_are_found_again(cli: Run, tmp_path: Path) -> None:
    """What a detector reads of another's findings is there before it detects again."""
    t = START_S + np.arange(0, 14 * 3_600, 240)
    fails = (t > START_S + 2 * 3_600) & (t < START_S + 4 * 3_600)
    dark = fails | ((t > START_S + 2 * 3_600) & (t < START_S + 12 * 3_600))
    heard = [(412_000_001, t[~dark]), *((412_000_002 + k, t[~fails] + 20 * k) for k in range(4))]
    mmsi, times = (np.concatenate(part) for part in zip(*((np.full(len(t), n), t) for n, t in heard), strict=True))
    order = np.argsort(times, kind="stable")
    lines = sentences(mmsi[order], times[order], box=(150.0, 150.4, 30.0, 30.4))
    given, case = tmp_path / "failing.nmea", tmp_path / "failing.duckdb"
    given.write_bytes(b"".join(lines))
    assert cli("ingest", given, "--case", case).code == 0
    assert cli("detect", "--case", case).code == 0
    events = json.loads(cli("events", "--case", case, "--format", "json").out)
    (gap,) = [event for event in events if event["kind"] == "gap"]
    assert gap["evidence"]["outage_hours"] > 1
    assert "outage" in {event["kind"] for event in events}
    said = cli("verify", "--case", case)
    assert (said.code, said.err) == (0, ""), said.out
