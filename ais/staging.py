"""What a reading hands over: the rows, rejects and raw bytes of one block of an input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

RAW_BYTES = 200  # of a rejected line are kept


@dataclass
class Taken:
    """What one block of an input gave.

    Attributes:
        tables: Rows by table name, in the schema's columns.
        rejects: Line, reason and first bytes of each rejected line.
        parts: Further line and first line of messages of several parts, as pairs or as an array of two columns.
        raw: The decompressed bytes that the block covers; put together they are the input to the byte. Empty for
            Parquet.
        first_line: The line of the first byte of `raw`, from 1.
        end: Decompressed bytes from the input's start to the end of `raw`.
        lines: Lines read so far.
        other: Lines understood and not kept so far.
        clocks: Messages so far by what gave their time.
        state: All that the reading needs to go on after this block; as JSON.
    """

    tables: dict[str, list[pa.Table]] = field(default_factory=dict)
    rejects: list[tuple[int, str, bytes]] = field(default_factory=list)
    parts: Sequence[tuple[int, int]] | npt.NDArray[np.int64] = ()
    raw: bytes = b""
    first_line: int = 1
    end: int = 0
    lines: int = 0
    other: int = 0
    clocks: dict[str, int] = field(default_factory=dict)
    state: dict[str, object] = field(default_factory=dict)


class Reading(Protocol):
    """A format's way through one input; its counts are right once `blocks` is exhausted."""

    @property
    def lines(self) -> int:
        """Lines (rows of Parquet) read."""

    @property
    def other(self) -> int:
        """Lines understood and not kept."""

    @property
    def mmsi_like(self) -> bool:
        """Whether the ship numbers look like MMSIs."""

    def blocks(self) -> Iterator[Taken]:
        """Yield what each block of the input gave; raise InputError where the input as a whole is no good."""
        ...
