"""Faults of zone files: each is one sentence that names file, zone, fault and remedy."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zones.samples import box, feature
from zones import BadZone, check_file, load_zones
from zones.check import MOST_BYTES, document_faults

RING = [[124.0, 38.0], [125.0, 38.0], [125.0, 39.0], [124.0, 39.0], [124.0, 38.0]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


FAULTS = {
    "bow tie": (
        polygon([[124, 38], [125, 39], [125, 38], [124, 39], [124, 38]]),
        "ring is invalid .self-intersection near 124.5 38.5",
    ),
    "reversed axes": (polygon([[y, x] for x, y in RING]), "axes reversed"),
    "not closed": (polygon(RING[:-1]), "not closed"),
    "too short": (polygon([RING[0], RING[1], RING[0]]), "3 positions; give at least four"),
    "hole outside": (polygon(RING, [[1, 1], [2, 1], [2, 2], [1, 1]]), "hole lies outside shell"),
    "no area": (polygon([[124, 38], [125, 38], [124, 38], [124, 38]]), "invalid|area is zero"),
    "nan": (polygon([[float("nan"), 38], *RING[1:]]), "not finite"),
    "infinite": (polygon([[124, float("inf")], *RING[1:]]), "not finite"),
    "huge number": (polygon([[10**400, 38], *RING[1:]]), "axes|range|finite"),
    "out of range": (polygon([[124, 95], *RING[1:]]), "out of range"),
    "far turn": (polygon([[724, 38], *RING[1:]]), "out of range"),
    "text": (polygon([["124", 38], *RING[1:]]), "is no position"),
    "flat": (polygon(*RING), "is no position|nest"),
    "boolean": (polygon([[True, 38], *RING[1:]]), "is no position"),
    "jump": (polygon([[179, 1], [-179, 1], [-179, 2], [179, 2], [179, 1]]), "more than 180 degrees of longitude"),
    "no geometry": (None, "its geometry is None"),
    "collection": ({"type": "GeometryCollection", "geometries": []}, "GeometryCollection"),
    "empty": ({"type": "Polygon", "coordinates": []}, "no coordinates|list of positions"),
    "no coordinates": ({"type": "MultiPolygon"}, "no coordinates|list of positions"),
    "dict": ({"type": "Polygon", "coordinates": {"a": 1}}, "list of positions"),
    "lonely line": ({"type": "LineString", "coordinates": [[1, 2]]}, "at least two"),
    "deep": ({"type": "Polygon", "coordinates": [[[[[[1]]]]]]}, "is no position"),
}


@pytest.mark.parametrize(("geometry", "words"), FAULTS.values(), ids=FAULTS)
def test_a_bad_geometry_is_one_clear_sentence(zone_file: Callable[..., Path], geometry: Any, words: str) -> None:
    path = zone_file(feature(box(1, 1, 2, 2), "good"), feature(geometry, "bad"))
    with pytest.raises(BadZone, match=words) as error:
        load_zones([path])
    said = str(error.value)
    assert str(path) in said
    assert "'bad'" in said
    assert "\n" not in said
    assert len(check_file(path)) == 1


PROPERTIES = {
    "alert": ({"alert_for": "all"}, "alert_for is 'all'; give one of"),
    "alert type": ({"alert_for": 3}, "alert_for is 3"),
    "no alert": ({"alert_for": None}, "has no alert_for"),
    "no source": ({"source": None}, "has no source"),
    "empty source": ({"source": []}, "has no source"),
    "odd source": ({"source": [1]}, "source is not a text"),
    "no name": ({"name": ""}, "has no name"),
    "name type": ({"name": ["a"]}, "name is list; give a text"),
    "date": ({"valid_from": "22.12.2017"}, "valid_from is '22.12.2017'; give a date like"),
    "order": ({"valid_from": "2018-01-01", "valid_to": "2017-01-01"}, "valid_to is not after"),
    "uncertainty": ({"edge_uncertainty_m": -1}, "edge_uncertainty_m is -1"),
    "slip": ({"alert_fro": "any", "alert_for": None}, "did you mean 'alert_for'"),
    "edges": ({"edges": [{"name": 1}]}, "edges are malformed"),
    "edges type": ({"edges": 7}, "edges are malformed"),
}


@pytest.mark.parametrize(("properties", "words"), PROPERTIES.values(), ids=PROPERTIES)
def test_a_bad_property_is_one_clear_sentence(
    zone_file: Callable[..., Path], properties: dict[str, Any], words: str
) -> None:
    path = zone_file(feature(box(1, 1, 2, 2), **properties))
    assert any(words in fault for fault in check_file(path)), check_file(path)
    with pytest.raises(BadZone):
        load_zones([path])


def test_all_faults_are_listed_and_the_first_is_raised_with_their_number(zone_file: Callable[..., Path]) -> None:
    path = zone_file(
        feature(polygon(RING[:-1]), "a", source=None),
        feature(box(1, 1, 2, 2), "a"),
        feature(box(1, 1, 2, 2), "b", alert_for="x"),
    )
    faults = check_file(path)
    assert len(faults) == 4
    assert all(fault.startswith(f"{path}: zone ") and fault.endswith(".") for fault in faults)
    with pytest.raises(BadZone, match=r"\(3 more: see `darkwake zones check"):
        load_zones([path])


def test_ids_are_unique_among_all_files(zone_file: Callable[..., Path]) -> None:
    taken = zone_file(feature(box(1, 1, 2, 2), "nll_west"))
    assert "taken by a shipped zone" in check_file(taken)[0]
    with pytest.raises(BadZone, match=r"'nll_west'.*taken by zones.geojson"):
        load_zones([taken])
    one, two = (
        zone_file(feature(box(1, 1, 2, 2), "a"), name="1.json"),
        zone_file(feature(box(1, 1, 2, 2), "a"), name="2.json"),
    )
    with pytest.raises(BadZone, match=r"taken by .*1\.json"):
        load_zones([one, two])
    nameless = feature(box(1, 1, 2, 2))
    del nameless["id"]
    assert "has no id" in check_file(zone_file(nameless))[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("\x00\x01", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no GeoJSON FeatureCollection"),
        ('{"type": "Feature"}', "no GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": {}}', "no GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "no zones"),
        ('{"type": "FeatureCollection", "features": [1]}', "no GeoJSON Feature"),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": null}]}', "no GeoJSON Feature"),
    ],
)
def test_a_file_that_is_no_zone_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "own.geojson"
    path.write_text(text)
    with pytest.raises(BadZone, match=words) as error:
        load_zones([path])
    assert str(path) in str(error.value)
    assert check_file(path) == [str(error.value)]


def test_missing_folder_and_oversized_files(tmp_path: Path) -> None:
    with pytest.raises(BadZone, match="cannot be read"):
        load_zones([tmp_path / "missing.geojson"])
    with pytest.raises(BadZone, match="not a file"):
        load_zones([tmp_path])
    big = tmp_path / "big.geojson"
    with big.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(BadZone, match="MB is more than"):
        load_zones([big])


def test_hostile_counts_are_refused_quickly(tmp_path: Path) -> None:
    start = time.process_time()
    many = {"type": "FeatureCollection", "features": [feature(box(1, 1, 2, 2), str(row)) for row in range(2_001)]}
    assert ["more than 2000" in fault for fault in document_faults(many, tmp_path)] == [True]
    long = {"type": "LineString", "coordinates": [[0.0, 0.0]] * 1_000_001}
    assert ["positions" in fault for fault in document_faults({"features": [feature(long)]}, tmp_path)] == [True]
    odd = feature(box(1, 1, 2, 2), **{f"alert_{row}": 1 for row in range(100_000)})
    list(document_faults({"features": [odd]}, tmp_path))
    assert time.process_time() - start < 5


def test_deep_nesting_is_a_fault_wherever_it_stands(tmp_path: Path) -> None:
    deep = "[" * 900 + "]" * 900
    path = tmp_path / "deep.geojson"
    for key in ("alert_for", "source", "edges", "valid_from", "name", "coordinates"):
        parts = {
            "alert_for": '"any"',
            "source": '"own"',
            "edges": "[]",
            "valid_from": "null",
            "name": '"n"',
            "coordinates": "[]",
        }
        parts[key] = deep
        coordinates = parts.pop("coordinates")
        properties = ", ".join(f'"{name}": {value}' for name, value in parts.items())
        geometry = f'{{"type": "Polygon", "coordinates": {coordinates}}}'
        zone = f'{{"type": "Feature", "id": "z", "properties": {{{properties}}}, "geometry": {geometry}}}'
        path.write_text(f'{{"type": "FeatureCollection", "features": [{zone}]}}')
        assert check_file(path)


def test_what_rfc_7946_allows_is_taken(zone_file: Callable[..., Path]) -> None:
    high = polygon([[*position, 12.5] for position in RING])
    path = zone_file(
        feature(
            high, "high", colour="red", source=["a", "b"], valid_from="2017-12-22", valid_to="2018-01-01T12:00:00+09:00"
        ),
        feature({"type": "Point", "coordinates": [1, 2]}, "point"),
        feature({"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]]]}, "line"),
        feature(polygon(RING, [[124.2, 38.2], [124.4, 38.2], [124.4, 38.4], [124.2, 38.2]]), "hole"),
    )
    zones = load_zones([path])
    assert zones["high"].geometry["coordinates"][0][0] == [124.0, 38.0]
    assert zones["high"].source == ("a", "b")
    assert zones["high"].valid_to is not None
    assert zones["high"].valid_to.isoformat() == "2018-01-01T03:00:00+00:00"
    assert zones.ids_at(124.35, 38.25, 1_513_900_800_000_000) == tuple(
        name for name in zones.ids_at(124.35, 38.25, 1_513_900_800_000_000) if name != "hole"
    )
    assert "hole" in zones.ids_at(124.9, 38.9)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "coordinates", "Polygon", "id", "x"]), inner, max_size=3)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(
    geometry=json_values,
    properties=st.dictionaries(
        st.sampled_from(["name", "source", "alert_for", "edges", "valid_from", "id"]), json_values
    ),
)
def test_no_json_value_makes_anything_but_faults(geometry: Any, properties: dict[str, Any]) -> None:
    for kind in ("Polygon", "MultiLineString", "Point"):
        hostile = {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": geometry}}
        faults = list(document_faults({"features": [hostile]}, Path("own.geojson")))
        assert faults
        assert all("\n" not in fault for fault in faults)


def test_the_shipped_file_has_no_faults() -> None:
    from zones.load import SHIPPED

    assert check_file(SHIPPED) == []
    assert json.loads(SHIPPED.read_text())["version"]
