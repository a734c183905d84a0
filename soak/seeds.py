"""Live equals replay, seed by seed, in one process: the watch's own loop without its sockets.

A seed is some traffic of a few days and one way in which it comes: through two or three of the five kinds of sources,
in random pieces, out of order by up to ten minutes, 5 % of it up to six hours late, with copies, connections that
break in the middle of a line, and a watch that is stopped or killed in between and begun anew. In the end its events
are those of `darkwake run` on its spool, and, where no sender's lines were lost in a kill, on the source. To be
cheap, a seed runs one detector with those whose events it reads, the next seed another.

What is not of this process (sockets, brokers, signals) is tested with real ones in `tests/front/test_watch.py`.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ais.counts import reports
from ais.feeds.address import Address
from ais.feeds.lines import Splitter, Stamp, lines_of
from ais.feeds.network import Hooks
from ais.feeds.recorded import run_file
from ais.feeds.spool import Spool
from ais.ingest import IngestOptions, ingest
from ais.store import Store
from darkwake.watch import Watch, _read_place, _Taking, _write_place
from detectors import Detector, detect, discover, read_events, to_json
from soak.apart import run_apart
from soak.fresh import fresh, passing, swift
from tests.test_any_split import feed
from zones import load_zones

SEEDS = 1_000
TRAFFICS = 10  # seeds that share their traffic and its replay
LATE_S, LATEST_S, LATE_SHARE = 600, 6 * 3600, 0.05
NOW = datetime(2026, 6, 1, tzinfo=UTC)
VERSION = "seeds"
SEAS = load_zones()
DETECTORS = {name: kind() for name, kind in discover().items()}
ALONE = sorted(DETECTORS.keys() - {name for one in DETECTORS.values() for name in one.reads})
Message = list[str]


@dataclass
class Outcome:
    """What became of a seed.

    Attributes:
        events: Of the watch, as JSON.
        expected: What they must be, by what that is of: the source, the spool.
        lines: In the spool, and accounted for in the case.
        watches: How many there were, one after the other.
        lost: Lines of senders that do not send again, lost in kills.
        revised: Entries of the ledger that are not of new events.
        kinds: Of the sources.
    """

    events: str = ""
    expected: dict[str, str] = field(default_factory=dict)
    lines: tuple[int, int] = (0, 0)
    watches: int = 1
    lost: int = 0
    revised: int = 0
    kinds: tuple[str, ...] = ()

    @property
    def wrong(self) -> list[str]:
        """What is not as it must be."""
        found = [f"events are not those of a run on the {name}" for name, text in self.expected.items()
                 if text != self.events]  # fmt: skip
        if self.lines[0] != self.lines[1]:
            found.append(f"of {self.lines[0]} lines in the spool {self.lines[1]} are accounted for")
        return found


def run(_: Path, seeds: int = SEEDS) -> Iterator[str]:
    """Yield what is wrong; print the figures."""
    kinds: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    watches = lost = revised = 0
    started = time.process_time()
    for seed in range(seeds):
        found = tried(seed, on_spool=True)
        for what in found.wrong:
            yield f"seed {seed}: {what}"
        kinds.update(one["kind"] for one in json.loads(found.events))
        sources.update(found.kinds)
        watches, lost, revised = watches + found.watches, lost + found.lost, revised + found.revised
        if seed % 100 == 99 and seed + 1 < seeds:
            print(f"{seed + 1:,} seeds", flush=True)
    through, told = (
        ", ".join(f"{number:,} {kind}" for kind, number in sorted(counts.items())) for counts in (sources, kinds)
    )
    print(
        f"{seeds:,} seeds in {watches:,} watches through {through};"
        f" {lost:,} lines of senders lost in kills; {told}, {revised:,} times revised or withdrawn on the way;"
        f" {(time.process_time() - started) / seeds:.2f} s of processor time each"
    )
    if min(sources.values(), default=0) * 20 < seeds or not revised or len(kinds) < 3:
        yield "the seeds do not show all that they are for"


def tried(seed: int, *, on_spool: bool, brief: bool = False) -> Outcome:
    """Watch what a seed says, and replay it: on its spool too if asked, and where lines were lost.

    Args:
        seed: Its number.
        on_spool: Hold it against a run on its spool in any case.
        brief: Two sources and one stop in between, not up to three and two; raw lines are not packed at the end.
    """
    with TemporaryDirectory(prefix="darkwake-seed-", dir=swift()) as folder:
        live = _Live(Path(folder), seed, brief=brief)
        found = live.done()
        if not found.lost:
            found.expected["source"] = _json(replayed(seed // TRAFFICS), live.detectors)
        if on_spool or found.lost:
            with _replay(Path(folder), sorted(live.spool.glob("*/????-??-??.*"))) as store:
                found.expected["spool"] = _json(_found(store, live.detectors), live.detectors)
        return found


@cache
def traffic(number: int) -> list[Message]:
    """Return messages in the order of their times; nobody changes them."""
    return sorted(feed(np.random.default_rng(5_000 + number)), key=_time_s)


@cache
def replayed(number: int) -> list[dict[str, Any]]:
    """Return the events of a run on some traffic."""
    with TemporaryDirectory(prefix="darkwake-seed-", dir=swift()) as name:
        path = Path(name) / "source.nmea"
        path.write_text("".join(f"{line}\n" for message in traffic(number) for line in message))
        with _replay(Path(name), [path]) as store:
            return _found(store, DETECTORS)


def _json(events: list[dict[str, Any]], detectors: Mapping[str, Detector]) -> str:
    """Return the events that are some detectors' as JSON."""
    kinds = {kind for detector in detectors.values() for kind in detector.kinds}
    return to_json([one for one in events if one["kind"] in kinds])


@contextmanager
def _replay(folder: Path, paths: Sequence[Path]) -> Iterator[Store]:
    with passing(fresh(folder / "replay.duckdb")) as store:
        store.con.execute("SET threads = 1")
        for path in paths:
            ingest(store, path, IngestOptions(), now=NOW)
        yield store


def _found(store: Store, detectors: Mapping[str, Detector]) -> list[dict[str, Any]]:
    detect(store, SEAS, detectors=detectors, now=NOW, version=VERSION)
    with store.reader() as reader:
        return read_events(reader)


def _time_s(message: Message) -> float:
    said = re.search(r"c:([\d.]+)", message[0])
    assert said is not None
    return float(said.group(1))


def as_it_comes(messages: list[Message], chance: Random) -> list[Message]:
    """Return messages in the order in which they come, some twice."""
    due: list[tuple[float, Message]] = []
    for message in messages:
        late_s = chance.uniform(0, LATEST_S if chance.random() < LATE_SHARE else LATE_S)
        due.append((_time_s(message) + late_s, message))
        if chance.random() < 0.05:
            due.append((_time_s(message) + chance.uniform(0, LATE_S), message))
    return [message for _, message in sorted(due, key=lambda one: one[0])]


class _Kept:
    """A source that keeps what was not acknowledged: a topic of a broker, with records of one or more messages."""

    def __init__(self, kind: str, chance: Random) -> None:
        self.kind, self.lost, self._chance, self._sent = kind, 0, chance, list[bytes]()
        self._acknowledged = self._next = 0

    def send(self, messages: list[Message], hooks: Hooks) -> None:
        while messages:
            number = self._chance.randint(1, 4)
            self._sent.append("\n".join(line for message in messages[:number] for line in message).encode())
            messages = messages[number:]
        stamp = Stamp(self.kind)
        for record in self._sent[self._next :]:
            for line in lines_of(record):
                assert hooks.offer(stamp.stamped(line, hooks.clock()))
            self._next += 1
            hooks.flushed(partial(self._acknowledge, self._next))

    def _acknowledge(self, number: int) -> None:
        self._acknowledged = number

    def cut(self, hooks: Hooks) -> None:
        """The connection is lost: what was not acknowledged comes again."""
        self._next = self._acknowledged

    def left(self) -> None:
        """The watch has ended."""
        self._next = self._acknowledged


class _Tcp:
    """A sender over TCP: bytes in any pieces; a line that was cut it sends again, after a kill nothing."""

    kind = "tcp"

    def __init__(self, chance: Random) -> None:
        self.lost, self._chance = 0, chance
        self._splitter, self._unsafe, self._rest = Splitter(), 0, b""

    def send(self, messages: list[Message], hooks: Hooks) -> None:
        data = self._rest + b"".join(f"{line}\r\n".encode() for message in messages for line in message)
        self._rest, stamp = b"", Stamp("10.0.0.1")
        while data:
            size = self._chance.choice((1, 7, 100, 1_000, 4_000))
            for line in self._splitter.lines(data[:size]):
                self._take(stamp.stamped(line, hooks.clock()), hooks)
            data = data[size:]

    def _take(self, line: bytes, hooks: Hooks) -> None:
        assert hooks.offer(line)
        self._unsafe += 1
        hooks.flushed(self._safe)

    def _safe(self) -> None:
        self._unsafe = 0

    def cut(self, hooks: Hooks) -> None:
        """The last line comes in half; the whole of it is sent once more."""
        again = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\r\n"[: self._chance.randint(1, 40)]
        for line in [*self._splitter.lines(again), *self._splitter.end()]:
            self._take(line, hooks)
        self._splitter = Splitter()

    def left(self) -> None:
        """The watch has ended: what had not reached the disk is lost."""
        self.lost, self._unsafe, self._splitter = self.lost + self._unsafe, 0, Splitter()


class _Udp(_Tcp):
    """A sender of datagrams, each of whole lines."""

    kind = "udp"

    def send(self, messages: list[Message], hooks: Hooks) -> None:
        stamp = Stamp("10.0.0.2")
        for message in messages:
            for line in lines_of("\n".join(message).encode()):
                self._take(stamp.stamped(line, hooks.clock()), hooks)

    def cut(self, hooks: Hooks) -> None:
        """There is no connection."""


class _File:
    """A recording that grows, read by the feed itself."""

    kind = "file"

    def __init__(self, folder: Path, spool: Spool) -> None:
        self.lost = 0
        self._path, self._place = folder / "recording.nmea", spool.folder / ".read"
        self._path.write_bytes(b"")
        self._end: int | None = None

    def send(self, messages: list[Message], hooks: Hooks) -> None:
        with self._path.open("ab") as file:
            file.write(b"".join(f"{line}\n".encode() for message in messages for line in message))
        if not self._path.stat().st_size:
            return
        address = Address.of(f"file:{self._path}")

        def note(end: int) -> None:
            self._end = end
            hooks.flushed(partial(_write_place, self._place, address, end))

        begun = _read_place(self._place, address) if self._end is None else self._end
        run_apart(run_file(address, hooks, begun, note))

    def cut(self, hooks: Hooks) -> None:
        """There is no connection."""

    def left(self) -> None:
        """The next watch goes on from the last place that was written down."""
        self._end = None


class _Live:
    """One seed at work."""

    def __init__(self, folder: Path, seed: int, *, brief: bool) -> None:
        self._folder, self._chance, self.spool = folder, Random(seed), folder / "spool"
        self._found, self._seed, self._brief, self._stops = Outcome(), seed, brief, 1 if brief else 2
        name = ALONE[seed % len(ALONE)]
        self.detectors = {one: DETECTORS[one] for one in (*DETECTORS[name].reads, name)}
        self._senders: list[_Kept | _Tcp | _File] = []
        chosen = (
            ("kafka", "mqtt", "file")[seed % 3],
            *(("udp",), ("tcp",), ("udp", "tcp"))[seed // 3 % (1 + self._stops)],
        )
        for kind in chosen:
            self._senders.append(
                _Tcp(self._chance) if kind == "tcp" else _Udp(self._chance) if kind == "udp"
                else _File(folder, Spool(self.spool, "file")) if kind == "file"
                else _Kept(kind, self._chance)
            )  # fmt: skip
        self._found.kinds = chosen
        self._begin()

    def _begin(self) -> None:
        """Begin a watch, with all that it would know from its files alone."""
        self._watch = Watch(
            self._folder / "live.duckdb", self.spool, [], SEAS, self.detectors, VERSION, lambda: NOW, lambda _: None
        )
        self._watch._spools = {one.kind: Spool(self.spool, one.kind) for one in self._senders}
        self._hooks = {one.kind: self._watch._hooks(self._watch._spools[one.kind]) for one in self._senders}
        case = self._watch.case
        self._store = Store.open(case) if case.exists() else fresh(case)
        self._store.con.execute(f"SET threads = {2 if self._seed % 10 == 9 else 1}")
        self._taking = _Taking(self._watch, self._store)

    def done(self) -> Outcome:
        """Let all of it come; return what the watch found."""
        chance, messages = self._chance, as_it_comes(traffic(self._seed // TRAFFICS), self._chance)
        cuts = sorted(chance.sample(range(1, len(messages)), self._stops))
        for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(messages)], strict=True)):
            share: dict[str, list[Message]] = {one.kind: [] for one in self._senders}
            for message in messages[start:end]:
                share[chance.choice(self._senders).kind].append(message)
            for sender in self._senders:
                hooks, part = self._hooks[sender.kind], share[sender.kind]
                half = chance.randint(0, len(part))
                sender.send(part[:half], hooks)
                if chance.random() < 0.3:
                    sender.cut(hooks)
                sender.send(part[half:], hooks)
            if number < len(cuts):
                self._in_between(number)
        self._watch._flush_once()
        return self._end()

    def _in_between(self, number: int) -> None:
        """Take in, perhaps detect, perhaps end this watch: stopped, or killed before all of it reached the disk."""
        chance, dirty = self._chance, self._chance.random() < 0.2
        if not dirty:
            self._watch._flush_once()
            if chance.random() < 0.6 or number:
                self._taking._caught_up()
            if self._seed // 4 % 3 != number + 1:
                self._taking._detect()
        if dirty or chance.random() < 0.3:
            for sender in self._senders:
                sender.left()
            self._store.close()
            self._found.watches += 1
            self._begin()

    def _end(self) -> Outcome:
        """All is drained."""
        found, taking = self._found, self._taking
        for sender in self._senders:  # what waits to be sent again comes now
            sender.send([], self._hooks[sender.kind])
        self._watch._flush_once()
        taking._caught_up()
        taking._detect()
        if not self._brief:
            for follower in taking._followers.values():
                follower.pause()
        with self._store.reader() as reader:
            found.events = to_json(read_events(reader))
            counted = sum(
                one.stored + one.other + one.duplicates + sum(one.rejects.values()) for one in reports(reader)
            )
            found.revised = reader.few("SELECT count(*) AS n FROM ledger WHERE action <> 'new'")["n"][0].as_py()
        passing(self._store).close()
        spooled = sum(path.read_bytes().count(b"\n") for path in self.spool.glob("*/????-??-??.*"))
        found.lines = spooled, counted
        found.lost = sum(sender.lost for sender in self._senders)
        return found
