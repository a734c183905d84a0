"""Real files of sentences: the counting law, times, and what other decoders say of the same lines."""

import json
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyais
import pytest
from pyais.constants import ShipType

from ais.store import Store
from tests.ais.sentences import NMEA, Take, rows, sentence

GFW = NMEA / "GFW_ais-listener_tagblock_first2000.txt"
START = datetime(2020, 4, 7, 21, 39, 50, tzinfo=UTC)


def messages(path: Path) -> dict[int, tuple[list[bytes], int | None]]:
    """Whole messages of a file by their first line, with their tag block's time: a plain second reader."""
    found: dict[int, tuple[list[bytes], int | None]] = {}
    open_parts: dict[bytes, int] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        look = re.search(rb"![A-Z]{2}VD[MO],(\d),(\d),(\d?),(\w?),.*", line)
        if look is None:
            continue
        time = re.search(rb"c:(\d+)", line[: look.start()])
        key = look[1] + look[3] + look[4]
        if look[2] == b"1":
            open_parts[key] = number
            found[number] = ([look[0]], int(time[1]) if time else None)
        else:
            found[open_parts[key]][0].append(look[0])
    return found


def test_every_line_of_a_satellite_feed_is_stored_at_its_time(store: Store, take: Take) -> None:
    report = take(GFW)
    assert (report.lines, report.stored, report.rejects) == (2000, 2000, {})
    assert (report.first_t, report.last_t) == (
        datetime(2022, 11, 10, 2, 9, 52, tzinfo=UTC),
        datetime(2022, 11, 10, 2, 15, 5, tzinfo=UTC),
    )
    ours = defaultdict(set)
    for table in ("positions", "heard", "identities", "fixed"):
        for line, t in rows(store, f"SELECT line, epoch_us(t) FROM {table}"):
            ours[line].add(t)
    assert ours == {line: {t * 1_000_000} for line, (_, t) in messages(GFW).items() if t is not None}


def test_ships_that_report_without_a_fix_are_heard(store: Store, take: Take) -> None:
    take(GFW)
    silent = set()
    for lines, _ in messages(GFW).values():
        message = pyais.decode(*lines)
        if message.msg_type in (1, 2, 3, 9, 18, 19, 27) and (abs(message.lon) > 180 or abs(message.lat) > 90):
            silent.add(message.mmsi)
    assert len(silent) == 13
    heard = {row[0] for row in rows(store, "SELECT mmsi FROM heard WHERE msg_type IN (1, 2, 3, 9, 18, 19, 27)")}
    assert heard == silent


def test_fields_are_as_pyais_decodes_them(store: Store, take: Take) -> None:
    take(GFW)
    names = "line, mmsi, msg_type, repeat, utc_s, lon, lat, sog_kn, cog_deg, heading_deg, nav_status, accurate, raim"
    ours = {row[0]: row[1:] for row in rows(store, f"SELECT {names} FROM positions")}
    assert len(ours) == 1465
    for line, (lines, _) in messages(GFW).items():
        message: Any = pyais.decode(*lines)
        if line not in ours:
            continue
        mmsi, kind, repeat, second, lon, lat, sog, cog, heading, status, accurate, raim = ours[line]
        assert (mmsi, kind, repeat) == (message.mmsi, message.msg_type, message.repeat)
        assert (lon, lat, accurate, raim) == (message.lon, message.lat, message.accuracy, message.raim)
        assert second == getattr(message, "second", None)
        no_speed, no_status, no_heading = (63 if kind == 27 else 102.3), 15, 511
        assert sog == pytest.approx(message.speed, abs=1e-4) if message.speed != no_speed else sog is None
        assert cog == pytest.approx(message.course, abs=1e-4) if message.course < 360 else cog is None
        theirs = getattr(message, "heading", no_heading)
        assert heading == (theirs if theirs < 360 else None)
        theirs = getattr(message, "status", no_status)
        assert status == (theirs if theirs != no_status else None)


def test_static_fields_are_as_pyais_decodes_them(store: Store, take: Take) -> None:
    take(GFW)
    names = "line, mmsi, imo, name, callsign, ship_type, to_bow_m, to_stern_m, draught_m, destination, eta"
    ours = {row[0]: row[1:] for row in rows(store, f"SELECT {names} FROM identities")}
    checked = 0
    for line, (lines, _) in messages(GFW).items():
        message: Any = pyais.decode(*lines)
        if message.msg_type not in (5, 19, 24):
            continue
        mmsi, imo, name, callsign, ship_type, bow, stern, draught, destination, eta = ours[line]
        assert mmsi == message.mmsi
        assert (imo or 0) == getattr(message, "imo", 0)
        for text, field in ((name, "shipname"), (callsign, "callsign"), (destination, "destination")):
            theirs = str(getattr(message, field, "") or "").split("@")[0]
            assert (text or "").strip() == theirs.strip()
        # pyais folds reserved types into one, so its own fold is applied to ours.
        assert ShipType.from_value(ship_type or 0) == ShipType.from_value(int(getattr(message, "ship_type", 0)))
        assert (bow or 0, stern or 0) == (getattr(message, "to_bow", 0), getattr(message, "to_stern", 0))
        assert draught == (pytest.approx(message.draught, abs=1e-4) if getattr(message, "draught", 0) else None)
        if eta is not None:
            assert eta == f"{message.month:02}-{message.day:02} {message.hour:02}:{message.minute:02}"
        checked += 1
    assert checked == len(ours) == 331


def test_rate_of_turn_is_as_sent(store: Store, take: Take) -> None:
    bodies = ("15RTgt0PAso;90TKcjM8h6g208CQ", "16SteH0P00Jt63hHaa6SagvJ087r", "25Cjtd0Oj;Jp7ilG7=UkKBoB0<06")
    take([sentence(f"AIVDM,1,1,,A,{body},0", rest=",1272412824") for body in bodies])
    assert rows(store, "SELECT rot FROM positions ORDER BY line") == [(-127,), (None,), (127,)]


def positions_by_gpsd(path: Path) -> set[tuple[int, int, float, float]]:
    """Type, ship and place of every fix of types 1, 2, 3, 18 in gpsd's JSON."""
    found = set()
    for line in path.read_text(errors="replace").splitlines():
        if '"class":"AIS"' not in line:
            continue
        message = json.loads(line)
        if message["type"] in (1, 2, 3, 18):
            unit = 1 if message["scaled"] else 600_000
            lon, lat = message["lon"] / unit, message["lat"] / unit
            if abs(lon) <= 180 and abs(lat) <= 90:
                found.add((message["type"], message["mmsi"], lon, lat))
    return found


@pytest.mark.parametrize(
    ("sentences", "decoded", "least"),
    [
        ("ntpsec__sample.aivdm", "ntpsec__sample.aivdm.js.chk", 8),
        ("ntpsec__ais-nmea.log", "ntpsec__ais-nmea.log.chk", 100),
    ],
)
def test_positions_agree_with_gpsd_both_ways(
    store: Store, take: Take, sentences: str, decoded: str, least: int
) -> None:
    take(NMEA / sentences, start_time=START)
    theirs = positions_by_gpsd(NMEA / decoded)
    ours = set(rows(store, "SELECT msg_type, mmsi, lon, lat FROM positions WHERE msg_type IN (1, 2, 3, 18)"))
    assert len(theirs) >= least

    def near(one: tuple[int, int, float, float], others: set[tuple[int, int, float, float]]) -> bool:
        return any(
            one[:2] == other[:2] and abs(one[2] - other[2]) < 1e-5 and abs(one[3] - other[3]) < 1e-5 for other in others
        )

    assert [one for one in theirs if not near(one, ours)] == []
    assert [one for one in ours if not near(one, theirs)] == []


def test_pghp_file_takes_the_receivers_time_before_the_loggers(store: Store, take: Take) -> None:
    report = take(NMEA / "amsa-code__exact-earth-first400.txt")
    wrapped = sum(
        line.startswith(b"$PGHP") for line in (NMEA / "amsa-code__exact-earth-first400.txt").read_bytes().split(b"\n")
    )
    assert (report.lines, report.other) == (400, wrapped)
    # $PGHP,1,2012,1,31,6,10,7,0,... stands before it; the logger wrote the line 40 minutes later: ...,1327992619059
    ((t,),) = rows(store, "SELECT t FROM positions WHERE line = 27")
    assert t == datetime.fromisoformat("2012-01-31T06:10:07")


def test_one_message_of_each_type_is_understood(store: Store, take: Take) -> None:
    report = take(NMEA / "schwehr__typeexamples.nmea")
    kinds = {kind for table in ("positions", "heard") for (kind,) in rows(store, f"SELECT msg_type FROM {table}")}
    fixed = {kind for (kind,) in rows(store, "SELECT kind FROM fixed")}
    sent = {_kind(line) for line in (NMEA / "schwehr__typeexamples.nmea").read_bytes().splitlines()}
    assert fixed == {"base", "response", "aton"}
    assert len(sent) == 26
    assert kinds | {4, 21} == sent | {11}
    assert set(report.rejects) <= {"wrong length"}
    ((t, station),) = rows(store, "SELECT t, station FROM positions WHERE msg_type = 1")
    assert (t, station) == (datetime.fromisoformat("2012-01-01T05:01"), "r003669946")


def _kind(line: bytes) -> int:
    first = line.split(b",")[5][0] - 48
    return first - 8 if first > 40 else first


def test_messy_files_keep_the_law(take: Take) -> None:
    take(NMEA / "schwehr__test.aivdm")
    report = take(NMEA / "M0r13n__nmea_data_sample.txt", start_time=START)
    assert report.rejects["no payload"] == 100
    report = take(NMEA / "M0r13n__mixed.txt", start_time=START)
    assert report.rejects["checksum"] == 4


def test_start_time_is_followed_by_the_seconds_of_the_sentences(store: Store, take: Take) -> None:
    report = take(NMEA / "ntpsec__ais-nmea.log", start_time=START)
    # The log's own $GPRMC lines run from 21:39:50 on for some three minutes.
    assert report.first_t is not None
    assert report.last_t is not None
    assert START - timedelta(seconds=30) <= report.first_t
    assert timedelta(minutes=2) < report.last_t - START < timedelta(minutes=4)
    wrong = rows(store, "SELECT t FROM positions WHERE utc_s < 60 AND extract('second' FROM t) <> utc_s")
    assert wrong == []
