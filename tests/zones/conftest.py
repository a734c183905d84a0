"""What the tests of zones share: shipped shapes, areas on the ellipsoid, own zone files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import shape

from tests.zones.samples import feature
from zones import ZoneSet, load_zones


@pytest.fixture(scope="session")
def shipped() -> ZoneSet:
    return load_zones()


@pytest.fixture(scope="session")
def shapes(shipped: ZoneSet) -> dict[str, Any]:
    return {zone.id: shape(dict(zone.geometry)) for zone in shipped.zones}


@pytest.fixture
def zone_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a zone file of geometries or features and return its path."""

    def write(*items: dict[str, Any], name: str = "own.geojson") -> Path:
        features = [
            each if each.get("type") == "Feature" else feature(each, f"z{row}") for row, each in enumerate(items)
        ]
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return path

    return write
