"""Raw integers of decoded messages to rows of a case: units, and the end of every sentinel.

Not available becomes NULL here and nowhere later (ITU-R M.1371-5 annex 8): speed 1023 (63 in type 27), course from
360 degrees, heading from 360, rate of turn -128, status 15, IMO, draught and ship type 0, dimensions all 0, a date
whose month, day, hour or minute is out of range, empty texts. A longitude beyond 180 or a latitude beyond 90 degrees
(181 and 91 are the sentinels) is no fix: the ship was heard, that is all. 180 east is written -180.
Speeds are in 0.1 kn but in whole knots for aircraft and type 27; degrees in 1/600000, in type 27 in 1/600.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ais.decode import (
    AIRCRAFT,
    ATON,
    BASE,
    CLASS_A,
    CLASS_B,
    CLASS_B_LONG,
    LONG_RANGE,
    STATIC_A,
    STATIC_B,
    VOYAGE,
    Ints,
    Layout,
    numbers,
    texts,
)
from ais.schema import TABLES

Bools = npt.NDArray[np.bool_]
Said = list[Any]
"""Messages in one flat list, six values each: line, UTC microseconds, station, channel, own, the bits of the fields.

Flat, since tuples by the ten thousand keep Python's garbage collector busy for a tenth of the time."""

Rows = dict[str, list[pa.Table]]

_CLASS = {CLASS_A: "A", LONG_RANGE: "A", CLASS_B: "B", CLASS_B_LONG: "B"}
_WITH_FIX = (CLASS_A, CLASS_B, CLASS_B_LONG, AIRCRAFT, LONG_RANGE)
_WITH_IDENTITY = (CLASS_B_LONG, VOYAGE, STATIC_A, STATIC_B)
_RESPONSE = 11
_AUXILIARY = 98  # first two digits of a craft of a parent ship: part B says the parent's number, not dimensions


@dataclass(frozen=True)
class Batch:
    """Messages of one layout, as columns.

    Attributes:
        layout: Their layout.
        n: How many.
        raw: Their numbers as sent.
        bits: The bits of their fields.
        line: Line of each in the input.
        t: UTC microseconds of each.
        station: Receiver of each, or None.
        channel: Radio channel of each, or None.
        own: Whether each is of the receiver's own ship.
    """

    layout: Layout
    n: int
    raw: dict[str, Ints]
    bits: Sequence[bytes]
    line: Ints
    t: Ints
    station: Any
    channel: Any
    own: Any

    @classmethod
    def of(cls, layout: Layout, said: Said) -> Batch:
        """Turn messages of one layout into columns."""
        line, t, station, channel, own, bits = (said[i::6] for i in range(6))
        return cls(
            layout,
            len(line),
            numbers(layout, bits),
            bits,
            np.array(line, np.int64),
            np.array(t, np.int64),
            pa.array(station, pa.string()),
            pa.array(channel, pa.string()),
            pa.array(own, pa.bool_()),
        )


def rows_of(layout: Layout, said: Said, input_id: int) -> dict[str, pa.Table]:
    """Return the rows that messages of one layout give, by table; empty tables are left out."""
    batch = Batch.of(layout, said)
    tables: dict[str, pa.Table] = {}
    heard = np.ones(batch.n, bool)
    if layout in _WITH_FIX:
        lon, lat, fix = place(batch)
        tables["positions"] = _positions(batch, lon, lat, input_id).filter(pa.array(fix))
        heard = ~fix
    if layout in (BASE, ATON):
        tables["fixed"] = _fixed(batch, input_id)
        heard = batch.raw["msg_type"] == _RESPONSE
    if layout in _WITH_IDENTITY:
        tables["identities"] = _identities(batch, input_id)
    tables["heard"] = _heard(batch, input_id).filter(pa.array(heard))
    return {name: table for name, table in tables.items() if table.num_rows}


def place(batch: Batch) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], Bools]:
    """Return longitude, latitude (degrees, 6 decimals) and whether they are a fix."""
    # In whole microdegrees as pyais rounds them, so that no float error depends on the machine.
    per_unit = 10_000 if batch.layout is LONG_RANGE else 10
    lon, lat = ((per_unit * batch.raw[name] + 3) // 6 for name in ("lon", "lat"))
    fix = (np.abs(lon) <= 180_000_000) & (np.abs(lat) <= 90_000_000)
    lon = np.where(lon == 180_000_000, -180_000_000, lon)
    return lon / 1e6, lat / 1e6, fix


def table(name: str, columns: Mapping[str, Any], n: int) -> pa.Table:
    """Return a table of the schema; columns that are not given are NULL."""
    schema = TABLES[name].arrow_schema()
    return pa.table(
        [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(n, f.type) for f in schema],
        schema=pa.schema([f.with_nullable(True) for f in schema]),
    )


def _known(values: npt.NDArray[np.generic], known: Bools) -> Any:
    """Return values as Arrow, NULL where they are not known."""
    return pa.array(values, mask=~known)


def _common(batch: Batch, input_id: int) -> dict[str, Any]:
    return {
        "mmsi": pa.array(batch.raw["mmsi"]),
        "t": pa.array(batch.t).cast(pa.timestamp("us")),
        "msg_type": pa.array(batch.raw["msg_type"]),
        "station": batch.station,
        "input_id": pa.array(np.full(batch.n, input_id)),
        "line": pa.array(batch.line),
    }


def _positions(batch: Batch, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], input_id: int) -> pa.Table:
    """Return position rows of every message, those without a fix included."""
    raw = batch.raw
    whole_knots = batch.layout in (AIRCRAFT, LONG_RANGE)
    no_speed = 63 if batch.layout is LONG_RANGE else 1023
    course = raw["course"] if batch.layout is LONG_RANGE else raw["course"] / 10
    columns = _common(batch, input_id) | {
        "lon": pa.array(lon),
        "lat": pa.array(lat),
        "sog_kn": _known(raw["speed"] if whole_knots else raw["speed"] / 10, raw["speed"] != no_speed),
        "cog_deg": _known(course, course < 360),
        "accurate": pa.array(raw["accuracy"] == 1),
        "raim": pa.array(raw["raim"] == 1),
        "repeat": pa.array(raw["repeat"]),
        "channel": batch.channel,
        "own": batch.own,
    }
    if batch.layout in _CLASS:
        columns["ais_class"] = pa.array([_CLASS[batch.layout]] * batch.n)
    if "second" in raw:
        columns["utc_s"] = pa.array(raw["second"])
    if "heading" in raw:
        columns["heading_deg"] = _known(raw["heading"], raw["heading"] < 360)
    if "status" in raw:
        columns["nav_status"] = _known(raw["status"], raw["status"] != 15)
    if "turn" in raw:
        columns["rot"] = _known(raw["turn"], raw["turn"] != -128)
    return table("positions", columns, batch.n)


def _heard(batch: Batch, input_id: int) -> pa.Table:
    return table("heard", _common(batch, input_id), batch.n)


def _fixed(batch: Batch, input_id: int) -> pa.Table:
    lon, lat, fix = place(batch)
    if batch.layout is ATON:
        kind = ["aton"] * batch.n
    else:
        kind = np.where(batch.raw["msg_type"] == _RESPONSE, "response", "base").tolist()
    columns = {"lon": _known(lon, fix), "lat": _known(lat, fix), "kind": pa.array(kind)}
    return table("fixed", _common(batch, input_id) | columns, batch.n)


def _identities(batch: Batch, input_id: int) -> pa.Table:
    raw = batch.raw
    said = texts(batch.layout, batch.bits)
    columns = _common(batch, input_id)
    for column, name in (("name", "shipname"), ("callsign", "callsign"), ("destination", "destination")):
        if name in said:
            columns[column] = pa.array(said[name], pa.string())
    for column in ("imo", "ship_type"):
        if column in raw:
            columns[column] = _known(raw[column], raw[column] > 0)
    if "to_bow" in raw:
        sides = [raw[name] for name in ("to_bow", "to_stern", "to_port", "to_starboard")]
        measured = (sum(sides) > 0) & (raw["mmsi"] // 10_000_000 != _AUXILIARY)
        for name, side in zip(("to_bow", "to_stern", "to_port", "to_starboard"), sides, strict=True):
            columns[f"{name}_m"] = _known(side, measured)
    if "draught" in raw:
        columns["draught_m"] = _known(raw["draught"] / 10, raw["draught"] > 0)
        columns["eta"] = pa.array(_eta(raw), pa.string())
    return table("identities", columns, batch.n)


def _eta(raw: Mapping[str, Ints]) -> list[str | None]:
    """Return times of arrival as sent, MM-DD HH:MM; hour 24 and minute 60 are the sentinels."""
    fields = zip(*(raw[name].tolist() for name in ("month", "day", "hour", "minute")), strict=True)
    return [
        f"{month:02}-{day:02} {hour:02}:{minute:02}" if 1 <= month <= 12 and day and hour < 24 and minute < 60 else None
        for month, day, hour, minute in fields
    ]
