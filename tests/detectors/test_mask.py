"""Places where many ships lie still are learned; contacts there are lowered and listed, and no STS area is masked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ais.store import Store
from detectors import detect, read_events
from detectors.artefacts import Artefact, BadArtefact, make
from detectors.mask import CELL_DEG, Mask, Rules, TooLittle, describe
from detectors.training import take, train_anchorages
from tests.detectors.cases import NOW, Ship, defaults, insert, metres_east, rows_of, still
from zones import ZoneSet

LON, LAT = 123.505, 36.505
FEW = Rules(ships=5, hours=20)


def roads(
    lon: float = LON, lat: float = LAT, ships: int = 6, apart_m: float = 400, first: int = 412000100
) -> list[Ship]:
    """Ships in a row, each lying still for six hours."""
    return [still(first + i, lon + metres_east(apart_m * i, lat), lat, 0, 360) for i in range(ships)]


def learned(path: Path, zones: ZoneSet, ships: list[Ship], rules: Rules = FEW) -> Artefact:
    with Store.open(path) as store:
        insert(store, rows_of(ships))
        return train_anchorages(store, zones, rules, now=NOW, version="test")


def test_where_many_ships_lie_is_learned_and_named(tmp_path: Path, zones: ZoneSet) -> None:
    passing = Ship(440000001, np.arange(0, 300, 5.0), LON + 0.3 + np.arange(60) * 0.01, np.full(60, LAT))
    made = learned(
        tmp_path / "a.duckdb",
        zones,
        [*roads(apart_m=150), *roads(122.3, 37.525, apart_m=150, first=413000100), passing],
    )
    mask, places = Mask.of(made), describe(made)
    assert len(mask) == 2
    assert [place["ships_most"] for place in places] == [6, 6]
    assert "WEIHAI" in places[1]["name"]
    assert places[0]["name"].startswith("36.505 N 123.5")
    assert sum(place["hours"] for place in places) == pytest.approx(72, abs=1)
    at = mask.at(np.array([LON, 122.3, LON + 0.1, LON + 0.45]), np.array([LAT, 37.525, LAT, LAT]))
    assert at.tolist() == [0, 1, -1, -1]
    assert mask.name(0) == places[0]["name"]
    assert mask.name(-1) is None
    assert made.about["rules"]["ships"] == 5
    assert made.about["versions"] == {"darkwake": "test"}


def test_a_place_across_180_degrees_is_one(tmp_path: Path, zones: ZoneSet) -> None:
    ships = [*roads(179.9825, 10.0), *roads(-179.9995, 10.0, first=413000100)]
    mask = Mask.of(learned(tmp_path / "a.duckdb", zones, ships))
    assert len(mask) == 1
    assert mask.at(np.array([179.995, -179.995]), np.array([10.0, 10.0])).tolist() == [0, 0]


def test_a_slow_twin_finds_the_same_cells(tmp_path: Path, zones: ZoneSet) -> None:
    rng = np.random.default_rng(5)
    ships = [
        still(412000100 + i, LON + rng.normal(0, 0.015), LAT + rng.normal(0, 0.015), 0, rng.uniform(60, 600))
        for i in range(40)
    ]
    made = learned(tmp_path / "a.duckdb", zones, ships)
    hours: dict[tuple[int, int], dict[int, float]] = {}
    for ship in ships:
        minutes, cell = (
            ship.minutes[::2],
            (int(np.floor(ship.lon[0] / CELL_DEG)), int(np.floor(ship.lat[0] / CELL_DEG))),
        )
        hours.setdefault(cell, {})[ship.mmsi] = float(minutes[-1] - minutes[0]) / 60
    wanted = set()
    for x, y in hours:
        near = [hours.get((x + i, y + j), {}) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        together = [h for part in near for h in part.values()]
        if len(together) >= FEW.ships and sum(together) >= FEW.hours:
            wanted.add((x, y))
    assert 3 < len(wanted) < len(hours)
    assert set(zip(made.arrays["x"].tolist(), made.arrays["y"].tolist(), strict=True)) == wanted


def test_the_order_of_rows_does_not_matter(tmp_path: Path, zones: ZoneSet) -> None:
    ships = [*roads(), *roads(122.3, 37.525, first=413000100)]
    one, other = (learned(tmp_path / name, zones, order) for name, order in (("a", ships), ("b", ships[::-1])))
    assert one.data == other.data


def test_no_part_of_an_sts_area_is_masked(tmp_path: Path, zones: ZoneSet) -> None:
    """Ships crowd all over the area and beyond its edge: cells that hold any of it are left out, by a fine grid."""
    area = next(zone for zone in zones.zones if zone.kind == "sts_area")
    lon, lat = np.meshgrid(np.linspace(124, 126, 401), np.linspace(37.5, 39.5, 401))
    inside = zones.inside(lon.ravel(), lat.ravel(), ids=[area.id])[0]
    west, east = lon.ravel()[inside].min(), lon.ravel()[inside].max()
    middle = float(np.median(lat.ravel()[inside]))
    spots = np.arange(west - 0.1, east + 0.1, 0.004)
    ships = [still(412000100 + i, float(x), middle, 0, 900, every=10) for i, x in enumerate(spots)]
    made = learned(tmp_path / "a.duckdb", zones, ships)
    mask = Mask.of(made)
    assert made.about["left_out_sts_cells"] > 3
    fine = np.linspace(west - 0.1, east + 0.1, 20_000)
    masked = mask.at(fine, np.full(len(fine), middle)) >= 0
    areas = [zone.id for zone in zones.zones if zone.kind == "sts_area"]
    held = zones.inside(fine, np.full(len(fine), middle), ids=areas).any(axis=0)
    assert masked.any()
    assert held.any()
    assert not (masked & held).any()


def test_contacts_under_the_mask_are_lowered_and_listed(tmp_path: Path, zones: ZoneSet) -> None:
    pair = [
        still(445000001, LON, LAT + 0.003, 0, 300),
        still(412000009, LON + metres_east(40, LAT), LAT + 0.003, 0, 300),
    ]
    with Store.open(tmp_path / "a.duckdb") as store:
        insert(store, rows_of([*roads(), *pair]))
        detect(store, zones, detectors=defaults("rendezvous"), now=NOW, version="test")
        before = [e for e in read_events(store.reader()) if e["mmsi"] == [412000009, 445000001]]
        made = train_anchorages(store, zones, FEW, now=NOW, version="test")
        assert detect(store, zones, detectors=defaults("rendezvous"), now=NOW, version="test").ran == ("rendezvous",)
        after = [e for e in read_events(store.reader()) if e["mmsi"] == [412000009, 445000001]]
        runs = store.reader().query("SELECT artefacts FROM runs ORDER BY id").to_pylist()
        assert detect(store, zones, detectors=defaults("rendezvous"), now=NOW, version="test").ran == ()
    assert (len(before), len(after)) == (1, 1)
    assert before[0]["evidence"]["masked"] is None
    assert after[0]["evidence"]["masked"] == describe(made)[0]["name"]
    assert after[0]["id"] == before[0]["id"]
    assert after[0]["score"] <= min(0.5, before[0]["score"] - 0.2)
    assert any(describe(made)[0]["name"] in reason for reason in after[0]["reasons"])
    assert made.sha256 not in runs[0]["artefacts"]
    assert made.sha256 in runs[1]["artefacts"]


def test_a_mask_from_elsewhere_never_covers_an_area_of_the_zones_in_force(tmp_path: Path, zones: ZoneSet) -> None:
    lon, lat = 124.9, 38.58
    area = [zone.id for zone in zones.zones if zone.kind == "sts_area"]
    assert zones.inside([lon], [lat], ids=area).any()
    x, y = int(np.floor(lon / CELL_DEG)), int(np.floor(lat / CELL_DEG))
    arrays = {"x": np.array([x]), "y": np.array([y]), "place": np.array([0])}
    made = make("anchorages", {"places": [{"name": "roads"}]}, arrays)
    with Store.open(tmp_path / "a.duckdb") as store:
        insert(store, rows_of([still(445000001, lon, lat, 0, 300), still(412000009, lon + 0.0004, lat, 0, 300)]))
        take(store, made, now=NOW)
        detect(store, zones, detectors=defaults("rendezvous"), now=NOW, version="test")
        event = read_events(store.reader())[0]
    assert event["evidence"]["masked"] is None
    assert event["evidence"]["sts_area"] is not None


def test_too_little_is_said(tmp_path: Path, zones: ZoneSet) -> None:
    with pytest.raises(TooLittle, match=r"too little to learn from: nowhere .* did 5 ships lie for 20 hours"):
        learned(tmp_path / "a.duckdb", zones, roads(ships=4))
    with Store.open(tmp_path / "b.duckdb") as store, pytest.raises(TooLittle, match="no position"):
        train_anchorages(store, zones, FEW, now=NOW, version="test")


def test_a_mask_whose_parts_do_not_fit_is_refused() -> None:
    arrays = {"x": np.array([1, 2]), "y": np.array([1]), "place": np.array([0])}
    for about, held in (({"places": [{"name": "a"}]}, arrays), ({}, arrays), ({"places": []}, {"x": np.array([1])})):
        with pytest.raises(BadArtefact, match="damaged"):
            Mask.of(make("anchorages", about, held))
