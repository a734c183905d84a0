"""What `ais.tables` makes of tables, told once more one row and one value at a time: the slow twin of the fast way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ais.layouts import SIDES, STATIC
from ais.schema import TABLES
from ais.tablelines import split_line
from ais.tablevalues import eta, imo, mobile, number, ship_type, status, text, within
from ais.timetext import TimeText

HOUR_US = 3_600_000_000


@dataclass
class Told:
    """What a table gave: rows by table name, each a dict in the schema's order; rejects; counts."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rejects: list[tuple[int, str, bytes]] = field(default_factory=list)
    lines: int = 0
    other: int = 0
    numbers: int = 0
    like: int = 0
    example: str | None = None


class SlowTables:
    def __init__(self, times: TimeText, input_id: int = 1) -> None:
        self.told = Told()
        self._times = times
        self._input_id = input_id
        self._said: set[tuple[Any, ...]] = set()

    def read_csv(self, data: bytes, mark: str, at: Mapping[str, int]) -> Told:
        told = self.told
        lines = data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        for line in lines:
            told.lines += 1
            if told.lines == 1 or not line.strip():
                told.other += 1
                continue
            fields = split_line(line, mark)
            if isinstance(fields, str):
                self._reject(fields, line)
            elif len(fields) <= max(at.values()):
                self._reject("columns", line)
            else:
                self._row({ours: fields[i] or None for ours, i in at.items()}, line)
        return told

    def read_rows(self, rows: Iterable[dict[str, Any]]) -> Told:
        for row in rows:
            self.told.lines += 1
            self._row(row, repr(row).encode())
        return self.told

    def _reject(self, why: str, raw: bytes) -> None:
        self.told.rejects.append((self.told.lines, why, raw[:200]))

    def _row(self, row: dict[str, Any], raw: bytes) -> None:
        told = self.told
        mmsi = number(row["mmsi"])
        if mmsi is None or not mmsi.is_integer() or not 0 <= mmsi < 2**32:
            self._reject("ship number", raw)
            return
        t = self._times.read(row["t"])
        if isinstance(t, str):
            if t == "time" and told.example is None:
                told.example = str(row["t"] or "")[:60]
            self._reject(t, raw)
            return
        told.numbers += 1
        told.like += 1_000_000 <= mmsi < 1_000_000_000
        lon, lat = number(row["lon"]), number(row["lat"])
        fix = lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) <= 90
        given = {
            "mmsi": int(mmsi),
            "t": t,
            "station": text(row.get("station")),
            "msg_type": 0,
            "lon": None,
            "lat": None,
        }
        if fix:
            lon, lat = round(lon, 6) + 0.0, round(lat, 6) + 0.0
            given |= {"lon": -180.0 if lon == 180 else lon, "lat": lat}
        given["ais_class"], given["kind"] = mobile(row.get("ais_class"))
        if given["kind"] is not None:
            self._put("fixed", given)
            return
        if not fix:
            self._put("heard", given)
        else:
            self._put("positions", given | self._motion(row))
        self._identity(int(mmsi), t, row)

    def _motion(self, row: dict[str, Any]) -> dict[str, Any]:
        sog, cog = number(row.get("sog_kn")), number(row.get("cog_deg"))
        return {
            "sog_kn": sog if sog is not None and 0 <= sog < 102.25 else None,
            "cog_deg": cog if cog is not None and 0 <= cog < 360 else None,
            "heading_deg": within(number(row.get("heading_deg")), 0, 359),
            "nav_status": within(status(row.get("nav_status")), 0, 14),
        }

    def _identity(self, mmsi: int, t: int, row: dict[str, Any]) -> None:
        hour = t // HOUR_US * HOUR_US
        key = (mmsi, hour, *(None if row.get(name) == "" else row.get(name) for name in STATIC))
        if repr(key) in self._said:
            return
        self._said.add(repr(key))
        draught = number(row.get("draught_m"))
        sides = [within(number(row.get(name)), 0, most) for name, most in zip(SIDES, (511, 511, 63, 63), strict=True)]
        said = {
            "imo": within(imo(row.get("imo")), 1, 2**32 - 1),
            "ship_type": within(ship_type(row.get("ship_type")), 1, 255),
            "draught_m": draught if draught is not None and 0 < draught < 100 else None,
            "eta": eta(row.get("eta")),
            **dict(zip(SIDES, sides if any(sides) else [None] * 4, strict=True)),
            **{name: text(row.get(name)) for name in ("name", "callsign", "destination")},
        }
        if any(value is not None for value in said.values()):
            self._put("identities", {"mmsi": mmsi, "t": hour} | said)

    def _put(self, table: str, given: dict[str, Any]) -> None:
        row = {name: given.get(name) for name in TABLES[table].names}
        self.told.rows.setdefault(table, []).append(row | {"input_id": self._input_id, "line": self.told.lines})


def as_rows(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    """The rows of a table in the schema's types, so that a float is as wide as it will be."""
    schema = TABLES[table].arrow_schema()
    columns = [
        pa.array([row[column.name] for row in rows], pa.int64()).cast(column.type)
        if pa.types.is_timestamp(column.type)
        else pa.array([row[column.name] for row in rows], column.type)
        for column in schema
    ]
    return pa.table(columns, schema=pa.schema([column.with_nullable(True) for column in schema]))
