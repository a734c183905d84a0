"""A case being verified: beside a temporary one, with what was found so far; and what it came to in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ais.differences import KEPT, Difference, Findings
from ais.reader import Reader
from ais.seal import seal_us
from ais.sentences import lines
from ais.store import CaseError, Store

if TYPE_CHECKING:
    import duckdb

    from ais.again import Row

Progress = Callable[[str, int, int | None], None]  # what is done, how far, of how much
_SENTENCE = 400  # characters that are shown


@dataclass
class Verification:
    """A case that is being verified.

    Attributes:
        store: The temporary case, with the case attached as `ais.differences.KEPT`.
        kept: Reads the case.
        findings: What came out so far.
        progress: Told what is done.
        as_kept: Inputs whose rows were taken as they stand.
        names: Names of the inputs by number.
        lines: Lines that were decoded again.
        sealed_us: The case's seal, UTC microseconds, None without one.
    """

    store: Store
    kept: Reader
    findings: Findings
    progress: Progress
    as_kept: set[int] = field(default_factory=set)
    names: dict[int, str] = field(default_factory=dict)
    lines: int = 0
    sealed_us: int | None = None

    @property
    def from_seal(self) -> str:
        """The SQL condition of rows that can be proven: of the seal's time or later."""
        return "true" if self.sealed_us is None else f"t >= make_timestamp({self.sealed_us})"

    def differs(self, table: str, row: Row, what: str, line: int | None = None) -> None:
        """Note a difference of an input, told in words."""
        place = row["name"] if line is None else f"{row['name']} line {line:,}"
        sentence = self.sentence(row["id"], line)
        self.findings.add(Difference(table, place, what=what, input_id=row["id"], line=line, sentence=sentence))

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The connection on which both cases can be asked."""
        return self.store.con

    def sentence(self, input_id: int | None, line: int | None) -> str | None:
        """Return a kept line for people, None where there is none."""
        if input_id is None or line is None:
            return None
        with suppress(ValueError):
            raw = lines(self.kept, input_id, [line]).get(line)
            return None if raw is None else raw[:_SENTENCE].decode("utf-8", "replace")
        return None


@contextmanager
def verification(path: str | Path, progress: Progress | None = None) -> Iterator[Verification]:
    """Open a case for verification, beside an empty temporary one.

    Raises:
        CaseError: It is no case, is being written to, or lacks tables or columns.
    """
    with TemporaryDirectory(prefix="darkwake-verify-") as folder, Store.open(Path(folder) / "again.duckdb") as store:
        store.attach(path, KEPT)
        _check_tables(store.con, path)
        con = store.con.cursor()
        con.execute(f"USE {KEPT}")
        with Reader.on(con) as kept:
            yield Verification(store, kept, Findings(), progress or (lambda *_: None), sealed_us=seal_us(con))


def _check_tables(con: duckdb.DuckDBPyConnection, path: str | Path) -> None:
    columns = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name"
    missing = con.execute(
        f"{columns} = current_database() EXCEPT {columns} = $kept ORDER BY ALL", {"kept": KEPT}
    ).fetchall()
    if missing:
        table, column, _ = missing[0]
        raise CaseError(f"{path} lacks the column {column} of its table {table}; restore it from a copy")


@dataclass(frozen=True)
class Verified:
    """What a verification came to.

    Attributes:
        inputs: Inputs that were rebuilt and decoded again.
        as_kept: Inputs whose rows were taken as they stand.
        lines: Lines that were decoded again.
        events: Events that were found again, or should have been.
        differences: Differences, at most `ais.differences.SHOWN` of each table.
        counts: How many there are, by table.
        notes: What could not be verified, and why.
    """

    inputs: int
    as_kept: int
    lines: int
    events: int
    differences: tuple[Difference, ...]
    counts: Mapping[str, int]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, case: Verification, events: int) -> Verified:
        """Return what a verification has come to."""
        found = case.findings
        counts = {table: count for table, count in found.counts.items() if count}
        decoded = len(case.names) - len(case.as_kept)
        shown = tuple(found.differences)
        return cls(decoded, len(case.as_kept), case.lines, events, shown, counts, tuple(found.notes))

    @property
    def total(self) -> int:
        """How many differences there are."""
        return sum(self.counts.values())

    def as_json(self) -> dict[str, object]:
        """Return it as a JSON object."""
        return {
            "inputs": self.inputs,
            "inputs_as_kept": self.as_kept,
            "lines": self.lines,
            "events": self.events,
            "total": self.total,
            "counts": dict(self.counts),
            "differences": [one.as_json() for one in self.differences],
            "not_verified": list(self.notes),
        }
