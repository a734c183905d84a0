"""The shipped zones: areas, corners and limits against the published construction, and the words that stand by each."""

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

import zones
from zones import ZoneSet, load_islands, load_places
from zones.making.plane import area_km2

# zones/construction: Natural Earth column, km2
EXPECTED = {
    "prk_territorial_sea_12nm": 28_388,
    "prk_west_sea_area": 22_283,
    "prk_military_zone_west": 22_283,
    "prk_military_zone_east": 60_436,
    "prk_eez_east_claim": 121_051,
    "chn_kor_pmz": 83_475,
    "prk_eez_east_excl_military": 60_615,
    "gfw_park2020_study_area": 90_473,
    "prk_rus_overlap_1986": 9_230,
}
ALERTS = {
    "any": {"prk_territorial_sea_12nm", "sts_cho_do_sok_do", "haeju_bay_sand"},
    "fishing": {
        "prk_west_sea_area", "prk_military_zone_west", "prk_military_zone_east", "prk_eez_east_claim",
        "north_pyongan_leased_grounds",
    },
}  # fmt: skip
DPRK_WATERS = [
    "prk_territorial_sea_12nm", "prk_west_sea_area", "prk_military_zone_west", "prk_military_zone_east",
    "prk_eez_east_claim", "prk_eez_east_excl_military", "sts_cho_do_sok_do", "haeju_bay_sand",
    "north_pyongan_leased_grounds",
]  # fmt: skip
DATA = Path(zones.__file__).parent / "data"


@pytest.mark.parametrize("name", EXPECTED)
def test_areas_are_within_one_percent_of_the_independent_construction(
    shapes: dict[str, Any], shipped: ZoneSet, name: str
) -> None:
    measured = area_km2(shapes[name])
    assert measured == pytest.approx(EXPECTED[name], rel=0.01)
    assert shipped[name].area_km2 == pytest.approx(measured, abs=0.06)


def test_the_chord_line_encloses_what_the_rule_of_50_nm_gives(shapes: dict[str, Any]) -> None:
    line = shapely.get_coordinates(shapes["prk_military_boundary_east_chord"])
    line = line[np.argsort(line[:, 1])]
    along = (line[-1] - line[0]) / np.hypot(*(line[-1] - line[0]))
    south, north = line[0] - 0.5 * along, line[-1] + 1.5 * along
    inner = shapes["prk_eez_east_claim"].intersection(shapely.Polygon([(120, 36), south, *line, north, (120, 44)]))
    assert area_km2(inner) == pytest.approx(61_282, rel=0.002)


def test_the_south_west_corner_of_the_west_sea_area(shapes: dict[str, Any]) -> None:
    corners = shapely.get_coordinates(shapes["prk_west_sea_area"])
    beyond = corners[corners[:, 0] < 124.0]
    lon, lat = beyond[np.argmin(beyond[:, 1])]
    assert 123.55 <= round(lon, 2) <= 123.59
    assert 38.21 <= round(lat, 2) <= 38.24


@pytest.mark.parametrize("name", DPRK_WATERS)
def test_no_zone_of_dprk_waters_reaches_south_of_the_nll(shapes: dict[str, Any], name: str) -> None:
    nll = shapely.get_coordinates(shapes["nll_west"]).tolist()
    south_west = shapely.Polygon([*nll, (124.633333, 30), (126.111111, 30)])
    south_east = shapely.box(127.5, 30.0, 140.0, 38.612778)
    for south in (south_west, south_east):
        over = shapes[name].intersection(south)
        assert over.area < 1e-9, f"{name} has {area_km2(over):.4f} km2 south of the line"


def test_the_claim_is_not_met_by_the_overlap_and_the_measures_zone_is_not_dprk_water(shapes: dict[str, Any]) -> None:
    assert shapes["prk_rus_overlap_1986"].intersection(shapes["prk_eez_east_claim"]).area < 1e-6
    for name in DPRK_WATERS:
        assert not shapes["chn_kor_pmz"].intersects(shapes[name])


def test_the_military_zones_lie_in_their_seas(shapes: dict[str, Any]) -> None:
    assert shapes["prk_military_zone_east"].difference(shapes["prk_eez_east_claim"]).area < 1e-6
    assert shapes["prk_military_zone_west"].equals(shapes["prk_west_sea_area"])
    parts = shapes["prk_military_zone_east"].union(shapes["prk_eez_east_excl_military"])
    assert parts.symmetric_difference(shapes["prk_eez_east_claim"]).area < 1e-4


def test_alert_for_is_what_the_law_of_each_zone_allows(shipped: ZoneSet) -> None:
    for zone in shipped.zones:
        wanted = next((alert for alert, names in ALERTS.items() if zone.id in names), "none")
        assert zone.alert_for == wanted, zone.id


def test_every_zone_says_whose_it_is_and_how_sure(shipped: ZoneSet) -> None:
    for zone in shipped.zones:
        assert zone.source
        assert all((zone.name, zone.kind, zone.whose, zone.legal_status, zone.confidence, zone.edge_reason)), zone.id
        assert zone.edge_uncertainty_m is not None or "unknown" in zone.edge_reason or "not known" in zone.edge_reason
    assert {zone.id for zone in shipped.zones if zone.edge_uncertainty_m is None} == {
        "prk_eez_east_claim", "prk_eez_east_excl_military", "prk_rus_overlap_1986"
    }  # fmt: skip
    for name in (
        "prk_eez_east_claim",
        "prk_west_sea_area",
        "prk_military_zone_east",
        "prk_territorial_sea_12nm",
        "nll_west",
    ):
        assert shipped[name].disagrees_with, name


def test_no_paragraph_is_cited_that_was_not_seen(shipped: ZoneSet) -> None:
    for zone in shipped.zones:
        words = " ".join((zone.legal_status, zone.notes))
        assert not re.search(r"(2371|2375|2397)[^.;]*\b(para|OP ?\d|paragraph)", words, re.IGNORECASE), zone.id
    assert "innocent passage" in shipped["prk_territorial_sea_12nm"].legal_status
    assert "not recognised" in shipped["prk_military_zone_east"].legal_status
    assert "74 %" in shipped["prk_eez_east_claim"].legal_status
    assert "not DPRK water" in shipped["chn_kor_pmz"].legal_status


def test_edges_carry_their_uncertainty(shipped: ZoneSet) -> None:
    edges = {edge.name: edge for edge in shipped["prk_west_sea_area"].edges}
    assert edges["NLL"].uncertainty_m == pytest.approx(2 * 1852)
    assert edges["China line"].uncertainty_m == 10_000
    assert edges["Yalu mouth"].uncertainty_m == pytest.approx(3 * 1852)
    china = np.concatenate([np.array(course) for course in edges["China line"].coordinates])
    assert china[:, 0].max() < 124.2
    assert china[:, 1].max() < 39.7
    yalu = np.concatenate([np.array(course) for course in edges["Yalu mouth"].coordinates])
    assert yalu[:, 1].min() > 39.5


def test_ports_lie_where_their_owner_says(shipped: ZoneSet) -> None:
    ports = load_places().ports
    dandong = shipped.ids_at(124.15, 39.816667)
    assert dandong == ()
    assert len(ports) == 304
    assert ports.country.count("PRK") == 10
    assert set(shipped.ids_at(124.9, 38.6)) >= {"prk_territorial_sea_12nm", "sts_cho_do_sok_do", "prk_west_sea_area"}
    assert shipped.ids_at(125.1, 37.2) == ()


def test_islands_of_the_rok_lie_in_no_dprk_zone(shipped: ZoneSet) -> None:
    owners = {island.name: island.owner for island in load_islands()}
    assert owners["Baengnyeong-do"] == owners["Gyodong-do"] == "KOR"
    assert owners["Mayang-do"] == owners["Taecho-do"] == owners["Sok-do"] == "PRK"
    for island in load_islands():
        if island.owner == "KOR":
            assert shipped.ids_at(island.lon, island.lat) == (), island.name


def test_sources_lists_every_data_file_with_its_licence_and_sum() -> None:
    text = (DATA / "SOURCES.md").read_text()
    rows = {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `")}
    folders = (DATA, DATA.parent / "making" / "sources")
    files = [path for folder in folders for path in folder.iterdir() if path.name != "SOURCES.md"]
    assert {path.name for path in files} == set(rows)
    for path in files:
        assert re.search(r"public domain|Apache-2.0|as `land", rows[path.name]), path.name
        stated = re.search(r"\b[0-9a-f]{64}\b", rows[path.name])
        if stated and path.name != "countries-10m.json.gz":
            assert stated[0] == hashlib.sha256(path.read_bytes()).hexdigest(), path.name
