"""`darkwake doctor`: what is well is said to be, what is not is named with what to do; the service's unit is sound."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest

from darkwake.notify import notify, watchdog_s
from tests.front.front_door import HEAD, NMEA, ROOT, Run, is_one_sentence

UNIT = ROOT / "docs" / "darkwake-watch.service"


def findings(cli: Run, *args: object) -> dict[str, tuple[str, str]]:
    said = cli("doctor", "--json", *args)
    found = {one["what"]: (one["state"], one["said"]) for one in json.loads(said.out)}
    assert said.code == int(any(state == "bad" for state, _ in found.values()))
    return found


def test_a_sound_machine_and_case(cli: Run, case: Path) -> None:
    before = case.read_bytes()
    found = findings(cli, "--case", case)
    assert {state for state, _ in found.values()} == {"ok"}
    assert "held by nobody" in found["case"][1]
    assert case.read_bytes() == before
    assert "BAD" not in cli("doctor", "--case", case).out


def test_what_is_wrong_is_named(cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = namedtuple("room", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda folder: room(1, 1, 1_000_000))
    (tmp_path / "no.duckdb").write_bytes(b"no case")
    (tmp_path / "darkwake.toml").write_text(
        'zones = ["none.geojson"]\n[[alerts]]\nname = "a"\nto_env = "DARKWAKE_TEST_UNSET"\n'
    )
    found = findings(cli, "--case", "no.duckdb", "--config", "darkwake.toml")
    assert {what for what, (state, _) in found.items() if state == "bad"} == {"zones", "alerts of a", "room", "case"}
    assert "none.geojson" in found["zones"][1]
    (tmp_path / "darkwake.toml").write_text("[gap]\nmin_hour = 1\n")
    assert "did you mean 'min_hours'" in findings(cli, "--config", "darkwake.toml")["settings"][1]


def test_a_case_that_nobody_has_looked_through_and_a_clock_that_is_ahead(cli: Run, tmp_path: Path) -> None:
    from darkwake.clock import now

    later = (now() + timedelta(hours=20)).strftime("%Y-%m-%dT%H:%M:%S")
    (tmp_path / "ahead.csv").write_text(f"{HEAD}\n412000001,{later},38,124,1,90,511,A,,,70,0,100,16,5.0,\n")
    assert cli("ingest", "ahead.csv", "--case", "c.duckdb").code == 0
    (tmp_path / "c.spool").mkdir()
    (tmp_path / "c.spool" / "day.nmea").write_text(NMEA)
    (tmp_path / "c.alerts.sqlite").write_bytes(b"no database, for sure" * 100)
    found = findings(cli, "--case", "c.duckdb")
    assert found["detection"][0] == "note"
    assert found["newest line"][0] == "bad"
    assert "clock" in found["newest line"][1]
    assert found["spool"][0] == "ok"
    assert found["outbox of alerts"][0] == "bad"


def test_a_wrong_use_is_one_sentence(cli: Run) -> None:
    assert is_one_sentence(cli("status", "--case", "none.duckdb"))
    assert findings(cli, "--case", "none.duckdb")["case"][0] == "bad"


def test_the_unit_is_sound_and_hardened(tmp_path: Path) -> None:
    text = UNIT.read_text(encoding="utf-8")
    command = re.search(r"ExecStart=\S+/darkwake (watch .*)", text)
    assert command is not None
    assert "Type=notify" in text
    if shutil.which("systemd-analyze") is None:
        return  # not every machine has systemd; elsewhere it is held against it
    (tmp_path / UNIT.name).write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text))
    for check in (["verify"], ["security", "--offline=true", "--threshold=20"]):
        done = subprocess.run(
            ["systemd-analyze", *check, tmp_path / UNIT.name], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("abstract", [False, True])
def test_the_service_manager_is_told(abstract: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"@darkwake-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name[1:] if abstract else name)
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        notify("READY=1")
        assert manager.recv(100) == b"READY=1"
    notify("STOPPING=1")  # nobody is there any more
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify("READY=1")
    assert watchdog_s() is None
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    assert watchdog_s() == 15.0
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert watchdog_s() is None
