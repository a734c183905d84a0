"""Nearest places against a naive twin, in any turn of longitude, at 180 and at the poles."""

import numpy as np
import pytest
from pyproj import Geod

from zones import load_places
from zones.nearest import Nearest
from zones.sphere import haversine_m, unit_vectors


def folded(lat: np.ndarray) -> np.ndarray:
    """Latitudes past a pole folded back, so that no two points coincide there."""
    return np.sign(lat) * (90 - np.abs(90 - np.abs(lat)))


def naive(lon: np.ndarray, lat: np.ndarray, x: np.ndarray, y: np.ndarray, radius_m: float) -> list[int]:
    found = []
    for a, b in zip(lon, lat, strict=True):
        distance = haversine_m(a, b, x, y)
        best = int(distance.argmin())
        found.append(best if distance[best] <= radius_m else -1)
    return found


@pytest.mark.parametrize(
    "centre", [(125.0, 38.0), (180.0, 10.0), (-180.0, -60.0), (30.0, 89.0), (0.0, 0.0), (12.0, -89.5)]
)
@pytest.mark.parametrize("radius_m", [500.0, 20_000.0, 400_000.0])
def test_equal_to_a_naive_twin(centre: tuple[float, float], radius_m: float) -> None:
    random = np.random.default_rng(int(radius_m))
    x, y = centre[0] + random.normal(0, 1, 200), folded(centre[1] + random.normal(0, 1, 200))
    lon, lat = centre[0] + random.normal(0, 1.5, 600), folded(centre[1] + random.normal(0, 1.5, 600))
    places = Nearest(unit_vectors(x, y))
    expected = naive(lon, lat, x, y, radius_m)
    assert places.within(lon, lat, radius_m).tolist() == expected
    assert places.within(lon % 360 - 360, lat, radius_m).tolist() == expected


def test_ports_of_the_dprk_and_of_all() -> None:
    places = load_places()
    off_nampo = places.near_port([125.2, 485.2], [38.67, 38.67], 20 * 1852.0)
    assert [places.port_name(index) for index in off_nampo] == ["Nampo", "Nampo"]
    near_dandong = ([124.15], [39.816667])
    assert places.ports.country[places.near_port(*near_dandong, 5_000.0)[0]] == "CHN"
    assert places.near_port(*near_dandong, 37_040.0, country="PRK").tolist() == [-1]
    assert places.port_name(-1) is None
    assert places.near_port([125.2], [38.67], 1e6, country="XXX").tolist() == [-1]


def test_anchorages_have_names_and_none_lies_in_the_dprk() -> None:
    places = load_places()
    assert len(places.anchorages) == 31_343
    assert "PRK" not in places.anchorages.country
    index = places.near_anchorage([129.07], [35.09], 5_000.0)[0]
    assert places.anchorage_name(index) == "BUSAN"
    assert places.near_anchorage([np.nan, 125.0, 125.0], [38.0, np.nan, 95.0], 1e6).tolist() == [-1, -1, -1]


def test_ports_are_where_the_index_says() -> None:
    ports = load_places().ports
    at = ports.name.index("Haeju Hang")
    assert (ports.lon[at], ports.lat[at], ports.country[at], ports.size[at], ports.locode[at]) == (
        125.7,
        38.0,
        "PRK",
        "Small",
        "KPHAE",
    )


def test_the_haversine_is_within_06_percent_of_the_ellipsoid() -> None:
    random = np.random.default_rng(3)
    a, b, c, d = (random.uniform(low, high, 500) for low, high in ((120, 135), (30, 44), (120, 135), (30, 44)))
    _, _, exact = Geod(ellps="WGS84").inv(a, b, c, d)
    assert haversine_m(a, b, c, d) == pytest.approx(exact, rel=6e-3)
    assert haversine_m(179.9, 0.0, -179.9, 0.0) == pytest.approx(22_239, rel=1e-3)
