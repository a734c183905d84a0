"""The watch: feeds to a spool, the spool to the case, detectors up to the newest accepted time; until it is stopped.

Lines go to the spool first. What is flushed there is taken in by the same reading as any file, and after each batch
the detectors bring up what it can have changed, by the same `detect` as a replay: the events equal those of
`darkwake run` on the spool. The spool is the queue, so a slow case never holds up a feed; while the spool itself cannot
be written, feeds that can wait do, and lines of those that cannot are counted as dropped.

Told to end, a watch takes in and looks through what came, for some seconds; what it does not come to lies in the spool
or the case, and the next watch begins with it.
"""

from __future__ import annotations

import asyncio
import json
import math
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ais.clock import from_us
from ais.feeds.address import Address
from ais.feeds.follow import Follower, Growing
from ais.feeds.kafka import run_kafka
from ais.feeds.mqtt import run_mqtt
from ais.feeds.network import Hooks, run_tcp, run_tcp_listen, run_udp
from ais.feeds.recorded import run_file, run_stdin
from ais.feeds.spool import Packed, Spool
from ais.feeds.websocket import run_websocket
from ais.memory import give_back
from ais.seal import seal_us
from ais.source import InputError
from ais.store import CaseError, Interrupted, Store
from darkwake.desk import Desk
from darkwake.health import Health
from darkwake.keep import Keep
from darkwake.log import Said
from darkwake.notify import notify, watchdog_s

if TYPE_CHECKING:
    from darkwake.alerts.teller import Teller
    from darkwake.serve.server import Server
    from detectors import Detector
    from zones import ZoneSet

FLUSH_S = 0.25
WAITING_BYTES = 16_000_000  # of lines that are not flushed: beyond it feeds wait
RETRY_S = 2.0
PACK_AGAIN_S = 60.0
MUCH_S = 3.0  # a detection that takes so long had much in memory
LEFT_OVER_S, QUIET_S = 3.0, 0.2
PATIENCE_S = 2.0  # with a channel of alerts, once the watch ends
TAKE_S = 5.0  # of taking in before detection, or as long as that took: only where much is left over from before
TAKE_BLOCKS = 3  # of files, some 260,000 lines: what detection then looks at is in memory
# From SIGTERM until detection under way is cut off, until nothing more is taken in, and until the last detection is.
CUT_S, LAST_TAKE_S, END_S = 1.0, 4.0, 7.0
_MEMORY = "320MB"  # of DuckDB; with what a flood of ships takes beside it a watch stays under 1 GB


@dataclass
class Watch:
    """What a watch works with.

    Attributes:
        case: The case file.
        spool: Folder of the spool.
        addresses: The sources.
        zones: The zones in force.
        detectors: Detectors by name.
        version: darkwake's version.
        clock: Returns the time, aware, UTC.
        say: Told in a sentence of each change of state, and of events that came.
        key: Key for aisstream's server.
        teller: Tells of what is found; None for nobody.
        serve: Returns what serves the page of a watch; None for nothing.
        keep: What is kept of what came.
    """

    case: Path
    spool: Path
    addresses: Sequence[Address]
    zones: ZoneSet
    detectors: Mapping[str, Detector]
    version: str
    clock: Callable[[], datetime]
    say: Callable[[str], None]
    key: str = ""
    teller: Teller | None = None
    keep: Keep = field(default_factory=Keep)
    serve: Callable[[Watch], Server] | None = None
    _spools: dict[str, Spool] = field(default_factory=dict)
    _dropped: list[Hooks] = field(default_factory=list)
    _flushed: threading.Event = field(default_factory=threading.Event)
    _ending: threading.Event = field(default_factory=threading.Event)
    _came: int = 0
    _taking: threading.Thread | None = None
    _looking: Store | None = None
    _looking_since: float = math.inf
    _told_at: float = math.inf
    _broken: BaseException | None = None

    def __post_init__(self) -> None:
        """Begin the account of how it is, and make room for what officers say."""
        self.health = Health(self.clock())
        self.desk = Desk(self._flushed.set)

    def run(self) -> None:
        """Watch until SIGTERM, Ctrl-C, or the end of all sources; what came by then is in the case at the end.

        Raises:
            InputError: A source cannot be used at all.
            CaseError: The case cannot be used at all.
        """
        names = [address.name for address in self.addresses]
        if len(set(names)) < len(names):
            raise InputError("a source is named twice; name each once")
        self._spools = {name: Spool(self.spool, name) for name in names}
        server = self.serve(self) if self.serve else None
        try:
            with Store.open(self.case) as store:  # a case that is no good is told before a feed is opened
                if self.teller:
                    self.teller.start(store.reader())
            if server:
                server.start()
                self.say(Said(f"the page is at {server.url}", "page"))
            asyncio.run(self._run())
        finally:
            notify("STOPPING=1")
            if server:
                server.stop()
            if self.teller:
                self.teller.stop(PATIENCE_S)
        if self._broken is not None:
            raise self._broken

    async def _run(self) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._stop, stop)
        feeds = [asyncio.create_task(self._feed(address), name=address.name) for address in self.addresses]
        taking = self._taking = threading.Thread(target=self._take, name="taking", daemon=True)
        taking.start()  # once every feed could be made: a process that leaves must have ended it first
        others = [asyncio.create_task(self._flush()), asyncio.create_task(_waited(stop))]
        notify("READY=1")
        try:
            await asyncio.wait([asyncio.create_task(_all(feeds)), *others], return_when=asyncio.FIRST_COMPLETED)
            for feed in feeds:
                if feed.done():
                    feed.result()  # raises what it raised
            await self._left_over()
        finally:
            for task in (*feeds, *others):
                task.cancel()
            await asyncio.gather(*feeds, *others, return_exceptions=True)
            await asyncio.to_thread(self._flush_once)
            self._ending.set()
            self._flushed.set()
            while taking.is_alive():
                await asyncio.to_thread(taking.join, FLUSH_S)
                if self.cut_now:
                    self._cut_off()
            for hooks in self._dropped:
                if hooks.dropped:
                    self.say(Said(f"{hooks.dropped:,} lines found no room and were dropped", "dropped", "error"))

    def _stop(self, stop: asyncio.Event) -> None:
        """End, within some seconds."""
        self._told_at = min(self._told_at, time.monotonic())
        stop.set()

    def late(self, seconds: float) -> bool:
        """Say whether it was told to end so long ago."""
        return time.monotonic() > self._told_at + seconds

    @property
    def cut_now(self) -> bool:
        """Whether detection is to be cut off: that under way when it was told to end, for what came to be taken in."""
        return self.late(END_S) or (self.late(CUT_S) and self._looking_since < self._told_at)

    def _cut_off(self) -> None:
        """Cut detection off where it is under way."""
        store = self._looking
        if store is not None:
            store.interrupt()

    async def _left_over(self) -> None:
        """Let feeds go on until what had come already is taken: nothing comes for a moment, or it never stops."""
        end = time.monotonic() + LEFT_OVER_S
        came = -1
        while came != self._came and time.monotonic() < end:
            came = self._came
            await asyncio.sleep(QUIET_S)

    def _hooks(self, spool: Spool) -> Hooks:
        """Return what a feed works with: its lines go to a spool."""
        feed = self.health.feed(spool.name)

        def offer(line: bytes) -> bool:
            if spool.waiting_bytes > WAITING_BYTES:
                return False
            feed.last_us = self._now_us()
            spool.append(line, feed.last_us)
            feed.lines += 1
            self._came += 1
            return True

        def say(text: str) -> None:
            self.health.say(spool.name, text)
            self.say(Said.of_feed(text, spool.name))

        async def put(line: bytes) -> None:
            while not offer(line):
                await asyncio.sleep(FLUSH_S)

        hooks = Hooks(put, offer, self._now_us, say, spool.then, spool.flush)
        feed.dropped = lambda: hooks.dropped
        self._dropped.append(hooks)
        return hooks

    def _feed(self, address: Address) -> Coroutine[object, object, None]:
        """Return a feed at work."""
        spool = self._spools[address.name]
        hooks = self._hooks(spool)
        if address.kind == "file":
            place = spool.folder / ".read"

            def note(end: int) -> None:
                spool.then(partial(_write_place, place, address, end), "place")

            return run_file(address, hooks, _read_place(place, address), note)
        if address.kind == "kafka":
            return run_kafka(address, hooks)
        if address.topic:
            return run_mqtt(address, hooks, spool.folder)
        if address.url:
            return run_websocket(address, hooks, self._hello(address))
        runs = {"udp": run_udp, "tcp": run_tcp, "gpsd": run_tcp, "tcp-listen": run_tcp_listen, "stdin": run_stdin}
        return runs[address.kind](address, hooks)

    def _hello(self, address: Address) -> str | None:
        """Return what aisstream's server wants to be told within 3 s: the key, and the box around all zones.

        Raises:
            InputError: There is no key.
        """
        if not address.kind.startswith("aisstream"):
            return None
        if not self.key:
            raise InputError(f"{address.name} needs a key; set it as AISSTREAM_API_KEY in the environment")
        points = [point for zone in self.zones.zones for point in _points(zone.geometry["coordinates"])]
        lon, lat = zip(*points, strict=True)
        return json.dumps({"APIKey": self.key, "BoundingBoxes": [[[min(lat), min(lon)], [max(lat), max(lon)]]]})

    def _now_us(self) -> int:
        return round(self.clock().timestamp() * 1e6)

    async def _flush(self) -> None:
        beat_s, beaten = watchdog_s(), time.monotonic()
        while self._broken is None:
            await asyncio.sleep(FLUSH_S)
            await asyncio.to_thread(self._flush_once)
            if beat_s and time.monotonic() > beaten + beat_s and self.works:
                notify("WATCHDOG=1")
                beaten = time.monotonic()

    @property
    def works(self) -> bool:
        """Whether what came is still taken into the case, or tried to be."""
        return self._taking is not None and self._taking.is_alive()

    def _flush_once(self) -> None:
        """Bring what came to the disk; what finds no room there waits."""
        for spool in self._spools.values():
            try:
                if spool.flush():
                    self.health.came()
                    self._flushed.set()
            except OSError as error:
                said = f"the spool {spool.folder} cannot be written ({error.strerror}); it is tried again"
                self.say(Said(said, "spool", "error", spool.name))

    def _take(self) -> None:
        """Write the case until the end; what officers say later is refused."""
        try:
            self._take_on()
        finally:
            self.desk.close()

    def _take_on(self) -> None:
        """Take what is flushed into the case, and detect, until the end; a failing case is opened again."""
        told, last = "", False
        while True:
            try:
                with Store.open(self.case) as store, store.filling(_MEMORY):
                    store.take_orders(self.desk.order)
                    _Taking(self, store).run()
                return
            except CaseError as error:
                self.health.error = str(error)
                if str(error) != told:
                    self.say(Said(f"{error}; it is tried again", "case", "error"))
                told = str(error)
                if self._ending.wait(RETRY_S):
                    if last:
                        self._broken = error
                        return
                    last = True  # what came is in the spool; one more try to have it in the case too
            except BaseException as error:
                self._broken = error
                return


class _Taking:
    """Takes the spool into an open case."""

    def __init__(self, watch: Watch, store: Store) -> None:
        self._watch, self._store = watch, store
        self._followers: dict[Path, Follower] = {}
        self._whole: set[Path] = set()
        self._over = threading.Event()
        self._packer: ThreadPoolExecutor | None = None  # without one days are packed at once
        self._packing: dict[Path, Future[Packed | None]] = {}
        self._pack_again: dict[Path, float] = {}
        self._events: dict[str, int] = {}
        self._swept: date | None = None
        self._looked_s, self._again = 0.0, False

    def run(self) -> None:
        """Go on until the watch ends and all that was flushed is in, or it is late."""
        with ThreadPoolExecutor(1, "packing") as self._packer:
            try:
                self._take_and_look()
            finally:
                self._over.set()
        for follower in self._followers.values():
            follower.pause()
        if left := self._left_bytes():
            said = f"{left:,} bytes of the spool are not in the case yet; a watch that begins again takes them in"
            self._watch.say(Said(said, "left", "warning"))

    def _take_and_look(self) -> None:
        watch, looked = self._watch, False  # an earlier watch may have ended between taking in and detection
        while True:
            ending, began = watch._ending.is_set(), time.monotonic()
            watch._flushed.clear()
            here = self._flushed()
            self._write_notes()
            if self._caught_up() or self._again or not looked:
                self._again = False
                if not self._looked():
                    break
                if self._again:
                    continue
                looked = True
                watch.health.error = None
                if self._has(here):
                    watch.health.looked_through(began)
            elif ending:
                break
            else:
                watch.health.looked_through(began)
                watch._flushed.wait()

    def _flushed(self) -> dict[Path, int]:
        """Return how far each file of the spool that is not packed is on the disk."""
        spools, whole = self._watch._spools.values(), self._whole
        files = ((spool, path) for spool in spools for path in spool.files() if path not in whole and path.exists())
        return {path: spool.flushed(path) for spool, path in files}

    def _has(self, ends: Mapping[Path, int]) -> bool:
        """Say whether files are in the case up to their ends."""
        followers = self._followers
        return all(
            path in self._whole or (path in followers and followers[path].taken_bytes >= end)
            for path, end in ends.items()
        )

    def _caught_up(self) -> bool:
        """Take in what has come, for so long at most that findings do not wait; returns whether there was something."""
        blocks, end = 0, time.monotonic() + max(TAKE_S, self._looked_s)
        while moved := self._step():
            blocks += moved
            self._write_notes()
            if blocks >= TAKE_BLOCKS or time.monotonic() > end:
                break
        return blocks > 0

    def _write_notes(self) -> None:
        """Write what officers said; it bears on alerts too."""
        watch = self._watch
        if watch.desk.write(self._store, watch.clock()) and watch.teller:
            watch.teller.look(self._store.reader())

    def _step(self) -> int:
        """Take in a block of each file that has grown, and finish days that are over; returns how many moved."""
        moved = 0
        for spool in self._watch._spools.values():
            files = spool.files()
            for path in files:
                if path in self._whole:
                    continue
                if self._watch.late(LAST_TAKE_S):
                    return moved
                if path not in self._followers and self._is_whole(spool, path):
                    self._whole.add(path)
                    spool.settle(path)
                    continue
                follower = self._follower(spool, path)
                follower.growing.end = spool.flushed(path)
                moved += follower.step() or (path.stem != files[-1].stem and self._finish(spool, path))
        return moved

    def _left_bytes(self) -> int:
        """Return how much of the spool is not in the case."""
        left = 0
        for spool in self._watch._spools.values():
            for path in spool.files():
                follower = self._followers.get(path)
                if follower is not None:
                    left += spool.flushed(path) - follower.taken_bytes
                elif path not in self._whole:
                    left += spool.flushed(path) if path.exists() else 0
        return left

    def _finish(self, spool: Spool, path: Path) -> bool:
        """Pack a day that is over and all in the case, and say there that it is whole; returns whether it was."""
        watch = self._watch
        if time.monotonic() < self._pack_again.get(path, 0.0):
            return False
        try:
            packed = self._packed(spool, path)
        except OSError as error:
            said = f"{path} cannot be packed ({error.strerror}); it is tried again"
            watch.say(Said(said, "spool", "warning", spool.name))
            self._pack_again[path] = time.monotonic() + PACK_AGAIN_S
            return False
        if packed is None:
            return False
        self._followers.pop(path).finish(packed)
        spool.settle(path)
        self._whole.add(path)
        return True

    def _packed(self, spool: Spool, path: Path) -> Packed | None:
        """Return what a day was packed to, beside what comes; None while it is not."""

        def stop() -> bool:
            return self._watch._ending.is_set() or self._over.is_set()

        if self._packer is None:
            return spool.pack(path, stop)
        if path not in self._packing:
            self._packing[path] = self._packer.submit(spool.pack, path, stop)
            self._packing[path].add_done_callback(lambda _: self._watch._flushed.set())
        return self._packing.pop(path).result() if self._packing[path].done() else None

    def _is_whole(self, spool: Spool, path: Path) -> bool:
        """Say whether all of a day's file is in the case."""
        sql = "SELECT count(*) FROM inputs WHERE name = ? AND complete"
        return bool(self._store.con.execute(sql, [_name(spool, path)]).fetchall()[0][0])

    def _follower(self, spool: Spool, path: Path) -> Follower:
        if path not in self._followers:
            day = datetime.strptime(path.stem, "%Y-%m-%d").replace(tzinfo=UTC)
            spool.unpack(path)
            self._followers[path] = Follower(self._store, Growing(path, _name(spool, path)), day)
        return self._followers[path]

    def _looked(self) -> bool:
        """Look through what is in the case; returns whether that came to its end."""
        watch, much = self._watch, self._looked_s > MUCH_S
        if much:
            give_back()  # what taking in needed
        began = watch._looking_since = time.monotonic()
        watch._looking = self._store
        try:
            with self._store.interruptible():
                self._detect()
        except Interrupted:
            if not watch.late(END_S):
                self._again = True
                return True
            said = "what came last is not looked through yet; a watch that begins again does it"
            watch.say(Said(said, "left", "warning"))
            return False
        finally:
            watch._looking, watch._looking_since = None, math.inf
            self._looked_s = time.monotonic() - began
        if much:
            give_back()
        return True

    def _stop(self) -> None:
        """End detection where it is late."""
        if self._watch.cut_now:
            raise Interrupted("the watch ends")

    def _detect(self) -> None:
        from detectors import detect, iso
        from detectors.ledger import last_revision

        watch = self._watch
        found = detect(
            self._store,
            watch.zones,
            detectors=watch.detectors,
            now=watch.clock(),
            version=watch.version,
            stop=self._stop,
        )
        counts = {kind: number for kind, number in found.events.items() if number}
        if counts != self._events and found.horizon is not None:
            said = ", ".join(f"{number:,} {kind}" for kind, number in sorted(counts.items()))
            watch.say(Said(f"up to {iso(found.horizon)}: {said or 'no events'}", "found"))
        self._events = counts
        watch.health.horizon, watch.health.events = found.horizon, counts
        with self._store.reader() as reader:
            watch.health.ledger = last_revision(reader)
        if watch.teller:
            watch.teller.look(self._store.reader())
        if found.horizon is not None:
            self._let_go(found.horizon)

    def _let_go(self, horizon: datetime) -> None:
        """Move the seal where something is to go, and take days of the spool away that lie before what is kept."""
        from detectors import iso
        from detectors.retention import move_seal

        watch, sealed = self._watch, seal_us(self._store.con)
        newest = min(horizon, watch.clock())  # a clock that is ahead must not let go of what others say now
        to_us = watch.keep.seal_us(self._store, newest, sealed)
        if to_us is not None and move_seal(self._store, to_us, now=watch.clock(), version=watch.version):
            sealed = seal_us(self._store.con)
            assert sealed is not None
            said = f"sealed: what lies before {iso(from_us(sealed))} is no longer taken in or looked at"
            watch.say(Said(said, "sealed"))
        before = None if sealed is None else from_us(sealed)
        if watch.keep.spool_hours is not None:
            before = newest - timedelta(hours=watch.keep.spool_hours)
        if before is not None and before.date() != self._swept:
            self._swept = before.date()
            self._sweep(before)

    def _sweep(self, before: datetime) -> None:
        """Remove days of the spool that are over and in the case, with nothing of that time or later."""
        sql = "SELECT name FROM inputs WHERE complete AND coalesce(last_t, begun_on) < ?"
        old = {name for (name,) in self._store.con.execute(sql, [before.replace(tzinfo=None)]).fetchall()}
        for spool in self._watch._spools.values():
            for path in spool.files():
                if path.stem < f"{before:%Y-%m-%d}" and _name(spool, path) in old:
                    spool.remove(path)


async def _all(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait until all tasks have ended, or one has failed."""
    await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)


async def _waited(event: asyncio.Event) -> None:
    await event.wait()


def _name(spool: Spool, path: Path) -> str:
    """Return what the case calls a day, as a replay of the spool does."""
    return f"{spool.folder.parent.resolve().name}/{spool.name}/{path.name}"


def _points(coordinates: Any) -> Iterator[tuple[float, float]]:
    """Yield all points of a GeoJSON geometry's coordinates: longitude, latitude."""
    if isinstance(coordinates[0], (int, float)):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for part in coordinates:
        yield from _points(part)


def _write_place(place: Path, address: Address, end: int) -> None:
    """Keep how far a file was read."""
    assert address.path is not None
    said = {"file": str(address.path.resolve()), "bytes": address.path.stat().st_size, "end": end}
    fresh = place.with_name(place.name + ".new")
    fresh.write_text(json.dumps(said), encoding="utf-8")
    fresh.replace(place)


def _read_place(place: Path, address: Address) -> int:
    """Return how much of a file an earlier watch has read; 0 where it is another file now."""
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
        assert address.path is not None
        same = said["file"] == str(address.path.resolve()) and said["bytes"] <= address.path.stat().st_size
        return int(said["end"]) if same else 0
    except (OSError, ValueError, KeyError, TypeError):
        return 0
