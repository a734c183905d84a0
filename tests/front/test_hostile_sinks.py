"""Hostile texts through every sink that is no page: table, CSV, GeoJSON, JSON, Parquet, and a line of a log."""

import csv
import io
import json
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkwake import formats
from darkwake.say import plain
from detectors import to_json
from tests.hostile_texts import HOSTILE

START = datetime(2024, 3, 5, 6, tzinfo=UTC)
TEXTS = list(HOSTILE.values())
NAMES = {412_000_000 + i: text for i, text in enumerate(TEXTS)}


def records(texts: list[str]) -> list[dict[str, Any]]:
    """Events in which every text is one of these."""
    return [
        {
            "id": f"{i:016x}",
            "kind": "gap",
            "mmsi": [412_000_000 + i, 412_000_000 + (i + 1) % len(texts)],
            "start": START + timedelta(hours=i),
            "end": None,
            "lon": 124.0,
            "lat": 38.0,
            "score": 0.5,
            "zones": [text, f"two {text}"],
            "evidence": {f"key {text}": text, "listed": []},
            "reasons": [text, f"against: {text}"],
        }
        for i, text in enumerate(texts)
    ]


def test_the_corpus_is_broad() -> None:
    assert len(set(TEXTS)) >= 60
    assert max(map(len, TEXTS)) >= 10_000


def test_a_table_holds_a_line_for_each_event_and_nothing_that_moves_a_cursor() -> None:
    lines = formats.as_table(records(TEXTS), NAMES, None).split("\n")
    assert len(lines) == len(TEXTS) + 1
    assert [line[:16] for line in lines[1:]] == [f"{i:016x}" for i in range(len(TEXTS))]
    assert {unicodedata.category(character) for line in lines for character in line} & {"Cc", "Cf", "Zl", "Zp"} == set()


def cells(text: str, parted_by: str) -> list[list[str]]:
    """Return the cells that a spreadsheet makes of a CSV file."""
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=parted_by))


@pytest.mark.parametrize("parted_by", [",", ";"])
def test_no_cell_of_csv_is_a_formula(parted_by: str) -> None:
    rows = cells(formats.as_csv(records(TEXTS), NAMES), parted_by)
    armed = [cell for row in rows[1:] for cell in row if cell.startswith(("=", "+", "@", "\t", "\r", "-"))]
    assert armed == []
    if parted_by == ",":
        assert len(rows) == len(TEXTS) + 1
        assert {len(row) for row in rows} == {len(rows[0])}
        read = {row[0]: row for row in rows[1:]}
        assert all(plain(text) in read[f"{i:016x}"][3] for i, text in enumerate(TEXTS))


def test_json_and_geojson_give_the_text_itself() -> None:
    made = records(TEXTS)
    assert [one["reasons"][0] for one in json.loads(to_json(made))] == TEXTS
    features = json.loads(formats.as_geojson(made))["features"]
    assert [one["properties"]["zones"][0] for one in features] == TEXTS


def test_parquet_gives_the_text_itself() -> None:
    table = formats.as_arrow(records(TEXTS))
    assert [reasons[0] for reasons in table["reasons"].to_pylist()] == TEXTS


@given(st.text(max_size=40))
def test_any_text_is_one_plain_line_of_a_log_and_no_formula(text: str) -> None:
    shown = plain(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    [row] = cells(formats.as_csv(records([text]), {412_000_000: text}), ",")[1:]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row)
