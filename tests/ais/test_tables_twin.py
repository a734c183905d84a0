"""The fast way through tables and its slow twin give the same rows, rejects and counts, whatever they are given."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ais.clock import Believable
from ais.formats import delimiter_of, header_of
from ais.layouts import FIELDS, layout_of
from ais.source import InputError, Source
from ais.staging import Taken
from ais.tables import CsvReading, ParquetReading, places
from ais.timetext import TimeText
from tests.ais.sentences import NOW, TABLES
from tests.ais.slow_tables import SlowTables, Told, as_rows

SUEZ = {"mmsi": "ID", "t": "ais_pos_timestamp", "lon": "longitude", "lat": "latitude"}
SOLENT = {"t": "Time", "mmsi": "MMSI", "lat": "Latitude_degrees", "lon": "Longitude_degrees", "cog_deg": "COG_degrees"}
GPSDIO = {"mmsi": "mmsi", "t": "timestamp", "lon": "lon", "lat": "lat", "sog_kn": "speed_kn", "name": "receiver_type"}
DANISH = (
    "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,Callsign,Name,"
    "Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,Destination,ETA,Data source type,A,B,C,D"
)
EVERY = ",".join(FIELDS)

at = datetime.fromisoformat
quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def texts(time_format: str | None = None, zone: str = "UTC") -> TimeText:
    return TimeText(time_format, zone, Believable.on(NOW))


def same(blocks: list[Taken], reading: Any, told: Told) -> None:
    """Both ways gave the same."""
    last = blocks[-1]
    found: dict[str, list[pa.Table]] = {}
    for taken in blocks:
        for name, tables in taken.tables.items():
            found.setdefault(name, []).extend(tables)
    assert sorted(found) == sorted(told.rows)
    for name, tables in found.items():
        table = pa.concat_tables(tables).sort_by("line")
        assert table.to_pylist() == as_rows(name, told.rows[name]).to_pylist()
    assert [reject for taken in blocks for reject in taken.rejects] == told.rejects
    assert (last.lines, last.other, last.clocks) == (told.lines, told.other, {"column": told.numbers})
    assert (reading.lines, reading.other) == (told.lines, told.other)
    assert reading.mmsi_like == (2 * told.like >= told.numbers)


def read(reading: Any, told: Told) -> list[Taken] | None:
    """What the fast way gives, or None where it rightly refuses the input as a whole."""
    try:
        return list(reading.blocks())
    except InputError as error:
        refused = str(error)
    assert "exchanged" in refused or told.example is not None
    return None


def both_csv(
    data: bytes, folder: Path, columns: Mapping[str, str], time_format: str | None = None, zone: str = "UTC"
) -> None:
    """Read CSV both ways; where the fast one refuses it as a whole, so must the other's rows be such."""
    header = header_of(data)
    mark = delimiter_of(header)
    names = [name.strip().strip('"') for name in header.split(mark)]
    at = places(names, columns, "a.csv")
    layout = None if columns else layout_of(names)
    slow = texts(time_format or (layout.time_format if layout else None), zone)
    told = SlowTables(slow).read_csv(data, mark, at)
    path = folder / "a.csv"
    path.write_bytes(data)
    with Source(path) as source:
        reading = CsvReading(source, columns, texts(time_format, zone), 1)
        blocks = read(reading, told)
    if blocks is not None:
        assert b"".join(taken.raw for taken in blocks) == data
        same(blocks, reading, told)


REAL = [
    ("AISViz__test_data_noaa_20230101.csv", {}, None, "UTC"),
    ("suez_boat-positions_first600.csv", SUEZ, "%d/%m/%Y %H:%M", "Africa/Cairo"),
    ("dstl__SolentAIS_part.csv", SOLENT, None, "Europe/London"),
    ("gpsdio_209515000_first300.csv", GPSDIO, None, "UTC"),
    ("danish_made.csv", {}, None, "UTC"),
]


@pytest.mark.parametrize(("name", "columns", "time_format", "zone"), REAL)
def test_real_files(tmp_path: Path, name: str, columns: dict[str, str], time_format: str | None, zone: str) -> None:
    both_csv((TABLES / name).read_bytes(), tmp_path, columns, time_format, zone)


@pytest.mark.parametrize(("name", "columns", "time_format", "zone"), REAL)
@pytest.mark.parametrize("seed", range(4))
def test_mutated_files(
    tmp_path: Path, name: str, columns: dict[str, str], time_format: str | None, zone: str, seed: int
) -> None:
    dice = random.Random(seed)
    head, _, body = (TABLES / name).read_bytes().partition(b"\n")
    changed = bytearray(body[:30_000])
    for _ in range(300):
        i = dice.randrange(len(changed))
        piece = dice.choice(
            [b"\n", b"\r", b"\r\n", b'"', b'""', b",", b";", b"\xff", b"\xc3\xa9", b" ", b"\0", b"-", b"9"]
        )
        changed[i : i + dice.choice([0, 1, 1, 5])] = piece
    both_csv(head + b"\n" + bytes(changed), tmp_path, columns, time_format, zone)


numbers = st.one_of(
    st.integers(-200, 600).map(str),
    st.floats(-200, 200).map(repr),
    st.floats().map(repr),
    st.decimals(-181, 181, places=7).map(str),
    st.sampled_from(
        ["", " ", " 1", "1 ", "+1", "1_0", "0x1F", ".5", "5.", "1e2", "1E-7", "nan", "-inf", "١٢", "9" * 400]
    ),
    st.sampled_from(
        ["Moored", "At anchor", "Unknown value", "Cargo", "HSC", "Undefined", "102.3", "511", "360.0", "-0.0"]
    ),
    st.sampled_from(
        ["91", "181", "-180", "180", "179.9999999", "179.9999995", "0.0000005", "-0.0000004", "12.3456785"]
    ),
)
ships = st.one_of(
    st.sampled_from(["440000001", "440000002", "002190064", "440000001.0", " 440000003", "1", "4294967295"]),
    st.sampled_from(["4294967296", "-1", "", "ship", "4.5e8", "440000001.5", "1e400"]),
)
words = st.one_of(
    st.sampled_from(
        ["", "A", "B", "Class A", "Class B", "Base Station", "AtoN", "SAR Airborne", "Unknown", " x ", "  "]
    ),
    st.sampled_from(
        ["IMO9307839", "IMO 9307839", "imo9307839", "9307839", "IMOIMO9307839", "IMO0000000", "IMO930783a"]
    ),
    st.text(max_size=30),
    st.sampled_from(["15/03/2026 06:00:00", "MSC NAISHA III", "\x1cEND\x1f", "\xa0NB\u3000", "ÆRØ", "釜山"]),
)
stamps = st.one_of(
    st.datetimes(at("1989-12-30"), at("2026-06-04")).map(lambda t: t.isoformat()),
    st.datetimes(at("2024-10-27"), at("2024-10-27T04")).map(lambda t: t.isoformat(" ", "seconds")),
    st.datetimes(at("2024-03-31"), at("2024-03-31T04")).map(lambda t: t.isoformat(" ", "milliseconds") + "Z"),
    st.sampled_from(["2024-02-30T00:00:00", "2024-02-29", "2024-01-01T24:00:00", "2024-1-1", "20240101T120000", ""]),
    st.sampled_from(["2024-01-01T00:00:60", "2024-01-01T00:00:00+09:00", "2024-01-01 00:00:00+00:00", "2024-01-01T10"]),
    st.sampled_from(["1719835200", "1719835200.5", "1719835200500", "0000000000001", "yesterday", " 2024-01-01 "]),
    st.sampled_from(["2024-01-01T00:00:00.1234567", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "2024-01-01x00:00"]),
)


def quoted(value: str, mark: str, always: bool) -> str:
    """The value as a CSV writer would write it, but for line ends, which no writer of ours has."""
    value = value.replace("\n", " ").replace("\r", " ")
    return '"' + value.replace('"', '""') + '"' if always or mark in value or '"' in value else value


def rows_of(fields: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[list[str]]]:
    return st.lists(fields, min_size=1, max_size=25)


kinds = {"mmsi": ships, "t": stamps, "ais_class": words, "station": words, "name": words, "imo": words}
kinds |= dict.fromkeys(("callsign", "destination", "eta"), words)
full_rows = rows_of(st.tuples(*(kinds.get(name, numbers) for name in FIELDS)).map(list))


@quick
@given(
    full_rows,
    st.sampled_from(",;\t|"),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["UTC", "Europe/Berlin"]),
)
def test_any_values(tmp_path_factory: Any, rows: list[list[str]], mark: str, always: bool, end: str, zone: str) -> None:
    lines = [mark.join(FIELDS), *(mark.join(quoted(value, mark, always) for value in row) for row in rows)]
    data = end.join(lines).encode("utf-8", "replace")
    both_csv(data, tmp_path_factory.mktemp("any"), {name: name for name in FIELDS}, zone=zone)


@quick
@given(st.lists(st.binary(max_size=60), max_size=12), st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\r"]))
def test_any_bytes(tmp_path_factory: Any, lines: list[bytes], end: bytes) -> None:
    good = b"440000001,2024-01-01T00:00:00,125,38,KIM"
    data = b"id,when,x,y,n\n" + end.join([good, *lines, good, b"\xef\xbb\xbf" + good, good + b"\r\r"])
    columns = {"mmsi": "id", "t": "when", "lon": "x", "lat": "y", "name": "n"}
    both_csv(data, tmp_path_factory.mktemp("any"), columns)


@quick
@given(
    st.sampled_from(
        [
            "%d/%m/%Y %H:%M:%S",
            "%d.%m.%Y %H:%M",
            "%Y%m%d%H%M%S",
            "%m/%d/%y %H:%M",
            "%d %b %Y %H:%M",
            "%Y-%m-%dT%H:%M:%SZ",
        ]
    ),
    st.lists(
        st.one_of(st.datetimes(at("1989-01-01"), at("2026-06-04")), st.text(max_size=20)),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(["UTC", "Africa/Cairo", "Australia/Lord_Howe"]),
)
def test_any_format(tmp_path_factory: Any, form: str, when: list[Any], zone: str) -> None:
    whens = [
        quoted(one if isinstance(one, str) else one.strftime(form), ",", False) for one in [*when, at("2024-01-01")]
    ]
    data = "\n".join(["id,when,x,y", *(f"440000001,{one},125,38" for one in whens)]).encode("utf-8", "replace")
    columns = {"mmsi": "id", "t": "when", "lon": "x", "lat": "y"}
    both_csv(data, tmp_path_factory.mktemp("any"), columns, form, zone)


def test_times_of_every_hour_of_a_year_in_zones_that_change_clocks(tmp_path: Path) -> None:
    hours = [at("2024-01-01") + timedelta(minutes=47 * i) for i in range(11_300)]
    data = "\n".join(["id,when,x,y", *(f"440000001,{one.isoformat(' ')},125,38" for one in hours)]).encode()
    for zone in ("Australia/Lord_Howe", "Africa/Cairo", "Asia/Pyongyang"):
        both_csv(data, tmp_path, {"mmsi": "id", "t": "when", "lon": "x", "lat": "y"}, zone=zone)


def both_parquet(table: pa.Table, folder: Path, zone: str = "UTC") -> None:
    """Read a Parquet table whose columns are called as ours both ways."""
    columns = {name: name for name in table.column_names}
    told = SlowTables(texts(zone=zone)).read_rows(table.to_pylist())
    pq.write_table(table, folder / "a.parquet", row_group_size=7)
    with Source(folder / "a.parquet") as source:
        reading = ParquetReading(source, columns, texts(zone=zone), 1)
        blocks = read(reading, told)
    if blocks is not None:
        same(blocks, reading, told)


TIMES: list[tuple[Any, pa.DataType]] = [
    (st.datetimes(at("1989-12-01"), at("2026-06-05")), pa.timestamp("us")),
    (st.datetimes(at("2024-10-27"), at("2024-10-27T04")), pa.timestamp("ms")),
    (st.datetimes(at("2024-03-31"), at("2024-03-31T04")), pa.timestamp("s", tz="Europe/Berlin")),
    (st.datetimes(at("2024-03-31"), at("2024-03-31T04")), pa.timestamp("ns")),
    (st.dates(at("2020-01-01").date()), pa.date32()),
    (st.integers(0, 2**40), pa.int64()),
    (
        st.one_of(st.floats(1e9, 1.8e9), st.integers(10**9, 2 * 10**9).map(lambda n: n + 0.25), st.floats()),
        pa.float64(),
    ),
    (stamps, pa.string()),
    (stamps, pa.dictionary(pa.int32(), pa.string())),
]


@quick
@given(st.data(), st.sampled_from(TIMES), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_any_parquet(tmp_path_factory: Any, data: st.DataObject, when: Any, zone: str) -> None:
    n = data.draw(st.integers(1, 20))

    def column(values: Any, kind: pa.DataType) -> pa.Array:
        return pa.array(data.draw(st.lists(st.none() | values, min_size=n, max_size=n)), from_pandas=False, type=kind)

    some = {
        "mmsi": data.draw(st.sampled_from([(st.integers(0, 2**33), pa.int64()), (ships, pa.string())])),
        "t": when,
        "lon": (st.floats(-190, 190), pa.float64()),
        "lat": data.draw(st.sampled_from([(st.floats(-95, 95, width=32), pa.float32()), (numbers, pa.large_string())])),
        "nav_status": data.draw(st.sampled_from([(st.integers(-3, 20), pa.int8()), (numbers, pa.string())])),
        "name": (words, data.draw(st.sampled_from([pa.string(), pa.dictionary(pa.int8(), pa.string())]))),
        "imo": data.draw(
            st.sampled_from([(st.integers(0, 2**32), pa.int64()), (words, pa.string()), (st.floats(), pa.float64())])
        ),
        "draught_m": data.draw(st.sampled_from([(st.floats(), pa.float32()), (st.booleans(), pa.bool_())])),
    }
    table = pa.table({name: column(values, kind) for name, (values, kind) in some.items()})
    both_parquet(table, tmp_path_factory.mktemp("any"), zone)
