"""Where a case differs from what its sentences give again: rows compared as sets, each difference told on one line.

DuckDB compares, a span of lines at a time, so memory is bounded by the span and not by the case. A row that stands in
the case and one that came again are shown as one difference where they have the same place, else as one each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ais.reader import arrow
from ais.schema import TABLES

if TYPE_CHECKING:
    import duckdb

SHOWN = 10  # differences of one table that are told; all are counted
LINES_AT_ONCE = 500_000
KEPT = "kept_case"  # what the case is attached as
_LONG = 100  # characters of a value that are shown


@dataclass(frozen=True)
class Difference:
    """One row of a case that is not what its sentences give.

    Attributes:
        table: Where it is.
        place: Which row, in words: an input and line, an event.
        columns: The values that differ, as they stand in the case and as they come again, as text; empty where the
            row is on one side only.
        what: What is wrong, where no columns tell it.
        input_id: Its input, or None.
        line: Its line, or None.
        sentence: That line, or None.
    """

    table: str
    place: str
    columns: tuple[tuple[str, str, str], ...] = ()
    what: str = ""
    input_id: int | None = None
    line: int | None = None
    sentence: str | None = None

    @property
    def text(self) -> str:
        """The difference on one line."""
        told = "; ".join(f"{name} is {kept} in the case, {again} again" for name, kept, again in self.columns)
        line = f"{self.table}, {self.place}: {self.what or told}"
        return line if self.sentence is None else f"{line}: {self.sentence}"

    def as_json(self) -> dict[str, object]:
        """Return it as a JSON object."""
        return asdict(self) | {"columns": {name: {"case": a, "again": b} for name, a, b in self.columns}}


@dataclass
class Findings:
    """What came out so far.

    Attributes:
        differences: Those that are told, at most `SHOWN` of a table.
        counts: How many there are, by table.
        notes: What could not be verified, and why.
    """

    differences: list[Difference] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, *found: Difference) -> None:
        """Count differences, and keep the first of each table."""
        for one in found:
            self.counts[one.table] += 1
            if self.counts[one.table] <= SHOWN:
                self.differences.append(one)

    def room(self, table: str) -> int:
        """Return how many more of a table are told."""
        return max(0, SHOWN - self.counts[table])


def shown(value: object) -> str:
    """Return a value of a row as a difference tells it."""
    if isinstance(value, float):
        with np.errstate(over="ignore"):
            short = np.float32(value)
        value = short if float(short) == value else value  # 0.3, not 0.30000001192092896
    text = "NULL" if value is None else repr(value) if isinstance(value, str | bytes) else str(value)
    return text if len(text) <= _LONG else text[:_LONG] + "..."


def differing(kept: Mapping[str, Any], again: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Return the columns in which two rows differ."""
    pairs = ((name, kept[name], again[name]) for name in kept)
    return tuple((name, shown(a), shown(b)) for name, a, b in pairs if a != b and not (a != a and b != b))


def spans(con: duckdb.DuckDBPyConnection, table: str, but: Iterable[int] = ()) -> list[str]:
    """Return conditions for the pieces in which to compare a table: by input, but for some inputs, and by line."""
    left_out = ", ".join(map(str, (-1, *but)))
    of_one = "SELECT DISTINCT input_id, line // {lines} AS part FROM {table}"
    both = " UNION ".join(of_one.format(lines=LINES_AT_ONCE, table=name) for name in (f"{KEPT}.{table}", table))
    parts = con.execute(f"SELECT * FROM ({both}) WHERE input_id NOT IN ({left_out}) ORDER BY ALL").fetchall()
    return [
        f"input_id = {number} AND line BETWEEN {part * LINES_AT_ONCE} AND {(part + 1) * LINES_AT_ONCE - 1}"
        for number, part in parts
    ]


@dataclass(frozen=True)
class Pair:
    """A row that differs: as it stands in the case and as it came again, None where there is none."""

    kept: dict[str, Any] | None
    again: dict[str, Any] | None

    @property
    def there(self) -> dict[str, Any]:
        """The row on the side where there is one."""
        found = self.again if self.kept is None else self.kept
        assert found is not None
        return found


def compare(
    con: duckdb.DuckDBPyConnection, table: str, key: Sequence[str], where: str, room: int
) -> tuple[int, list[Pair]]:
    """Compare some rows of a table of the case with the same table made again, as sets.

    Args:
        con: A connection to the table made again, the case attached as `KEPT`.
        table: The table.
        key: The columns by which rows of both sides are put together.
        where: Which rows.
        room: How many differences are wanted; all are counted.
    """
    columns = ", ".join(TABLES[table].names)
    sides = {"kept": f"FROM {KEPT}.{table} WHERE {where}", "again": f"FROM {table} WHERE {where}"}
    if table == "hearings":  # which may come in other batches
        total = f"{', '.join(key)}, sum(reports)::UBIGINT AS reports"
        sides = {name: f"FROM (SELECT {total} {side} GROUP BY ALL)" for name, side in sides.items()}
    rows = {name: con.execute(f"SELECT count(*) {side}").fetchall()[0][0] for name, side in sides.items()}
    one, other = (f"SELECT {columns} {side}" for side in sides.values())
    con.execute(f"CREATE OR REPLACE TEMP TABLE only_kept AS ({one} EXCEPT ALL {other})")
    lost = con.execute("SELECT count(*) FROM only_kept").fetchall()[0][0]
    if not lost and rows["kept"] == rows["again"]:
        return 0, []
    con.execute(f"CREATE OR REPLACE TEMP TABLE only_again AS ({other} EXCEPT ALL {one})")
    joined = "only_kept AS kept FULL JOIN only_again AS again ON " + " AND ".join(
        f"kept.{name} IS NOT DISTINCT FROM again.{name}" for name in key
    )
    count = con.execute(f"SELECT count(*) FROM {joined}").fetchall()[0][0]
    order = ", ".join(f"coalesce(kept.{name}, again.{name})" for name in key)
    found = arrow(con, f"SELECT kept, again FROM {joined} ORDER BY {order} LIMIT {room}").to_pylist()
    return count, [Pair(_row(one["kept"], key), _row(one["again"], key)) for one in found]


def _row(side: dict[str, Any] | None, key: Sequence[str]) -> dict[str, Any] | None:
    return None if side is None or all(side[name] is None for name in key) else side
