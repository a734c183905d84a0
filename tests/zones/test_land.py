"""Land: sides of the coast, owners, and coasts for maps of any place and size."""

import json

import numpy as np
import pytest
from shapely.geometry import Point, shape

from zones import coast_geojson, load_land


def test_sides_of_the_coast() -> None:
    land = load_land()
    lon = [125.75, 125.0, 124.998, 124.8383, 127.0, 485.75, -1.3, -0.8, 139.7, 32.0, 123.0]
    lat = [39.0, 37.2, 38.6481, 38.5282, 37.5, 39.0, 50.95, 50.5, 36.5, 31.9, 35.0]
    assert land.on_land(lon, lat).tolist() == [True, False, True, True, True, True, True, False, True, False, False]
    assert land.on_land([np.nan], [38.0]).tolist() == [False]


def test_owners_of_the_islands() -> None:
    owners = load_land().owners
    from shapely import Point

    assert owners["PRK"].contains(Point(124.998, 38.6481))
    assert owners["KOR"].contains(Point(124.6776, 37.9533))
    assert owners["KOR"].contains(Point(124.7523, 37.7716))
    assert owners["CHN"].distance(Point(124.6776, 37.9533)) > 1


def test_the_coast_of_the_region_is_small_and_owned() -> None:
    collection = coast_geojson((121.0, 35.0, 135.0, 44.0))
    assert len(json.dumps(collection)) < 400_000
    assert [each["properties"]["owner"] for each in collection["features"]] == ["PRK", "KOR", "CHN", "RUS", "JPN"]
    for each in collection["features"]:
        west, south, east, north = shape(each["geometry"]).bounds
        assert west >= 121
        assert south >= 35
        assert east <= 135
        assert north <= 44


@pytest.mark.parametrize(
    ("bounds", "inside"),
    [
        ((-1.7, 50.5, -0.9, 51.0), (-1.3, 50.95)),
        ((32.0, 29.0, 33.5, 31.5), (33.2, 30.2)),
        ((170.0, 60.0, 200.0, 70.0), (185.0, 66.5)),
    ],
)
def test_other_regions_show_a_coast_in_their_own_turn(
    bounds: tuple[float, float, float, float], inside: tuple[float, float]
) -> None:
    from shapely import Point

    features = coast_geojson(bounds)["features"]
    assert any(shape(each["geometry"]).buffer(0).contains(Point(inside)) for each in features)


def test_the_world_is_below_half_a_megabyte() -> None:
    assert len(json.dumps(coast_geojson((-180, -90, 180, 90)), separators=(",", ":"))) < 500_000


@pytest.mark.parametrize(
    "bounds", [(1, 2, 1, 3), (5, 2, 4, 3), (0, -91, 1, 1), (0, 0, 400, 1), (float("nan"), 0, 1, 1)]
)
def test_bounds_that_are_no_box(bounds: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="no box"):
        coast_geojson(bounds)


@pytest.mark.parametrize(
    ("lon", "lat", "land"),
    [
        (0.0, 67.5, False), (60.0, 71.0, False), (178.0, -16.0, False), (178.0, -17.8, True), (-175.0, 66.5, True),
        (178.0, 67.0, True), (-90.0, 67.5, True), (100.0, -80.0, True), (-179.9, -85.0, True), (-20.0, -16.7, False),
    ],
)  # fmt: skip
def test_land_across_180_makes_no_stripes(lon: float, lat: float, land: bool) -> None:
    assert load_land().on_land([lon], [lat])[0] == land
    west, east = lon - 1.0, lon + 1.0
    drawn = coast_geojson((west, max(lat - 1.0, -90.0), east, lat + 1.0))["features"]
    assert any(shape(each["geometry"]).contains(Point(lon, lat)) for each in drawn) == land


def test_a_wide_coast_shows_no_edge_of_the_region() -> None:
    drawn = coast_geojson((100.0, 20.0, 150.0, 55.0))["features"]
    assert [each["properties"]["owner"] for each in drawn] == ["PRK", ""]
    rest = shape(drawn[1]["geometry"])
    for lon, lat in ((115.0, 32.0), (115.0, 42.0), (125.0, 46.0), (132.0, 46.0)):  # on land, on the region's edge
        assert rest.boundary.distance(Point(lon, lat)) > 0.1
