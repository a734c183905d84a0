"""The desk: what officers say of events waits there for the thread that writes the case, which has one writer.

Whoever says something waits for a moment. What is still waiting then is taken away again, so that they can be told
truly that it was not written.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ais.store import CaseError
from detectors.notes import Note, Saying, write_note

if TYPE_CHECKING:
    from ais.store import Store

WAIT_S = 10.0  # a batch takes seconds at most, in normal work a fraction of one
MOST = 100  # that wait


class NotWritten(ValueError):
    """What was said could not be written in time; the message says whether it may be yet."""


class Desk:
    """Takes what is said from many threads, and hands it to the one that writes."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """Make an empty one.

        Args:
            wake: Wakes the thread that writes.
        """
        self._wake = wake
        self._waiting: queue.Queue[tuple[Saying, Future[Note]]] = queue.Queue(MOST)
        self._closed = False
        self._lock = threading.Lock()

    def put(self, said: Saying) -> Future[Note]:
        """Leave something to be written; the answer comes once it is committed.

        Raises:
            NotWritten: The desk is full, or closed.
        """
        answer: Future[Note] = Future()
        with self._lock:
            if self._closed:
                raise NotWritten("the watch is ending; this was not written")
            try:
                self._waiting.put_nowait((said, answer))
            except queue.Full:
                raise NotWritten(f"{MOST} others wait to be written; this was not: say it again later") from None
        self._wake()
        return answer

    def write(self, store: Store, now: datetime) -> int:
        """Write all that waits into a case; returns how much that was.

        Raises:
            CaseError: The case failed.
        """
        written = 0
        while (taken := self._next()) is not None:
            said, answer = taken
            try:
                answer.set_result(write_note(store, said, now=now))
                written += 1
            except BaseException as error:
                answer.set_exception(error)
                if isinstance(error, CaseError) or not isinstance(error, Exception):
                    raise
        return written

    def _next(self) -> tuple[Saying, Future[Note]] | None:
        """Return the next that nobody took away again."""
        while True:
            try:
                said, answer = self._waiting.get_nowait()
            except queue.Empty:
                return None
            if answer.set_running_or_notify_cancel():
                return said, answer

    def close(self) -> None:
        """Take nothing more, and refuse what waits."""
        with self._lock:
            self._closed = True
        while (taken := self._next()) is not None:
            taken[1].set_exception(NotWritten("the watch ended; this was not written"))

    def order(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Have written what another process says, and return the note, both as JSON.

        Raises:
            ValueError: It makes no sense, or could not be written.
        """
        answer = self.put(msgspec.convert(order, Saying))
        try:
            made = answer.result(WAIT_S)
        except TimeoutError:
            raise given_up(answer) from None
        return dict(msgspec.to_builtins(made))


def given_up(answer: Future[Note]) -> NotWritten:
    """Return what to tell somebody who waited long enough; what still waits is taken away again."""
    if answer.cancel():
        return NotWritten("the case is busy or cannot be written just now; this was not written: say it again")
    return NotWritten("the case is busy just now; this may still be written: look before it is said again")
