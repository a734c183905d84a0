"""Feeds over a WebSocket: messages of one or more lines, JSON or NMEA; aisstream's wants to be asked first."""

from __future__ import annotations

import asyncio
import contextlib
from types import ModuleType

from ais.feeds.address import Address
from ais.feeds.lines import Stamp, lines_of
from ais.feeds.network import CONNECT_S, SILENCE_S, Hooks, again
from ais.source import InputError

_MESSAGE_BYTES = 1 << 20
_PING_S = 20.0


async def run_websocket(address: Address, hooks: Hooks, hello: str | None = None, silence_s: float = SILENCE_S) -> None:
    """Call a server and take what it sends, again and again.

    Args:
        address: The server.
        hooks: What takes the lines.
        hello: What to send first, if anything.
        silence_s: After so long without a message the connection is made anew.

    Raises:
        InputError: The package that speaks the protocol is not installed.
    """
    client, errors = _library()

    async def receive() -> tuple[int, str]:
        """Take the messages of one connection; return how much came and why it ended."""
        try:
            async with client.connect(
                address.url, open_timeout=CONNECT_S, ping_interval=_PING_S, ping_timeout=_PING_S,
                max_size=_MESSAGE_BYTES, proxy=None,
            ) as connection:  # fmt: skip
                hooks.say(f"{address.name}: connected")
                if hello is not None:
                    await connection.send(hello)
                return await _receive(connection)
        except errors.WebSocketException as error:
            raise OSError(f"{error}") from None

    async def _receive(connection: object) -> tuple[int, str]:
        stamp, received = Stamp(address.host), 0
        while True:
            try:
                async with asyncio.timeout(silence_s):
                    data: str | bytes = await connection.recv()  # type: ignore[attr-defined]
            except TimeoutError:
                return received, f"silent for {silence_s:g} s; closed"
            except errors.ConnectionClosed as error:
                return received, f"closed ({error})"
            text = data.encode() if isinstance(data, str) else data
            received += len(text)
            now = hooks.clock()
            for line in lines_of(text):
                await hooks.put(stamp.stamped(line, now))

    await again(address, hooks, receive)


def _library() -> tuple[ModuleType, ModuleType]:
    with contextlib.suppress(ImportError):
        from websockets import exceptions
        from websockets.asyncio import client

        return client, exceptions
    raise InputError("a WebSocket needs the package websockets; install darkwake[live]")
