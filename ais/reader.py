"""Reading a case from anywhere: the file itself, or its writer over a socket while one holds it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

OPEN_WAIT_S = 3.0  # a writer that is just starting or leaving holds the file without answering for moments


class QueryError(ValueError):
    """A query was refused: not a single SELECT, wrong, too long, or too large."""


def arrow(con: duckdb.DuckDBPyConnection, sql: str, params: Mapping[str, object] | None = None) -> pa.Table:
    """Run one SELECT on a connection of this process and return its rows as Arrow."""
    table: pa.Table = con.sql(sql, params=dict(params) if params else None).to_arrow_table()
    return table


class _Answers(Protocol):
    def query(self, sql: str, params: dict[str, object]) -> pa.Table:
        """Run one SELECT."""

    def close(self) -> None:
        """Let go of what answers."""


class _Local:
    """Answers from a connection of this process."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def query(self, sql: str, params: dict[str, object]) -> pa.Table:
        """Run one SELECT; named parameters only where the query has some."""
        import duckdb

        try:
            return arrow(self._con, sql, params)
        except duckdb.Error as error:
            raise QueryError(str(error).splitlines()[0]) from error

    def close(self) -> None:
        """Close the connection."""
        self._con.close()


class Reader:
    """Reads a case; a context manager."""

    def __init__(self, answers: _Answers) -> None:
        self._answers = answers

    @classmethod
    def on(cls, con: duckdb.DuckDBPyConnection) -> Self:
        """Read through a connection that is open already; closing the reader closes it."""
        return cls(_Local(con))

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a case for reading: the file, or its writer's socket while one holds it.

        Raises:
            CaseError: It is missing, not ours, or held by another program.
        """
        import duckdb

        from ais.serve import Remote
        from ais.store import CaseError, open_for_reading, open_here

        real = Path(path).expanduser().resolve()
        deadline = time.monotonic() + OPEN_WAIT_S
        while True:
            own = open_here(real)
            if own is not None:
                return cls.on(own.con.cursor())
            try:
                return cls(_Local(open_for_reading(real)))
            except duckdb.Error:
                remote = Remote.connect(real)
                if remote is not None:
                    return cls(remote)
                if time.monotonic() > deadline:
                    raise CaseError(f"{path} is held by another program; close it there and try again") from None
                time.sleep(0.05)

    def query(self, sql: str, **params: object) -> pa.Table:
        """Run one SELECT with named parameters (``$name`` in the text) and return its rows.

        Raises:
            QueryError: The query is refused or wrong.
        """
        return self._answers.query(sql, params)

    def close(self) -> None:
        """Release the file or the connection."""
        self._answers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
