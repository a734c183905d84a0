"""Feeds that come over a network: UDP, TCP to a server, TCP from senders. Each runs until it is cancelled.

A lost connection is made again after a pause that doubles from 1 s to 60 s, less up to half by chance, so that many
watchers do not call at once. A connection from which nothing came for `silence_s` is taken for half-open: it is closed
and made again. Each change of state is told once. What detectors know of an outage comes from the lines alone.
"""

from __future__ import annotations

import asyncio
import random
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ais.feeds.address import Address
from ais.feeds.lines import Splitter, Stamp, lines_of
from ais.source import InputError

READ_BYTES = 65_536
CONNECT_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
SILENCE_S = 120.0
_GPSD_WATCH = b'?WATCH={"enable":true,"nmea":true};\n'  # its receivers' own sentences, which are exact
UDP_LOOK_S = 1.0
_SO_MEMINFO, _DROPS = 55, 8  # of Linux: what a socket had no room for is the ninth number
UDP_BUFFER_BYTES = 8 << 20  # asked of the system, which may grant less: what came while we did something else
_MOST_SENDERS = 1_000  # whose last half lines and stamps are kept

Put = Callable[[bytes], Awaitable[None]]
"""Takes a line; waits while there is no room for it."""
Offer = Callable[[bytes], bool]
"""Takes a line if there is room for it."""


@dataclass
class Hooks:
    """What a feed works with.

    Attributes:
        put: Takes a line, waiting for room.
        offer: Takes a line if there is room: for senders that do not wait.
        clock: Returns the time, UTC microseconds.
        say: Told of each change of state, in a sentence.
        flushed: Takes what to do once all lines that were handed over up to now are on the disk.
        settle: Brings them there, and does it.
        dropped: Lines that found no room.
    """

    put: Put
    offer: Offer
    clock: Callable[[], int]
    say: Callable[[str], None]
    flushed: Callable[[Callable[[], object]], None]
    settle: Callable[[], object]
    dropped: int = 0


async def run_udp(address: Address, hooks: Hooks) -> None:
    """Take datagrams from any sender; each holds whole lines.

    Raises:
        InputError: The address cannot be listened on.
    """

    class Receiver(asyncio.DatagramProtocol):
        """Takes datagrams; a sender keeps its own stamp, so that times that it says hold for its lines alone."""

        def __init__(self) -> None:
            self.stamps: dict[str, Stamp] = {}

        def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
            """Take the whole lines of a datagram, and count those that find no room."""
            sender = str(addr[0])
            if sender not in self.stamps and len(self.stamps) >= _MOST_SENDERS:
                self.stamps.clear()
            stamp = self.stamps.setdefault(sender, Stamp(sender))
            now = hooks.clock()
            for line in lines_of(data):
                if not hooks.offer(stamp.stamped(line, now)):
                    hooks.dropped += 1

        def error_received(self, exc: Exception) -> None:
            """Say what the system reports of the socket."""
            hooks.say(f"{address.name}: {exc}")

    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_datagram_endpoint(Receiver, local_addr=(address.host, address.port))
    except OSError as error:
        raise _unusable(address, error) from None
    listening = transport.get_extra_info("socket")
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_BUFFER_BYTES)
    hooks.say(f"{address.name}: listening")
    try:
        await _count_lost(listening, address, hooks)
    finally:
        transport.close()


async def _count_lost(listening: socket.socket, address: Address, hooks: Hooks) -> None:
    """Count what the system had no room for, and say so, until it is cancelled."""
    lost = 0
    try:
        while True:
            await asyncio.sleep(UDP_LOOK_S)
            now = _lost(listening)
            if now != lost:
                hooks.dropped += (now - lost) % 2**32  # each had a line at least
                hooks.say(f"{address.name}: more came than the system had room for; {now:,} datagrams were lost")
            lost = now
    finally:
        hooks.dropped += (_lost(listening) - lost) % 2**32


def _lost(listening: socket.socket) -> int:
    """Return how many datagrams the system had no room for; 0 where it does not tell."""
    if sys.platform != "linux":
        return 0
    try:
        told = listening.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 4 * (_DROPS + 1))
    except OSError:
        return 0
    return int.from_bytes(told[4 * _DROPS :], sys.byteorder)


async def run_tcp(address: Address, hooks: Hooks, silence_s: float = SILENCE_S) -> None:
    """Call a server and take what it sends, again and again."""

    async def receive() -> tuple[int, str]:
        """Take the lines of one connection; return how many bytes came and why it ended."""
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(address.host, address.port)
        hooks.say(f"{address.name}: connected")
        try:
            if address.kind == "gpsd":
                writer.write(_GPSD_WATCH)
            return await _receive(reader, Stamp(address.host), hooks, silence_s)
        finally:
            writer.close()

    await again(address, hooks, receive)


async def again(address: Address, hooks: Hooks, receive: Callable[[], Awaitable[tuple[int, str]]]) -> None:
    """Make a connection again and again.

    Args:
        address: What it is made to.
        hooks: What to tell.
        receive: Makes one and takes what comes; returns how many bytes came and why it ended.
    """
    pause_s, last = FIRST_PAUSE_S, ""
    while True:
        try:
            received, ended = await receive()
        except (OSError, TimeoutError) as error:
            why = f"{address.name}: no connection ({_reason(error)}); it is tried on"
            if why != last:
                hooks.say(why)
            last = why
        else:
            hooks.say(f"{address.name}: {ended}")
            last = ""
            if received:
                pause_s = FIRST_PAUSE_S
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


async def run_tcp_listen(address: Address, hooks: Hooks, silence_s: float = SILENCE_S) -> None:
    """Take what senders send that connect.

    Raises:
        InputError: The address cannot be listened on.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the lines of one sender until it leaves."""
        peer = writer.get_extra_info("peername") or ("unknown", 0)
        sender = f"{peer[0]}:{peer[1]}"
        hooks.say(f"{address.name}: {sender} connected")
        try:
            _, why = await _receive(reader, Stamp(str(peer[0])), hooks, silence_s)
            hooks.say(f"{address.name}: {sender}: {why}")
        except asyncio.CancelledError:
            pass  # the watch ends
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(serve, address.host, address.port)
    except OSError as error:
        raise _unusable(address, error) from None
    hooks.say(f"{address.name}: listening")
    try:
        await asyncio.Event().wait()
    finally:
        server.close()


async def _receive(reader: asyncio.StreamReader, stamp: Stamp, hooks: Hooks, silence_s: float) -> tuple[int, str]:
    """Take lines until the connection ends; returns how many bytes came, and why it ended."""
    splitter, received = Splitter(), 0
    while True:
        try:
            async with asyncio.timeout(silence_s):
                data = await reader.read(READ_BYTES)
        except TimeoutError:
            why = f"silent for {silence_s:g} s; closed"
            break
        except OSError as error:
            why = f"lost ({_reason(error)})"
            break
        if not data:
            why = "closed by the other side"
            break
        received += len(data)
        now = hooks.clock()
        for line in splitter.lines(data):
            await hooks.put(stamp.stamped(line, now))
    now = hooks.clock()
    for line in splitter.end():
        await hooks.put(stamp.stamped(line, now))
    return received, why


def _unusable(address: Address, error: OSError) -> InputError:
    where = f"{address.kind}://{address.host}:{address.port}"
    why = str(error.strerror or error)
    return InputError(f"{where} cannot be listened on ({why}); give an address of this machine and a free port")


def _reason(error: BaseException) -> str:
    """Return what an error says, in words that do not change from one try to the next."""
    if isinstance(error, TimeoutError):
        return f"no answer in {CONNECT_S:g} s"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
