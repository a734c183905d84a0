"""What a map says about a case, gathered once for report and notebook: events, ships, tracks, zones and coast.

Everything here becomes one JSON value (`maps.text.page_json`). Nothing asks the clock; the same case gives the same
bytes.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from ais.reader import Reader
from detectors import read_events
from detectors.list_matches import match_lists
from detectors.vessel_lists import VesselLists
from maps import kinds, words
from maps.backdrop import REGION, box_around, coast, names, ports, widened
from maps.coverage import Coverage, read_coverage
from maps.pack import pack
from maps.rows import evidence_rows
from maps.shapes import draw
from maps.ships import read_ships
from maps.tracks import DEGREE, UNHEARD_S, Tracks, read_tracks
from maps.zone_groups import group, groups_json, telling
from zones import Zone, ZoneSet

MAX_EVENTS = 2000  # 2 to 3 MB of page; the rest is counted and named as left out
MAX_ZONE_VERTICES = 30_000
_AGAINST = ("against", "innocent explanations", "innocent explanation")


@dataclass(frozen=True)
class Findings:
    """The events of a case in the order of a page: by score, then start and id.

    Attributes:
        events: The events that the page carries.
        counts: Events of each kind in the case.
        scores: Scores of all events in the case.
        unassessed: Silences of the case that cannot be assessed.
    """

    events: Sequence[Mapping[str, object]]
    counts: dict[str, int]
    scores: list[float]
    unassessed: int

    @property
    def left_out(self) -> int:
        """Events of the case that the page does not carry."""
        return len(self.scores) - len(self.events)

    def ships(self) -> list[int]:
        """Return the ships of the events, ascending."""
        return sorted({mmsi for event in self.events for mmsi in numbers(event["mmsi"])})


def numbers(value: object) -> list[int]:
    """Return a list of whole numbers from an event's field."""
    return [int(item) for item in value] if isinstance(value, list | tuple) else []


def real(value: object) -> float:
    """Return an event's number as float.

    Raises:
        TypeError: It is no number.
    """
    if not isinstance(value, int | float):
        raise TypeError(f"an event's number is {value!r}")
    return float(value)


def find(reader: Reader) -> Findings:
    """Read the events of a case."""
    every = read_events(reader)
    ranked = sorted(every, key=lambda event: (-real(event["score"]), str(event["start"]), str(event["id"])))
    unassessed = sum("cannot" in str(evidence(event).get("verdict", "")) for event in every)
    counts = Counter(str(event["kind"]) for event in every)
    return Findings(ranked[:MAX_EVENTS], dict(sorted(counts.items())), [real(e["score"]) for e in every], unassessed)


def evidence(event: Mapping[str, object]) -> Mapping[str, object]:
    """Return the event's evidence."""
    value = event["evidence"]
    return value if isinstance(value, Mapping) else {}


def map_content(
    reader: Reader, zones: ZoneSet, lists: VesselLists
) -> tuple[dict[str, object], Findings, Coverage, Tracks]:
    """Return all that a map shows, and the parts it was made of."""
    findings = find(reader)
    heard = read_coverage(reader)
    ships = findings.ships()
    tracks = read_tracks(reader, ships)
    points = [(real(event["lon"]), real(event["lat"])) for event in findings.events]
    view = box_around(points) or heard.bulk() or REGION
    middle = (view[0] + view[2]) / 2
    view = widened(view)
    content: dict[str, object] = {
        "kinds": [{**kind, "count": findings.counts[kind["kind"]]} for kind in kinds.describe(findings.counts)],
        "events": [_event(event, ships, zones, middle) for event in findings.events],
        "left_out": findings.left_out,
        "ships": read_ships(reader, ships, match_lists(reader, lists)),
        "tracks": _tracks(tracks, ships, middle),
        **_zones(zones),
        "coast": coast(view, points),
        "ports": ports(view),
        "names": names(view),
        "cells": _cells(heard, middle),
        "view": list(view),
    }
    return content, findings, heard, tracks


def near(lon: npt.NDArray[np.int64], middle: float) -> npt.NDArray[np.int64]:
    """Return longitudes (1e-5 degree) as they lie within half a turn of a middle (degrees): nothing is cut at 180."""
    start = round((middle - 180) * DEGREE)
    return (lon - start) % (360 * DEGREE) + start


def _near_degrees(lon: float, middle: float) -> float:
    return float(near(np.asarray([round(lon * DEGREE)], dtype=np.int64), middle)[0]) / DEGREE


def _event(event: Mapping[str, object], ships: Sequence[int], zones: ZoneSet, middle: float) -> dict[str, object]:
    names = {zone.id: zone.name for zone in zones.zones}
    order = {zone.id: i for i, zone in enumerate(zones.zones)}
    ranks = {zone.id: telling(zone.kind) for zone in zones.zones}
    said = evidence(event)
    start, end = event["start"], event["end"]
    hours = (end - start).total_seconds() / 3600 if isinstance(start, datetime) and isinstance(end, datetime) else None
    ids = sorted((str(item) for item in _items(event["zones"])), key=lambda item: (ranks.get(item, 9), item))
    first = str(said.get("zone") or (ids[0] if ids else ""))
    place = {mmsi: i for i, mmsi in enumerate(ships)}
    kind = str(event["kind"])
    return {
        "id": str(event["id"]),
        "kind": kind,
        "score": real(event["score"]),
        "word": words.confidence(real(event["score"])),
        "start": seconds(start),
        "end": seconds(end),
        "lon": _near_degrees(real(event["lon"]), middle),
        "lat": real(event["lat"]),
        "ships": [place[mmsi] for mmsi in numbers(event["mmsi"])],
        "zones": [order[item] for item in ids if item in order],
        "other_zones": [item for item in ids if item not in order],
        "summary": words.summary(kind, hours, said, names.get(first, first)),
        "rows": evidence_rows(said, names),
        "plot": _plot(said.get("series")),
        "ends": _ends(said, middle),
        "hollow": "cannot" in str(said.get("verdict", "")),
        **split_reasons([str(item) for item in _items(event["reasons"])]),
    }


def _items(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def seconds(t: object) -> float | None:
    """Return a time as seconds since 1970 UTC."""
    if not isinstance(t, datetime):
        return None
    return (t if t.tzinfo else t.replace(tzinfo=UTC)).timestamp()


def split_reasons(reasons: Iterable[str]) -> dict[str, list[str]]:
    """Part reasons by the word they begin with (`for:`, `against:`, `innocent explanations:`); the rest are notes."""
    parted: dict[str, list[str]] = {"pro": [], "con": [], "notes": []}
    for reason in reasons:
        mark, colon, text = reason.partition(":")
        word = mark.strip().lower()
        if colon and word == "for":
            parted["pro"].append(text.strip())
        elif colon and word in _AGAINST:
            parted["con"].append(text.strip() if word == "against" else reason)
        else:
            parted["notes"].append(text.strip() if colon and word == "note" else reason)
    return parted


def _plot(series: object) -> list[list[float]] | None:
    pairs: list[list[float]] = []
    for item in _items(series):
        if isinstance(item, list | tuple) and len(item) >= 2 and isinstance(item[1], int | float):
            t = seconds(datetime.fromisoformat(item[0])) if isinstance(item[0], str) else item[0]
            if isinstance(t, int | float) and math.isfinite(item[1]):
                pairs.append([float(t), float(item[1])])
    return pairs or None


def _ends(said: Mapping[str, object], middle: float) -> list[float] | None:
    ends = [said.get(key) for key in ("start_lon", "start_lat", "end_lon", "end_lat")]
    if not all(isinstance(end, int | float) for end in ends):
        return None
    a_lon, a_lat, b_lon, b_lat = (real(end) for end in ends)
    return [_near_degrees(a_lon, middle), a_lat, _near_degrees(b_lon, middle), b_lat]


def _tracks(tracks: Tracks, ships: Sequence[int], middle: float) -> dict[str, object]:
    place = {mmsi: i for i, mmsi in enumerate(ships)}
    first = int(tracks.t_s.min()) if len(tracks.t_s) else 0
    columns = [tracks.t_s - first, near(tracks.lon, middle), tracks.lat, tracks.sog, tracks.flags]
    return {
        "ships": [place[mmsi] for mmsi in tracks.ships],
        "counts": list(tracks.counts),
        "first": first,
        "at": pack(columns),
        "step_s": tracks.step_s,
        "kept": len(tracks.t_s),
        "fixes": tracks.fixes,
        "unheard_s": UNHEARD_S,
    }


def _zone(zone: Zone, names: Mapping[str, str], first_edge: int) -> dict[str, object]:
    valid = [words.utc(t) if t else None for t in (zone.valid_from, zone.valid_to)]
    edges = [
        {"name": edge.name, "uncertainty_m": edge.uncertainty_m, "owners": edge.owners, "reason": edge.reason}
        for edge in zone.edges
    ]
    return {
        "id": zone.id,
        "name": zone.name,
        "kind": zone.kind,
        "group": group(zone.kind),
        "whose": zone.whose,
        "legal_status": zone.legal_status,
        "source": list(zone.source),
        "confidence": zone.confidence,
        "edge_uncertainty_m": zone.edge_uncertainty_m,
        "edge_reason": zone.edge_reason,
        "edges": edges,
        "first_edge": first_edge,
        "disagrees": [names.get(item, item) for item in zone.disagrees_with],
        "alert_for": zone.alert_for,
        "valid": valid,
        "notes": zone.notes,
    }


def _zones(zones: ZoneSet) -> dict[str, object]:
    """Return zones, and their shapes followed by the shapes of their named edges."""
    names = {zone.id: zone.name for zone in zones.zones}
    geometries: list[Mapping[str, object]] = [zone.geometry for zone in zones.zones]
    listed = []
    for zone in zones.zones:
        listed.append(_zone(zone, names, len(geometries)))
        geometries += [{"type": "MultiLineString", "coordinates": edge.coordinates} for edge in zone.edges]
    drawn = draw(geometries, max_vertices=MAX_ZONE_VERTICES)
    return {
        "zones": listed,
        "zone_groups": groups_json(),
        "zone_shapes": drawn.as_json(),
        "drawn_m": round(drawn.tolerance_deg * 111_320),
    }


def _cells(heard: Coverage, middle: float) -> dict[str, object]:
    return {"deg": heard.cell_deg, "at": pack([heard.x, heard.y, heard.n]), "middle": middle}
