"""The build: the shipped files come again from the coast file, and each step does what the recipe says."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

import zones
from zones.build import COAST_FILE, build
from zones.making import coast as coast_module
from zones.making.coast import BadCoast, read_coast
from zones.making.plane import area_km2, disc, to_degrees, to_plane
from zones.making.topojson import BadTopology, Topology
from zones.making.waters import part_waters

SHIPPED = Path(zones.__file__).parent / "data"


def test_the_shipped_files_come_again_from_the_coast_file(tmp_path: Path) -> None:
    build(COAST_FILE, tmp_path)
    old, new = (json.loads((folder / "zones.geojson").read_text()) for folder in (SHIPPED, tmp_path))
    assert [each["id"] for each in old["features"]] == [each["id"] for each in new["features"]]
    for was, now in zip(old["features"], new["features"], strict=True):
        one, two = shape(was["geometry"]), shape(now["geometry"])
        assert one.symmetric_difference(two).area <= 1e-5 * one.area, was["id"]
        texts = ("name", "whose", "source", "alert_for", "legal_status", "disagrees_with", "valid_from")
        assert {key: was["properties"][key] for key in texts} == {key: now["properties"][key] for key in texts}
        areas = [each["properties"]["area_km2"] or 0.0 for each in (was, now)]
        assert areas[0] == pytest.approx(areas[1], rel=1e-5), was["id"]
    one, two = (json.loads(gzip.decompress((folder / "land.json.gz").read_bytes())) for folder in (SHIPPED, tmp_path))
    assert {code: len(each) for code, each in one["owners"].items()} == {
        code: len(each) for code, each in two["owners"].items()
    }


def test_without_the_islets_the_12_nm_sea_has_the_areas_of_the_construction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coast_module, "ISLETS", ())
    monkeypatch.setattr(coast_module, "ISLANDS_BY_AREA", ())
    coast = read_coast(COAST_FILE)
    source = json.loads((SHIPPED.parent / "making" / "sources" / "zones.json").read_text())
    nll = next(zone["shape"]["coordinates"] for zone in source["zones"] if zone["id"] == "nll_west")
    waters = part_waters(coast, nll)
    assert area_km2(waters.territorial.intersection(shapely.box(120, 30, 127, 42))) == pytest.approx(11_991, rel=0.002)
    assert area_km2(waters.territorial.intersection(shapely.box(127, 30, 140, 44))) == pytest.approx(14_391, rel=0.002)
    assert area_km2(waters.west) == pytest.approx(22_283, rel=0.002)


def test_another_coast_file_is_refused_by_its_sum(tmp_path: Path) -> None:
    other = tmp_path / "coast.json"
    other.write_text("{}")
    with pytest.raises(BadCoast, match="sha256"):
        build(other, tmp_path)
    with pytest.raises(BadCoast, match="no quantised TopoJSON"):
        build(other, tmp_path, any_file=True)
    with pytest.raises(BadCoast, match="cannot be read"):
        read_coast(tmp_path / "missing.json")


def test_topojson_arcs_are_summed_scaled_reversed_and_joined() -> None:
    square = {
        "type": "Topology",
        "transform": {"scale": [0.5, 2.0], "translate": [10.0, -4.0]},
        "arcs": [[[0, 0], [4, 0], [0, 2]], [[0, 0], [0, 2], [4, 0]]],
        "objects": {"land": {"geometries": [{"type": "Polygon", "arcs": [[0, -2]]}, {"type": None}]}},
    }
    (rings,) = Topology(square).polygons("land")
    assert rings[0].tolist() == [[10, -4], [12, -4], [12, 0], [10, 0], [10, -4]]
    with pytest.raises(BadTopology, match="no layer 'sea'"):
        list(Topology(square).polygons("sea"))
    with pytest.raises(BadTopology, match="no quantised"):
        Topology({"arcs": []})


def test_the_plane_is_true_to_a_thousandth_in_the_region() -> None:
    assert area_km2(disc(124.8, 38.5, 20_000)) == pytest.approx(np.pi * 400, rel=2e-3)
    assert area_km2(disc(131.0, 42.0, 20_000)) == pytest.approx(np.pi * 400, rel=2e-3)
    box = shapely.box(124, 38, 125, 39)
    assert to_degrees(to_plane(box)).symmetric_difference(box).area < 1e-7
