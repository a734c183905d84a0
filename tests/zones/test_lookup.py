"""The lookup: equal to shapely's own answer for every point, at 180 degrees, on whole degrees, and fast."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape

from tests.zones.samples import box, feature
from zones import Zone, ZoneSet, load_zones


def zone(geometry: dict[str, Any], name: str = "z", **more: Any) -> Zone:
    fields = {"valid_from": None, "valid_to": None, **more}
    return Zone(
        name, name, "own", "", "", ("own",), "", None, fields["valid_from"], fields["valid_to"], (), "any", "", geometry
    )


def naive(geometry: dict[str, Any], lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Shapely's answer for a shape that is not cut at 180, point for point and turn for turn."""
    area = shape(geometry)
    shapely.prepare(area)
    return np.any([shapely.contains_xy(area, lon + turn, lat) for turn in (-360.0, 0.0, 360.0)], axis=0)


def assert_equal_to_naive(zones: ZoneSet, lon: np.ndarray, lat: np.ndarray) -> None:
    inside = zones.inside(lon, lat)
    for row, each in enumerate(zones.zones):
        wanted = naive(each.geometry, lon, lat) if each.is_area else np.zeros(len(lon), dtype=bool)
        wrong = np.flatnonzero(inside[row] != wanted)
        assert not len(wrong), f"{each.id}: {len(wrong)} differ, first at {lon[wrong[0]]!r}, {lat[wrong[0]]!r}"


def test_random_points_over_the_region_agree_with_shapely(shipped: ZoneSet) -> None:
    random = np.random.default_rng(1)
    assert_equal_to_naive(shipped, random.uniform(119, 136, 60_000), random.uniform(28, 44, 60_000))


def test_points_on_and_beside_every_vertex_agree_with_shapely(shipped: ZoneSet) -> None:
    xy = np.concatenate([shapely.get_coordinates(shape(dict(each.geometry))) for each in shipped.zones])
    for shift in (0.0, 1e-12, -1e-12, 1e-7, -1e-7, 1e-3):
        assert_equal_to_naive(shipped, xy[:, 0] + shift, xy[:, 1] - shift)


def test_whole_degrees_and_cell_edges_agree_with_shapely(shipped: ZoneSet) -> None:
    lon, lat = (each.ravel() for each in np.meshgrid(np.arange(119, 136, 1 / 32), np.arange(29, 44, 1 / 32)))
    assert_equal_to_naive(shipped, lon, lat)
    squares = ZoneSet((zone(box(124, 38, 125, 39), "a"), zone(box(124.5, 38.25, 124.53125, 38.75), "b")))
    for shift in (0.0, 1e-12, -1e-12):
        assert_equal_to_naive(squares, lon + shift, lat + shift)


@settings(max_examples=60, deadline=None)
@given(
    centre=st.tuples(st.floats(-180, 180), st.floats(-80, 80)),
    corners=st.lists(st.tuples(st.floats(0.01, 6), st.floats(0.0, 6.28)), min_size=3, max_size=9),
    seed=st.integers(0, 2**32 - 1),
)
def test_random_stars_anywhere_agree_with_shapely(
    centre: tuple[float, float], corners: list[tuple[float, float]], seed: int
) -> None:
    ordered = sorted(corners, key=lambda corner: corner[1])
    ring = [[centre[0] + r * np.cos(a), centre[1] + r * np.sin(a)] for r, a in ordered]
    star = shapely.make_valid(shapely.Polygon([*ring, ring[0]]))
    parts = [part for part in shapely.get_parts(star) if part.geom_type == "Polygon" and part.area > 0]
    if not parts:
        return
    geometry = shapely.geometry.mapping(shapely.MultiPolygon(parts[:1]))
    random = np.random.default_rng(seed)
    lon, lat = random.uniform(-7, 7, 800) + centre[0], np.clip(random.uniform(-7, 7, 800) + centre[1], -90, 90)
    assert_equal_to_naive(ZoneSet((zone(geometry),)), np.concatenate([lon, lon % 360]), np.concatenate([lat, lat]))


@pytest.mark.parametrize(
    "geometry",
    [
        box(178, -20, 184, -10),
        box(-182, -20, -176, -10),
        {
            "type": "MultiPolygon",
            "coordinates": [box(178, -20, 180, -10)["coordinates"], box(-180, -20, -176, -10)["coordinates"]],
        },
    ],
    ids=["past 180", "before -180", "cut at 180"],
)
def test_a_zone_across_180_degrees_has_no_seam(geometry: dict[str, Any]) -> None:
    zones = ZoneSet((zone(geometry),))
    lon = np.array([177.9, 178.1, 179.999999, 180.0, -180.0, -179.999999, -176.1, -175.9, 183.9, 184.1, 540.0, -181.0])
    held = [False, True, True, True, True, True, True, False, True, False, True, True]
    assert zones.inside(lon, np.full(len(lon), -15.0))[0].tolist() == held
    assert not zones.inside(lon, np.full(len(lon), -9.9)).any()


def test_a_zone_round_the_world_has_no_seam() -> None:
    zones = ZoneSet((zone(box(-180, -60, 180, 60)),))
    assert zones.inside([-180.0, 180.0, 0.0, 359.0], [0.0, 0.0, 59.9, -60.1])[0].tolist() == [True, True, True, False]


def test_poles_nan_and_impossible_latitudes() -> None:
    zones = ZoneSet((zone(box(-180, 80, 180, 90), "north"), zone(box(10, -90, 20, -80), "south")))
    lon = [0.0, 15.0, 15.0, np.nan, 15.0, np.inf, 15.0]
    lat = [89.9, -89.9, -90.0, 85.0, np.nan, 85.0, 91.0]
    assert zones.inside(lon, lat).tolist() == [[True] + [False] * 6, [False, True] + [False] * 5]
    assert zones.inside([], []).shape == (2, 0)


def test_many_zones_in_one_degree_keep_apart() -> None:
    random = np.random.default_rng(5)
    corners = [(random.uniform(10, 12), random.uniform(50, 51)) for _ in range(40)]
    boxes = [box(lon, lat, lon + random.uniform(0.01, 1.5), lat + random.uniform(0.01, 1.5)) for lon, lat in corners]
    zones = ZoneSet(tuple(zone(each, f"box{row}") for row, each in enumerate(boxes)))
    assert_equal_to_naive(zones, random.uniform(9, 14, 20_000), random.uniform(49, 53, 20_000))
    with pytest.raises(ValueError, match="share an id"):
        ZoneSet((zone(boxes[0]), zone(boxes[1])))


def test_lines_and_points_hold_nothing(shipped: ZoneSet) -> None:
    on_line = np.array(shipped["nll_west"].geometry["coordinates"])
    assert not shipped.inside(on_line[:, 0], on_line[:, 1], ids=["nll_west"]).any()


def test_ids_choose_and_order_the_rows(shipped: ZoneSet) -> None:
    both = shipped.inside([124.9, 130.0], [38.6, 39.5], ids=["prk_eez_east_claim", "sts_cho_do_sok_do"])
    assert both.tolist() == [[False, True], [True, False]]
    with pytest.raises(KeyError, match="no zone is called 'nowhere'"):
        shipped.inside([1.0], [1.0], ids=["nowhere"])
    with pytest.raises(ValueError, match="differ in shape"):
        shipped.inside([1.0, 2.0], [1.0])


def test_validity_is_semi_open() -> None:
    start, end = datetime(2017, 12, 22, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC)
    zones = ZoneSet((zone(box(0, 0, 1, 1), valid_from=start, valid_to=end),))
    first, last = (int(moment.timestamp() * 1e6) for moment in (start, end))
    t = np.array([first - 1, first, last - 1, last])
    assert zones.inside(np.full(4, 0.5), np.full(4, 0.5), t)[0].tolist() == [False, True, True, False]
    assert zones.inside(np.full(4, 0.5), np.full(4, 0.5), t.astype("datetime64[us]"))[0].tolist() == [
        False,
        True,
        True,
        False,
    ]
    assert zones.ids_at(0.5, 0.5, first - 1) == ()
    assert zones.ids_at(0.5, 0.5, first) == zones.ids_at(0.5, 0.5, None) == ("z",)


def test_own_zones_follow_the_shipped_ones(zone_file: Callable[..., Path], shipped: ZoneSet) -> None:
    path = zone_file(feature(box(124, 38, 125, 39), "mine", alert_for="fishing"))
    both = load_zones([path])
    assert both.zones[: len(shipped)] == shipped.zones
    assert both["mine"].alert_for == "fishing"
    assert both.ids_at(124.5, 38.5)[-1] == "mine"
    assert both.sha256 != shipped.sha256 == load_zones().sha256


def test_two_million_points_a_second_over_all_shipped_zones(shipped: ZoneSet) -> None:
    random = np.random.default_rng(2)
    lon, lat = random.uniform(121, 135, 500_000), random.uniform(29, 43, 500_000)
    shipped.inside(lon[:10], lat[:10])
    seconds = []
    for _ in range(5):
        start = time.process_time()
        shipped.inside(lon, lat)
        seconds.append(time.process_time() - start)
    assert 500_000 / min(seconds) > 2_000_000
