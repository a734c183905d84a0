"""Meetings in real traffic: those planted are found in the crowd, and those told of innocent ships were looked at."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ais.ingest import IngestOptions, ingest
from ais.store import Store
from detectors import detect, discover, read_events
from detectors.evaluate import iou
from tests.ais.sentences import NOW
from tests.real_tracks import HOURS, Planted, Tracks, companions, moved_alongside, solent, suez, write
from zones import load_zones


def meetings(tracks: Tracks, folder: Path) -> list[dict[str, Any]]:
    """What the detector of meetings finds in tracks."""
    write(tracks, folder / "tracks.csv")
    with Store.open(folder / "case.duckdb") as store:
        ingest(
            store,
            folder / "tracks.csv",
            IngestOptions(columns={name: name for name in ("mmsi", "t", "lon", "lat")}, raw=False),
            now=NOW,
        )
        detect(store, load_zones(), detectors={"rendezvous": discover()["rendezvous"]()}, now=NOW, version="test")
        return [dict(event) for event in read_events(store.reader())]


def unfound(planted: list[Planted], events: list[dict[str, Any]], kind: str) -> list[Planted]:
    """What no event of the kind with these ships covers by half."""

    def span(plant: Planted) -> tuple[datetime, datetime]:
        return datetime.fromtimestamp(plant.start, UTC), datetime.fromtimestamp(plant.end, UTC)

    end = max(event["end"] or event["start"] for event in events)
    return [
        plant
        for plant in planted
        if not any(
            event["kind"] == kind
            and set(plant.mmsi) <= set(event["mmsi"])
            and iou((event["start"], event["end"] or end), span(plant)) >= 0.5
            for event in events
        )
    ]


@pytest.fixture(scope="module")
def roads() -> Tracks:
    return suez()


def test_two_real_ships_moved_alongside_each_other_are_found_in_the_crowd(roads: Tracks, tmp_path: Path) -> None:
    tracks, planted = moved_alongside(roads, 6)
    assert len(planted) == 6
    events = meetings(tracks, tmp_path)
    # 143 and 146 go from ship to ship in the real data too: with them, two are told as attended.
    attended = unfound(planted, events, "rendezvous")
    assert all({143, 146} & set(one.mmsi) for one in attended)
    assert unfound(attended, events, "attended") == []


def test_a_companion_of_a_real_ship_that_swings_is_found(roads: Tracks, tmp_path: Path) -> None:
    tracks, planted = companions(roads, 60.0, 600.0, 8, HOURS)
    assert len(planted) == 8
    assert unfound(planted, meetings(tracks, tmp_path), "rendezvous") == []


def test_a_companion_never_seen_apart_in_the_solent_is_no_brief_contact(tmp_path: Path) -> None:
    tracks, planted = companions(solent(), 0.0, 150.0, 4, 1.3)
    assert len(planted) == 4
    assert unfound(planted, meetings(tracks, tmp_path), "brief_contact") == planted


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The script that makes docs/real_traffic.md."""
    path = Path(__file__).resolve().parents[1] / "docs" / "make_real_traffic.py"
    spec = importlib.util.spec_from_file_location("make_real_traffic", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_meeting_told_of_real_traffic_was_looked_at(maker: ModuleType, tmp_path: Path) -> None:
    found = {}
    for number, file in enumerate(maker.FILES):
        folder = tmp_path / str(number)
        folder.mkdir()
        found[file.title] = maker.meetings(file, folder)
    assert sum(len(maker.likely(events)) for events in found.values()) <= 2
    kept = (maker.HERE / "real_traffic.md").read_text(encoding="utf-8")
    assert kept == maker.page(found), "docs/real_traffic.md is behind the code: run python docs/make_real_traffic.py"
    with pytest.raises(maker.NotLookedAt, match=r"ships \(1, 2\) of .* met \(rendezvous\): look"):
        maker.section(maker.SUEZ, [{**found[maker.SUEZ.title][0], "mmsi": [1, 2], "kind": "rendezvous"}])
