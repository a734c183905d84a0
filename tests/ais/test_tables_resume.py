"""A reading of a table that goes on after any of its blocks gives what an undisturbed one gives from there on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ais.source
import ais.tables
from ais.clock import Believable
from ais.source import Source
from ais.staging import Taken
from ais.tables import CsvReading, ParquetReading
from ais.timetext import TimeText
from tests.ais.sentences import NOW

COLUMNS = {"mmsi": "id", "t": "when", "lon": "x", "lat": "y", "name": "n"}
HEADER = "id,when,x,y,n"


def lines(n: int) -> list[str]:
    """Rows of 40 ships in two hours, now and then one that is no good or says another name."""
    made = []
    for i in range(n):
        when = f"2024-01-01T{i * 2 // n:02}:{i % 60:02}:00"
        name = f"SHIP {i % 40}{'?' if i % 61 == 0 else ''}"
        made.append("nobody,,," if i % 97 == 0 else "" if i % 89 == 0 else f"{440000000 + i % 40},{when},125,38,{name}")
    return made


def told(taken: Taken) -> dict[str, Any]:
    tables = {name: pa.concat_tables(tables).to_pylist() for name, tables in taken.tables.items()}
    return vars(taken) | {"tables": tables, "state": json.dumps(taken.state)}


def check(path: Path, reading: Callable[..., Any], fewest: int) -> list[Taken]:
    def read(state: dict[str, Any] | None) -> list[Taken]:
        with Source(path) as source:
            return list(reading(source, COLUMNS, TimeText(None, "UTC", Believable.on(NOW)), 1, state))

    whole = read(None)
    assert len(whole) >= fewest
    for i, taken in enumerate(whole):
        rest = read(json.loads(json.dumps(taken.state)))
        assert [told(one) for one in rest] == [told(one) for one in whole[i + 1 :]]
    return whole


@pytest.mark.parametrize("remembered", [1, 5_000, 1_000_000])
def test_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remembered: int) -> None:
    monkeypatch.setattr(ais.source, "BLOCK_BYTES", 70_000)
    monkeypatch.setattr(ais.tables, "_REMEMBERED_ROWS", remembered)
    data = "\n".join([HEADER, *lines(9_000), "x" * 200_000, *lines(500)]).encode()
    (tmp_path / "a.csv").write_bytes(data)
    whole = check(tmp_path / "a.csv", lambda *args: CsvReading(*args).blocks(), 7)
    assert b"".join(taken.raw for taken in whole) == data
    assert [(line, why) for taken in whole for line, why, _ in taken.rejects if why == "too long"] == [
        (9_002, "too long")
    ]
    for taken in whole:
        assert taken.first_line == data[: taken.end - len(taken.raw)].count(b"\n") + 1
    identities = sum(table.num_rows for taken in whole for table in taken.tables.get("identities", []))
    if remembered == 1_000_000:
        assert identities == 2 * 80  # each ship with and without its mark, in each hour
    else:
        assert identities > 2 * 80  # again after each time of forgetting: copies, once duplicates are settled


def test_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ais.tables, "_BATCH_ROWS", 1_000)
    monkeypatch.setattr(ais.tables, "_REMEMBERED_ROWS", 2_500)
    rows = [line.split(",") for line in lines(9_000) if line and not line.startswith("nobody")]
    table = pa.table(dict(zip(HEADER.split(","), map(list, zip(*rows, strict=True)), strict=True)))
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2_300)
    check(tmp_path / "a.parquet", lambda *args: ParquetReading(*args).blocks(), 10)
