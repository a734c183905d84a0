"""What months bring upon a watch: lost connections, clocks that step, floods of ships, full disks, stopped processes.

Each is a watch as a process with its own sender. What was sent must be accounted for to the line, in under 1 GB, and
the watch must come out of it without a hand.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from ais.ingest import IngestOptions, ingest
from ais.reader import Reader
from ais.store import Store
from detectors import detect, discover, not_looked_at, read_events, to_json
from soak.live import START_S, Ints, faults, sentences, watching
from zones import load_zones

RECONNECTS, SHIPS, FLOOD, STOPPED_S, STEPS = 1_000, 100_000, 10_000_000, 60, 40
DISK_LINES = 200_000
_CHUNK = 100_000
_AT_ONCE = 20  # lines of one connection
_SOON = "import ais.feeds.network as network\nnetwork.FIRST_PAUSE_S = 0.02\n"
_MOST_FILES = 100  # that a watch may hold open
_DISK_MB = 64


def reconnects(folder: Path, times: int = RECONNECTS) -> Iterator[str]:
    """A server that hangs up after a few lines, in the middle of one, or before the first, a thousand times."""
    lines = sentences(_ships(times * _AT_ONCE, 500), START_S + np.arange(times * _AT_ONCE) // 10)
    sent = 0
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with watching(folder, source, code=_SOON) as live:
            for number in range(times):
                client, _ = server.accept()
                with client:
                    if number % 10 == 9:  # reset at once
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        continue
                    given = lines[number * _AT_ONCE : (number + 1) * _AT_ONCE]
                    cut = given[-1][: number % 40]
                    client.sendall(b"".join(given) + cut)
                    sent += len(given) + bool(cut)
            live.wait_for(sent)
            files = len(os.listdir(f"/proc/{live.process.pid}/fd"))  # noqa: PTH208 - of another process
            print(f"{times:,} connections lost, {live.said().count('closed by the other side'):,} of them after lines")
            if files > _MOST_FILES:
                yield f"the watch holds {files} files open"
            yield from faults(live, sent)


def clock(folder: Path, steps: int = STEPS) -> Iterator[str]:
    """The receiver's clock jumps forward and back, by seconds and by days; lines that say no time get its."""
    offset = folder / "offset"
    offset.write_text("0")
    code = (
        "import darkwake.clock as clock\nfrom datetime import timedelta\nfrom pathlib import Path\nright = clock.now\n"
        f"clock.now = lambda: right() + timedelta(seconds=float(Path({str(offset)!r}).read_text() or 0))\n"
    )
    chance, sent, latest = np.random.default_rng(4), 0, 0.0
    with watching(folder, code=code) as live:
        for number in range(steps):
            step_s = float(chance.choice([1, 60, 3_600, 86_400, 3 * 86_400]) * chance.choice([-1, 1]))
            fresh = offset.with_suffix(".new")
            fresh.write_text(str(step_s))
            fresh.replace(offset)
            latest = max(latest, step_s)
            live.send(sentences(_ships(500, 50), np.full(500, START_S + number), tagged=False))
            sent += 500
            live.wait_for(sent)
        yield from faults(live, sent)
    said = live.said().count("up to")
    with watching(folder, code=code) as live:  # it goes on with what the first did not come to look at
        live.wait_until_it_says("up to", said)
        live.drained()
    with Reader.open(live.case) as reader:
        if (behind := not_looked_at(reader)) is not None:
            yield behind
        found = to_json(read_events(reader))
    now = datetime.now(UTC) + timedelta(seconds=latest)
    if found != _replayed(folder, folder / "live.spool", now):
        yield "the events are not those of a run on the spool"


def ships(folder: Path, number: int = SHIPS) -> Iterator[str]:
    """So many ships, as there are in the world, each three times within two hours."""
    mmsi = np.tile(200_000_000 + np.arange(number), 3)
    yield from _sent(folder, mmsi, 7_200, number, 20_000)


def flood(folder: Path, number: int = FLOOD) -> Iterator[str]:
    """So many ship numbers, each once, as somebody with a transmitter can make them up, within an hour."""
    yield from _sent(folder, 1 + np.arange(number), 3_600, number, None)


def _sent(folder: Path, mmsi: Ints, span_s: int, number: int, rate: float | None) -> Iterator[str]:
    with watching(folder) as live:
        began = time.perf_counter()
        for start in range(0, len(mmsi), _CHUNK):
            part = mmsi[start : start + _CHUNK]
            live.send(sentences(part, START_S + (start + np.arange(len(part))) * span_s // len(mmsi)), rate)
        seconds = time.perf_counter() - began
        live.wait_for(len(mmsi))
        print(f"{number:,} ships: sent in {seconds:.0f} s, in the case after {time.perf_counter() - began:.0f} s")
        yield from faults(live, len(mmsi))
    there = live.ask("SELECT count(DISTINCT mmsi) FROM positions")
    if there != number:
        yield f"of {number:,} ships {there:,} are in the case"


def disk(folder: Path, lines: int = DISK_LINES) -> Iterator[str]:
    """The disk of spool and case fills up while lines come, and is freed: what came meanwhile waited."""
    small = folder / "disk"
    small.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m", "tmpfs", str(small)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        print("left out: this machine lets nobody mount a small disk")
        return
    try:
        yield from _filled(small, lines)
    finally:
        subprocess.run(["umount", str(small)], check=True)


def _filled(small: Path, lines: int) -> Iterator[str]:
    given = sentences(_ships(lines, 300), START_S + np.arange(lines) // 20)
    ballast, half = small / "ballast", lines // 2
    with watching(small) as live:
        live.send(given[:half])
        live.wait_for(half)
        free = os.statvfs(small).f_bavail * os.statvfs(small).f_frsize
        ballast.write_bytes(b"\0" * (free - (1 << 20)))
        sender = threading.Thread(target=live.send, args=(given[half:],))
        sender.start()
        live.wait_until_it_says("tried again")
        time.sleep(3)
        ballast.unlink()
        sender.join()
        live.wait_for(lines)
        said = [line.partition(" ")[2] for line in live.said().splitlines() if "tried again" in line]
        print(f"the disk was full; said {len(said)} times: {said[0]}")
        yield from faults(live, lines)


def stopped(folder: Path, seconds: int = STOPPED_S) -> Iterator[str]:
    """The watch is stopped (SIGSTOP) for a while, with its lock on the case, while lines come at 2,000 a second."""
    rate = 2_000
    given = sentences(_ships(rate * (seconds + 10), 300), START_S + np.arange(rate * (seconds + 10)) // rate)
    with watching(folder) as live:
        sender = threading.Thread(target=live.send, args=(given, rate))
        sender.start()
        time.sleep(3)
        live.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        live.process.send_signal(signal.SIGCONT)
        began = time.perf_counter()
        sender.join()
        live.wait_for(len(given))
        print(f"stopped for {seconds} s; all was in the case {time.perf_counter() - began:.0f} s after it went on")
        yield from faults(live, len(given))


def _ships(lines: int, number: int) -> Ints:
    """Return ship numbers, in turn, so many of them."""
    return 412_000_000 + np.arange(lines) % number


def _replayed(folder: Path, spool: Path, now: datetime) -> str:
    """Return the events of a run on a spool at a time."""
    detectors = {name: kind() for name, kind in discover().items()}
    with Store.open(folder / "replay.duckdb") as store:
        for path in sorted(spool.glob("*/????-??-??.*")):
            ingest(store, path, IngestOptions(), now=now)
        detect(store, load_zones(), detectors=detectors, now=now, version="soak")
        with store.reader() as reader:
            return to_json(read_events(reader))
