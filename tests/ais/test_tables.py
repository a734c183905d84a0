"""Tables of decoded positions: NOAA's layout, columns of one's own, times in zones and formats, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ais.ingest import InputError
from ais.store import Store
from tests.ais.sentences import TABLES, Take, rows

COLUMNS = {"mmsi": "id", "t": "when", "lon": "x", "lat": "y"}
SUEZ = {"mmsi": "ID", "t": "ais_pos_timestamp", "lon": "longitude", "lat": "latitude"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_noaa_by_its_header(store: Store, take: Take) -> None:
    report = take(TABLES / "AISViz__test_data_noaa_20230101.csv")
    assert (report.lines, report.stored, report.other, report.rejects) == (1001, 1000, 1, {})
    columns = "t, lon, lat, sog_kn, cog_deg, heading_deg, nav_status, msg_type, ais_class, line"
    assert rows(store, f"SELECT {columns} FROM positions WHERE mmsi = 636021061") == [
        (at("2023-01-11T00:00:00"), -80.04806, 26.09241, pytest.approx(8.8), pytest.approx(272.7), 270, 8, 0, "A", 3)
    ]
    static = "SELECT imo, name, callsign, ship_type, draught_m, destination FROM identities WHERE mmsi = 636021061"
    assert rows(store, static) == [(9307839, "MSC NAISHA III", "5LCB4", 70, 8.0, None)]
    assert rows(store, "SELECT cog_deg FROM positions WHERE line = 2") == [(None,)]  # 360.0
    assert rows(store, "SELECT mmsi_like, format FROM inputs") == [(True, "csv")]


def test_an_identity_is_stored_once_an_hour_however_the_rows_are_split(store: Store, take: Take) -> None:
    head = b"MMSI,BaseDateTime,LAT,LON,VesselName\n"
    lines = [
        f"440000001,2024-01-0{1 + h // 24}T{h % 24:02}:{m}:00,38,125,A\n".encode() for h in range(30) for m in (10, 40)
    ]
    first = take(head + b"".join(lines[31:]), "late.csv")
    take(head + b"".join(lines[:31]), "early.csv")
    found = rows(store, "SELECT name, epoch_ms(t) // 1000 - epoch(TIMESTAMP '2024-01-01') FROM identities ORDER BY t")
    assert found == [("A", 3600 * h) for h in range(30)]
    assert first.first_t == datetime(2024, 1, 1, 15, 40, tzinfo=UTC)  # as its rows say, not as of the hour


def test_suez_has_ids_and_local_times_with_the_day_first(store: Store, take: Take) -> None:
    file = TABLES / "suez_boat-positions_first600.csv"
    report = take(file, columns=SUEZ, time_format="%d/%m/%Y %H:%M", time_zone="Africa/Cairo")
    assert (report.lines, report.other, report.rejects) == (600, 1, {})
    assert report.first_t == datetime(2021, 3, 19, 22, 0, tzinfo=UTC)
    assert rows(store, "SELECT mmsi_like FROM inputs") == [(False,)]
    assert rows(store, "SELECT mmsi, t, lon, lat FROM positions WHERE line = 2") == [
        (1, at("2021-03-19T22:22:00"), 32.32925, 31.4386)
    ]


def test_day_first_dates_are_refused_without_a_format(take: Take) -> None:
    with pytest.raises(InputError, match=r"day or month comes first; give --time-format \"%d/%m/%Y %H:%M\""):
        take(TABLES / "suez_boat-positions_first600.csv", columns=SUEZ)
    with pytest.raises(InputError, match="correct --time-format"):
        take(TABLES / "suez_boat-positions_first600.csv", columns=SUEZ, time_format="%Y-%m-%d")


def test_messages_without_a_position_are_heard(store: Store, take: Take) -> None:
    columns = {"mmsi": "mmsi", "t": "timestamp", "lon": "lon", "lat": "lat", "heading_deg": "heading_deg"}
    report = take(TABLES / "gpsdio_209515000_first300.csv", columns=columns)
    static = (TABLES / "gpsdio_209515000_first300.csv").read_text().count("AIS.5")
    assert report.rejects == {}
    ((heard,),) = rows(store, "SELECT (SELECT count(*) FROM heard) + (SELECT count(*) FROM heard_copies)")
    assert heard == static
    assert rows(store, "SELECT max(heading_deg) < 360 FROM positions") == [(True,)]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_separators_quotes_line_ends_and_byte_order_mark(store: Store, take: Take, mark: str) -> None:
    header = mark.join(["id", "when", "x", "y", "ship name", '"odd ""one"""'])
    row = mark.join(["440000001", "2024-01-01 00:00:00", "125.5", "38.25", f'"KIM{mark} ""2"""', "z"])
    take(f"\ufeff{header}\r\n{row}\r\n\r\n".encode(), "a.csv", columns=COLUMNS | {"name": "ship name"})
    assert rows(store, "SELECT t, lon, lat FROM positions") == [(at("2024-01-01T00:00:00"), 125.5, 38.25)]
    assert rows(store, "SELECT name FROM identities") == [(f'KIM{mark} "2"',)]
    assert rows(store, "SELECT lines, other FROM inputs") == [(3, 2)]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("ship,2024-01-01,125,38", "ship number"),
        ("-4,2024-01-01,125,38", "ship number"),
        ("99999999999,2024-01-01,125,38", "ship number"),
        ("440000001,yesterday,125,38", "time"),
        ("440000001,,125,38", "time"),
        ("440000001,1980-01-01,125,38", "clock"),
        ("440000001,2027-01-01,125,38", "clock"),
        ("440000001,2024-01-01,125", "columns"),
        ("440000001", "columns"),
        ('440000001,"2024-01-01,125,38', "quotes"),
        ("440000001,2024-01-01,125,38,\udcff", "not UTF-8"),
        (f"440000001,2024-01-01,125,38,{'x' * 100_000}", "too long"),
    ],
)
def test_bad_rows_are_rejects_with_line_and_reason(store: Store, take: Take, row: str, why: str) -> None:
    good = "440000001,2024-01-01T00:00:0{},125,38"
    data = "\n".join(["id,when,x,y", good.format(1), row, good.format(2)]).encode("utf-8", "surrogateescape")
    report = take(data, "a.csv", columns=COLUMNS)
    assert (report.stored, report.rejects) == (2, {why: 1})
    assert rows(store, "SELECT line, raw FROM rejects") == [(3, row.encode("utf-8", "surrogateescape")[:200])]


@pytest.mark.parametrize(
    ("lon", "lat", "place"),
    [
        ("125", "38", (125, 38)),
        ("180", "0", (-180, 0)),
        ("-180", "-90", (-180, -90)),
        ("125.12345678", "-0.0000001", (125.123457, 0.0)),
        ("181", "91", None),
        ("", "", None),
        ("east", "38", None),
        ("nan", "38", None),
        ("inf", "38", None),
    ],
)
def test_places(store: Store, take: Take, lon: str, lat: str, place: tuple[float, float] | None) -> None:
    take(f"id,when,x,y\n440000001,2024-01-01,{lon},{lat}\n".encode(), "a.csv", columns=COLUMNS)
    assert rows(store, "SELECT lon, lat FROM positions") == ([] if place is None else [place])
    assert rows(store, "SELECT mmsi, msg_type FROM heard") == ([(440000001, 0)] if place is None else [])


def test_sentinels_of_exports_become_null(store: Store, take: Take) -> None:
    columns = {"sog_kn": "s", "cog_deg": "c", "heading_deg": "h", "nav_status": "n", "ais_class": "k"}
    text = b"id,when,x,y,s,c,h,n,k\n440000001,2024-01-01,125,38,102.3,360,511,15,?\n"
    text += b"440000001,2024-01-02,125,38,-0.1,-1,-1,moored,\n440000001,2024-01-03,125,38,0,0,0.0,0.0,B\n"
    take(text, "a.csv", columns=COLUMNS | columns)
    found = rows(store, "SELECT sog_kn, cog_deg, heading_deg, nav_status, ais_class FROM positions ORDER BY line")
    assert found == [(None,) * 5, (None, None, None, 5, None), (0, 0, 0, 0, "B")]


@pytest.mark.parametrize(
    ("when", "zone", "utc"),
    [
        ("2024-07-01T12:00:00", "UTC", "2024-07-01T12:00:00"),
        ("2024-07-01 12:00:00.25", "Asia/Seoul", "2024-07-01T03:00:00.250"),
        ("2024-07-01T12:00:00Z", "Asia/Seoul", "2024-07-01T12:00:00"),
        ("2024-07-01T12:00:00+09:00", "UTC", "2024-07-01T03:00:00"),
        ("20240701T120000", "UTC", "2024-07-01T12:00:00"),
        ("1719835200", "Asia/Seoul", "2024-07-01T12:00:00"),
        ("1719835200500", "UTC", "2024-07-01T12:00:00.500"),
        ("2024-03-31T01:59:59", "Europe/Berlin", "2024-03-31T00:59:59"),
        ("2024-03-31T02:30:00", "Europe/Berlin", "local time skipped"),
        ("2024-10-27T02:30:00", "Europe/Berlin", "local time twice"),
        ("2024-10-27T03:00:00", "Europe/Berlin", "2024-10-27T02:00:00"),
    ],
)
def test_times_and_zones(store: Store, take: Take, when: str, zone: str, utc: str) -> None:
    text = f"id,when,x,y\n440000001,{when},125,38\n".encode()
    report = take(text, "a.csv", columns=COLUMNS, time_zone=zone)
    if utc.startswith("local"):
        assert report.rejects == {utc: 1}
    else:
        assert rows(store, "SELECT t FROM positions") == [(at(utc),)]


@pytest.mark.parametrize(
    ("header", "columns", "says"),
    [
        ("id,when,x,y", {}, "--columns mmsi=ID"),
        (
            "id,when,x,y",
            {"mmsi": "id"},
            r"holds t, lon, lat: --columns t=...,lon=...,lat=...; there are id",
        ),
        ("id,when,x,y", COLUMNS | {"lon": "xx"}, r"no column 'xx' \(the nearest is 'x'\); there are id, when, x, y"),
        ("id,when,x,y", COLUMNS | {"nmae": "x"}, r"no field 'nmae' \(the nearest is 'name'\)"),
    ],
)
def test_columns_that_are_not_there(take: Take, header: str, columns: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        take(f"{header}\n1,2024-01-01,125,38\n".encode(), "a.csv", columns=columns)


def test_newer_noaa_by_its_header(store: Store, take: Take) -> None:
    header = "mmsi,base_date_time,longitude,latitude,sog,cog,heading,vessel_name,imo,call_sign,vessel_type,status,"
    text = header + "length,width,draft,cargo,transceiver\n"
    text += "636021061,2025-12-31 00:00:00,-80.04806,26.09241,4.7,321.6,327,MADE,IMO9307839,WDP7,52,0,26,11,5.0,52,A\n"
    assert take(text.encode(), "ais-2025-12-31.csv").rejects == {}
    position = "t, lon, lat, sog_kn, heading_deg, nav_status, ais_class"
    assert rows(store, f"SELECT {position} FROM positions") == [
        (at("2025-12-31T00:00:00"), -80.04806, 26.09241, pytest.approx(4.7), 327, 0, "A")
    ]
    static = "SELECT name, imo, callsign, ship_type, draught_m FROM identities"
    assert rows(store, static) == [("MADE", 9307839, "WDP7", 52, 5.0)]


def test_danish_by_its_header(store: Store, take: Take) -> None:
    report = take(TABLES / "danish_made.csv")
    assert (report.lines, report.stored, report.other, report.rejects) == (9, 8, 1, {})
    assert rows(store, "SELECT mmsi, t, nav_status, ais_class, heading_deg FROM positions ORDER BY line") == [
        (219000101, at("2023-12-31T23:59:58"), 0, "A", 241),
        (219000102, at("2023-12-31T23:59:58"), 7, "A", 237),
        (219000103, at("2023-12-31T23:59:59"), None, "B", None),
        (111219501, at("2023-12-31T23:59:59"), None, None, None),
        (219000104, at("2024-01-01T00:00:00"), 5, "A", 180),
    ]
    assert rows(store, "SELECT mmsi, t FROM heard") == [(219000104, at("2024-01-01T00:00:00"))]
    assert rows(store, "SELECT mmsi, kind, lon, lat FROM fixed ORDER BY line") == [
        (2190064, "base", 11.5191, 56.7166),
        (992191501, "aton", 12.6, 55.7),
    ]
    ship = "mmsi, imo, name, callsign, ship_type, destination, eta"
    assert rows(store, f"SELECT {ship} FROM identities ORDER BY line") == [
        (219000102, None, "MADE VIG", "OXMA2", 30, "HANSTHOLM;", "01-01 07:00"),
        (219000103, None, "MADE SAILOR", None, 36, None, None),
        (111219501, None, None, None, 51, None, None),
        (219000104, 9000104, "MADE MAERSK", "OXMA4", 70, "AARHUS", "01-05 18:30"),
    ]
    sides = "to_bow_m, to_stern_m, to_port_m, to_starboard_m"
    assert rows(store, f"SELECT {sides} FROM identities WHERE mmsi = 219000102") == [(5, 13, 2, 4)]


def test_exchanged_columns_are_told(take: Take) -> None:
    lines = [f"440000001,2024-01-01T00:00:{second},38.5,125.{second}" for second in range(10, 25)]
    text = "\n".join(["id,when,x,y", *lines, "440000001,2024-01-01T00:01:00,91,181"]).encode()
    with pytest.raises(InputError, match=r"longitude and latitude exchanged.*give --columns with lon=y,lat=x"):
        take(text, "a.csv", columns=COLUMNS)
    assert take(text, "a.csv", columns=COLUMNS | {"lon": "y", "lat": "x"}).stored == 16


def test_parquet(store: Store, take: Take, tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([440000001, 440000001, None, 440000002], pa.int64()),
            "when": pa.array([at("2024-01-01"), at("2024-01-02"), at("2024-01-03"), None], pa.timestamp("ms")),
            "x": [125.0, None, 1.0, 1.0],
            "y": [38.0, 38.0, 1.0, 1.0],
            "more": ["a", "b", "c", "d"],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    report = take(tmp_path / "a.parquet", columns=COLUMNS)
    assert (report.lines, report.stored, report.rejects) == (4, 2, {"ship number": 1, "time": 1})
    assert rows(store, "SELECT mmsi, t, lon, lat, line FROM positions") == [(440000001, at("2024-01-01"), 125, 38, 1)]
    assert rows(store, "SELECT t FROM heard") == [(at("2024-01-02"),)]
    assert rows(store, "SELECT format FROM inputs") == [("parquet",)]
    odd = pa.table({"id": [1.5, 440000001.0], "when": [[1, 2], [3]], "x": [True, True], "y": ["38", "38"]})
    pq.write_table(odd, tmp_path / "odd.parquet")
    with pytest.raises(InputError, match=r"times like '\[3\]' are not ISO 8601"):
        take(tmp_path / "odd.parquet", columns=COLUMNS)
    pq.write_table(table.rename_columns(["id", "time", "x", "y", "more"]), tmp_path / "b.parquet")
    with pytest.raises(InputError, match="no column 'when'"):
        take(tmp_path / "b.parquet", columns=COLUMNS)
