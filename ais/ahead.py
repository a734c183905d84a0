"""Work ahead: items are made in a thread of their own while the caller works on the ones before."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

Item = TypeVar("Item")
_WAIT_S = 0.1


def ahead(items: Iterable[Item], depth: int = 2) -> Generator[Item, None, None]:
    """Yield the items in order; what making one raises is raised in its place.

    Args:
        items: Made in the thread; NumPy and Arrow let the caller run meanwhile.
        depth: How many are made before they are asked for.
    """
    made: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(depth)
    given_up = threading.Event()

    def hand_over(item: Item | None, error: BaseException | None) -> bool:
        while not given_up.is_set():
            try:
                made.put((item, error), timeout=_WAIT_S)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not hand_over(item, None):
                    return
        except BaseException as error:
            hand_over(None, error)
        else:
            hand_over(None, StopIteration())
        finally:
            if isinstance(items, Generator):
                items.close()

    thread = threading.Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        given_up.set()
        thread.join()
