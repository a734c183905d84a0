"""What a detector may read: the fixes and signs of life of a window, each ship's neighbours of it, zones and places.

A ship is a number and a track (table `marks`): ships that share a number are ships of their own, and `track` is 0 for
the one that gave most of the number's fixes. Two temporary views on the case stand for the window. ``fixes`` are
undoubted positions (aircraft are left out too) up to the horizon; ``signs`` are the times at which a ship said
anything at all. What a shared number said without a fix, or with a doubted one, may be any of its ships': it is a sign
of all. ``fixes`` hold, for every ship, its last row before the window and its first after it, and ``signs`` all
between these: a fix is the nearest one to every silence of a ship that goes on to talk without a fix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import pyarrow as pa

from ais.flags import DOUBTED, OTHER
from ais.marks import AIRCRAFT
from ais.reader import arrow
from detectors.learned import NOTHING, Learned
from detectors.lists import Lists
from detectors.shelf import MOST_SHIPS, Shelf
from detectors.tracks import Paths, Tracks

if TYPE_CHECKING:
    import duckdb

    from zones import Places, ZoneSet


def as_table(columns: Mapping[str, npt.NDArray[Any]]) -> pa.Table:
    """Return NumPy columns as an Arrow table that a query may name."""
    return pa.table({name: pa.array(values) for name, values in columns.items()})


# A window of so many rows is put into memory (some 20 MB): each of a dozen queries over it then takes a millisecond,
# where planning and running the window's own query takes ten.
SMALL_ROWS = 300_000
PART_ROWS = 1_000_000  # fixes in memory at once where only paths are read: as fast as any other, some 75 MB
_MOST_PARTS = 200
# About where numbers part that have as many fixes together: to count each would take 40 bytes of a flood's millions.
_SHARES = [i / _MOST_PARTS for i in range(1, _MOST_PARTS)]
_PARTS = f"SELECT count(*) AS n, max(mmsi) AS last, approx_quantile(mmsi, {_SHARES}) AS cuts FROM fixes"
_FIX = "mmsi, track, t, lon, lat, sog_kn, cog_deg, heading_deg, nav_status"
_UNMARKED = f"(SELECT *, 0::UBIGINT AS track, false AS doubted FROM positions p WHERE msg_type <> {AIRCRAFT}{{ours}})"
_MARKED = f"""(
  SELECT p.*, CASE WHEN m.flags & {OTHER} > 0 THEN m.track ELSE 0 END AS track,
    coalesce(m.flags & {DOUBTED}, 0) > 0 AS doubted
  FROM positions p LEFT JOIN marks m USING (input_id, line) WHERE p.msg_type <> {AIRCRAFT}{{ours}}
)"""
# What any ship of a number may have said is said by each of them.
_LIFE = f"""(
  WITH said AS (
    SELECT mmsi, t FROM heard p WHERE true{{ours}} UNION ALL SELECT mmsi, t FROM {{positions}} WHERE doubted
  )
  SELECT mmsi, track, t FROM {{positions}} WHERE NOT doubted
  UNION ALL SELECT mmsi, 0, t FROM said
  UNION ALL SELECT mmsi, track, t FROM said JOIN (
    SELECT DISTINCT mmsi, track FROM marks WHERE flags & {OTHER} > 0 AND flags & {DOUBTED} = 0
  ) USING (mmsi)
)"""
# The same where all fixes are in one table: what is doubted is known from the marks.
_LIFE_AT_HAND = f"""(
  WITH said AS (
    SELECT mmsi, t FROM heard p WHERE true{{ours}}
    UNION ALL SELECT mmsi, t FROM marks p WHERE flags & {DOUBTED} > 0{{ours}}
  )
  SELECT mmsi, track, t FROM {{fixes}}
  UNION ALL SELECT mmsi, 0, t FROM said
  UNION ALL SELECT mmsi, track, t FROM said JOIN (
    SELECT DISTINCT mmsi, track FROM marks WHERE flags & {OTHER} > 0 AND flags & {DOUBTED} = 0
  ) USING (mmsi)
)"""
_PLAIN_LIFE = "(SELECT mmsi, track, t FROM {fixes} UNION ALL SELECT mmsi, 0, t FROM heard p WHERE true{ours})"


def _bounds(start_us: int | None, end_us: int) -> str:
    """Return the SQL condition of the window."""
    low = f"t >= make_timestamp({start_us}) AND " if start_us is not None else ""
    return f"{low}t <= make_timestamp({end_us})"


def _with_neighbours(source: str, columns: str, order: str, start_us: int | None, end_us: int, horizon_us: int) -> str:
    """Return a query for the rows of the window, each ship's last row before it and first after it."""
    query = f"SELECT {columns} FROM {source} WHERE {_bounds(start_us, end_us)}"
    # Aggregates find the instant and few rows are ranked: ranking all rows outside a short window takes a minute.
    nearest = f"(SELECT mmsi, track, %s(t) AS t FROM {source} WHERE %s GROUP BY mmsi, track)"
    one = f" UNION ALL SELECT {columns} FROM {source} SEMI JOIN {nearest} USING (mmsi, track, t) "
    one += f"QUALIFY row_number() OVER (PARTITION BY mmsi, track ORDER BY {order}) = 1"
    if start_us is not None:
        query += one % ("max", f"t < make_timestamp({min(start_us, horizon_us + 1)})")
    if end_us < horizon_us:
        query += one % ("min", f"t > make_timestamp({end_us}) AND t <= make_timestamp({horizon_us})")
    return query


def _up_to_neighbours(source: str, start_us: int | None, end_us: int, horizon_us: int) -> str:
    """Return a query for the signs of the window and, of each ship, those up to its nearest fixes of it."""
    query = f"SELECT mmsi, track, t FROM {source} WHERE {_bounds(start_us, end_us)}"
    near = "(SELECT mmsi, track, %s(t) AS edge FROM fixes WHERE %s GROUP BY mmsi, track) USING (mmsi, track) WHERE t %s"
    one = f" UNION ALL SELECT mmsi, track, t FROM {source} LEFT JOIN {near} AND coalesce(t %s edge, true)"
    if start_us is not None:
        before = f"< make_timestamp({min(start_us, horizon_us + 1)})"
        query += one % ("max", f"t {before}", before, ">=")
    if end_us < horizon_us:
        after = f"> make_timestamp({end_us})"
        query += one % ("min", f"t {after}", f"{after} AND t <= make_timestamp({horizon_us})", "<=")
    return query


def undoubted(
    con: duckdb.DuckDBPyConnection, low_us: int, high_us: int, ships: frozenset[int] | None
) -> Iterator[Paths]:
    """Yield the fixes of some ships (None = all) in a closed span of time, all those of some numbers at a time."""
    source, count = _undoubted(con, low_us, high_us, ships)
    parts = count // PART_ROWS + 1
    for part in range(parts):
        some = f" AND mmsi % {parts} = {part}" if parts > 1 else ""
        yield Paths.of(arrow(con, f"SELECT {Paths.COLUMNS} FROM {source}{some}", many=True))


def undoubted_few(con: duckdb.DuckDBPyConnection, low_us: int, high_us: int, ships: frozenset[int]) -> Tracks | None:
    """Return the fixes of some ships in a closed span of time; None where they are not few."""
    source, count = _undoubted(con, low_us, high_us, ships)
    return None if count > SMALL_ROWS else Tracks.of(arrow(con, f"SELECT {Tracks.COLUMNS} FROM {source}"))


def _undoubted(
    con: duckdb.DuckDBPyConnection, low_us: int, high_us: int, ships: frozenset[int] | None
) -> tuple[str, int]:
    """Return from where to select undoubted fixes, with a condition, and how many there are at the most."""
    span, ours = _bounds(low_us, high_us), "" if ships is None else " AND p.mmsi IN (FROM ships_asked)"
    if ships is not None:
        con.register("asked", pa.table({"mmsi": pa.array(sorted(ships), pa.uint32())}))
        con.execute("CREATE OR REPLACE TEMP TABLE ships_asked AS FROM asked")
        con.unregister("asked")
    counts = f"SELECT (SELECT count(*) FROM marks), count(*) FROM positions p WHERE {span}{ours}"
    has_marks, count = con.execute(counts).fetchall()[0]
    source = (_MARKED if has_marks else _UNMARKED).format(ours=ours)
    return f"{source} WHERE NOT doubted AND {span}", int(count)


@dataclass(frozen=True)
class View:
    """One window of a case.

    Attributes:
        con: The connection; ``fixes`` and ``signs`` are temporary views on it.
        start_us: Least time of the window, us since 1970; None = from the first row.
        end_us: Greatest time of the window, us since 1970, at most the horizon.
        horizon_us: Greatest time that any row seen may have.
        zones: The zones in force.
        places: Ports and anchorages.
        lists: Lists of ships.
        learned: What was learned before: the mask of anchorages.
        ships: Numbers of the ships that are looked at; None = all.
        shelf: Fixes that are in memory already.
        at_hand: Whether these are to be kept there.
    """

    con: duckdb.DuckDBPyConnection
    start_us: int | None
    end_us: int
    horizon_us: int
    zones: ZoneSet
    places: Places
    lists: Lists
    learned: Learned = NOTHING
    ships: frozenset[int] | None = None
    shelf: Shelf | None = None
    at_hand: bool = True

    @cached_property
    def _opened(self) -> tuple[duckdb.DuckDBPyConnection, bool]:
        """The connection, and whether fixes may be many; the temporary views lie over those of any earlier one now."""
        if self.ships is not None:
            self.con.register("wanted", pa.table({"mmsi": pa.array(sorted(self.ships), pa.uint32())}))
            self.con.execute("CREATE OR REPLACE TEMP TABLE ships_of_view AS FROM wanted")
            self.con.unregister("wanted")
        window = (self.start_us, self.end_us, self.horizon_us)
        if self.ships is not None and self.shelf is not None and self._may_be_at_hand(self.ships):
            rows = self.shelf.fixes(self.ships, self.start_us, self.horizon_us, self._read, self._after)
            self.con.register("fixes_at_hand", rows)
            fixes, life, many = "FROM fixes_at_hand", self._life("fixes_at_hand"), rows.num_rows > SMALL_ROWS
        else:
            fixes, life = self._window_of(self._good, self.start_us), self._life(None)
            many = not self._is_small
            if not many:
                self.con.execute(f"CREATE OR REPLACE TEMP TABLE fixes_of_window AS {fixes}")
                fixes, life = "FROM fixes_of_window", self._life("fixes_of_window")
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW fixes AS {fixes}")
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW signs AS {_up_to_neighbours(life, *window)}")
        return self.con, many

    def _life(self, fixes: str | None) -> str:
        """Return a query for all signs of life, with the fixes that a table has or, without one, those of the case."""
        if not self._has_marks:
            return _PLAIN_LIFE.format(fixes=fixes or self._positions, ours=self._and_ours)
        if fixes is None:
            return _LIFE.format(positions=self._positions, ours=self._and_ours)
        return _LIFE_AT_HAND.format(fixes=fixes, ours=self._and_ours)

    @cached_property
    def signs(self) -> str:
        """What to call ``signs`` in a query: a table of few rows, which each query then need not gather anew."""
        con, _ = self._opened
        if not self._is_small:
            return "signs"
        con.execute("CREATE OR REPLACE TEMP TABLE signs_of_window AS FROM signs")
        return "signs_of_window"

    def fixes_of(self, numbers: Iterable[int]) -> pa.Table:
        """Return the fixes of all ships with some numbers, looked at or not, as rows of ``fixes``."""
        wanted = frozenset(numbers)
        if self.shelf is not None and self._may_be_at_hand(wanted):
            return self.shelf.fixes(wanted, self.start_us, self.horizon_us, self._read, self._after)
        return self._read(sorted(wanted), self.start_us)

    @cached_property
    def first_us(self) -> int:
        """Least time of the window, that of the first row where it has no edge there."""
        if self.start_us is not None:
            return self.start_us
        first = self.con.execute("SELECT epoch_us(min(t)) FROM positions").fetchall()[0][0]
        return self.end_us if first is None else int(first)

    def everyone(self) -> str:
        """Return the name of a temporary view of the fixes of all ships in the window, also of those not looked at."""
        if self.ships is None:
            return "fixes"
        positions = (_MARKED if self._has_marks else _UNMARKED).format(ours="")
        good = f"SELECT {_FIX} FROM {positions} WHERE NOT doubted AND {_bounds(self.start_us, self.end_us)}"
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW fixes_of_all AS {good}")
        return "fixes_of_all"

    def _may_be_at_hand(self, ships: frozenset[int]) -> bool:
        """Say whether the shelf may keep the fixes of some ships: no flood of them, and up to the horizon."""
        return self.at_hand and self.end_us >= self.horizon_us and len(ships) <= MOST_SHIPS

    @cached_property
    def _has_marks(self) -> bool:
        return bool(self.con.execute("SELECT count(*) FROM marks").fetchall()[0][0])

    @property
    def _positions(self) -> str:
        return (_MARKED if self._has_marks else _UNMARKED).format(ours=self._and_ours)

    @property
    def _good(self) -> str:
        return f"(SELECT {_FIX} FROM {self._positions} WHERE NOT doubted)"

    def _window_of(self, good: str, start_us: int | None) -> str:
        order = "lon, lat, sog_kn, cog_deg, heading_deg, nav_status"
        return _with_neighbours(good, _FIX, order, start_us, self.end_us, self.horizon_us)

    def _read(self, ships: Iterable[int], start_us: int | None) -> pa.Table:
        """Return some ships' fixes from a time up to the horizon, with each one's last before."""
        return self._of(ships, self._window_of(self._good.replace("ships_of_view", "asked_ships"), start_us))

    def _after(self, ships: Iterable[int], after_us: int | None) -> pa.Table:
        """Return some ships' fixes after a time, up to the horizon."""
        bounds = _bounds(None if after_us is None else after_us + 1, self.horizon_us)
        return self._of(ships, f"FROM {self._good} WHERE {bounds}".replace("ships_of_view", "asked_ships"))

    def _of(self, ships: Iterable[int], sql: str) -> pa.Table:
        return _run(self.con, sql, True, asked_ships=pa.table({"mmsi": pa.array(ships, pa.uint32())}))

    @property
    def _and_ours(self) -> str:
        """Return the SQL condition that rows are of the ships looked at."""
        return "" if self.ships is None else " AND p.mmsi IN (FROM ships_of_view)"

    def identities(self, columns: str, low_us: int, high_us: int) -> str:
        """Return a query for static reports from one time to another, both included, but not beyond the horizon."""
        span = f"t >= make_timestamp({low_us}) AND t <= make_timestamp({min(high_us, self.horizon_us)})"
        return f"SELECT {columns} FROM identities p WHERE {span}{self._and_ours}"

    @cached_property
    def _is_small(self) -> bool:
        """Whether so few rows are in the window that they may be in memory several times."""
        sql = f"SELECT count(*) FROM positions p WHERE {_bounds(self.start_us, self.end_us)}{self._and_ours}"
        return int(self.con.execute(sql).fetchall()[0][0]) <= SMALL_ROWS

    def query(self, sql: str, **tables: pa.Table) -> pa.Table:
        """Run one SELECT and return its rows; keyword arguments are Arrow tables it may name."""
        con, many = self._opened
        return _run(con, sql, many, **tables)

    @cached_property
    def tracks(self) -> Tracks:
        """The window's fixes by ship and time."""
        return Tracks.of(self.query(f"SELECT {Tracks.COLUMNS} FROM fixes"))

    @cached_property
    def few(self) -> Tracks | None:
        """The same where they are few: what NumPy finds among them at once takes a query ten times as long."""
        return self.tracks if self._opened and self._is_small else None

    def paths(self) -> Iterator[Paths]:
        """Yield the window's fixes, all those of some numbers at a time: what is in memory at once is bounded."""
        ends = [] if self._is_small else self._ends_of_parts()
        if len(ends) <= 1:
            yield self.tracks
            return
        for before, end in pairwise([-1, *ends]):
            among = f"mmsi > {before} AND mmsi <= {end}"
            yield Paths.of(self.query(f"SELECT {Paths.COLUMNS} FROM fixes WHERE {among}"))

    def _ends_of_parts(self) -> list[int]:
        """Return the last number of each part of the window that has about `PART_ROWS` fixes, ascending."""
        (said,) = self.query(_PARTS).to_pylist()
        if not said["n"]:
            return []
        step = max(1, _MOST_PARTS * PART_ROWS // said["n"])
        return sorted({*said["cuts"][step - 1 :: step], said["last"]})

    def tracks_of(self, numbers: Iterable[int]) -> Tracks:
        """Return the window's fixes of all ships with some numbers; of more where all are in memory already."""
        if "tracks" in self.__dict__:
            return self.tracks
        wanted = pa.table({"mmsi": pa.array(sorted(set(numbers)), pa.uint32())})
        return Tracks.of(self.query(f"SELECT {Tracks.COLUMNS} FROM fixes SEMI JOIN wanted USING (mmsi)", wanted=wanted))

    def columns(self, sql: str, **tables: pa.Table) -> Mapping[str, npt.NDArray[Any]]:
        """Run one SELECT and return its columns as NumPy arrays (times as int64 us where cast by epoch_us)."""
        rows = self.query(sql, **tables)
        return {name: rows[name].to_numpy() for name in rows.column_names}


def _run(con: duckdb.DuckDBPyConnection, sql: str, many: bool, **tables: pa.Table) -> pa.Table:
    """Run one SELECT, which may name some Arrow tables, and return its rows."""
    for name, table in tables.items():
        con.register(name, table)
    try:
        return arrow(con, sql, many=many)
    finally:
        for name in tables:
            con.unregister(name)
