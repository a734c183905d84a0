"""Faults of a zone file: every reason why a GeoJSON cannot serve as zones, each as one sentence.

A zone file is a GeoJSON FeatureCollection (RFC 7946); each feature needs an ``id`` (its own or among its
properties), ``name``, ``source`` and ``alert_for``; the other keys of ``zones.model.Zone`` are optional,
further keys are ignored unless they look like a slip of a known one.
"""

import difflib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zones.model import ALERTS, BadZone
from zones.shapecheck import DEPTH, MOST_POSITIONS, geometry_faults, short

MOST_BYTES = 64 * 1024 * 1024
MOST_ZONES = 2_000
TEXTS = ("name", "kind", "whose", "legal_status", "confidence", "notes", "sea", "edge_reason")
_MOST_KEYS = 60
_NUMBERS = ("edge_uncertainty_m", "area_km2")
_DATES = ("valid_from", "valid_to")
_KNOWN = (*TEXTS, *_NUMBERS, *_DATES, "id", "source", "disagrees_with", "alert_for", "edges")


def read_document(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return a zone file's JSON object and its bytes.

    Raises:
        BadZone: the file is missing, too large, or no GeoJSON FeatureCollection.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise BadZone(f"{path}: this is not a file; give a GeoJSON FeatureCollection")
        if size > MOST_BYTES:
            raise BadZone(
                f"{path}: {size / 1e6:.0f} MB is more than a zone file may have ({MOST_BYTES / 1e6:.0f}); simplify it"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise BadZone(
            f"{path}: the zone file cannot be read ({error.strerror}); give a GeoJSON FeatureCollection"
        ) from error
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadZone(
            f"{path}: this is no JSON ({type(error).__name__}: {str(error)[:80]}); give a GeoJSON FeatureCollection"
        ) from error
    if (
        not isinstance(document, dict)
        or document.get("type") != "FeatureCollection"
        or not isinstance(document.get("features"), list)
    ):
        raise BadZone(f"{path}: this is no GeoJSON FeatureCollection; wrap the zones in one, under the key 'features'")
    return document, raw


def document_faults(document: Mapping[str, Any], path: Path) -> Iterator[str]:
    """Yield every fault of a FeatureCollection as a sentence naming file, zone, fault and remedy."""
    features = document["features"]
    if not features:
        yield f"{path}: the file has no zones; give at least one feature"
    if len(features) > MOST_ZONES:
        yield f"{path}: {len(features)} zones are more than {MOST_ZONES}; give the ones that matter"
        return
    if _count_positions(features) > MOST_POSITIONS:
        yield f"{path}: the file has more than {MOST_POSITIONS:,} positions; simplify its shapes"
        return
    seen: dict[str, int] = {}
    for number, feature in enumerate(features, start=1):
        label = f"{path}: zone {number}"
        if not _is_feature(feature):
            yield f"{label}: this is no GeoJSON Feature with properties; give type, properties and geometry."
            continue
        name = feature_id(feature)
        if name is not None:
            label += f" ({name!r})"
            if name in seen:
                yield f"{label}: its id is that of zone {seen[name]} too; give each zone an id of its own."
            seen.setdefault(name, number)
        for fault in feature_faults(feature):
            yield f"{label}: {fault}."


def _is_feature(value: object) -> bool:
    return isinstance(value, dict) and value.get("type") == "Feature" and isinstance(value.get("properties"), dict)


def feature_id(feature: Mapping[str, Any]) -> str | None:
    """Return a feature's id, its own or among its properties, or None where it has no usable one."""
    value = feature.get("id", feature["properties"].get("id"))
    usable = isinstance(value, str) and 0 < len(value) <= 80 and value.isprintable() and value == value.strip()
    return value if usable else None


def feature_faults(feature: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one feature, as clauses."""
    properties = feature["properties"]
    if feature_id(feature) is None:
        yield 'it has no id of 1 to 80 printable characters; add one, such as "id": "my_zone"'
    for key in ("name", "source", "alert_for"):
        if properties.get(key) in (None, "", []):
            yield f"it has no {key}; add {_HINTS[key]}"
    yield from _value_faults(properties)
    yield from _date_faults(properties)
    yield from _edge_faults(properties.get("edges"))
    for key in list(properties)[:_MOST_KEYS]:
        slip = difflib.get_close_matches(key[:40].lower(), _KNOWN, n=1, cutoff=0.75)
        if key not in _KNOWN and slip and properties.get(slip[0]) is None:
            yield f"the key {key[:40]!r} is not known; did you mean {slip[0]!r}?"
    yield from geometry_faults(feature.get("geometry"))


def instant(value: object) -> datetime | None:
    """Return an ISO 8601 date or time as aware UTC (a bare one is UTC), None for None.

    Raises:
        ValueError: it is no date.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("a date is a text")
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_HINTS = {
    "name": "a name for people",
    "source": "where the shape comes from, a text or a list of texts",
    "alert_for": "one of 'any', 'fishing', 'none'",
}


def _value_faults(properties: Mapping[str, Any]) -> Iterator[str]:
    alert = properties.get("alert_for")
    if alert not in (None, "", []) and alert not in ALERTS:
        yield f"its alert_for is {short(alert)}; give one of 'any', 'fishing', 'none'"
    for key in TEXTS:
        if not isinstance(properties.get(key), str | None):
            yield f"its {key} is {type(properties[key]).__name__}; give a text"
    for key in ("source", "disagrees_with"):
        if not _are_texts(properties.get(key)):
            yield f"its {key} is not a text or a list of texts; give each entry as a text"
    for key in _NUMBERS:
        if not _is_amount(properties.get(key)):
            yield f"its {key} is {short(properties[key])}; give a number of at least 0, or leave it out"


def _are_texts(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str) and each.strip() for each in value)
    return value is None or isinstance(value, str)


def _is_amount(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9)


def _date_faults(properties: Mapping[str, Any]) -> Iterator[str]:
    dates = {}
    for key in _DATES:
        try:
            dates[key] = instant(properties.get(key))
        except (ValueError, OverflowError):
            yield f"its {key} is {short(properties[key])}; give a date like 2017-12-22"
            return
    start, end = dates["valid_from"], dates["valid_to"]
    if start and end and end <= start:
        yield "its valid_to is not after its valid_from; swap them"


def _edge_faults(edges: object) -> Iterator[str]:
    """Yield one clause when the optional ``edges`` are not a list of named courses."""
    remedy = "leave them out, or give each a name, uncertainty_m, reason, owners, coordinates"
    if edges is not None and not (isinstance(edges, list) and all(_is_edge(each) for each in edges)):
        yield f"its edges are malformed; {remedy}"


def _is_edge(edge: object) -> bool:
    if not isinstance(edge, dict) or not all(isinstance(edge.get(key), str) for key in ("name", "reason", "owners")):
        return False
    courses = {"type": "MultiLineString", "coordinates": edge.get("coordinates")}
    return (
        edge.get("uncertainty_m") is not None and _is_amount(edge["uncertainty_m"]) and not [*geometry_faults(courses)]
    )


def _count_positions(features: list[Any]) -> int:
    """Return how many items the coordinates hold, stopping once there are too many."""
    total, stack = 0, [each.get("geometry") for each in features if isinstance(each, dict)]
    stack = [each.get("coordinates") for each in stack if isinstance(each, dict) and each.get("type") in DEPTH]
    while stack and total <= MOST_POSITIONS:
        item = stack.pop()
        if isinstance(item, list):
            if item and not isinstance(item[0], list):
                total += 1
            else:
                stack.extend(item)
    return total
