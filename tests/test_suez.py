"""The Suez roads in March 2021, blocked: 22,287 reports of 256 ships, most at anchor close together.

Real data with minutes of local time, the day first, no MMSIs and no speeds. Nothing that is found in it may depend on
the order of its rows, and one stamp that lies far ahead may not make it look as if every ship had gone silent.
"""

from __future__ import annotations

import gzip
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ais.ingest import IngestOptions, InputReport, ingest
from ais.store import Store
from detectors import detect, discover, read_events, to_json
from tests.ais.sentences import NOW, TABLES, law
from zones import load_zones

COLUMNS = {"mmsi": "ID", "t": "ais_pos_timestamp", "lon": "longitude", "lat": "latitude"}
OPTIONS = IngestOptions(columns=COLUMNS, time_format="%d/%m/%Y %H:%M", time_zone="Africa/Cairo")
STRAY = b"7,01/03/2099 12:00,32.5,29.9\n"


@dataclass(frozen=True)
class Case:
    report: InputReport
    ahead: int
    positions: list[Any]
    marks: list[Any]
    events: object


def judged(folder: Path, rows: list[bytes], now: datetime = NOW) -> Case:
    """Take the file's rows in, in this order, and detect."""
    folder.mkdir()
    (folder / "suez.csv").write_bytes(b"".join([HEADER, *rows]))
    detectors = {name: kind() for name, kind in discover().items()}
    with Store.open(folder / "case.duckdb") as store:
        report = ingest(store, folder / "suez.csv", OPTIONS, now=now)
        law(report)
        scope = detect(store, load_zones(), detectors=detectors, now=now, version="test")
        con = store.con
        return Case(
            report,
            scope.ahead,
            con.execute("SELECT mmsi, t, lon, lat FROM positions ORDER BY ALL").fetchall(),
            con.execute("SELECT mmsi, t, track, flags FROM marks ORDER BY ALL").fetchall(),
            to_json(read_events(store.reader())),
        )


HEADER, *ROWS = gzip.decompress((TABLES / "suez_boat-positions.csv.gz").read_bytes()).splitlines(keepends=True)


def when(row: bytes) -> datetime:
    return datetime.strptime(row.split(b",")[1].decode(), "%d/%m/%Y %H:%M").replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return judged(tmp_path_factory.mktemp("suez") / "given", ROWS)


def test_every_row_is_understood_and_none_is_ahead(given: Case) -> None:
    assert (given.report.lines, given.report.other, given.report.rejects) == (22_288, 1, {})
    assert given.ahead == 0
    assert given.report.first_t == datetime(2021, 3, 19, 22, 0, tzinfo=UTC)
    assert len({position[0] for position in given.positions}) == 256
    assert str(given.events).count('"kind"') > 10


@pytest.mark.parametrize("order", ["sorted", "shuffled"])
def test_the_order_of_rows_changes_nothing(given: Case, tmp_path: Path, order: str) -> None:
    rows = sorted(ROWS, key=when) if order == "sorted" else random.Random(1).sample(ROWS, len(ROWS))
    case = judged(tmp_path / order, rows)
    assert case.report.rejects == {}
    assert (case.ahead, case.positions, case.marks, case.events) == (0, given.positions, given.marks, given.events)


def test_one_stamp_of_2099_opens_no_gap(given: Case, tmp_path: Path) -> None:
    at = len(ROWS) // 2
    refused = judged(tmp_path / "refused", [*ROWS[:at], STRAY, *ROWS[at:]])
    assert refused.report.rejects == {"clock": 1}
    assert (refused.ahead, refused.events) == (0, given.events)
    believed = judged(tmp_path / "believed", [*ROWS[:at], STRAY, *ROWS[at:]], datetime(2099, 6, 1, tzinfo=UTC))
    assert believed.report.rejects == {}
    assert (believed.ahead, believed.events) == (1, given.events)
