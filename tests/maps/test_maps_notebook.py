"""The folium map for notebooks: takes other layers, carries its files, refuses what it cannot carry."""

from pathlib import Path
from typing import Any

import folium
import folium.plugins
import pytest

from maps import ReportError, case_map
from tests.maps.cases import case, meeting, plain_zones


def test_it_is_a_folium_map_that_takes_other_layers(browser: Any, tmp_path: Path) -> None:
    with case(tmp_path / "c.duckdb", meeting()) as reader:
        made = case_map(reader, plain_zones())
    assert isinstance(made, folium.Map)
    folium.CircleMarker([38.5, 124.5], radius=6, popup="my own note").add_to(made)
    folium.Marker([38.4, 124.4], tooltip="a pin").add_to(made)
    folium.LayerControl().add_to(made)
    path = tmp_path / "map.html"
    made.save(str(path))
    assert "<iframe" in made._repr_html_()
    page = browser.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]", timeout=20_000)
    assert page.locator(".leaflet-marker-icon").count() == 1
    assert [address for address in asked if not address.startswith("data:")] == [path.as_uri()]
    assert complaints == []
    page.close()


def test_a_layer_with_files_that_are_not_bundled_is_named(tmp_path: Path) -> None:
    with case(tmp_path / "c.duckdb", meeting()) as reader:
        made = case_map(reader, plain_zones())
        folium.plugins.MarkerCluster().add_to(made)
        with pytest.raises(ReportError, match=r"needs 'markercluster\w*' from https://.*network=True"):
            made.get_root().render()
        online = case_map(reader, plain_zones(), network=True)
    folium.plugins.MarkerCluster().add_to(online)
    html = online.get_root().render()
    assert "https://cdn" in html
    assert "EMBER TERN" in html


def test_one_map_does_not_change_another() -> None:
    assert folium.Map.default_js[0][1].startswith("https://")
