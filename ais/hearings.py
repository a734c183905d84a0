"""What each receiver heard, before duplicates collapse: positions counted by station, hour, cell and class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ais.schema import HEARINGS
from ais.store import insert

Ints = npt.NDArray[np.int64]
Stations = dict[str | None, int]  # a code for each
Counted = tuple[Ints, Ints, Ints]  # code of the station, hour with cell and class, how many

_HOUR_US = 3_600_000_000
_MICRODEGREES = 100_000  # a side of a cell
_X0, _X_BITS, _Y0, _Y_BITS, _CLASS_BITS = 1800, 12, 900, 11, 2  # 180 west and 90 south are cell 0
_PLACE_BITS = 20 + _X_BITS + _Y_BITS + _CLASS_BITS  # the hours since 1970 need 20 bits until 2089
_MOST_STATIONS = 1 << (63 - _PLACE_BITS)
_CLASSES = (None, "A", "B")


def counted(rows: pa.Table, stations: Stations) -> Counted:
    """Count rows of `positions`; stations that are new get a code."""
    station = _coded(rows["station"], stations)
    ais_class = _coded(rows["ais_class"], {name: code for code, name in enumerate(_CLASSES)})
    hour = rows["t"].to_numpy().astype("datetime64[us]").astype(np.int64) // _HOUR_US
    x, y = (np.rint(rows[name].to_numpy() * 1e6).astype(np.int64) // _MICRODEGREES for name in ("lon", "lat"))
    where = (((hour << _X_BITS | x + _X0) << _Y_BITS | y + _Y0) << _CLASS_BITS) | ais_class
    return _summed(station, where, np.ones(len(where), np.int64))


def summed(several: Sequence[Counted]) -> Counted:
    """Return several counts as one."""
    station, where, reports = (np.concatenate(one) for one in zip(*several, strict=True))
    return _summed(station, where, reports)


def store(con: duckdb.DuckDBPyConnection, input_id: int, stations: Stations, heard: Counted) -> None:
    """Write counts of some lines of an input, in order."""
    names = sorted(stations, key=lambda name: (name is not None, name))
    place = np.empty(len(names), np.int64)
    place[[stations[name] for name in names]] = np.arange(len(names))
    station, where, reports = _summed(place[heard[0]], *heard[1:])  # codes depend on what was read since when
    hour, x, y, ais_class = _parts(where)
    texts = _texts(station, names), _texts(ais_class, _CLASSES)
    insert(con, "hearings", HEARINGS.rows(np.full(len(where), input_id), texts[0], hour, x, y, texts[1], reports))


def _texts(codes: Ints, texts: Sequence[str | None]) -> Any:
    """Return each code's text."""
    indices: Any = pa.array(codes)
    return pa.array(texts, pa.string()).take(indices)


def _summed(station: Ints, where: Ints, reports: Ints) -> Counted:
    """Return one count for each station and place, in their order."""
    # One sort of one number is the fastest way; there may be more stations than have room beside a place.
    few = station.max(initial=0) < _MOST_STATIONS
    order = np.argsort(station << _PLACE_BITS | where) if few else np.lexsort((where, station))
    station, where, reports = station[order], where[order], reports[order]
    first = np.ones(len(order), bool)
    first[1:] = (station[1:] != station[:-1]) | (where[1:] != where[:-1])
    return station[first], where[first], np.add.reduceat(reports, np.flatnonzero(first))


def _coded(texts: pa.ChunkedArray[Any], codes: dict[Any, int]) -> Ints:
    """Return each text's code; new texts get the next one."""
    encoded: Any = texts.combine_chunks()
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    code = np.array([codes.setdefault(text, len(codes)) for text in (*encoded.dictionary.to_pylist(), None)], np.int64)
    place: Ints = encoded.indices.fill_null(len(code) - 1).to_numpy()
    found: Ints = code[place]
    return found


def _parts(where: Ints) -> tuple[npt.NDArray[np.datetime64], Ints, Ints, Ints]:
    """Return hours, cells and classes of places."""
    ais_class = where & ((1 << _CLASS_BITS) - 1)
    y = (where >> _CLASS_BITS) & ((1 << _Y_BITS) - 1)
    x = (where >> (_CLASS_BITS + _Y_BITS)) & ((1 << _X_BITS) - 1)
    hour = where >> (_CLASS_BITS + _Y_BITS + _X_BITS)
    return (hour * _HOUR_US).astype("datetime64[us]"), x - _X0, y - _Y0, ais_class
