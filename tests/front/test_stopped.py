"""An ingest that others look at while it runs, that is stopped and goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from bench.feed import write
from soak.alike import differences, prints
from tests.front.front_door import IN_BATCHES, ROOT, Run, Said, commit_often

LINES = 40_000


@contextmanager
def ingesting(given: Path, case: Path) -> Iterator[subprocess.Popen[str]]:
    """An ingest in another process that commits every quarter of a megabyte."""
    command = [sys.executable, "-c", IN_BATCHES, "ingest", str(given), "--case", str(case)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def looked_at(cli: Run, case: Path, more_than: int = 0) -> dict[str, Any]:
    """Wait until more lines than those are committed; return what the status then says of the input."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.01)
        if case.exists() and (said := cli("status", "--case", case, "--json")).code == 0:
            for one in json.loads(said.out)["inputs"]:
                if one["lines"] > more_than:
                    return dict(one)
    raise AssertionError("nothing was committed within a minute")


def stopped(process: subprocess.Popen[str], number: signal.Signals) -> Said:
    """Stop an ingest; it ends within seconds, on a slow machine too."""
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    return Said(process.returncode, out, err)


def test_an_ingest_can_be_watched_stopped_and_taken_up_again(
    cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, case, other = tmp_path / "feed.nmea", tmp_path / "case.duckdb", tmp_path / "undisturbed.duckdb"
    write(given, LINES)
    lines = 0
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with ingesting(given, case) as process:
            one = looked_at(cli, case, lines)
            assert one["complete"] is False
            assert one["lines"] == one["stored"] + one["other"] + one["duplicates"] + sum(one["rejects"].values())
            said = stopped(process, number)
        assert said == Said(code, "", "darkwake: stopped; run the same command again to go on\n")
        before, lines = lines, looked_at(cli, case)["lines"]  # it may have committed once more
        assert lines >= one["lines"] > before
    nobody_takes_it_for_whole(cli, case, tmp_path)
    commit_often(monkeypatch)
    for path in (case, other):
        assert cli("ingest", given, "--case", path).code == 0
    assert looked_at(cli, case)["complete"] is True
    assert "Only part" not in cli("status", "--case", case).out
    assert differences(case, prints(other)) == []


def nobody_takes_it_for_whole(cli: Run, case: Path, folder: Path) -> None:
    """Whatever a user asks of a case with half an input says that it is half."""
    half, report = folder / "half.duckdb", folder / "half.html"
    copyfile(case, half)
    words = "Only part of feed.nmea is in this case"
    assert words in cli("status", "--case", half).out
    assert words in cli("detect", "--case", half).err
    assert words in cli("events", "--case", half).err
    assert cli("report", "--case", half, "-o", report).code == 0
    page = report.read_text(encoding="utf-8")
    assert words in page
    assert "It does not mean that nothing happened" not in page
