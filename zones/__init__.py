"""Where it matters: geofences, coast, ports and anchorages, and which zones hold a point at a time.

Importing this package is light: arrays and geometry libraries come with the first use of a name that needs them.
"""

from typing import TYPE_CHECKING, Any

from zones.load import check_file, load_zones, read_zones
from zones.model import AlertFor, BadZone, Edge, Zone

if TYPE_CHECKING:
    from zones.land import Island, Land, coast_geojson, load_islands, load_land
    from zones.places import Places, load_places
    from zones.show import zone_json, zone_rows, zone_text
    from zones.zoneset import ZoneSet

_LATER = {
    "ZoneSet": "zones.zoneset",
    "Places": "zones.places",
    "load_places": "zones.places",
    "Land": "zones.land",
    "load_land": "zones.land",
    "coast_geojson": "zones.land",
    "Island": "zones.land",
    "load_islands": "zones.land",
    "zone_json": "zones.show",
    "zone_rows": "zones.show",
    "zone_text": "zones.show",
}

__all__ = [
    "AlertFor",
    "BadZone",
    "Edge",
    "Island",
    "Land",
    "Places",
    "Zone",
    "ZoneSet",
    "check_file",
    "coast_geojson",
    "load_islands",
    "load_land",
    "load_places",
    "load_zones",
    "read_zones",
    "zone_json",
    "zone_rows",
    "zone_text",
]


def __getattr__(name: str) -> Any:
    """Import a public name on its first use."""
    if name in _LATER:
        import importlib

        return getattr(importlib.import_module(_LATER[name]), name)
    raise AttributeError(f"module 'zones' has no attribute {name!r}")
