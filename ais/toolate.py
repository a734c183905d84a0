"""Rows of a time before the seal: not taken in, each a reject `too late`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ais.staging import RAW_BYTES, Taken

TOO_LATE = "too late"
_MAIN = ("positions", "heard", "fixed")  # a message gives one row of these, but places of type 11 come beside one


def refuse_late(taken: Taken, seal_us: int) -> None:
    """Turn what lies before the seal into rejects.

    Args:
        taken: What a block gave, with its raw bytes; changed in place.
        seal_us: The seal, in the input's own time, UTC microseconds.
    """
    late = Counter[int]()
    for name, tables in taken.tables.items():
        for number, rows in enumerate(tables):
            before = rows["t"].to_numpy().astype("datetime64[us]").astype(np.int64) < seal_us
            if not before.any():
                continue
            tables[number] = rows.filter(pa.array(~before))
            if name in _MAIN:
                late.update(_messages(rows.filter(pa.array(before)), name).tolist())
    if not late:
        return
    parts = np.asarray(taken.parts, np.int64).reshape(-1, 2)
    of_late = np.isin(parts[:, 1], list(late))
    late.update(parts[of_late, 0].tolist())
    taken.parts = parts[~of_late]
    lines = taken.raw.split(b"\n")
    for line, count in sorted(late.items()):
        at = line - taken.first_line
        raw = lines[at].rstrip(b"\r") if 0 <= at < len(lines) else b""
        taken.rejects += [(line, TOO_LATE, raw[:RAW_BYTES])] * count


def _messages(rows: pa.Table, name: str) -> npt.NDArray[np.int64]:
    """Return the line of each row that stands for a message."""
    line: npt.NDArray[Any] = rows["line"].to_numpy().astype(np.int64)
    if name != "fixed":
        return line
    of_response = np.array(rows["kind"].to_pylist()) == "response"
    found: npt.NDArray[np.int64] = line[~of_response]
    return found
