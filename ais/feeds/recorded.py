"""Feeds that are read from this machine: files, at any speed, and standard input."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import BinaryIO

from ais.feeds.address import Address
from ais.feeds.lines import Splitter, Stamp
from ais.feeds.network import READ_BYTES, Hooks
from ais.framing import Sentence, Wrapper, read_line
from ais.source import Source

_LEAST_WAIT_S = 0.02
_TURN_LINES = 1_000


class Pace:
    """When each line of a recording is due."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._start: tuple[int, float] | None = None

    def wait_s(self, line: bytes, now_s: float) -> float:
        """Return how long to wait before a line, at a time in seconds of any steady clock."""
        t = _time_of(line)
        if t is None:
            return 0.0
        if self._start is None:
            self._start = t, now_s
        begun, at = self._start
        return (t - begun) / 1e6 / self._speed - (now_s - at)


def _time_of(line: bytes) -> int | None:
    said = read_line(line)
    if isinstance(said, Wrapper):
        return said.t
    if isinstance(said, Sentence):
        return said.tag.t if said.tag.t is not None else said.rest_t
    return None


async def run_file(address: Address, hooks: Hooks, begun: int = 0, note: Callable[[int], None] | None = None) -> None:
    """Read a file, compressed or not, to its end; its lines are handed over as they are.

    Args:
        address: The file and its speed.
        hooks: What takes the lines.
        begun: Plain bytes that were read before.
        note: Told up to which plain byte lines were handed over.

    Raises:
        InputError: It cannot be read.
    """
    assert address.path is not None
    pace, loop = None if address.speed is None else Pace(address.speed), asyncio.get_running_loop()
    hooks.say(f"{address.name}: reading" + (f" on from byte {begun:,}" if begun else ""))
    with Source(address.path) as source:
        blocks = source.blocks(begun)
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            at = block.end - len(block.raw)
            for number, line in enumerate(_lines(block.data)):
                if not number % _TURN_LINES:
                    await asyncio.sleep(0)  # whoever else waits has a turn
                if pace is not None and (left := pace.wait_s(line, loop.time())) > _LEAST_WAIT_S:
                    await asyncio.sleep(left)
                await hooks.put(line.rstrip(b"\r\n"))
                at += len(line)
                if note is not None and (number % _TURN_LINES == _TURN_LINES - 1 or pace is not None):
                    note(at)
            if note is not None:
                note(block.end)
    hooks.say(f"{address.name}: read to its end")


def _lines(data: bytes) -> list[bytes]:
    """Return lines with their ends."""
    return [line + b"\n" for line in data.split(b"\n")[:-1]] + ([rest] if (rest := data.rpartition(b"\n")[2]) else [])


async def run_stdin(address: Address, hooks: Hooks, given: BinaryIO | None = None) -> None:
    """Read standard input to its end."""
    stamp, splitter, loop = Stamp("stdin"), Splitter(), asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), given or sys.stdin.buffer)
    hooks.say(f"{address.name}: reading")
    try:
        while data := await reader.read(READ_BYTES):
            now = hooks.clock()
            for line in splitter.lines(data):
                await hooks.put(stamp.stamped(line, now))
        for line in splitter.end():
            await hooks.put(stamp.stamped(line, hooks.clock()))
    finally:
        transport.close()
    hooks.say(f"{address.name}: read to its end")
