"""When each source said nothing: the holes between its lines, kept from one detection to the next.

A source is a receiver as `station` names it; all lines without a name are of one source, "". Every line of it counts,
also a copy of what another source heard before it, or a base station's word: only a source that gives none is silent.
Copies matter most where two receivers overlap: of the one whose clock is a second behind nearly all rows are copies.

Holes are kept as long as a process holds the case, in temporary tables; the time before a source's first line and
that after its last one are holes too, from `-OPEN` and up to `OPEN`. After a change only its span of time is read
again, with as much on either side as a hole is long at the least. A hole is known by the last line before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from ais.marks import AIRCRAFT
from ais.reader import arrow
from ais.seal import seal_us
from detectors.geo import US_H

if TYPE_CHECKING:
    import duckdb

OPEN = 2**61
SHIPS = ("positions", "heard", "position_copies", "heard_copies")
_TABLES = (*SHIPS, "fixed", "fixed_copies")
_MAKE = """
CREATE OR REPLACE TEMP TABLE source_holes (source VARCHAR, start_us BIGINT, end_us BIGINT);
CREATE OR REPLACE TEMP TABLE source_told (source VARCHAR, start_us BIGINT, told VARCHAR);
CREATE OR REPLACE TEMP TABLE source_up_to AS SELECT 0::UINTEGER AS change_id, ?::VARCHAR AS rule
"""
_CHANGED = "SELECT epoch_us(min(first_t)), epoch_us(max(last_t)), max(id) FROM changes WHERE id > ?"
_READ = """
SELECT source, min(us) AS low, max(us) AS high FROM (
  SELECT coalesce(station, '') AS source, epoch_us(t) AS us FROM ({said})
) GROUP BY source, us // {least}
"""
# All of a case at once.
_FIRST = f"""
CREATE OR REPLACE TEMP TABLE source_holes AS
WITH read AS ({_READ}), ends AS (SELECT DISTINCT source, unnest([-{{open}}, {{open}}]) AS us FROM read)
SELECT source, high AS start_us, next AS end_us FROM (
  SELECT source, high, lead(low) OVER (PARTITION BY source ORDER BY low) AS next
  FROM (FROM read UNION ALL SELECT source, us, us FROM ends)
) WHERE next - high >= {{least}};
UPDATE source_up_to SET change_id = {{change}}
"""
# Two lines of one bucket are less than a hole apart; the lines next to the span are told by the holes that cross its
# edge, for where none does a line lies within the margin that is read with it.
_SAID = f"""
CREATE OR REPLACE TEMP TABLE source_said AS
WITH read AS ({_READ}), met AS (FROM source_holes WHERE end_us >= {{low}} AND start_us <= {{high}}),
within AS (
  SELECT source FROM read
  UNION SELECT source FROM met WHERE start_us >= {{low}} OR end_us <= {{high}}
), edges AS (
  SELECT source, unnest([if(start_us < {{low}}, start_us, NULL), if(end_us > {{high}}, end_us, NULL)]) AS us FROM met
  UNION ALL SELECT source, unnest([-{{open}}, {{open}}]) FROM within ANTI JOIN source_holes USING (source)
)
FROM read UNION ALL SELECT source, us, us FROM edges SEMI JOIN within USING (source) WHERE us IS NOT NULL
"""
_RENEW = """
DELETE FROM source_holes WHERE end_us >= {low} AND start_us <= {high} AND source IN (SELECT source FROM source_said);
INSERT INTO source_holes SELECT source, high, next FROM (
  SELECT source, high, lead(low) OVER (PARTITION BY source ORDER BY low) AS next FROM source_said
) WHERE next - high >= {least};
DELETE FROM source_told WHERE start_us >= {low} AND start_us <= {high} + {hour};
UPDATE source_up_to SET change_id = {change}
"""
_HOLES = """
SELECT source, start_us, if(end_us > $horizon, {open}, end_us) AS end_us, told
FROM source_holes LEFT JOIN source_told USING (source, start_us)
WHERE start_us <= $horizon AND start_us >= $seal AND least(end_us, $horizon) - start_us > $least
  AND end_us >= $low AND start_us <= $high
ORDER BY source, start_us
"""
_FIXES = " UNION ALL ".join(
    f"SELECT coalesce(station, '') AS source, mmsi, t, lon, lat FROM {table} "
    f"WHERE t >= make_timestamp({{low}}) AND t <= make_timestamp({{high}}) AND msg_type <> {AIRCRAFT}"
    for table in ("positions", "position_copies")
)
_STEADY = f"""
SELECT a.i AS i, a.source AS source, a.start_us AS start_us FROM holes_asked a
ASOF JOIN source_holes h ON h.source = a.source AND h.end_us <= a.start_us WHERE h.end_us <= a.start_us - {US_H}
"""
_LAST_FIXES = f"""
WITH asked AS (SELECT *, unnest([start_us // {{within}}, start_us // {{within}} - 1]) AS bin FROM steady)
SELECT i, mmsi, place.lon AS lon, place.lat AS lat, reports FROM (
  SELECT a.i AS i, f.mmsi AS mmsi, max({{{{'t': f.t, 'lon': f.lon, 'lat': f.lat}}}}) AS place,
    count(DISTINCT f.t) AS reports
  FROM ({_FIXES}) f JOIN asked a ON a.source = f.source AND a.bin = epoch_us(f.t) // {{within}}
    AND f.t >= make_timestamp(a.start_us - {{within}}) AND f.t <= make_timestamp(a.start_us)
  GROUP BY a.i, f.mmsi
) ORDER BY i, mmsi
"""


@dataclass(frozen=True)
class Rhythm:
    """What makes a silence of a source.

    Attributes:
        least_us: It lasts longer.
        steady_us: The source is steady where in the hour before it was never silent for so long.
        rule: Text of all that what is told of a silence hangs on; by another one all is told anew.
    """

    least_us: int
    steady_us: int
    rule: str


def silences(con: duckdb.DuckDBPyConnection, rhythm: Rhythm, low_us: int, high_us: int, horizon_us: int) -> pa.Table:
    """Return the silences of sources that meet a span of time, by source and start.

    Columns: source, start_us (its last line), end_us (its next one; `OPEN` where there is none up to the horizon), told
    (what `tell` was told of it; None until then).
    """
    _renew(con, rhythm)
    given = {"low": low_us, "high": high_us, "horizon": horizon_us, "seal": seal_us(con) or 0}
    return arrow(con, _HOLES.format(open=OPEN), {**given, "least": rhythm.least_us})


def tell(con: duckdb.DuckDBPyConnection, holes: pa.Table, told: list[str]) -> None:
    """Keep a text on each of some silences, until what was heard before it changes."""
    con.register("holes_told", holes.select(["source", "start_us"]).append_column("told", pa.array(told, pa.string())))
    con.execute("INSERT INTO source_told FROM holes_told")
    con.unregister("holes_told")


def last_fixes(con: duckdb.DuckDBPyConnection, holes: pa.Table, within_us: int) -> pa.Table | None:
    """Return what steady sources heard of ships just before their silences.

    Columns: i (which silence), mmsi, lon and lat of the ship's last fix of it, reports; by silence and ship. None
    where no source was steady.
    """
    asked = holes.select(["source", "start_us"]).append_column("i", pa.array(range(holes.num_rows), pa.int64()))
    con.register("holes_asked", asked)
    steady = arrow(con, _STEADY)
    con.unregister("holes_asked")
    if not steady.num_rows:
        return None
    starts: list[int] = steady["start_us"].to_numpy().tolist()
    con.register("steady", steady)
    found = arrow(con, _LAST_FIXES.format(low=min(starts) - within_us, high=max(starts), within=within_us))
    con.unregister("steady")
    return found


def _renew(con: duckdb.DuckDBPyConnection, rhythm: Rhythm) -> None:
    """Take in what changed since the last time; all of it the first time, or where another rule counts."""
    con.execute("CREATE TEMP TABLE IF NOT EXISTS source_up_to (change_id UINTEGER, rule VARCHAR)")
    known = con.execute("SELECT change_id FROM source_up_to WHERE rule = ?", [rhythm.rule]).fetchall()
    if not known:
        con.execute(_MAKE, [rhythm.rule])
    low, high, last = con.execute(_CHANGED, [known[0][0] if known else 0]).fetchall()[0]
    if last is None:
        return
    low, high = low - rhythm.steady_us, high + rhythm.steady_us
    where = f"t >= make_timestamp({low}) AND t <= make_timestamp({high})" if known else "true"
    said = " UNION ALL ".join(f"SELECT station, t FROM {table} WHERE {where}" for table in _TABLES)
    given = {"least": rhythm.steady_us, "open": OPEN, "change": last}
    if not known:
        con.execute(_FIRST.format(said=said, **given))
        return
    con.execute(_SAID.format(said=said, low=low, high=high, **given))
    con.execute(_RENEW.format(hour=US_H, low=low, high=high, **given))
