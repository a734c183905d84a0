"""Cases of which tests and long runs make hundreds: a copy of an empty one, whose commits stay beside it at the end.

To make the tables of a case takes as long as to take a few hundred lines in; so does moving commits into a file that
nobody opens again.
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from ais.store import Store

_MEMORY, _ROOM_BYTES = Path("/dev/shm"), 1_000_000_000


@cache
def _empty() -> bytes:
    with TemporaryDirectory(prefix="darkwake-fresh-") as folder:
        path = Path(folder) / "empty.duckdb"
        Store.open(path).close()
        return path.read_bytes()


@cache
def swift() -> str | None:
    """Return a folder in memory for small cases, where waiting for the disk is not what is tried; None for none."""
    try:
        return str(_MEMORY) if shutil.disk_usage(_MEMORY).free > _ROOM_BYTES else None
    except OSError:
        return None


def fresh(path: Path) -> Store:
    """Return a new case that is open."""
    path.write_bytes(_empty())
    return Store.open(path)


def passing(store: Store) -> Store:
    """Return an open case that is done with once it is closed."""
    store.con.execute("PRAGMA disable_checkpoint_on_shutdown")
    return store
