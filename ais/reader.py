"""Reading a case from anywhere: the file itself, or its writer over a socket while one holds it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

_MOST_STATEMENTS, _LONGEST = 500, 4_000  # characters: a longer text names rows one by one and never comes again
_statements: dict[str, duckdb.Statement] = {}
# Said of each result that is copied on its way; of few rows that takes less than what `arrow` spares.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)

OPEN_WAIT_S = 3.0  # a writer that is just starting or leaving holds the file without answering for moments


class QueryError(ValueError):
    """A query was refused: not a single SELECT, wrong, too long, or too large."""


def arrow(
    con: duckdb.DuckDBPyConnection, sql: str, params: Mapping[str, object] | None = None, *, many: bool = False
) -> pa.Table:
    """Run one SELECT on a connection of this process and return its rows as Arrow.

    Args:
        con: The connection; a result of it that is not fetched yet is lost.
        sql: The text.
        params: Its named parameters.
        many: Rows may be more than some 50,000: these then are not copied, and few take twice as long.
    """
    given, text = dict(params) if params else None, _parsed(con, sql)
    result: Any = con.sql(text, params=given) if many else con.execute(text, given)
    found: pa.Table = result.to_arrow_table()
    return found


def _parsed(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement | str:
    """Return a text as DuckDB has read it, which takes longer than to run it over few rows; it is kept for a while."""
    if len(sql) > _LONGEST:
        return sql
    known = _statements.get(sql)
    if known is None:
        read = con.extract_statements(sql)
        if len(read) != 1:
            return sql
        if len(_statements) >= _MOST_STATEMENTS:
            _statements.clear()
        known = _statements[sql] = read[0]
    return known


class _Answers(Protocol):
    def query(self, sql: str, params: dict[str, object], *, many: bool) -> pa.Table:
        """Run one SELECT, the rows of which may be many."""

    def close(self) -> None:
        """Let go of what answers."""


class _Local:
    """Answers from a connection of this process."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def query(self, sql: str, params: dict[str, object], *, many: bool) -> pa.Table:
        """Run one SELECT; named parameters only where the query has some."""
        import duckdb

        try:
            return arrow(self._con, sql, params, many=many)
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
        return self._answers.query(sql, params, many=True)

    def few(self, sql: str, **params: object) -> pa.Table:
        """Do what `query` does, in half the time where there are less than some 50,000 rows.

        Raises:
            QueryError: The query is refused or wrong.
        """
        return self._answers.query(sql, params, many=False)

    def close(self) -> None:
        """Release the file or the connection."""
        self._answers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
