"""GeoJSON pieces that the tests of zones are made of."""

import json
from typing import Any

import shapely


def feature(geometry: dict[str, Any], zone_id: str = "z", **properties: Any) -> dict[str, Any]:
    known = {"name": "A zone", "source": "own", "alert_for": "any"}
    return {"type": "Feature", "id": zone_id, "properties": {**known, **properties}, "geometry": geometry}


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return json.loads(shapely.to_geojson(shapely.box(west, south, east, north)))
