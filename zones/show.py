"""Zones for people: a table's rows, one zone as text, one zone as JSON."""

from datetime import datetime
from typing import Any

from zones.model import Zone
from zones.zoneset import ZoneSet

COLUMNS = ("id", "kind", "alert_for", "area_km2", "edge_uncertainty_m", "whose")
"""The keys of a row of ``zone_rows``, in order."""


def zone_rows(zones: ZoneSet) -> list[dict[str, str]]:
    """Return one row per zone, texts by the keys of COLUMNS; unknown figures are ``?``."""
    return [
        {
            "id": zone.id,
            "kind": zone.kind,
            "alert_for": zone.alert_for,
            "area_km2": area_text(zone),
            "edge_uncertainty_m": "?" if zone.edge_uncertainty_m is None else f"{zone.edge_uncertainty_m:,.0f}",
            "whose": zone.whose,
        }
        for zone in zones.zones
    ]


def area_text(zone: Zone) -> str:
    """Return a zone's area in km2 as text: ``line`` for what has none, ``?`` where it was not computed."""
    if not zone.is_area:
        return "line" if "Line" in str(zone.geometry["type"]) else "point"
    return "?" if zone.area_km2 is None else f"{zone.area_km2:,.0f}"


def zone_text(zone: Zone) -> str:
    """Return all that is known of a zone as lines of text, its shape left out."""
    uncertainty = "unknown" if zone.edge_uncertainty_m is None else f"up to {zone.edge_uncertainty_m:,.0f} m"
    pairs = [
        ("name", zone.name),
        ("kind", zone.kind),
        ("whose line", zone.whose),
        ("legal status", zone.legal_status),
        (
            "alerts for",
            {"any": "any ship", "fishing": "fishing vessels", "none": "nothing (for naming and context)"}[
                zone.alert_for
            ],
        ),
        ("area, km2", area_text(zone)),
        ("valid", f"{_day(zone.valid_from) or 'always'} to {_day(zone.valid_to) or 'now'}"),
        ("confidence", zone.confidence),
        ("edges uncertain", f"{uncertainty}{'; ' + zone.edge_reason if zone.edge_reason else ''}"),
        *[
            ("edge", f"{edge.name}: {edge.uncertainty_m:,.0f} m, between {edge.owners}; {edge.reason}")
            for edge in zone.edges
        ],
        *[("disagrees", line) for line in zone.disagrees_with],
        *[("source", line) for line in zone.source],
        ("notes", zone.notes),
    ]
    return "\n".join([zone.id, *(f"  {key:16}{value}" for key, value in pairs if value)])


def zone_json(zone: Zone) -> dict[str, Any]:
    """Return a zone as a GeoJSON Feature that ``load_zones`` would take, every key filled."""
    keys = (
        "name",
        "kind",
        "sea",
        "whose",
        "legal_status",
        "confidence",
        "alert_for",
        "edge_uncertainty_m",
        "edge_reason",
        "notes",
        "area_km2",
    )
    properties: dict[str, Any] = {key: getattr(zone, key) for key in keys}
    properties |= {"source": list(zone.source), "disagrees_with": list(zone.disagrees_with)}
    properties |= {"valid_from": _day(zone.valid_from), "valid_to": _day(zone.valid_to)}
    properties["edges"] = [
        {"name": edge.name, "uncertainty_m": edge.uncertainty_m, "reason": edge.reason, "owners": edge.owners,
         "coordinates": [[list(position) for position in course] for course in edge.coordinates]}
        for edge in zone.edges
    ]  # fmt: skip
    return {"type": "Feature", "id": zone.id, "properties": properties, "geometry": dict(zone.geometry)}


def _day(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    text = moment.isoformat().replace("+00:00", "Z")
    return text.removesuffix("T00:00:00Z")
