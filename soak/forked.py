"""darkwake's commands as processes of their own, forked from one that has imported all, so that they start at once.

A fork has its own files, signals and end, like any other process. Only what a process takes with it from its start
(how long imports take, how much memory they hold) is not seen in one.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TIME_LIMIT_S = 900.0
_WARM = (
    *(f"darkwake.commands.{name}" for name in ("watch", "run", "events", "simulate", "status", "ingest", "detect")),
    *("darkwake.cli", "darkwake.watch", "darkwake.case", "darkwake.simulate", "detectors", "zones", "pandas"),
    *("darkwake.serve.watching", "darkwake.serve.server", "darkwake.alerts.teller", "darkwake.progress"),
    *(
        "ais.ingest",
        "ais.serve",
        "ais.reader",
        "ais.receivers",
        "paho.mqtt.client",
        "aiokafka",
        "websockets.asyncio.client",
    ),
)
_LOOK_S = 0.02


class Forked:
    """One command at work.

    Attributes:
        pid: Its process number.
        err: The file that has what it says on standard error.
        code: Its exit code once it has ended; -9 where it was killed.
    """

    def __init__(self, pid: int, given: int, taken: Path, err: Path, status: int) -> None:
        self.pid, self.err, self._taken, self._given, self._status = pid, err, taken, given, status
        self._process = os.pidfd_open(pid)
        self._told = 0
        self.code: int | None = None

    def give(self, text: str) -> None:
        """Write to its standard input."""
        view = memoryview(text.encode())
        while view:
            view = view[os.write(self._given, view) :]

    def give_end(self) -> None:
        """Close its standard input."""
        if self._given >= 0:
            os.close(self._given)
            self._given = -1

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if not self.ended(0):
            signal.pidfd_send_signal(self._process, number)

    def ended(self, seconds: float = TIME_LIMIT_S) -> bool:
        """Wait for its end for so long at most; returns whether it has ended."""
        if self.code is None and select.select([self._status], [], [], seconds)[0]:
            self.code = int(os.read(self._status, 16) or b"-9")
            select.select([self._process], [], [])
        return self.code is not None

    def kill(self) -> None:
        """Kill it, if it still runs, and wait until it is gone."""
        self.send_signal(signal.SIGKILL)
        self.ended()

    def says(self, text: str, seconds: float = 60.0) -> str:
        """Wait for the next line of its log that has a text; returns it.

        Raises:
            AssertionError: It never came.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            gone = self.ended(0)
            with self.err.open(encoding="utf-8") as log:
                log.seek(self._told)
                while (line := log.readline()).endswith("\n"):
                    self._told = log.tell()
                    if text in line:
                        return line
            if gone:
                break
            time.sleep(_LOOK_S)
        raise AssertionError(f"it never said: {text}; it said: {self.log}")

    @property
    def log(self) -> str:
        """All that it said on standard error."""
        return self.err.read_text(encoding="utf-8")

    @property
    def out(self) -> str:
        """All that it said on standard output."""
        return self._taken.read_text(encoding="utf-8")

    def close(self) -> None:
        """Kill it if it still runs, and let go of it."""
        self.kill()
        self.give_end()
        os.close(self._status)
        os.close(self._process)


class Forks:
    """Starts commands; a context manager."""

    def __enter__(self) -> Self:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "soak.forked", str(theirs.fileno())]
        self._server = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])
        theirs.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._orders.close()
        self._server.wait()

    @contextmanager
    def working(
        self, folder: Path, *words: object, code: str = "", env: Mapping[str, str] | None = None
    ) -> Iterator[Forked]:
        """Start a command for the block, at the end of which it is killed if it still runs.

        Args:
            folder: Where what it says is kept.
            words: Command and arguments.
            code: Python to run in it first.
            env: Changes to its environment.
        """
        number = len(list(folder.glob("said-*.err")))
        out, err = (folder / f"said-{number}.{name}" for name in ("out", "err"))
        stdin, given = os.pipe()
        status, tells = os.pipe()
        with out.open("wb") as out_file, err.open("wb") as err_file:
            order = json.dumps([[str(word) for word in words], code, dict(env or {})]).encode()
            socket.send_fds(self._orders, [order], [stdin, out_file.fileno(), err_file.fileno(), tells])
        os.close(stdin)
        os.close(tells)
        process = Forked(int(self._orders.recv(16)), given, out, err, status)
        try:
            yield process
        finally:
            process.close()

    def run(self, folder: Path, *words: object) -> str:
        """Run a command to its end; returns what it printed.

        Raises:
            RuntimeError: It failed.
        """
        with self.working(folder, *words) as process:
            process.give_end()
            if not process.ended() or process.code:
                raise RuntimeError(f"{' '.join(map(str, words))} failed: {process.log}")
            return process.out


def main() -> None:
    """Fork a child for each order."""
    for name in _WARM:
        import_module(name)
    _read_ahead()
    signal.signal(signal.SIGCHLD, _reap)
    orders = socket.socket(fileno=int(sys.argv[1]))
    while True:
        order, files, _, _ = socket.recv_fds(orders, 1 << 20, 4)
        if not order:
            return
        pid = os.fork()
        if not pid:
            orders.close()
            _work(*json.loads(order), *files)
        for file in files:
            os.close(file)
        orders.send(str(pid).encode())


def _read_ahead() -> None:
    """Read what most commands read first, once for all: detectors with their libraries, zones and ports."""
    from detectors import discover
    from detectors.lists import Lists
    from zones import load_places, load_zones

    discover()
    zones = load_zones()
    zones.ids_at(125.0, 38.0)
    assert zones.features
    Lists().is_fishing(np.array([412000001]))
    load_places()


def _reap(*_: object) -> None:
    """Take notice of children that have ended, so that what they used is counted as ours."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _work(words: list[str], code: str, env: dict[str, str], *files: int) -> None:
    """Do what a command does, say how it ended, and leave."""
    from darkwake.cli import main as command

    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
        os.close(file)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(env)
    left = 1
    try:
        exec(code, {})
        command(words)
    except SystemExit as leaving:
        left = int(leaving.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(files[3], str(left).encode())
        os._exit(left)


if __name__ == "__main__":
    main()
