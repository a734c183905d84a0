"""Batches of an input: what was committed before something went wrong stays, and the same call goes on after it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ais import source
from ais.counts import InputReport, partly_read, reports
from ais.forget import forget
from ais.ingest import IngestOptions, InputError, ingest
from ais.schema import TABLES
from ais.store import MEMORY_LIMIT, Store
from bench.feed import write
from soak.alike import differences, prints
from tests.ais.sentences import NOW, rows

LINES = 12_000
BATCH = 3_000


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BLOCK_BYTES", 100_000)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    write(tmp_path / "feed.nmea", LINES)
    return tmp_path / "feed.nmea"


def take(case: Path, given: Path, **options: object) -> InputReport:
    with Store.open(case) as store:
        return ingest(store, given, IngestOptions(**options), now=NOW, batch_lines=BATCH)  # type: ignore[arg-type]


def interrupted(case: Path, given: Path, part: float) -> None:
    """Take an input in until a part of its bytes is read."""

    def progress(done: int, total: int | None) -> None:
        if total and done > part * total:
            raise KeyboardInterrupt

    with Store.open(case) as store:
        with pytest.raises(KeyboardInterrupt):
            ingest(store, given, IngestOptions(), now=NOW, batch_lines=BATCH, progress=progress)
        ((limit,),) = rows(store, "SELECT current_setting('memory_limit')")
        store.con.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        assert rows(store, "SELECT current_setting('memory_limit')") == [(limit,)]


def test_every_batch_is_a_change_and_the_last_one_completes_it(tmp_path: Path, given: Path) -> None:
    report = take(tmp_path / "case.duckdb", given)
    assert report.complete
    with Store.open(tmp_path / "case.duckdb") as store:
        ((changes,),) = rows(store, "SELECT count(*) FROM changes")
        assert 3 <= changes <= report.lines / BATCH + 1
        assert rows(store, "SELECT place FROM inputs") == [(None,)]


def test_an_interrupted_input_goes_on(tmp_path: Path, given: Path) -> None:
    case, whole = tmp_path / "case.duckdb", tmp_path / "whole.duckdb"
    take(whole, given)
    done = 0
    for part in (0.4, 0.8):
        interrupted(case, given, part)
        with Store.open(case) as store, store.reader() as reader:
            (report,) = reports(reader)
            assert partly_read(reader) is not None
        assert done < report.lines < LINES
        assert report.lines == report.stored + report.other + report.duplicates + sum(report.rejects.values())
        done = report.lines
    assert take(case, given).complete
    assert differences(case, prints(whole)) == []
    assert take(case, given).already


def test_other_options_do_not_go_on_with_it(tmp_path: Path, given: Path) -> None:
    case, whole = tmp_path / "case.duckdb", tmp_path / "whole.duckdb"
    interrupted(case, given, 0.5)
    before = prints(case)
    with pytest.raises(InputError, match=r"other options and not finished.*darkwake forget feed\.nmea"):
        take(case, given, clock_offset_s=60)
    assert differences(case, before) == []
    with Store.open(case) as store:
        forget(store, "feed.nmea")
    assert take(case, given, clock_offset_s=60).complete
    take(whole, given, clock_offset_s=60)
    assert set(differences(case, prints(whole))) <= {"changes"}  # the span that was taken out is one too


def test_what_turns_out_damaged_is_taken_out_again(tmp_path: Path, given: Path) -> None:
    case, packed = tmp_path / "case.duckdb", tmp_path / "feed.nmea.gz"
    packed.write_bytes(gzip.compress(given.read_bytes(), 1)[:-20_000])
    Store.open(case).close()
    before = prints(case)
    with pytest.raises(InputError, match=r"feed\.nmea\.gz"):
        take(case, packed)
    assert set(differences(case, before)) <= {"changes", "touched"}
    with Store.open(case) as store:
        for name in TABLES:
            if name not in ("changes", "touched", "meta"):
                assert rows(store, f"SELECT count(*) FROM {name}") == [(0,)], name


def test_a_file_that_changes_between_two_runs_is_another_input(tmp_path: Path, given: Path) -> None:
    case = tmp_path / "case.duckdb"
    interrupted(case, given, 0.5)
    with given.open("ab") as file:
        file.write(given.read_bytes()[:200_000])
    assert take(case, given).input_id == 2
    with Store.open(case) as store:
        assert rows(store, "SELECT complete FROM inputs ORDER BY id") == [(False,), (True,)]


def test_parquet_has_no_lines_to_rebuild(tmp_path: Path) -> None:
    given = tmp_path / "rows.parquet"
    columns = {"MMSI": [412_000_001] * 9, "BaseDateTime": [f"2024-05-01T00:00:0{i}" for i in range(9)]}
    pq.write_table(pa.table(columns | {"LAT": [38.0] * 9, "LON": [124.0] * 9}), given)
    assert take(tmp_path / "case.duckdb", given).positions == 9
    with Store.open(tmp_path / "case.duckdb") as store:
        assert rows(store, "SELECT plain_sha256 FROM inputs") == [(None,)]
