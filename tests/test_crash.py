"""kill -9 at random moments of an ingest, and the same again: the case is that of an ingest that nobody disturbed."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest

from ais.store import Store
from bench.feed import feed
from soak.alike import differences, prints
from soak.child import Ingests, Job
from soak.forked import Forks
from soak.kills import tried
from soak.spoil import spoiled
from soak.watched import tried as watched

Write = Callable[[Path], Path]
LINES = 20_000


def sentences(folder: Path) -> Path:
    """Tag-block groups, messages of several parts, copies, orphans, lines that are spoiled; in gzip."""
    lines = b"".join(spoiled(chunk, np.random.default_rng(4), 0.02) for chunk in feed(LINES))
    path = folder / "feed.nmea.gz"
    path.write_bytes(gzip.compress(lines, 1))
    return path


def table(folder: Path) -> Path:
    """Rows of a few ships as others decoded them: some repeated, some spoiled, with static reports in each."""
    path, rng = folder / "rows.csv", np.random.default_rng(4)
    begin = datetime(2024, 5, 1, tzinfo=UTC)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["MMSI", "BaseDateTime", "LAT", "LON", "SOG", "VesselName"])
        for number in range(LINES):
            ship = int(rng.integers(300))
            t = (begin + timedelta(seconds=number // 9)).isoformat()[:19] if number % 300 else "no time"
            place = (38 + ship / 1000, 124 + number * 1e-5)
            row = [412_000_000 + ship, t, *place, ship % 15, f"SHIP {ship} {number // 9000}"]
            out.writerows([row] * (1 + (number % 50 == 0)))
    return path


def parquet(folder: Path) -> Path:
    """The same as Parquet, in row groups that do not end where blocks do."""
    path = folder / "rows.parquet"
    read = pyarrow.csv.read_csv(table(folder)).select(["MMSI", "BaseDateTime", "LAT", "LON", "SOG"])
    pyarrow.parquet.write_table(read.take(np.arange(150_000) % read.num_rows), path, row_group_size=70_001)
    return path


@pytest.mark.parametrize(
    ("write", "block_bytes", "kills"), [(sentences, 150_000, 5), (table, 200_000, 3), (parquet, 6_000_000, 2)]
)
def test_killed_ingests_end_in_the_case_of_an_undisturbed_one(
    write: Write, block_bytes: int, kills: int, tmp_path: Path
) -> None:
    trial = tried(Job(tmp_path / "case.duckdb", write(tmp_path), batch_lines=1, block_bytes=block_bytes), kills)
    assert trial.wrong == []
    assert trial.kills == kills
    assert trial.between, f"no kill fell between two commits: {trial}"


def test_a_missing_row_shows(tmp_path: Path) -> None:
    job = Job(tmp_path / "case.duckdb", sentences(tmp_path))
    with Ingests() as ingests:
        ingests.start(job)
        ingests.result()
    whole = prints(job.case)
    assert min(whole[name][0] for name in ("positions", "position_copies", "parts", "rejects", "hearings")) > 100
    with Store.open(job.case) as store:
        store.con.execute("UPDATE positions SET sog_kn = sog_kn + 1 WHERE line = (SELECT max(line) FROM positions)")
        store.con.execute("DELETE FROM parts WHERE line = (SELECT max(line) FROM parts)")
    assert differences(job.case, whole) == ["positions", "parts"]


def test_a_watch_that_is_killed_finds_what_a_replay_finds(forks: Forks, tmp_path: Path) -> None:
    found = watched(forks, tmp_path, kills=5, positions=48_000, life_s=(0.2, 1.0))
    live, spool, source = found.events
    assert live == spool == source
    assert live.count('"kind"') > 5
    assert found.working >= 3
