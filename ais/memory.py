"""Memory that is free again goes back to the system: glibc and Arrow keep what they once had for a while, or for good.

After a million rows were in memory that is over 100 MB, which a process that runs for months would hold as its own.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import pyarrow as pa


def give_back() -> None:
    """Give back what is free; takes some milliseconds."""
    pa.default_memory_pool().release_unused()
    if (trim := _trim()) is not None:
        trim(0)


@cache
def _trim() -> Any:
    """Return glibc's function for it; None where the C library has none."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None
