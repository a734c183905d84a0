"""A tag-blocked file into a case on both cores, and pyais filling the same tables with the same store."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.child import best, measure
from bench.figure import Figure

LINES = 4_000_000
PEER_LINES = 250_000
_BATCH = 20_000
_NOW = datetime(2030, 1, 1, tzinfo=UTC)


def figures(folder: Path) -> list[Figure]:
    """Measure the ingest of a feed of which over 30 % of the lines are multi-part, static or duplicate."""
    file, less = str(folder / "reading.nmea"), str(folder / "less.nmea")
    lines = measure("reading:feed", file, LINES)["lines"]
    measure("reading:feed", less, PEER_LINES)
    own, peer = best("reading:ingest", file), best("reading:pyais_ingest", less)
    label = "pyais, positions and identities into the same tables, nothing checked"
    what = f"NMEA to case, {lines / 1e6:.2g} M lines, both cores"
    ratio = own["rate"] / peer["rate"]
    return [
        Figure(what, own["rate"], "lines/s", 600e3, peer=label, peer_value=peer["rate"]),
        Figure("the same as a multiple of pyais into the same store", ratio, "x", 10),
        Figure("the same, peak memory of that process", own["peak_gb"], "GB", 1.0, at_most=True),
        Figure("`positions` on disk", own["position_bytes"], "MB a million", 18, at_most=True),
        Figure("raw lines beside", own["raw_bytes"], "MB a million", 6, at_most=True),
    ]


def feed(file: str, lines: int) -> dict[str, float]:
    """Write the feed; returns how many lines it has."""
    from bench import feed

    return {"lines": feed.write(file, lines)}


def ingest(file: str) -> dict[str, float]:
    """Take a file into a new case; the clock runs until the case is closed."""
    from ais.ingest import IngestOptions
    from ais.ingest import ingest as take_in
    from ais.store import Store

    with TemporaryDirectory() as folder:
        path = Path(folder) / "case.duckdb"
        started = time.perf_counter()
        with Store.open(path) as store:
            report = take_in(store, file, IngestOptions(), now=_NOW)
        seconds = time.perf_counter() - started
        with Store.open(path) as store:
            sizes = {name: _bytes_on_disk(store, name) for name in ("positions", "sentences")}
        return {
            "rate": report.lines / seconds,
            "position_bytes": sizes["positions"] / report.positions,
            "raw_bytes": sizes["sentences"] / report.lines,
        }


def _bytes_on_disk(store: Any, table: str) -> int:
    """Return the bytes of the file's blocks that hold a table."""
    blocks: set[int] = set()
    sql = f"SELECT block_id, additional_block_ids FROM pragma_storage_info('{table}')"
    for block, more in store.con.execute(sql).fetchall():
        blocks.update(number for number in (block, *(more or ())) if number is not None and number >= 0)
    ((size,),) = store.con.execute("SELECT block_size FROM pragma_database_size()").fetchall()
    return len(blocks) * int(size)


def pyais_ingest(file: str) -> dict[str, float]:
    """Fill positions and identities of a new case from pyais's dictionaries, in columnar batches."""
    import pyarrow as pa

    from ais.schema import TABLES
    from ais.store import Store

    def put(store: Any, name: str, rows: list[dict[str, object]]) -> None:
        schema = pa.schema([field.with_nullable(True) for field in TABLES[name].arrow_schema()])
        store.con.register("incoming", pa.Table.from_pylist(rows, schema=schema))
        store.con.execute(f"INSERT INTO {name} BY NAME SELECT * FROM incoming")
        store.con.unregister("incoming")

    with Path(file).open("rb") as stream:
        lines = sum(1 for _ in stream)
    started = time.perf_counter()
    with TemporaryDirectory() as folder, Store.open(Path(folder) / "case.duckdb") as store:
        waiting: dict[str, list[dict[str, object]]] = {"positions": [], "identities": []}
        for name, row in _pyais_rows(file):
            waiting[name].append(row)
            if len(waiting[name]) >= _BATCH:
                put(store, name, waiting[name])
                waiting[name] = []
        for name, rows in waiting.items():
            put(store, name, rows)
    return {"rate": lines / (time.perf_counter() - started)}


def _pyais_rows(file: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield a table and a row for each position and each static report."""
    from pyais.stream import FileReaderStream

    for number, sentence in enumerate(FileReaderStream(file), 1):
        message = sentence.decode().asdict()
        tags = sentence.tag_block
        if tags is not None:
            tags.init()
        place = {
            "mmsi": int(str(message["mmsi"])),
            "t": datetime.fromtimestamp(int(tags.receiver_timestamp), UTC)
            if tags and tags.receiver_timestamp
            else _NOW,
            "input_id": 1,
            "line": number,
        }
        if "lon" in message and message["msg_type"] not in (4, 21):
            yield (
                "positions",
                {
                    **place,
                    "lon": message["lon"],
                    "lat": message["lat"],
                    "sog_kn": message["speed"],
                    "cog_deg": message["course"],
                    "heading_deg": message.get("heading"),
                    "utc_s": message.get("second"),
                    "msg_type": message["msg_type"],
                },
            )
        if "shipname" in message or "callsign" in message:
            yield "identities", {**place, "name": message.get("shipname"), "callsign": message.get("callsign")}
