"""A full disk: one sentence, exit code 1, and the case and the files as they were; an ingest goes on after it."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bench.feed import write
from soak.alike import differences, prints
from tests.front.front_door import (
    IN_BATCHES,
    ROOT,
    START,
    Run,
    Said,
    commit_often,
    is_one_sentence,
    meeting_csv,
    snapshot,
)

MIB = 1 << 20


class Disk:
    """A folder that takes only so much more: a small mount where allowed, else a quota on each file of the process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], capture_output=True, check=False
        )
        self.mounted = made.returncode == 0
        self.limit: int | None = None

    def fill(self, room: int) -> None:
        """Leave `room` bytes: on the mount by a file that takes the rest, else by the quota over the largest file."""
        if self.mounted:
            free = os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize
            (self.folder / "ballast").write_bytes(b"\0" * max(0, free - room))
        else:
            self.limit = max((path.stat().st_size for path in self.folder.iterdir()), default=0) + room

    def empty(self) -> None:
        """Make room again."""
        (self.folder / "ballast").unlink(missing_ok=True)
        self.limit = None

    def run(self, *args: object, in_batches: bool = False) -> Said:
        """Run a command in another process, whose files may not outgrow the disk; perhaps with many commits."""

        def bound() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            if self.limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (self.limit, self.limit))

        way = ["-c", IN_BATCHES] if in_batches else ["-m", "darkwake"]
        command = [sys.executable, *way, *map(str, args)]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, check=False, preexec_fn=bound
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def close(self) -> None:
        """Give the folder back."""
        if self.mounted:
            subprocess.run(["umount", self.folder], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "disk")
    yield made
    made.close()


def test_a_full_disk_changes_nothing(disk: Disk, meeting: Path, cli: Run, tmp_path: Path) -> None:
    case, report = disk.folder / "case.duckdb", disk.folder / "report.html"
    case.write_bytes(meeting.read_bytes())
    report.write_text("the old report\n", encoding="utf-8")
    day = meeting_csv(
        start=START + timedelta(days=2), hours=24 * 20
    )  # 57,600 rows with times that do not compress away
    (tmp_path / "day.csv").write_text(day, encoding="utf-8")
    before = snapshot(cli, case)
    disk.fill(room=64 << 10)
    for args in (
        ["ingest", tmp_path / "day.csv"],
        ["report", "-o", report],
        ["events", "--format", "json", "-o", report],
    ):
        said = disk.run(*args, "--case", case)
        if said.code == 0 and (args[0] == "events" or (args[0] == "report" and not disk.mounted)):
            assert args[-1] == report
            report.write_text("the old report\n", encoding="utf-8")
            continue  # a few events fit into what is left; a quota is for each file, and a report smaller than the case
        assert is_one_sentence(said), (args, said)
        assert report.read_text(encoding="utf-8") == "the old report\n"
        assert snapshot(cli, case) == before


def test_an_ingest_goes_on_once_there_is_room(
    disk: Disk, cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, case, other = tmp_path / "feed.nmea", disk.folder / "case.duckdb", tmp_path / "undisturbed.duckdb"
    lines = write(given, 40_000)
    ingest = ("ingest", given, "--case")
    commit_often(monkeypatch)
    assert cli(*ingest, other).code == 0
    known = 0
    for room, times in ((3 * MIB // 2, 2), (MIB // 2, 1)):
        disk.fill(room)
        for _ in range(times):
            said = disk.run(*ingest, case, in_batches=True)
            assert is_one_sentence(said), said
            assert "full" in said.err
        disk.empty()
        (one,) = json.loads(cli("status", "--case", case, "--json").out)["inputs"]
        assert known < one["lines"] < lines
        assert one["complete"] is False
        known = one["lines"]
    said = cli(*ingest, case)
    assert said.code == 0, said
    assert differences(case, prints(other)) == []
