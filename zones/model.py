"""What a zone is: a shape with a name, whose line it is, how sure it is, and which ships it alerts for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

AlertFor = Literal["any", "fishing", "none"]
ALERTS: tuple[AlertFor, ...] = ("any", "fishing", "none")


class BadZone(ValueError):
    """A zone file that cannot be used; the message names file, zone, fault and remedy."""


@dataclass(frozen=True)
class Edge:
    """A piece of a zone's boundary that runs along a named line.

    Attributes:
        name: the line, such as ``NLL`` or ``China line``.
        uncertainty_m: how far the true line may lie from it, metres.
        reason: why.
        owners: between whom the line lies.
        coordinates: courses of ``(lon, lat)`` in degrees.
    """

    name: str
    uncertainty_m: float
    reason: str
    owners: str
    coordinates: tuple[tuple[tuple[float, float], ...], ...] = field(repr=False)


@dataclass(frozen=True)
class Zone:
    """One zone.

    Attributes:
        id: short name, unique in a set.
        name: full name for people.
        kind: what sort of zone, such as ``territorial_sea``, ``sts_area`` or ``control_line``.
        whose: whose line it is, and who drew it.
        legal_status: one sentence; what presence there does and does not mean.
        source: where the shape comes from.
        confidence: how sure the shape is, in words.
        edge_uncertainty_m: the greatest uncertainty of its edges in metres; None when unknown.
        valid_from: first instant (UTC) at which it holds; None for always.
        valid_to: first instant at which it no longer holds; None for no end.
        disagrees_with: which other lines disagree.
        alert_for: ``any`` ship, ``fishing`` vessels, or ``none`` (for naming and context).
        notes: what else a reader must know.
        geometry: GeoJSON geometry, degrees WGS84, edges straight in longitude and latitude. Lines and points
        contain nothing.
        area_km2: geodesic area for shipped areas, else None.
        edges: the named pieces of its boundary with their uncertainty.
        sea: which sea, for grouping.
        edge_reason: what the edge uncertainty rests on.
    """

    id: str
    name: str
    kind: str
    whose: str
    legal_status: str
    source: tuple[str, ...]
    confidence: str
    edge_uncertainty_m: float | None
    valid_from: datetime | None
    valid_to: datetime | None
    disagrees_with: tuple[str, ...]
    alert_for: AlertFor
    notes: str
    geometry: Mapping[str, Any] = field(repr=False, hash=False)
    area_km2: float | None = None
    edges: tuple[Edge, ...] = field(default=(), repr=False)
    sea: str = ""
    edge_reason: str = ""

    @property
    def is_area(self) -> bool:
        """Whether the zone can hold a point: only polygons do."""
        return str(self.geometry["type"]).endswith("Polygon")
