"""The interface of a watch over HTTP: what it found, heard and how it is, as JSON and as a stream of changes."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec.structs import replace
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
from darkwake.serve.changes import Change, Fixes, Since, change_of
from darkwake.serve.fleet import Fleet, fleet_of, newest_of
from darkwake.serve.openapi import describe
from detectors.notes import BadNote, Note, Saying, UnknownEvent

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from detectors.vessel_lists import VesselLists
    from maps.live import LivePage
    from zones import ZoneSet

TICK_S = 1.0
HEARTBEAT_S = 5.0
_BEHIND = 16  # changes that a slow stream may be behind before it is closed; it then begins anew
_TRIES, _PAUSE_S = 4, 0.25
_LAST_HOURS, _MOST_HOURS = 6.0, 72.0
Answer = TypeVar("Answer")


def _nobody(said: Saying) -> Future[Note]:
    """Refuse to write: nobody does."""
    raise NotWritten("nobody writes this case; this was not written")


def _page_of(zones: ZoneSet) -> LivePage:
    """Make the page in a process of its own: what that needs is much, is needed once, and would hold up the watch."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from darkwake import __version__
    from maps.live import live_page

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(live_page, zones, version=__version__).result()


@dataclass
class Live:
    """What the interface reads from.

    Attributes:
        case: The case; opened anew for each answer, so that a writer that was made anew is no trouble.
        zones: The zones in force.
        status: Returns how the watch is.
        ready: Says what keeps the watch from its work; empty for nothing.
        lists: Returns the lists that ships are held against.
        put: Has written what somebody says of an event.
    """

    case: Path
    zones: ZoneSet
    status: Callable[[], Status]
    ready: Callable[[], str]
    lists: Callable[[], VesselLists]
    put: Callable[[Saying], Future[Note]] = _nobody
    _streams: set[asyncio.Queue[bytes | None]] = field(default_factory=set)
    _since: Since | None = None
    _told: Status | None = None
    _page: LivePage | None = None
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _fleets: dict[float, tuple[float, bytes]] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None

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

    async def page(self) -> LivePage:
        """Return the page, made when it is first asked for."""
        async with self._making:
            if self._page is None:
                self._page = await run_in_threadpool(_page_of, self.zones)
            return self._page

    async def fleet(self, hours: float) -> bytes:
        """Return all ships of the last hours; those who ask at once share an answer begun after each had asked."""
        asked = time.monotonic()
        async with self._looking:
            begun, found = self._fleets.get(hours, (-1.0, b""))
            if begun < asked:
                begun = time.monotonic()
                found = msgspec.json.encode(await self.read(lambda reader: self._fleet(reader, hours)))
                self._fleets = {hours: (begun, found)}
            return found

    def _fleet(self, reader: Any, hours: float) -> Fleet:
        status = self.status()
        return fleet_of(reader, newest_of(reader, status.horizon), hours, datetime.fromisoformat(status.now))

    async def tell(self) -> None:
        """Tell all streams, once a tick, what has changed, until it is cancelled."""
        self._loop = asyncio.get_running_loop()
        quiet = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            if not self._streams:
                self._since = None
                continue
            status = self.status()
            change = await self._change(status)
            same = self._told is not None and replace(status, now="", behind_s=0.0) == self._told
            if same and change.is_empty and quiet + TICK_S < HEARTBEAT_S:
                quiet += TICK_S
                continue
            quiet, self._told = 0.0, replace(status, now="", behind_s=0.0)
            self._send(b"event: change\nid: %d\ndata: %s\n\n" % (change.ledger, msgspec.json.encode(change)))

    async def _change(self, status: Status) -> Change:
        """Return what has come since the last tick; where the case cannot be read, the next tick tells it."""
        since = self._since
        if since is not None:
            with contextlib.suppress(Exception):
                change, self._since = await self.read(lambda reader: change_of(reader, self.zones, since, status))
                return change
        return Change(0 if since is None else since.seq, [], False, [], Fixes(), [], status)

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
                queue.put_nowait(message)
            except asyncio.QueueFull:
                self._streams.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    def end(self) -> None:
        """End all streams, from another thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for queue in list(self._streams):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the messages of one stream until its reader leaves or cannot keep up."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(_BEHIND)
        if self._since is None:
            self._since = await self.read(Since.now)
        self._streams.add(queue)
        try:
            yield b"retry: 2000\nevent: begin\ndata: {}\n\n"  # what was there before, its page asks for now
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

    async def page(request: Request) -> Response:
        made = await live.page()
        return Response(made.html, media_type="text/html", headers={"content-security-policy": made.policy})

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
            "in_words": bool(_number(asked, "words", 0, 0, 1)),
        }
        return _json(await live.read(lambda reader: answers.events_of(reader, live.zones, **wanted)))

    async def event(request: Request) -> Response:
        name = request.path_params["id"]
        story = await live.read(lambda reader: answers.story_of(reader, live.zones, name))
        if not story.revisions:
            raise HTTPException(404, f"there is no event {name[:16]}")
        return _json(story)

    async def revisions(request: Request) -> Response:
        action = request.query_params.get("action", "")
        limit = _number(request.query_params, "limit", 100, 1, answers.MAX_ROWS)
        return _json(await live.read(lambda reader: answers.last_revisions(reader, live.zones, action, limit)))

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

    async def ship(request: Request) -> Response:
        mmsi = _number(request.path_params, "mmsi", -1, 0, 2**30 - 1)
        return _json(await live.read(lambda reader: answers.known_of(reader, live.lists(), mmsi)))

    async def fleet(request: Request) -> Response:
        hours = _decimal(request.query_params, "hours", _LAST_HOURS, 0.0, _MOST_HOURS)
        return Response(await live.fleet(hours), media_type="application/json")

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
        features = ",".join(live.zones.features.values())
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
        Route("/", page),
        Route(f"{api}/status", status),
        Route(f"{api}/events", events),
        Route(f"{api}/events/{{id}}", event),
        Route(f"{api}/revisions", revisions),
        Route(f"{api}/fleet", fleet),
        Route(f"{api}/events/{{id}}/notes", notes, methods=["GET"]),
        Route(f"{api}/events/{{id}}/notes", note, methods=["POST"]),
        Route(f"{api}/notes", notes),
        Route(f"{api}/ships", ships),
        Route(f"{api}/ships/{{mmsi}}", ship),
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
