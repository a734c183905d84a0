"""Where all ships are and were in the last hours, at once: what a page needs to draw them, in few bytes.

Of each step of time a ship's last fix is kept, so that its newest is always there; the step follows from how many ships
there are. Rows lie in arrival order: what is older than the hours asked for is skipped block by block.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

if TYPE_CHECKING:
    from ais.reader import Reader

MAX_FLEET = 20_000  # ships of one answer: those heard last
MAX_TAIL_FIXES = 250_000  # about 2 MB
STEPS_S = (60, 120, 300, 600, 1200, 1800)
_DEGREE = 100_000
_UNKNOWN = -1
_SHIPS = """
SELECT mmsi, arg_max(name, t) AS name, arg_max(imo, t) AS imo, arg_max(callsign, t) AS callsign,
    arg_max(ship_type, t) AS ship_type
FROM identities WHERE list_contains($ships, mmsi) GROUP BY mmsi
"""
_HEARD = """
SELECT mmsi FROM positions WHERE t >= make_timestamp($from_us) AND t <= make_timestamp($to_us)
GROUP BY mmsi ORDER BY max(t) DESC, mmsi LIMIT $limit
"""
_FIXES = """
WITH doubts AS (
    SELECT mmsi, t, input_id, line FROM marks WHERE t >= make_timestamp($from_us) AND t <= make_timestamp($to_us)
), fixes AS (
    SELECT p.mmsi, epoch_us(p.t) // 1000000 AS s, p.lon, p.lat, p.sog_kn,
        coalesce(p.heading_deg, CASE WHEN p.sog_kn >= 0.5 THEN p.cog_deg END) AS points_deg,
        d.mmsi IS NOT NULL AS doubted
    FROM positions AS p LEFT JOIN doubts AS d USING (mmsi, t, input_id, line)
    WHERE p.t >= make_timestamp($from_us) AND p.t <= make_timestamp($to_us)
)
SELECT mmsi, doubted, min(s) AS first_s, max(s) AS s, arg_max(lon, s) AS lon, arg_max(lat, s) AS lat,
    arg_max(sog_kn, s) AS sog_kn, arg_max(points_deg, s) AS points_deg
FROM fixes GROUP BY mmsi, doubted, s // $step_s ORDER BY mmsi, s
"""


class Packed(msgspec.Struct, frozen=True):
    """Columns of whole numbers, each as steps from row to row, zigzagged, in planes of bytes, deflated, in base64."""

    n: int  # rows
    k: int  # columns
    z: str


class Fleet(msgspec.Struct, frozen=True):
    """Ships of the last hours, column by column, and their tails, ship after ship in order of time."""

    newest: int  # seconds since 1970, UTC, up to which the hours are counted
    hours: float
    step_s: int  # of the tails: of each such step a ship's last fix is there
    mmsi: list[int]
    name: list[str | None]
    imo: list[int | None]
    callsign: list[str | None]
    ship_type: list[int | None]
    fixes: list[int]  # of each ship in the tails
    tails: Packed  # seconds before `newest`, lon and lat (1e-5 degree), tenths of a knot, flags, degrees it points to
    more: bool  # whether ships were left out to keep the answer small


def fleet_of(reader: Reader, newest: datetime, hours: float, now: datetime) -> Fleet:
    """Return the ships of the hours up to a time; a fix may be later than that, but not than now."""
    end_us = round(max(newest, now).timestamp() * 1e6)
    span = {"from_us": round((newest - timedelta(hours=hours)).timestamp() * 1e6), "to_us": end_us}
    ships = reader.query(_HEARD, **span, limit=MAX_FLEET + 1)["mmsi"].to_pylist()
    step_s = _step(min(len(ships), MAX_FLEET), hours)
    rows = reader.query(_FIXES, **span, step_s=step_s)
    column = {name: np.asarray(rows[name].to_numpy()) for name in rows.column_names}
    if len(ships) > MAX_FLEET:
        keep = np.isin(column["mmsi"], np.asarray(ships[:MAX_FLEET]))
        column = {name: values[keep] for name, values in column.items()}
    mmsi, counts = np.unique(column["mmsi"], return_counts=True)
    said = {row["mmsi"]: row for row in reader.query(_SHIPS, ships=mmsi.tolist()).to_pylist()}
    none: Mapping[str, Any] = {}
    fields = {
        name: [said.get(ship, none).get(name) for ship in mmsi.tolist()]
        for name in ("name", "imo", "callsign", "ship_type")
    }
    newest_s = round(newest.timestamp())
    return Fleet(
        newest=newest_s,
        hours=hours,
        step_s=step_s,
        mmsi=mmsi.tolist(),
        **fields,
        fixes=counts.tolist(),
        tails=_packed(column, newest_s),
        more=len(ships) > MAX_FLEET,
    )


def newest_of(reader: Reader, horizon: str | None) -> datetime:
    """Return the time that counts as now in a case: how far detection has come, else the newest position."""
    if horizon is not None:
        return datetime.fromisoformat(horizon)
    found = reader.query("SELECT max(t) AS t FROM positions")["t"][0].as_py()
    return found.replace(tzinfo=UTC) if found else datetime.fromtimestamp(0, UTC)


def _step(ships: int, hours: float) -> int:
    """Return the shortest step under which no more fixes than are allowed can remain."""
    for step_s in STEPS_S:
        if ships * (hours * 3600 / step_s + 1) <= MAX_TAIL_FIXES:
            break
    return step_s


def _packed(column: Mapping[str, Any], newest_s: int) -> Packed:
    from maps.pack import pack
    from maps.tracks import UNHEARD_S

    mmsi, s, first_s, doubted = (column[name].astype(np.int64) for name in ("mmsi", "s", "first_s", "doubted"))
    last = _last_sure(mmsi, s, doubted)
    silence = (last >= 0) & (first_s - last > UNHEARD_S) & (doubted == 0)
    sog, points = (column[name].astype(np.float64) for name in ("sog_kn", "points_deg"))
    columns = [
        s - newest_s,
        np.rint(column["lon"] * _DEGREE).astype(np.int64),
        np.rint(column["lat"] * _DEGREE).astype(np.int64),
        np.where(np.isfinite(sog), np.rint(sog * 10), _UNKNOWN).astype(np.int64),
        silence.astype(np.int64) + 2 * doubted,
        np.where(np.isfinite(points), np.rint(points) % 360, _UNKNOWN).astype(np.int64),
    ]
    made = pack(columns)
    return Packed(len(mmsi), len(columns), str(made["z"]))


def _last_sure(mmsi: Any, s: Any, doubted: Any) -> Any:
    """Return for each row the time of the ship's last row before it that is not doubted; -1 where there is none."""
    place = np.where(doubted == 0, np.arange(len(s)), -1)
    before = np.concatenate([[-1], np.maximum.accumulate(place)[:-1]]) if len(s) else place
    there = (before >= 0) & (mmsi[before] == mmsi)
    return np.where(there, s[before], -1)
