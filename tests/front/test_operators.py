"""What the page for operators promises: a case that is lost is made again, and nobody is told twice."""

from __future__ import annotations

import json
import re
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest

from darkwake.alerts.outbox import Outbox
from darkwake.alerts.teller import outbox_of
from soak.forked import Forks
from soak.hook import Hook
from tests.front.front_door import ROOT, Run
from tests.front.watches import drained, events, free_port, until, watching
from tests.test_any_split import feed


def test_a_broken_case_is_made_again_from_the_spool_and_no_alert_is_sent_again(
    cli: Run, forks: Forks, tmp_path: Path
) -> None:
    lines = [line for message in feed(np.random.default_rng(77)) for line in message]
    (tmp_path / "feed.nmea").write_text("\n".join(lines) + "\n")
    case, udp = tmp_path / "live.duckdb", f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    with Hook() as hook:
        rule = f'[[alerts]]\nname = "all"\nto = "webhook+{hook.url}"\nper_hour = 100000\n'
        (tmp_path / "darkwake.toml").write_text(rule)
        words = (f"file:{tmp_path}/feed.nmea", udp, "--config", str(tmp_path / "darkwake.toml"))
        with watching(forks, tmp_path, *words) as watch:
            watch.says("read to its end")
            watch.says("up to")
            until("all is told", lambda: len(hook.came) > 2 and _waiting(case) == 0)
            drained(watch)
        found, told = events(cli, case), hook.keys()
        event = json.loads(found)[0]["id"]
        assert cli("note", event, "--case", case, "--who", "K", "--verdict", "false-alarm").code == 0
        assert cli("notes", "--case", case, "--format", "json", "-o", tmp_path / "notes.json").code == 0
        (tmp_path / "copy").mkdir()
        for path in tmp_path.glob("live.duckdb*"):
            shutil.copy(path, tmp_path / "copy")
        case.write_bytes(b"\0" * 8 + b"DUCK" + b"\xff" * 20_000)
        assert cli("doctor", "--case", case).code == 1
        with watching(forks, tmp_path, *words) as watch:
            assert watch.ended(60)
        assert watch.code == 1
        assert "restore it from a copy" in watch.log
        (tmp_path / "broken").mkdir()
        for path in tmp_path.glob("live.duckdb*"):
            path.rename(tmp_path / "broken" / path.name)
        with watching(forks, tmp_path, *words) as watch:
            watch.says("up to")
            drained(watch)
        assert events(cli, case) == found
        assert hook.keys() == told
    assert cli("verify", "--case", tmp_path / "copy" / "live.duckdb").code == 0
    assert json.loads(cli("notes", "--case", tmp_path / "copy" / "live.duckdb", "--format", "json").out) == json.loads(
        (tmp_path / "notes.json").read_text(encoding="utf-8")
    )


def _waiting(case: Path) -> int:
    outbox = Outbox(outbox_of(case))
    try:
        return outbox.counts()["waiting"]
    finally:
        outbox.close()


@pytest.mark.parametrize("name", ["behind_seconds", "feed_last_line_timestamp_seconds", "alerts"])
def test_what_the_page_says_to_look_at_is_there(name: str) -> None:
    page = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    metrics = (ROOT / "darkwake" / "serve" / "metrics.py").read_text(encoding="utf-8")
    assert f"darkwake_{name}" in page
    assert f'"{name}"' in metrics
    assert set(re.findall(r"darkwake_(\w+)", page)) == {"behind_seconds", "feed_last_line_timestamp_seconds", "alerts"}
