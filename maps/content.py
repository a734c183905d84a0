"""What a map says about a case, gathered once for report, replay and notebook: events, ships, tracks, zones and coast.

Everything here becomes one JSON value (`maps.text.page_json`). Nothing asks the clock; the same case gives the same
bytes.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache

import numpy as np
import numpy.typing as npt

from ais.reader import Reader
from detectors import discover
from detectors.drawing import Drawing
from detectors.list_matches import match_lists
from detectors.notes import Handling, Note, notes_of_standing
from detectors.vessel_lists import VesselLists
from maps import kinds, words
from maps.backdrop import REGION, WORLD, box_around, coast, names, ports, widened
from maps.coverage import Coverage, read_coverage
from maps.findings import WHOLE, Findings, Part, evidence, find, numbers, real, seconds
from maps.pack import pack
from maps.rows import evidence_rows
from maps.shapes import draw
from maps.ships import SORTS, read_ships, sort_of
from maps.tracks import DEGREE, UNHEARD_S, Tracks, read_tracks
from maps.zone_groups import group, groups_json, telling, zone_groups_at
from zones import Zone, ZoneSet

MAX_ZONE_VERTICES = 30_000
_AGAINST = ("against", "innocent explanations", "innocent explanation")


def map_content(
    reader: Reader, zones: ZoneSet, lists: VesselLists, part: Part = WHOLE
) -> tuple[dict[str, object], Findings, Coverage, Tracks]:
    """Return all that a map shows, and the parts it was made of."""
    findings = find(reader, part)
    said = notes_of_standing(reader)
    heard = read_coverage(reader)
    ships = part.with_partners(findings)
    tracks = read_tracks(reader, ships, max_fixes=part.max_fixes, from_us=part.from_us, to_us=part.to_us)
    points = [(real(event["lon"]), real(event["lat"])) for event in findings.events]
    view = box_around(points if part.ships is None else points + tracks.sample()) or heard.bulk() or REGION
    middle = (view[0] + view[2]) / 2
    view = widened(view)
    content: dict[str, object] = {
        "kinds": [{**kind, "count": findings.counts[kind["kind"]]} for kind in kinds.describe(findings.counts)],
        "events": [
            {**_event(event, ships, zones, middle), **_said(said.get(str(event["id"]), ()))}
            for event in findings.events
        ],
        "left_out": findings.left_out,
        "ships": read_ships(reader, ships, match_lists(reader, lists)),
        "sorts": [list(sort) for sort in SORTS],
        "tracks": _tracks(tracks, ships, zones, middle),
        **_zones(zones),
        "coast": coast(view, points),
        "ports": ports(view),
        "names": names(view),
        "cells": _cells(heard, middle),
        "view": list(view),
    }
    return content, findings, heard, tracks


def still_content(zones: ZoneSet, view: tuple[float, float, float, float]) -> dict[str, object]:
    """Return what a map shows of a region whatever happens there: kinds, zones, the world's coast, ports, names."""
    west, south, east, north = view
    fine = [(x, y) for x in np.arange(west, east + 4, 4).tolist() for y in np.arange(south, north + 4, 4).tolist()]
    every = {kind for made in discover().values() for kind in made.kinds}
    return {
        "kinds": [{**kind, "count": 0} for kind in kinds.describe(every)],
        "sorts": [list(sort) for sort in SORTS],
        "sort_of_type": [sort_of([str(code)]) for code in range(100)],
        **_zones(zones),
        "coast": coast(WORLD, fine),
        "ports": ports(view),
        "names": names(view),
        "view": list(view),
        "unheard_s": UNHEARD_S,
    }


def event_in_words(event: Mapping[str, object], zones: ZoneSet) -> dict[str, object]:
    """Return an event as a page shows it, its ships by their place in it and its zones by theirs in the set."""
    return _event(event, numbers(event["mmsi"]), zones, 0.0)


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
        "drawn": _drawn(event, said, middle),
        "hollow": "cannot" in str(said.get("verdict", "")),
        **split_reasons([str(item) for item in _items(event["reasons"])]),
    }


def _said(notes: Sequence[Note]) -> dict[str, object]:
    """Return what officers said of an event, and the verdict to which that comes."""
    return {"said": [note.in_words() for note in notes], "judged": Handling.by(notes).verdict or ""}


def _items(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


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


def _drawn(event: Mapping[str, object], said: Mapping[str, object], middle: float) -> list[dict[str, object]]:
    """Return what the event's detector wants drawn of it, near the middle of the view."""
    at = real(event["lon"]), real(event["lat"])
    made = [drawing.of(said, *at) for drawing in _drawings().get(str(event["kind"]), ())]
    shown = [one for one in made if one is not None]
    for one in shown:
        places = _items(one["places"])
        one["places"] = [[_near_degrees(real(x), middle), y] for x, y in map(_items, places)]
    return shown


@cache
def _drawings() -> dict[str, tuple[Drawing, ...]]:
    """Return what each kind's detector declares to draw."""
    return {kind: made.draws for made in discover().values() for kind in made.kinds}


def _tracks(tracks: Tracks, ships: Sequence[int], zones: ZoneSet, middle: float) -> dict[str, object]:
    place = {mmsi: i for i, mmsi in enumerate(ships)}
    first = int(tracks.t_s.min()) if len(tracks.t_s) else 0
    inside = zone_groups_at(zones, tracks.lon / DEGREE, tracks.lat / DEGREE, tracks.t_s * 1_000_000)
    columns = [tracks.t_s - first, near(tracks.lon, middle), tracks.lat, tracks.sog, tracks.flags]
    columns += [tracks.heading, inside]
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
