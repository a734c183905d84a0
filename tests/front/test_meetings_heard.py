"""Meetings as they are heard: rafts that grow while the case is watched, antennas at opposite ends, sparse reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from darkwake import Case

FIELDS = ("mmsi", "t", "lon", "lat", "sog_kn", "heading_deg", "ais_class", "to_bow_m", "to_stern_m", "to_port_m",
          "to_starboard_m")  # fmt: skip
START = datetime(2024, 3, 5, 21, 0, tzinfo=UTC)  # all of it goes over midnight
LON, LAT = 123.0, 36.5
A, B, C, D, E = 412000001, 445000002, 371000003, 273000004, 667000005
Way = Sequence[tuple[float, float, float]]  # minutes, metres east and north of the place


def ship(
    mmsi: int,
    way: Way,
    every: float = 5.0,
    sides: tuple[int, int, int, int] = (80, 20, 8, 8),
    heading: int = 0,
    ais_class: str = "A",
) -> list[tuple[object, ...]]:
    """Return rows of a ship that reports every so many minutes on her way, straight from point to point."""
    minutes, east, north = np.array(way).T
    t = np.arange(minutes[0], minutes[-1] + 1e-9, every)
    x, y = np.interp(t, minutes, east), np.interp(t, minutes, north)
    knots = np.hypot(np.gradient(x, t), np.gradient(y, t)) / 60 * 3600 / 1852
    lon, lat = LON + x / (111_195 * np.cos(np.radians(LAT))), LAT + y / 111_195
    return [
        (mmsi, START + timedelta(minutes=float(when)), round(float(a), 6), round(float(b), 6), round(float(kn), 1),
         heading, ais_class, *sides)
        for when, a, b, kn in zip(t, lon, lat, knots, strict=True)
    ]  # fmt: skip


def visit(from_min: float, to_min: float, east: float = 30.0, north: float = 0.0, off: float = 9000.0) -> Way:
    """Come from the east in half an hour, lie there, and go again."""
    return [(from_min - 60, off, north), (from_min - 30, off, north), (from_min, east, north), (to_min, east, north),
            (to_min + 30, off, north), (to_min + 60, off, north)]  # fmt: skip


def add(case: Case, folder: Path, name: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Take rows in as one more file, and detect."""
    lines = [",".join(FIELDS), *(",".join(str(value) for value in row) for row in rows)]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    case.ingest(folder / name, columns={field: field for field in FIELDS}, raw=False)
    case.detect(only=["rendezvous"])


def heard(folder: Path, *ships: list[tuple[object, ...]]) -> list[dict[str, Any]]:
    """Return what is found of ships in a case of their own."""
    case = Case(folder / "case.duckdb")
    add(case, folder, "all.csv", sorted(row for rows in ships for row in rows))
    return case.records()


def test_a_raft_that_grows_while_it_is_watched_keeps_its_id(tmp_path: Path) -> None:
    rows = [
        *ship(A, [(0, 0, 0), (900, 0, 0)]),
        *ship(B, visit(120, 700, 30)),
        *ship(C, visit(330, 800, -30, off=-9000.0)),
        *ship(999000001, [(0, 150_000, 0), (900, 150_000, 0)], every=10),
    ]
    case, seen = Case(tmp_path / "case.duckdb"), []
    for k, low in enumerate(range(0, 900, 150)):
        first, last = (START + timedelta(minutes=minute) for minute in (low, low + 150))
        add(case, tmp_path, f"{k:02d}.csv", [row for row in rows if first <= row[1] < last])  # type: ignore[operator]
        seen += [(one["id"], one["kind"], len(one["mmsi"])) for one in case.records() if one["kind"] == "rendezvous"]
    assert {(name, kind) for name, kind, _ in seen} == {(seen[0][0], "rendezvous")}
    sizes = [size for *_, size in seen]
    assert sizes == sorted(sizes)
    assert set(sizes) == {2, 3}
    with case.reader() as reader:
        told = reader.query(
            "SELECT action FROM ledger WHERE event_id = $id ORDER BY seq", id=seen[0][0]
        )["action"].to_pylist()  # fmt: skip
    assert told[0] == "new"
    assert set(told[1:]) == {"revised"}


def test_antennas_at_opposite_ends_are_alongside_at_130_m(tmp_path: Path) -> None:
    """A ship of 130 m with her antenna at the stern, one of 40 m with hers at the bow, 5 m of water between."""
    long = ship(A, [(0, 0, 0), (500, 0, 0)], sides=(120, 10, 10, 10))
    short = ship(B, visit(120, 300, 20, 128.5), sides=(5, 35, 5, 5))
    (found,) = heard(tmp_path, long, short)
    assert found["kind"] == "rendezvous"
    said = found["evidence"]
    assert said["distance_median_m"] == 130
    assert said["hull_gap_min_m"] == pytest.approx(5, abs=1)
    assert said["alongside_hours"] == pytest.approx(3, abs=0.2)


@pytest.mark.parametrize(("every", "ais_class"), [(3.0, "B"), (20.0, "A")], ids=["class B at rest", "satellites only"])
def test_sparse_reports_are_enough_and_their_holes_are_named(tmp_path: Path, every: float, ais_class: str) -> None:
    one = ship(A, [(0, 0, 0), (700, 0, 0)], every, ais_class=ais_class)
    other = [
        row for row in ship(B, visit(120, 400), every, ais_class=ais_class) if row[1] != START + timedelta(hours=4)
    ]
    (found,) = heard(tmp_path, one, other)
    assert (found["kind"], found["mmsi"]) == ("rendezvous", [A, B])
    said = found["evidence"]
    assert said["hours"] == pytest.approx(280 / 60, abs=every / 60)
    assert said["longest_hole_minutes"] == 2 * every, "one report was missed"
    assert min(said["fixes_a"], said["fixes_b"]) >= 270 / every - 2


def test_a_chain_of_meetings_is_found_link_by_link(tmp_path: Path) -> None:
    """A meets B, B meets C, C meets D, at three places; E passes all of them and meets nobody."""
    far = 40_000.0

    def between(first: Way, second: Way) -> Way:
        return [*first, *((when, x, y + far) for when, x, y in second)]

    def at(place: int, way: Way) -> Way:
        return [(when, x, y + place * far) for when, x, y in way]

    rows = [
        *ship(A, at(0, [(0, 0, 0), (500, 0, 0)])),
        *ship(B, between(at(0, visit(120, 300)), at(0, [(600, 0, 0), (1100, 0, 0)]))),
        *ship(C, between(at(1, visit(700, 900)), at(1, [(1300, 0, 0), (1800, 0, 0)]))),
        *ship(D, at(2, visit(1400, 1600))),
        *ship(E, [(0, -6000, -far), (1800, -6000, 4 * far)]),
    ]
    case = Case(tmp_path / "case.duckdb")
    add(case, tmp_path, "all.csv", sorted(rows))
    events = {tuple(one["mmsi"]): one["id"] for one in case.records()}
    links = case.contacts(A, hops=3)
    assert [tuple(pair) for pair in links["mmsi"]] == [(A, B), (B, C), (C, D)]
    assert list(links["hop"]) == [1, 2, 3]
    assert list(links["event"]) == [events[tuple(sorted(pair))] for pair in links["mmsi"]]
    assert list(links["via"]) == [[], *([one] for one in links["event"][:2])]
    assert len(events) == 3
