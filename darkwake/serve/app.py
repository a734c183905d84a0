"""The interface of a watch over HTTP: what it found, heard and how it is, as JSON and as a stream of changes."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from darkwake.desk import WAIT_S, NotWritten, given_up
from darkwake.serve import answers
from darkwake.serve.access import MAX_BODY_BYTES
from darkwake.serve.answers import Said, Status
from darkwake.serve.openapi import describe
from detectors.notes import BadNote, Note, Saying, UnknownEvent

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from zones import ZoneSet

TICK_S = 1.0
HEARTBEAT_S = 15.0
_BEHIND = 16  # changes that a slow stream may be behind before it is closed; it then begins anew
_TRIES, _PAUSE_S = 4, 0.25
_LAST_HOURS, _MOST_HOURS = 6.0, 72.0
_FIXES = """
SELECT mmsi, max(t) AS t, arg_max(lon, t) AS lon, arg_max(lat, t) AS lat, arg_max(sog_kn, t) AS sog_kn,
    arg_max(cog_deg, t) AS cog_deg, max(rowid) AS row
FROM positions WHERE rowid > $row GROUP BY mmsi ORDER BY mmsi
"""
_REVISIONS = """
SELECT seq, made_at, action, supersedes, event FROM ledger JOIN runs ON runs.id = run_id WHERE seq > $seq ORDER BY seq
"""
Answer = TypeVar("Answer")


def _nobody(said: Saying) -> Future[Note]:
    """Refuse to write: nobody does."""
    raise NotWritten("nobody writes this case; this was not written")


@dataclass
class Live:
    """What the interface reads from.

    Attributes:
        case: The case; opened anew for each answer, so that a writer that was made anew is no trouble.
        zones: The zones in force.
        status: Returns how the watch is.
        ready: Says what keeps the watch from its work; empty for nothing.
        put: Has written what somebody says of an event.
    """

    case: Path
    zones: ZoneSet
    status: Callable[[], Status]
    ready: Callable[[], str]
    put: Callable[[Saying], Future[Note]] = _nobody
    _streams: set[asyncio.Queue[bytes | None]] = field(default_factory=set)
    _seq: int = 0
    _row: int = -1
    _note: int = 0

    async def read(self, work: Callable[[Any], Answer]) -> Answer:
        """Return what a function makes of a reader, in a thread: the loop goes on meanwhile."""

        def there() -> Answer:
            from ais.reader import Reader

            with Reader.open(self.case) as reader:
                return work(reader)

        for _ in range(_TRIES - 1):
            with contextlib.suppress(Exception):  # the writer may be opening the case anew just now
                return await run_in_threadpool(there)
            await asyncio.sleep(_PAUSE_S)
        return await run_in_threadpool(there)

    async def tell(self) -> None:
        """Tell all streams, once a tick, what has changed, until it is cancelled."""
        quiet = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            if not self._streams:
                self._row = -1
                continue
            with contextlib.suppress(Exception):  # the case may be held up; the next tick tells more
                changes = await self.read(self._changes)
                quiet = 0.0 if changes else quiet + TICK_S
                if changes or quiet >= HEARTBEAT_S:
                    self._send(changes)

    def _changes(self, reader: Any) -> bytes:
        """Return what has changed since the last tick as a message of a stream; empty for nothing."""
        from detectors.ledger import last_revision
        from detectors.notes import last_note

        if self._row < 0:  # the first stream after none: what is there, its page asks for
            self._row = int(reader.query("SELECT coalesce(max(rowid), 0) AS row FROM positions")["row"][0].as_py())
            self._seq, self._note = last_revision(reader), last_note(reader)
            return b""
        rows = reader.query(_FIXES, row=self._row).to_pydict()
        revisions = [answers.revision_of(row) for row in reader.query(_REVISIONS, seq=self._seq).to_pylist()]
        notes = answers.notes_of(reader, None, self._note).notes
        if not rows["mmsi"] and not revisions and not notes:
            return b""
        self._row = max([self._row, *rows.pop("row")])
        self._seq = max([self._seq, *(one.seq for one in revisions)])
        self._note = max([self._note, *(one.seq for one in notes)])
        rows["t"] = [int(t.replace(tzinfo=UTC).timestamp()) for t in rows["t"]]
        status = self.status()
        told = {"ledger": self._seq, "revisions": revisions, "notes": notes, "fixes": rows, "status": status}
        return b"event: change\nid: %d\ndata: %s\n\n" % (self._seq, msgspec.json.encode(told))

    async def say(self, said: Saying) -> Note:
        """Return what was said once it is written for good.

        Raises:
            NotWritten: That did not come about in time.
            UnknownEvent: There never was such an event.
            CaseError: The case failed.
        """
        answer = self.put(said)
        made = asyncio.wrap_future(answer)
        await asyncio.wait([made], timeout=WAIT_S)
        if not made.done():
            raise given_up(answer)
        return made.result()

    def _send(self, message: bytes) -> None:
        for queue in list(self._streams):
            try:
                queue.put_nowait(message or b": still here\n\n")
            except asyncio.QueueFull:
                self._streams.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the messages of one stream until its reader leaves or cannot keep up."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(_BEHIND)
        self._streams.add(queue)
        try:
            yield b"retry: 2000\n\n"
            while (message := await queue.get()) is not None:
                yield message
        finally:
            self._streams.discard(queue)

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return len(self._streams)


def application(live: Live) -> Starlette:
    """Return the application."""

    async def status(request: Request) -> Response:
        return _json(live.status())

    async def events(request: Request) -> Response:
        asked = request.query_params
        wanted: dict[str, Any] = {
            "kind": asked.get("kind", ""),
            "mmsi": _number(asked, "mmsi", -1, 0, 2**30 - 1),
            "zone": asked.get("zone", ""),
            "least": _decimal(asked, "min_score", 0.0, 0.0, 1.0),
            "since": _time(asked, "since"),
            "limit": _number(asked, "limit", 100, 1, answers.MAX_ROWS),
        }
        return _json(await live.read(lambda reader: answers.events_of(reader, **wanted)))

    async def event(request: Request) -> Response:
        name = request.path_params["id"]
        story = await live.read(lambda reader: answers.story_of(reader, name))
        if not story.revisions:
            raise HTTPException(404, f"there is no event {name[:16]}")
        return _json(story)

    async def notes(request: Request) -> Response:
        name, since = request.path_params.get("id"), _number(request.query_params, "since_seq", 0, 0, 2**39)
        return _json(await live.read(lambda reader: answers.notes_of(reader, name, since)))

    async def note(request: Request) -> Response:
        sent = await _sent(request, answers.NewNote)
        try:
            given = msgspec.structs.asdict(sent)
            made = await live.say(Saying(request.path_params["id"], **given))
        except BadNote as error:
            raise HTTPException(400, str(error)) from None
        except UnknownEvent as error:
            raise HTTPException(404, str(error)) from None
        except NotWritten as error:
            raise HTTPException(503, str(error)) from None
        return _json(answers.note_of(made), 201)

    async def ships(request: Request) -> Response:
        text = request.query_params.get("q", "")[:100]
        if not text.strip():
            raise HTTPException(400, "q is what to search for: a name, an MMSI, an IMO number or a call sign")
        return _json(await live.read(lambda reader: answers.ships_of(reader, text)))

    async def tracks(request: Request) -> Response:
        asked = request.query_params
        numbers = [_number({"mmsi": one}, "mmsi", -1, 0, 2**30 - 1) for one in asked.getlist("mmsi")]
        if not 1 <= len(numbers) <= answers.MAX_SHIPS:
            raise HTTPException(400, f"mmsi names one to {answers.MAX_SHIPS} ships: mmsi=1&mmsi=2")
        hours = _decimal(asked, "hours", _LAST_HOURS, 0.0, _MOST_HOURS)
        horizon = live.status().horizon
        newest = datetime.fromisoformat(horizon) if horizon else datetime.fromtimestamp(0, UTC)
        since = (newest - timedelta(hours=hours)).astimezone(UTC).replace(tzinfo=None).isoformat()
        return _json(await live.read(lambda reader: answers.tracks_of(reader, numbers, since)))

    async def zones(request: Request) -> Response:
        from detectors.ledger import feature_of

        features = ",".join(feature_of(zone) for zone in live.zones.zones)
        text = f'{{"type":"FeatureCollection","features":[{features}]}}'
        return Response(text, media_type="application/geo+json")

    async def stream(request: Request) -> Response:
        return StreamingResponse(live.stream(), media_type="text/event-stream")

    async def openapi(request: Request) -> Response:
        return _json(describe())

    async def healthz(request: Request) -> Response:
        return _json({"alive": True})

    async def readyz(request: Request) -> Response:
        wrong = live.ready()
        return _json(Said(wrong), 503) if wrong else _json({"ready": True})

    async def metrics(request: Request) -> Response:
        from darkwake.serve.metrics import exposed

        return Response(exposed(live.status(), live.streams), media_type="text/plain; version=0.0.4; charset=utf-8")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        telling = asyncio.create_task(live.tell())
        yield
        telling.cancel()

    api = "/api/v1"
    routes = [
        Route(f"{api}/status", status),
        Route(f"{api}/events", events),
        Route(f"{api}/events/{{id}}", event),
        Route(f"{api}/events/{{id}}/notes", notes, methods=["GET"]),
        Route(f"{api}/events/{{id}}/notes", note, methods=["POST"]),
        Route(f"{api}/notes", notes),
        Route(f"{api}/ships", ships),
        Route(f"{api}/tracks", tracks),
        Route(f"{api}/zones", zones),
        Route(f"{api}/stream", stream),
        Route("/openapi.json", openapi),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]
    handlers: Mapping[Any, Any] = {HTTPException: _refused, Exception: _failed}
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


Sent = TypeVar("Sent")


async def _sent(request: Request, kind: type[Sent]) -> Sent:
    """Return what was sent as JSON. No page elsewhere can have a browser send that without asking first."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "send JSON, with content-type application/json")
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except ClientDisconnect:
        raise HTTPException(413, f"a request may have {MAX_BODY_BYTES:,} bytes") from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise HTTPException(400, str(error)) from None


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _json(Said(error.detail), error.status_code)


async def _failed(request: Request, error: Exception) -> Response:
    """Answer when the case cannot be read: a sentence, and no inside view."""
    from ais.reader import QueryError
    from ais.store import CaseError

    known = isinstance(error, (CaseError, QueryError))
    return _json(Said(str(error) if known else "this could not be answered"), 503 if known else 500)


def _number(asked: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = asked.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,12}", text) or not low <= int(text) <= high:
        raise HTTPException(400, f"{name} is a whole number from {low:,} to {high:,}")
    return int(text)


def _decimal(asked: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = asked.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text) or not low <= float(text) <= high:
        raise HTTPException(400, f"{name} is a number from {low:g} to {high:g}")
    return float(text)


def _time(asked: Mapping[str, str], name: str) -> str:
    text = asked.get(name)
    if text is None:
        return ""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise HTTPException(400, f"{name} is a time like 2022-11-10T02:09:52Z") from None
    return (given if given.tzinfo is None else given.astimezone(UTC).replace(tzinfo=None)).isoformat()
