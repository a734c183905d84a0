"""The horizon: the greatest time that detectors may see, less a stray tail stamped ahead of all else.

A tail beyond the case's longest silence is ``ahead`` when it holds fewer than 10 rows and that silence is over one
hour and over 20 times the next longest. A function of the set of rows, never of their order. Rows that stay before the
seal are left aside; how long the longest silence before it was is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ais.reader import arrow
from ais.seal import quiet_us, seal_us
from detectors.geo import US_H, Ints

if TYPE_CHECKING:
    import duckdb

AHEAD_ROWS = 10
AHEAD_RATIO = 20

# Rows of one minute cannot hold a silence that matters (over an hour), so minutes stand for rows.
MINUTE_US = 60_000_000
_MINUTES = f"""
WITH said AS (SELECT t FROM positions WHERE {{span}} UNION ALL SELECT t FROM heard WHERE {{span}})
SELECT epoch_us(min(t)) AS first_us, epoch_us(max(t)) AS last_us, count(*) AS n
FROM said GROUP BY epoch_us(t) // {MINUTE_US}
"""
_CHANGED = "SELECT epoch_us(min(first_t)), epoch_us(max(last_t)), max(id) FROM changes WHERE id > ?"


def count_ahead(con: duckdb.DuckDBPyConnection, horizon_us: int) -> int:
    """Return how many rows of ships lie ahead of the horizon: kept, and not looked at until it passes them."""
    later = "SELECT count(*) AS n FROM {} WHERE t > make_timestamp($horizon)"
    counts = [
        arrow(con, later.format(table), {"horizon": horizon_us})["n"][0].as_py() for table in ("positions", "heard")
    ]
    return int(sum(counts))


def longest_silence(con: duckdb.DuckDBPyConnection, before_us: int) -> int:
    """Return the longest silence up to the first row from a time on, with what was sealed away before, microseconds."""
    first, last, _ = _minutes(con)
    silence = (first[1:] - last[:-1])[last[:-1] < before_us]
    return max(int(silence.max(initial=0)), quiet_us(con))


def _minutes(con: duckdb.DuckDBPyConnection) -> tuple[Ints, Ints, Ints]:
    """Return when each minute's first and last row of a ship came, and how many there are, by time, from the seal on.

    They are kept as long as a process holds the case: only those in which something changed are counted anew.
    """
    con.execute("CREATE TEMP TABLE IF NOT EXISTS minutes (first_us BIGINT, last_us BIGINT, n BIGINT)")
    con.execute("CREATE TEMP TABLE IF NOT EXISTS minutes_up_to (change_id UINTEGER)")
    seen = con.execute("SELECT change_id FROM minutes_up_to").fetchall()
    low, high, last = con.execute(_CHANGED, [seen[0][0] if seen else 0]).fetchall()[0]
    if last is not None or not seen:
        span = "true"
        if seen:
            begin, end = low // MINUTE_US * MINUTE_US, high // MINUTE_US * MINUTE_US + MINUTE_US
            span = f"t >= make_timestamp({begin}) AND t < make_timestamp({end})"
            others = f"FROM minutes WHERE first_us < {begin} OR first_us >= {end}"
            con.execute(f"CREATE OR REPLACE TEMP TABLE minutes AS {others}")  # what is deleted stays in memory
        else:
            con.execute("INSERT INTO minutes_up_to VALUES (0)")
        con.execute(f"INSERT INTO minutes {_MINUTES.format(span=span)}")
        con.execute("UPDATE minutes_up_to SET change_id = ?", [last or 0])
    minutes = arrow(con, "FROM minutes WHERE first_us >= $low ORDER BY first_us", {"low": seal_us(con) or 0})
    first_us, last_us, count = (minutes[name].to_numpy().astype(np.int64) for name in ("first_us", "last_us", "n"))
    return first_us, last_us, count


def find_horizon(con: duckdb.DuckDBPyConnection) -> int | None:
    """Return the horizon in us since 1970; None in a case without a row of a ship."""
    first, last, count = _minutes(con)
    if not len(first):
        return None
    if len(first) < 2:
        return int(last[-1])
    silence = first[1:] - last[:-1]
    cut = int(np.argmax(silence))
    longest = int(silence[cut])
    # With one silence between minutes, the next longest lies within a minute: too short to matter beside an hour.
    next_longest = int(np.partition(silence, -2)[-2]) if len(silence) > 1 else 0
    next_longest = max(next_longest, quiet_us(con))
    ahead = count[cut + 1 :].sum() < AHEAD_ROWS and longest > US_H and longest > AHEAD_RATIO * next_longest
    return int(last[cut]) if ahead else int(last[-1])
