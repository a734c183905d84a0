"""Receivers' clocks: held against base stations, which say their own UTC, and against other receivers' times.

A base station's report (types 4 and 11) carries the time at which it was sent; the median over all stations heard,
each by its own median, is how far a receiver's clock is ahead. Where two receivers heard the same report of a moving
ship (equal in every value that it sent, its second and position among them), their times must agree too. Source of the
30 s: GFW's satellite timing offsets ("need to check"). Two receivers that disagree cannot tell who is wrong: base
stations can, and three receivers can by majority.
"""

from __future__ import annotations

from dataclasses import dataclass

from ais.duplicates import payload
from ais.reader import Reader

WRONG_S = 30.0
_REPORTS = 5  # fewer tell nothing of a clock: one late packet is none
_APART_DAYS = 2  # clocks seen wrong by more are not compared with others: the same report would have to be kept so long
_SAMPLE = 200_000  # reports compared with other receivers

_STATIONS = """
    WITH said AS (
        SELECT input_id, station, mmsi, (epoch_us(t) - epoch_us(said_t)) / 1e6 AS ahead_s
        FROM (SELECT * FROM fixed UNION ALL BY NAME SELECT * FROM fixed_copies)
        WHERE said_t IS NOT NULL AND ($input_id IS NULL OR input_id = $input_id)
    ), by_station AS (
        SELECT input_id, station, mmsi, median(ahead_s) AS ahead_s, count(*) AS reports FROM said GROUP BY ALL
    )
    SELECT input_id, station, median(ahead_s) AS ahead_s, count(*) AS witnesses, sum(reports)::BIGINT AS reports
    FROM by_station GROUP BY ALL
"""
_OTHERS = """
    WITH span AS (
        SELECT min(first_t) - INTERVAL {days} DAYS AS low, max(last_t) + INTERVAL {days} DAYS AS high FROM inputs
        WHERE $input_id IS NULL OR id = $input_id
    ), said AS (
        SELECT input_id, station, t, hash({payload}) AS h
        FROM (SELECT * FROM positions UNION ALL BY NAME SELECT * FROM position_copies), span
        WHERE t BETWEEN low AND high AND sog_kn >= 1 AND utc_s <= 59
    ), sample AS (
        SELECT * FROM said, (SELECT greatest(1, count(*) // {sample})::UBIGINT AS each FROM said) WHERE h % each = 0
    ), firsts AS (
        SELECT h, input_id, station, coalesce(station, '#' || input_id) AS receiver, min(t) AS t
        FROM sample GROUP BY ALL
    ), pairs AS (
        SELECT a.input_id, a.station, (epoch_us(a.t) - epoch_us(b.t)) / 1e6 AS ahead_s, b.receiver AS other
        FROM firsts AS a JOIN firsts AS b USING (h)
        WHERE a.receiver <> b.receiver
            AND ($input_id IS NULL OR a.input_id = $input_id) AND abs(epoch_us(a.t) - epoch_us(b.t)) < {days} * 86400e6
    ), by_other AS (
        SELECT input_id, station, other, median(ahead_s) AS ahead_s, count(*) AS reports FROM pairs GROUP BY ALL
        HAVING count(*) >= {reports}
    )
    -- With several others a receiver has a vote too: two that agree outvote the third.
    SELECT input_id, station, list_aggregate(list(ahead_s) || if(count(*) > 1, [0.0], []), 'median') AS ahead_s,
        count(*) AS witnesses, sum(reports)::BIGINT AS reports
    FROM by_other GROUP BY ALL
"""


@dataclass(frozen=True)
class ClockError:
    """A receiver whose clock is more than `WRONG_S` from what others say.

    Attributes:
        input_id: The input.
        name: Its name.
        station: The receiver as the input names it, or None.
        ahead_s: Seconds by which its times are ahead of the witnesses'; negative: behind.
        against: ``base stations`` or ``other receivers``.
        witnesses: How many of them.
        reports: How many of their reports were compared.
    """

    input_id: int
    name: str
    station: str | None
    ahead_s: float
    against: str
    witnesses: int
    reports: int


def clock_errors(reader: Reader, input_id: int | None = None) -> list[ClockError]:
    """Return the receivers of an input, or of all, whose clocks are wrong; base stations have the last word."""
    names = {row["id"]: row["name"] for row in reader.query("SELECT id, name FROM inputs").to_pylist()}
    others = _OTHERS.format(payload=", ".join(payload("positions")), days=_APART_DAYS, sample=_SAMPLE, reports=_REPORTS)
    found: dict[tuple[int, str | None], ClockError] = {}
    for against, sql in (("other receivers", others), ("base stations", _STATIONS)):
        for row in reader.query(sql, input_id=input_id).to_pylist():
            if row["reports"] < _REPORTS:
                continue
            key = (row["input_id"], row["station"])
            found[key] = ClockError(
                *key[:1], names[key[0]], key[1], row["ahead_s"], against, row["witnesses"], row["reports"]
            )
    wrong = (one for one in found.values() if abs(one.ahead_s) > WRONG_S)
    return sorted(wrong, key=lambda one: (one.input_id, one.station or ""))
