"""Zones from files: the shipped ones, then the user's own; strict, so that what loads can be relied on."""

import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zones.check import document_faults, feature_id, instant, read_document
from zones.model import BadZone, Edge, Zone
from zones.shapecheck import without_altitude

if TYPE_CHECKING:
    from zones.zoneset import ZoneSet

SHIPPED = Path(__file__).parent / "data" / "zones.geojson"


def load_zones(extra: Sequence[Path] = ()) -> "ZoneSet":
    """Return the shipped zones followed by those of the ``extra`` GeoJSON files; without any, one set for all callers.

    Raises:
        BadZone: a file cannot be used; the message is one sentence with the first fault and how many more there are.
    """
    from zones.zoneset import ZoneSet

    if not extra:
        return _alone()
    version, shipped, digest = _shipped()
    zones = list(shipped)
    hasher = hashlib.sha256(digest)
    owner = {zone.id: SHIPPED.name for zone in zones}
    for path in extra:
        _, own, own_digest = read_zones(Path(path))
        hasher.update(own_digest)
        for zone in own:
            if zone.id in owner:
                raise BadZone(
                    f"{path}: zone {zone.id!r}: its id is taken by {owner[zone.id]}; give it an id of its own."
                )
            owner[zone.id] = str(path)
        zones.extend(own)
    return ZoneSet(tuple(zones), f"{version}+{len(extra)} own", hasher.hexdigest())


@functools.cache
def _alone() -> "ZoneSet":
    """Return the shipped zones: their grid takes a tenth of a second to make."""
    from zones.zoneset import ZoneSet

    version, shipped, digest = _shipped()
    return ZoneSet(shipped, version, hashlib.sha256(digest).hexdigest())


def read_zones(path: Path) -> tuple[str, tuple[Zone, ...], bytes]:
    """Return a zone file's version (empty where it has none), its zones, and the SHA-256 of its bytes.

    Raises:
        BadZone: the file has a fault.
    """
    document, raw = read_document(path)
    faults = list(document_faults(document, path))
    if faults:
        more = f" ({len(faults) - 1} more: see `darkwake zones check {path}`)" if len(faults) > 1 else ""
        raise BadZone(faults[0] + more)
    zones = tuple(_zone(feature) for feature in document["features"])
    return str(document.get("version", "")), zones, hashlib.sha256(raw).digest()


def check_file(path: Path) -> list[str]:
    """Return every fault of a user's zone file as a sentence; none when it can be used beside the shipped zones."""
    try:
        document, _ = read_document(path)
    except BadZone as error:
        return [str(error)]
    faults = list(document_faults(document, path))
    taken = {zone.id for zone in _shipped()[1]}
    ids = [
        feature_id(each)
        for each in document["features"]
        if isinstance(each, dict) and isinstance(each.get("properties"), dict)
    ]
    clashes = [name for name in ids if name in taken]
    if path.resolve() != SHIPPED.resolve():
        faults += [
            f"{path}: zone {name!r}: its id is taken by a shipped zone; give it an id of its own." for name in clashes
        ]
    return faults


@functools.cache
def _shipped() -> tuple[str, tuple[Zone, ...], bytes]:
    return read_zones(SHIPPED)


def _zone(feature: Mapping[str, Any]) -> Zone:
    """Return the Zone of a feature without faults."""
    has: Mapping[str, Any] = feature["properties"]

    def text(key: str, default: str = "") -> str:
        """Return a text property, or its default."""
        return str(has.get(key) or default)

    return Zone(
        id=str(feature_id(feature)),
        name=text("name"),
        kind=text("kind", "own"),
        whose=text("whose", "not stated"),
        legal_status=text("legal_status", "not stated"),
        source=_texts(has["source"]),
        confidence=text("confidence", "not stated"),
        edge_uncertainty_m=_number(has.get("edge_uncertainty_m")),
        valid_from=instant(has.get("valid_from")),
        valid_to=instant(has.get("valid_to")),
        disagrees_with=_texts(has.get("disagrees_with")),
        alert_for=has["alert_for"],
        notes=text("notes"),
        geometry=without_altitude(feature["geometry"]),
        area_km2=_number(has.get("area_km2")),
        edges=_edges(has.get("edges")),
        sea=text("sea"),
        edge_reason=text("edge_reason"),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _texts(value: Any) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _edges(value: Any) -> tuple[Edge, ...]:
    return tuple(
        Edge(
            str(each["name"]),
            float(each["uncertainty_m"]),
            str(each["reason"]),
            str(each["owners"]),
            tuple(tuple((float(lon), float(lat)) for lon, lat, *_ in course) for course in each["coordinates"]),
        )
        for each in value or ()
    )
