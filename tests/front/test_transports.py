"""Live equals replay through each real transport, three seeds; and what brokers and silent servers do to a watch."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from ais.feeds import network
from ais.feeds.address import Address
from ais.feeds.network import Hooks, run_tcp
from ais.feeds.websocket import run_websocket
from soak.apart import run_apart
from soak.forked import Forks
from soak.seeds import as_it_comes, traffic
from tests.ais.sentences import said
from tests.front.watches import (
    MOSQUITTO,
    Cluster,
    drained,
    free_port,
    mosquitto,
    publish,
    replayed,
    same_as_a_run,
    sentences,
    spooled,
    spooled_lines,
    until,
    watching,
)

T0 = 1_709_600_000


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is missing")
    with mosquitto(tmp_path_factory.mktemp("mosquitto")) as port:
        yield port


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster()


class _Trial:
    """One seed: late, shuffled and doubled messages, dealt to five sources."""

    def __init__(self, folder: Path, broker: int, cluster: Cluster, seed: int) -> None:
        self.folder, self._broker, self._cluster, self._chance = folder, broker, cluster, random.Random(seed)
        topic = f"ais-{seed}-{folder.parent.name}"
        messages = as_it_comes(traffic(40 + seed), self._chance)
        self.source, given = folder / "source.nmea", folder / "given.nmea"
        self.source.write_text("".join(f"{line}\n" for message in messages for line in message))
        third = len(messages) // 3
        cuts = (0, third, 2 * third, len(messages))
        self._dealt = [_dealt(self._chance, messages[low:high]) for low, high in pairwise(cuts)]
        given.write_text("".join(f"{line}\n" for part in self._dealt for line in part["file"]))
        self._udp, self._listen = free_port(socket.SOCK_DGRAM), free_port()
        self._topic = topic
        self.sources = [
            *(f"udp://127.0.0.1:{self._udp}", f"tcp-listen://127.0.0.1:{self._listen}"),
            *(f"mqtt://127.0.0.1:{broker}/{topic}/#", f"{cluster.address}/{topic}?group={topic}", f"file:{given}"),
        ]
        self._come: dict[str, set[str]] = {kind: set() for kind in self._dealt[0]}

    def there(self, *kinds: str) -> bool:
        """Whether the spool has what was sent over some transports, or over all: what comes again is no other line."""
        return all(
            sentences(self._come[kind]) <= sentences(spooled_lines(self.folder, kind)) for kind in kinds or self._come
        )

    def senders(self, number: int) -> None:
        """Let those who do not send again send their share of a part."""
        part = self._dealt[number]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for line in part["udp"]:
                sender.sendto(f"{line}\n".encode(), ("127.0.0.1", self._udp))
        _send_in_pieces(self._chance, self._listen, part["tcp"])
        for kind in ("udp", "tcp"):
            self._come[kind].update(part[kind])

    def brokers(self, number: int) -> None:
        """Give brokers their share of a part."""
        part = self._dealt[number]
        publish(self._broker, f"{self._topic}/korea", part["mqtt"])
        self._cluster.produce(self._topic, part["kafka"])
        for kind in ("mqtt", "kafka"):
            self._come[kind].update(part[kind])

    def file(self) -> None:
        """The file is to be read to its end."""
        self._come["file"].update(line for part in self._dealt for line in part["file"])


def test_through_each_transport(forks: Forks, tmp_path: Path, broker: int, cluster: Cluster) -> None:
    """Three seeds side by side; a kill in between, while brokers are given more."""
    trials = []
    for seed in range(3):
        (tmp_path / str(seed)).mkdir()
        trials.append(_Trial(tmp_path / str(seed), broker, cluster, seed))
    with ExitStack() as block:
        first = [block.enter_context(watching(forks, one.folder, *one.sources)) for one in trials]
        for process in first:
            until("connections", lambda: process.log.count("connected") == 2 == process.log.count("listening"))  # noqa: B023
        time.sleep(0.3)  # the subscription is on its way
        for one in trials:
            one.senders(0)
            one.brokers(0)
        for one, process in zip(trials, first, strict=True):
            until("senders' lines in the spool", lambda: one.there("udp", "tcp"))  # noqa: B023
            process.kill()
        for one in trials:
            one.brokers(1)  # while nobody watches
        second = [block.enter_context(watching(forks, one.folder, *one.sources)) for one in trials]
        for one, process in zip(trials, second, strict=True):
            until("listeners", lambda: process.log.count("listening") == 2)  # noqa: B023
            one.senders(1)
            one.senders(2)
            one.brokers(2)
            one.file()
        for one, process in zip(trials, second, strict=True):
            until("all lines in the spool", one.there)
            drained(process)
    for one in trials:
        assert same_as_a_run(one.folder) == replayed(one.source)


def _dealt(chance: random.Random, messages: list[list[str]]) -> dict[str, list[str]]:
    """Deal messages to the sources, each to one of them."""
    dealt: dict[str, list[str]] = {kind: [] for kind in ("udp", "tcp", "mqtt", "kafka", "file")}
    for message in messages:
        dealt[chance.choice(list(dealt))] += message
    return dealt


def _send_in_pieces(chance: random.Random, port: int, lines: list[str]) -> None:
    """Send lines over two connections, in random pieces; the first breaks off in a line that the second sends anew."""
    data = "".join(f"{line}\r\n" for line in lines).encode()
    cut = chance.randrange(len(data)) if data else 0
    line_start = data.rfind(b"\n", 0, cut) + 1
    for part in (data[:cut], data[line_start:]):
        with socket.create_connection(("127.0.0.1", port)) as sender:
            while part:
                size = chance.choice((1, 50, 1_000, 5_000))
                sender.sendall(part[:size])
                part = part[size:]


def test_what_a_broker_was_told_it_does_not_send_again(forks: Forks, tmp_path: Path, broker: int) -> None:
    lines = [said(T0 + k, mmsi=440000001, lon=124.0 + k / 1_000, lat=38.0)[0] for k in range(50)]
    address = f"mqtt://127.0.0.1:{broker}/again/#"
    with watching(forks, tmp_path, address) as process:
        process.says("connected")
        time.sleep(0.3)
        publish(broker, "again/x", lines)
        until("all in the spool", lambda: spooled(tmp_path) == len(lines))
        drained(process)
    with watching(forks, tmp_path, address) as process:
        process.says("connected")
        time.sleep(0.5)
        drained(process)
    assert spooled(tmp_path) == len(lines)


@dataclass
class Heard:
    """What a feed handed over and said."""

    lines: list[bytes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def hooks(self) -> Hooks:
        async def put(line: bytes) -> None:
            self.lines.append(line)

        def offer(line: bytes) -> bool:
            self.lines.append(line)
            return True

        return Hooks(put, offer, lambda: T0 * 1_000_000, self.said.append, lambda action: action(), lambda: None)


async def _until(heard: Heard, connections: int, feed: asyncio.Task[None]) -> None:
    async with asyncio.timeout(20):
        while sum("connected" in text for text in heard.said) < connections:
            assert not feed.done()
            await asyncio.sleep(0.02)
    feed.cancel()
    await asyncio.gather(feed, return_exceptions=True)


def test_what_the_system_has_no_room_for_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Datagrams come faster than they are read: those that are lost before darkwake sees them are counted too."""
    monkeypatch.setattr(network, "UDP_BUFFER_BYTES", 1)
    monkeypatch.setattr(network, "UDP_LOOK_S", 0.05)
    heard, port, number = Heard(), free_port(socket.SOCK_DGRAM), 2_000
    hooks = heard.hooks()

    async def flooded() -> None:
        feed = asyncio.create_task(network.run_udp(Address.of(f"udp://127.0.0.1:{port}"), hooks))
        while not heard.said:
            await asyncio.sleep(0.01)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(number):  # nobody reads meanwhile
                sender.sendto(b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n", ("127.0.0.1", port))
        async with asyncio.timeout(20):
            while len(heard.lines) + hooks.dropped < number:
                await asyncio.sleep(0.02)
        feed.cancel()
        await asyncio.gather(feed, return_exceptions=True)

    run_apart(flooded())
    assert len(heard.lines) + hooks.dropped == number
    assert 0 < len(heard.lines) < number
    assert "more came than the system had room for" in heard.said[1]


def test_a_websocket_that_stalls_is_called_again() -> None:
    """Half-open: the connection stands, and nothing comes any more."""
    heard = Heard()

    async def stalling(connection: ServerConnection) -> None:
        await connection.send("!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24")
        await connection.wait_closed()

    async def watched() -> None:
        async with serve(stalling, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            address = Address.of(f"ws://127.0.0.1:{port}/")
            await _until(heard, 2, asyncio.create_task(run_websocket(address, heard.hooks(), silence_s=0.2)))

    run_apart(watched())
    assert any("silent for 0.2 s; closed" in text for text in heard.said)
    assert all(b"13u?etPv2;0n" in line for line in heard.lines)


def test_a_server_that_stalls_is_called_again() -> None:
    """The same over TCP; the half line before the silence is a line of its own."""
    heard = Heard()

    async def stalling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\r\n!AIVDM,1,")
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async def watched() -> None:
        async with await asyncio.start_server(stalling, "127.0.0.1", 0) as server:
            address = Address.of(f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            await _until(heard, 2, asyncio.create_task(run_tcp(address, heard.hooks(), silence_s=0.2)))
            await asyncio.sleep(0.1)  # the server hears of the end

    run_apart(watched())
    assert any("silent for 0.2 s; closed" in text for text in heard.said)
    assert b"!AIVDM,1," in heard.lines


def test_a_silent_feed_is_no_ships_doing(forks: Forks, tmp_path: Path) -> None:
    """Of five ships whose feed fell silent for nine hours none is said to have been silent though receivable.

    One that was silent while the others were heard is: the feed's silence is told apart from a ship's.
    """
    minutes = [*range(0, 720, 10), *range(1_260, 1_440, 10)]
    lines = [
        said(T0 + minute * 60, "a", mmsi=412000001 + ship, lon=123.0 + ship / 100, lat=36.5, speed=0.1, second=60)[0]
        for minute in minutes
        for ship in range(5)
        if ship or not 100 < minute < 600
    ]
    with ExitStack() as block:
        server = block.enter_context(socket.create_server(("127.0.0.1", 0)))
        process = block.enter_context(watching(forks, tmp_path, f"tcp://127.0.0.1:{server.getsockname()[1]}"))
        client, _ = server.accept()
        with client:
            client.sendall("".join(f"{line}\n" for line in lines).encode())
            until("all lines in the spool", lambda: spooled(tmp_path) >= len(lines))
            drained(process)
    gaps = [event for event in json.loads(same_as_a_run(tmp_path)) if event["kind"] == "gap"]
    verdicts = {(tuple(gap["mmsi"]), gap["evidence"]["verdict"]) for gap in gaps}
    assert ((412000001,), "silent though receivable") in verdicts
    assert [verdict for _, verdict in verdicts].count("silent though receivable") == 1
