"""Ingests as processes of their own, to be killed or measured: forked from one process that has imported all.

That process reads what to do from standard input, a line each. A child says its number, then each commit, then what it
took in, as JSON; then its parent says how it ended.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from ais import ingest, source
from ais.store import Store

ROOT = Path(__file__).resolve().parent.parent
TIME_LIMIT_S = 3600
COMMITTED = b"committed\n"
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Job:
    """An ingest.

    Attributes:
        case: The case file.
        given: The input.
        batch_lines: Lines of one transaction, as far as blocks allow.
        block_bytes: Bytes of a block.
    """

    case: Path
    given: Path
    batch_lines: int = ingest.BATCH_LINES
    block_bytes: int = source.BLOCK_BYTES


class Ingests:
    """Starts ingests, one at a time; a context manager."""

    def __init__(self) -> None:
        self._last = b""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "soak.child"]
        self._server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.communicate()

    def start(self, job: Job) -> int:
        """Start one; returns its process number."""
        words = [str(job.case), str(job.given), job.batch_lines, job.block_bytes]
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(words).encode() + b"\n")
        return int(self._line())

    def killed(self, pid: int, commits: int, seconds: float) -> bool:
        """Kill one some time after so many commits; returns whether it still ran: if not, `result` says what it did."""
        while commits:
            if self._ends():
                return False
            commits -= 1
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._says_within(left) and self._ends():
                return False
        os.kill(pid, signal.SIGKILL)
        while not self._line().startswith(b"ended"):
            pass
        return True

    def result(self) -> dict[str, float]:
        """Wait for the end of one; returns what it took in, in how many seconds, how often it committed, its memory.

        Raises:
            RuntimeError: It failed.
        """
        while not self._ends():
            pass
        last, self._last = self._last, b""
        if last.startswith(b"ended"):
            raise RuntimeError(f"an ingest failed: {last.decode()}")
        self._line()
        found: dict[str, float] = json.loads(last)
        return found

    def _ends(self) -> bool:
        """Wait for what one says next; returns whether that is its last word, and keeps it."""
        if not self._last and (line := self._line()) != COMMITTED:
            self._last = line
        return bool(self._last)

    def _says_within(self, seconds: float) -> bool:
        assert self._server.stdout is not None
        return bool(select.select([self._server.stdout], [], [], seconds)[0])

    def _line(self) -> bytes:
        assert self._server.stdout is not None
        if not self._says_within(TIME_LIMIT_S):
            raise RuntimeError(f"an ingest took more than {TIME_LIMIT_S} s")
        line: bytes = self._server.stdout.readline()
        if not line:
            raise RuntimeError("the process that starts ingests has ended")
        return line


class _Telling(Store):
    """A case that says when something was committed."""

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with super().transaction() as con:
            yield con
        self.commits += 1
        print(COMMITTED.decode(), end="", flush=True)

    commits = 0


def main() -> None:
    """Fork a child for each order."""
    for order in sys.stdin:
        pid = os.fork()
        if not pid:
            code = 1
            try:
                print(os.getpid(), flush=True)
                print(json.dumps(_take(*json.loads(order))), flush=True)
                code = 0
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(code)
        print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _take(case: str, given: str, batch_lines: int, block_bytes: int) -> dict[str, float]:
    """Take an input into a case."""
    source.BLOCK_BYTES = block_bytes
    started = time.perf_counter()
    with _Telling.open(case) as store:
        report = ingest.ingest(store, given, ingest.IngestOptions(), now=NOW, batch_lines=batch_lines)
    counted = report.stored + report.other + report.duplicates + sum(report.rejects.values())
    found = {"lines": report.lines, "counted": counted, "commits": store.commits}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return found | {"seconds": time.perf_counter() - started, "peak_gb": peak}


if __name__ == "__main__":
    main()
