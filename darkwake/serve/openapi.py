"""The description of the interface in OpenAPI 3.1, made from the types of its answers."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from darkwake import __version__
from darkwake.serve import answers
from darkwake.serve.fleet import Fleet

_TEXT: dict[str, Any] = {"type": "string"}
_WHOLE: dict[str, Any] = {"type": "integer", "minimum": 0}


def _asked(
    name: str, what: str, schema: dict[str, Any], *, needed: bool = False, place: str = "query"
) -> dict[str, Any]:
    return {"name": name, "in": place, "description": what, "required": needed, "schema": schema}


_LIMIT = _asked("limit", "How many at most", {"type": "integer", "minimum": 1, "maximum": answers.MAX_ROWS})
_HOURS = _asked("hours", "How many, up to the newest fix", {"type": "number", "minimum": 0, "maximum": 72})

#: Path: what it is, what may be asked, the type of its answer (None: another media type, named).
PATHS: dict[str, tuple[str, list[dict[str, Any]], type[msgspec.Struct] | str]] = {
    "/api/v1/status": ("How the watch is: feeds, horizon, alerts, events by kind", [], answers.Status),
    "/api/v1/events": (
        "Findings that stand, the latest start first",
        [
            _asked("kind", "Kind of event", _TEXT),
            _asked("mmsi", "A ship that takes part", _WHOLE),
            _asked("zone", "Zone in which it is", _TEXT),
            _asked("min_score", "Least score", {"type": "number", "minimum": 0, "maximum": 1}),
            _asked("since", "Those that end after it, UTC", {"type": "string", "format": "date-time"}),
            _LIMIT,
            _asked("words", "1: with each in the words of a report", {"type": "integer", "enum": [0, 1]}),
        ],
        answers.Events,
    ),
    "/api/v1/events/{id}": (
        "What became of an event: its revisions, oldest first",
        [_asked("id", "Its id, 16 hexadecimal digits", _TEXT, needed=True, place="path")],
        answers.Revisions,
    ),
    "/api/v1/revisions": (
        "The last revisions of all events, newest first",
        [
            _asked("action", "Of one action", {"type": "string", "enum": ["new", "revised", "withdrawn"]}),
            _LIMIT,
        ],
        answers.Revisions,
    ),
    "/api/v1/fleet": (
        "All ships of the last hours at once: who they are, where they are and were",
        [_HOURS],
        Fleet,
    ),
    "/api/v1/events/{id}/notes": (
        "What was said of an event and of those in whose place it stands, oldest first",
        [
            _asked("id", "Its id, 16 hexadecimal digits", _TEXT, needed=True, place="path"),
            _asked("since_seq", "What came after this number", _WHOLE),
        ],
        answers.Notes,
    ),
    "/api/v1/notes": (
        f"What was said of all events, oldest first, {answers.MAX_ROWS:,} at a time",
        [_asked("since_seq", "What came after this number", _WHOLE)],
        answers.Notes,
    ),
    "/api/v1/ships": (
        "Ships by name, MMSI, IMO number or call sign",
        [_asked("q", "What to search for", _TEXT, needed=True)],
        answers.Ships,
    ),
    "/api/v1/ships/{mmsi}": (
        "What is known of a ship: all that it said of itself, and the lists that it is on",
        [_asked("mmsi", "Its number", _WHOLE, needed=True, place="path")],
        answers.Known,
    ),
    "/api/v1/tracks": (
        "The last hours of ships",
        [
            _asked("mmsi", "A ship; may be given again", {"type": "array", "items": _WHOLE}, needed=True),
            _HOURS,
        ],
        answers.Tracks,
    ),
    "/api/v1/zones": ("The zones in force, as GeoJSON", [], "application/geo+json"),
    "/api/v1/stream": ("Changes as they come: server-sent events of type `change`", [], "text/event-stream"),
    "/": ("The page", [], "text/html"),
    "/healthz": ("Whether the process answers", [], "application/json"),
    "/readyz": ("Whether the watch does its work", [], "application/json"),
    "/metrics": ("Figures for Prometheus", [], "text/plain"),
}
#: Path: what a POST to it does, the type of what is sent, the type of its answer 201.
POSTS: dict[str, tuple[str, type[msgspec.Struct], type[msgspec.Struct]]] = {
    "/api/v1/events/{id}/notes": ("Say something of an event, for good", answers.NewNote, answers.Note)
}


@cache
def describe() -> dict[str, Any]:
    """Return the document."""
    types = [answer for _, _, answer in PATHS.values() if not isinstance(answer, str)]
    types += [one for _, *both in POSTS.values() for one in both] + [answers.Said]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    of = dict(zip(types, schemas, strict=True))
    said = {
        "description": "A sentence that says why not",
        "content": {"application/json": {"schema": of[answers.Said]}},
    }
    paths: dict[str, dict[str, Any]] = {}
    for path, (what, asked, answer) in PATHS.items():
        content = {answer: {}} if isinstance(answer, str) else {"application/json": {"schema": of[answer]}}
        responses: dict[str, Any] = {"200": {"description": what, "content": content}, "default": said}
        paths[path] = {"get": {"summary": what, "parameters": asked, "responses": responses}}
    for path, (what, sent, answer) in POSTS.items():
        named = [one for one in PATHS[path][1] if one["in"] == "path"]
        body = {"required": True, "content": {"application/json": {"schema": of[sent]}}}
        made = {"description": what, "content": {"application/json": {"schema": of[answer]}}}
        responses = {"201": made, "default": said}
        paths[path]["post"] = {"summary": what, "parameters": named, "requestBody": body, "responses": responses}
    return {
        "openapi": "3.1.0",
        "info": {"title": "darkwake watch", "version": __version__, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "security": [{"bearer": []}, {"cookie": []}],
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "darkwake"},
            },
        },
    }
