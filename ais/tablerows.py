"""Rows of decoded tables, one value at a time, to rows of a case (`ais.tables` says by which rules)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from ais.schema import TABLES
from ais.staging import RAW_BYTES, Taken
from ais.timetext import TimeText

NEEDED = ("mmsi", "t", "lon", "lat")
_MMSI_FROM, _MMSI_END = 1_000_000, 1_000_000_000  # with leading zeros: 00MIDXXXX of a coast station
_IDENTITY = ("imo", "name", "callsign", "ship_type", "draught_m", "destination")
_SPEED_NONE_KN = 102.25  # 102.3 as a float of any width; also what ships cannot do
_MAX_ID = 2**32 - 1
_HOUR_US = 3_600_000_000  # static reports come every 6 minutes; joined to every row, one an hour says as much


class TableRows:
    """Collects rows of one input; `take` hands them over.

    Attributes:
        example: The time as written in the first row that could not be read for it, or None.
    """

    def __init__(self, times: TimeText, input_id: int) -> None:
        self.example: str | None = None
        self._times = times
        self._input_id = input_id
        self._taken: dict[str, list[tuple[Any, ...]]] = {}
        self._rejects: list[tuple[int, str, bytes]] = []
        self._ids: dict[int, bool] = {}
        self._identity: dict[int, tuple[Any, ...]] = {}

    @property
    def mmsi_like(self) -> bool:
        """Whether at least half of the ship numbers look like MMSIs."""
        return 2 * sum(self._ids.values()) >= len(self._ids)

    def reject(self, line: int, why: str, raw: bytes) -> None:
        """Count a row that is not understood."""
        self._rejects.append((line, why, raw[:RAW_BYTES]))

    def add(self, line: int, row: Mapping[str, Any], raw: bytes) -> None:
        """Take a row in: our fields to its values, texts or numbers."""
        mmsi = whole(row["mmsi"])
        if mmsi is None or not 0 <= mmsi <= _MAX_ID:
            self.reject(line, "ship number", raw)
            return
        t = self._times.read(row["t"])
        if isinstance(t, str):
            if t == "time" and self.example is None:
                self.example = str(row["t"])[:60]
            self.reject(line, t, raw)
            return
        if mmsi not in self._ids:
            self._ids[mmsi] = _MMSI_FROM <= mmsi < _MMSI_END
        lon, lat = number(row["lon"]), number(row["lat"])
        station = text(row.get("station"))
        if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:
            self._put("heard", (mmsi, t, 0, station, self._input_id, line))
        else:
            lon = -180.0 if round(lon, 6) == 180 else round(lon, 6) + 0.0
            self._put("positions", self._position(mmsi, t, lon, round(lat, 6) + 0.0, row, station, line))
        self._static(mmsi, t, row, line)

    def take(self) -> Taken:
        """Hand over what was collected and begin anew."""
        taken = Taken(rejects=self._rejects)
        for name, rows in self._taken.items():
            schema = TABLES[name].arrow_schema()
            columns = zip(*rows, strict=True)
            arrays = [_array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            taken.tables[name] = [pa.table(arrays, schema=pa.schema([f.with_nullable(True) for f in schema]))]
        self._taken, self._rejects = {}, []
        return taken

    def _put(self, table: str, row: tuple[Any, ...]) -> None:
        self._taken.setdefault(table, []).append(row)

    def _position(
        self, mmsi: int, t: int, lon: float, lat: float, row: Mapping[str, Any], station: str | None, line: int
    ) -> tuple[Any, ...]:
        sog = number(row.get("sog_kn"))
        if sog is not None and not 0 <= sog < _SPEED_NONE_KN:
            sog = None
        cog = number(row.get("cog_deg"))
        if cog is not None and not 0 <= cog < 360:
            cog = None
        heading = _within(row.get("heading_deg"), 0, 359)
        status = _within(row.get("nav_status"), 0, 14)
        given = text(row.get("ais_class"))
        ais_class = given if given in ("A", "B") else None
        sent = (mmsi, t, None, lon, lat, sog, cog, heading, None, status, 0, ais_class, None, None)
        return (*sent, None, None, None, station, self._input_id, line)

    def _static(self, mmsi: int, t: int, row: Mapping[str, Any], line: int) -> None:
        """Store a static report when it says something new in its hour, as of the hour's start.

        A set of (ship, hour, what it says), so that neither the order of rows nor their split into files changes it.
        """
        imo = text(row.get("imo"))
        draught = number(row.get("draught_m"))
        said = (
            None if imo is None else _within(imo.upper().removeprefix("IMO"), 1, _MAX_ID),
            text(row.get("name")),
            text(row.get("callsign")),
            _within(row.get("ship_type"), 1, 255),
            draught if draught is not None and 0 < draught < 100 else None,
            text(row.get("destination")),
        )
        hour_us = t // _HOUR_US * _HOUR_US
        if self._identity.get(mmsi) == (hour_us, said) or not any(value is not None for value in said):
            return
        self._identity[mmsi] = hour_us, said
        imo_number, name, callsign, ship_type, draught, destination = said
        ship, sides = (mmsi, hour_us, imo_number, name, callsign, ship_type), (None, None, None, None)
        self._put(
            "identities",
            (*ship, *sides, draught, destination, None, self._input_id, line),
        )


def _array(values: tuple[Any, ...], kind: pa.DataType) -> Any:
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values, kind)


def number(value: object) -> float | None:
    """Return a finite number, or None."""
    if value is None or value == "":
        return None
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: object) -> int | None:
    """Return a whole number, also of a text such as 367752440.0, or None."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 16:
        return int(value)
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def text(value: object) -> str | None:
    """Return a text without blanks at its ends, or None when nothing is left."""
    if value is None:
        return None
    return str(value).strip() or None


def _within(value: object, least: int, most: int) -> int | None:
    found = number(value)
    if found is None:
        return None
    rounded = round(found)
    return rounded if least <= rounded <= most else None
