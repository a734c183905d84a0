"""Zones for people, the docs page in step with the data, and the weight of the package's import."""

import json
import subprocess
import sys
from pathlib import Path

import zones
from zones import ZoneSet, load_zones, zone_json, zone_rows, zone_text
from zones.making.doc import fill
from zones.making.picture import STYLES, page
from zones.show import COLUMNS

ROOT = Path(__file__).parents[2]


def test_rows_tell_every_zone(shipped: ZoneSet) -> None:
    rows = zone_rows(shipped)
    assert [row["id"] for row in rows] == [zone.id for zone in shipped.zones]
    assert all(tuple(row) == COLUMNS for row in rows)
    by_id = {row["id"]: row for row in rows}
    assert by_id["nll_west"]["area_km2"] == "line"
    assert by_id["prk_eez_east_claim"]["edge_uncertainty_m"] == "?"


def test_the_text_of_a_zone_says_whose_line_and_who_disagrees(shipped: ZoneSet) -> None:
    text = zone_text(shipped["prk_eez_east_claim"])
    for words in (
        "drawn by Park et al. 2020",
        "fishing vessels",
        "disagrees",
        "ROK EEZ",
        "edges uncertain unknown",
        "1977-06-21",
    ):
        assert words in text


def test_a_zone_as_json_can_be_loaded_again(shipped: ZoneSet, tmp_path: Path) -> None:
    features = []
    for zone in shipped.zones:
        feature = zone_json(zone)
        feature["id"] = f"copy_{zone.id}"
        features.append(feature)
    path = tmp_path / "copy.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    both = load_zones([path])
    for zone in shipped.zones:
        copy = both[f"copy_{zone.id}"]
        for key in ("name", "whose", "source", "valid_from", "geometry", "edges", "disagrees_with", "alert_for"):
            assert getattr(copy, key) == getattr(zone, key), (zone.id, key)


def test_the_docs_page_is_in_step_with_the_data(shipped: ZoneSet) -> None:
    text = (ROOT / "docs" / "zones.md").read_text()
    assert fill(text, shipped) == text, "run: python -m zones.making.doc docs/zones.md"


def test_the_docs_example_of_an_own_zone_loads(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "zones.md").read_text()
    path = tmp_path / "own.geojson"
    path.write_text(text.split("```json\n")[1].split("```")[0])
    assert load_zones([path])["my_box"].alert_for == "any"


def test_the_picture_shows_every_zone(shipped: ZoneSet) -> None:
    assert set(STYLES) == {zone.id for zone in shipped.zones}
    drawn = page(shipped)
    assert all(zone.name in drawn for zone in shipped.zones)
    assert (ROOT / "docs" / "img" / "zones.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_importing_zones_is_light_and_every_name_is_there() -> None:
    program = (
        "import sys, zones; heavy = {'numpy', 'shapely', 'pyproj', 'scipy', 'pandas'};"
        "assert not heavy & sys.modules.keys();"
        "zones.load_zones().inside([1.0], [1.0]); assert not {'scipy', 'pandas', 'pyproj'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
    assert all(hasattr(zones, name) for name in zones.__all__)
