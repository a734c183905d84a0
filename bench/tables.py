"""A table in NOAA's layout into a case on two cores, the reading of it alone on one, and DuckDB's own reader beside.

The table is made: 5,000 ships report once a minute for seven hours, in the order of time as NOAA's files are nearly;
half of them move. As in those files some columns are empty for some ships: IMO number, call sign, type, draught.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from bench.child import best, measure
from bench.figure import Figure

SHIPS, MINUTES = 5_000, 420
FLOOR = 700e3  # rows/s
ALONE_FLOOR = 1e6  # rows/s of one core
_START_S = 1_673_395_200  # 2023-01-11
_PEER = """
    CREATE TABLE positions AS SELECT MMSI::UINTEGER AS mmsi, BaseDateTime::TIMESTAMP AS t, LON::DOUBLE AS lon,
        LAT::DOUBLE AS lat, SOG::REAL AS sog, COG::REAL AS cog, Heading::REAL AS heading, VesselName AS name,
        IMO AS imo, CallSign AS callsign, VesselType AS ship_type, Status AS status, Draft AS draught,
        TransceiverClass AS class
    FROM read_csv(?, all_varchar = true)
"""


def figures(folder: Path) -> list[Figure]:
    """Measure the ingest of a table, and its reading alone."""
    file = str(folder / "tables.csv")
    rows = measure("tables:make", file)["rows"]
    own = best("tables:ingest", file, cores=2)
    peer = best("tables:duckdb_alone", file, cores=2)
    alone = best("tables:read", file, cores=1)
    what = f"ingest of {rows:,.0f} rows of CSV in NOAA's layout into a case, raw lines kept, two cores"
    label = "DuckDB's read_csv into one table: nothing checked, kept or told apart"
    return [
        Figure(what, own["rate"], "rows/s", FLOOR, peer=label, peer_value=peer["rate"]),
        Figure("the same rows read to columns of a case and dropped, one core", alone["rate"], "rows/s", ALONE_FLOOR),
    ]


def make(file: str) -> dict[str, float]:
    """Write the table; returns how many rows it has."""
    random = np.random.default_rng(1)
    ships = _ships(random)
    course = random.uniform(0, 2 * np.pi, SHIPS)
    knots = np.where(random.random(SHIPS) < 0.5, 0, random.uniform(3, 20, SHIPS))
    lat, lon = random.uniform(25, 45, SHIPS), random.uniform(-125, -65, SHIPS)
    rows = 0
    with Path(file).open("wb") as out:
        out.write((",".join(_HEADER) + "\n").encode())
        for minute in range(MINUTES):
            second = np.sort(random.integers(0, 60, SHIPS))
            who = np.flatnonzero(random.random(SHIPS) < 0.97)
            step = knots / 60 / 60 * minute
            moving = {
                "lat": (lat + step * np.cos(course))[who],
                "lon": (lon + step * np.sin(course) / np.cos(np.radians(lat)))[who],
                "knots": np.abs(knots + random.normal(0, 0.2, SHIPS))[who],
                "course": (np.degrees(course) + random.normal(0, 3, SHIPS))[who] % 360,
            }
            table = _minute(ships, who, _START_S + 60 * minute + second[who], moving)
            pa_csv.write_csv(table, out, pa_csv.WriteOptions(include_header=False, quoting_style="none"))
            rows += len(who)
    return {"rows": rows}


_HEADER = (
    *("MMSI", "BaseDateTime", "LAT", "LON", "SOG", "COG", "Heading", "VesselName", "IMO", "CallSign", "VesselType"),
    *("Status", "Length", "Width", "Draft", "Cargo", "TransceiverClass"),
)


def _ships(random: np.random.Generator) -> dict[str, Any]:
    """Return what each ship says of itself, as texts."""

    def some(share: float, texts: Any) -> Any:
        return np.where(random.random(SHIPS) < share, texts, "")

    number = np.arange(SHIPS)
    kinds = np.array(["31", "52", "70", "80", "60", "37", "30"])[random.integers(0, 7, SHIPS)]
    metres = random.integers(10, 350, SHIPS)
    return {
        "MMSI": np.sort(random.choice(np.arange(201_000_000, 775_000_000), SHIPS, replace=False)).astype(str),
        "VesselName": np.char.add("VESSEL NUMBER ", number.astype(str)),
        "IMO": some(0.4, np.char.add("IMO", (9_000_000 + number).astype(str))),
        "CallSign": some(0.9, np.char.add("WD", number.astype(str))),
        "VesselType": some(0.9, kinds),
        "Status": some(0.7, random.integers(0, 16, SHIPS).astype(str)),
        "Length": some(0.9, metres.astype(str)),
        "Width": some(0.9, (metres // 6 + 2).astype(str)),
        "Draft": some(0.4, np.char.mod("%.1f", random.uniform(1, 18, SHIPS))),
        "Cargo": some(0.6, kinds),
        "TransceiverClass": np.where(random.random(SHIPS) < 0.75, "A", "B"),
    }


def _minute(ships: dict[str, Any], who: Any, seconds: Any, moving: dict[str, Any]) -> pa.Table:
    """Return the rows of one minute."""
    given = {
        "BaseDateTime": seconds.astype("M8[s]").astype(str),
        "LAT": np.char.mod("%.5f", moving["lat"]),
        "LON": np.char.mod("%.5f", moving["lon"]),
        "SOG": np.char.mod("%.1f", moving["knots"]),
        "COG": np.char.mod("%.1f", moving["course"]),
        "Heading": np.where(who % 3 == 0, "511.0", np.char.mod("%.1f", np.rint(moving["course"]) % 360)),
    }
    return pa.table({name: given[name] if name in given else ships[name][who] for name in _HEADER})


def ingest(file: str) -> dict[str, float]:
    """Take the table into a new case."""
    from ais.ingest import IngestOptions
    from ais.ingest import ingest as take_in
    from ais.store import Store

    with TemporaryDirectory() as folder, Store.open(Path(folder) / "case.duckdb") as store:
        started = time.perf_counter()
        report = take_in(store, file, IngestOptions(), now=datetime(2030, 1, 1, tzinfo=UTC))
        return {"rate": report.lines / (time.perf_counter() - started)}


def read(file: str) -> dict[str, float]:
    """Read the table to columns of a case and drop them."""
    from ais.clock import Believable
    from ais.source import Source
    from ais.tables import CsvReading
    from ais.timetext import TimeText

    with Source(file) as source:
        times = TimeText(None, "UTC", Believable.on(datetime(2030, 1, 1, tzinfo=UTC)))
        reading = CsvReading(source, {}, times, 1)
        started = time.thread_time()
        for _ in reading.blocks():
            pass
        return {"rate": reading.lines / (time.thread_time() - started)}


def duckdb_alone(file: str) -> dict[str, float]:
    """Read the table with DuckDB's own reader into a table of a new file."""
    import duckdb

    with TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "peer.duckdb")) as con:
        con.execute("SET threads = 2")
        started = time.perf_counter()
        con.execute(_PEER, [file])
        seconds = time.perf_counter() - started
        (rows,) = con.execute("SELECT count(*) FROM positions").fetchall()[0]
    return {"rate": rows / seconds}
