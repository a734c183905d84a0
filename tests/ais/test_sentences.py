"""Sentences one by one: framing, assembly, times of each kind, sentinels, hostile lines."""

from datetime import UTC, datetime

import pytest

from ais.assembly import MAX_LINES, MAX_WAITING
from ais.ingest import InputError
from ais.nmea import NmeaReading
from ais.reference import ReferenceReading
from ais.store import Store
from tests.ais.mutations import Bytes, outcome
from tests.ais.sentences import NOW, T0, Take, checksum, fix, rows, said, sentence

STATIC = {"msg_type": 5, "shipname": "CHON MA SAN", "destination": "NAMPO", "imo": 8660313, "callsign": "HMZC"}
BODY = "AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0"


def times(store: Store) -> list[float]:
    """The times of all rows in the order of their lines, as seconds since 1970."""
    tables = ("positions", "heard", "fixed")
    union = " UNION ".join(f"SELECT input_id, line, epoch_us(t) AS t FROM {table}" for table in tables)
    return [t / 1e6 for (t,) in rows(store, f"SELECT t FROM ({union}) ORDER BY input_id, line")]


@pytest.mark.parametrize(
    ("tag", "rest", "t"),
    [
        (f"c:{T0}", "", T0),
        (f"c:{T0}123", "", T0 + 0.123),
        (f"c:{T0}.25", "", T0 + 0.25),
        (f"s:a,c:{T0},d:x", "", T0),
        (None, f",{T0}", T0),
        (None, f",{T0}500", T0 + 0.5),
        (None, f",d-109,S2105,t050056.00,T56.13,r003669946,{T0},{T0 - 59}", T0),
        (None, f",rSTATION,{T0}\r", T0),
        (f"c:{T0}", f",{T0 + 5}", T0),  # the tag block comes first
        ("s:here", f",{T0}", T0),
    ],
)
def test_time_of_a_sentence(store: Store, take: Take, tag: str | None, rest: str, t: float) -> None:
    take([sentence(BODY, tag, rest)])
    assert times(store) == [t]


@pytest.mark.parametrize(
    "before",
    ["2024-05-01 12:00:00 receiver1: ", "0:", "\0\0", "\xff!", "!AIVDM,1,1,,A,15RTgt0PA", "\\s:x*00\\ ", f"!{BODY}*00"],
)
def test_what_stands_before_a_sentence_is_passed_over(store: Store, take: Take, before: str) -> None:
    """A time there is not read: its zone is not known."""
    take([f"{before}{sentence(BODY, f'c:{T0}')}", f"{before}{sentence(BODY, rest=f',{T0 + 60}')}"])
    assert times(store) == [T0, T0 + 60]
    wrong = take([fix(T0), f"{before}{sentence(BODY, f'c:{T0}')[:-1]}X"], "b.nmea")
    assert wrong.rejects == {"checksum": 1}


def test_any_talker_and_own_ship(store: Store, take: Take) -> None:
    bodies = [BODY.replace("AIVDM", talker) for talker in ("AIVDM", "BSVDM", "ABVDM", "AIVDO")]
    take([sentence(body, f"c:{T0 + 60 * i},s:st{i}") for i, body in enumerate(bodies)])
    assert rows(store, "SELECT own, station, channel FROM positions ORDER BY line") == [
        (False, "st0", "A"),
        (False, "st1", "A"),
        (False, "st2", "A"),
        (True, "st3", "A"),
    ]


def test_station_of_trailing_fields(store: Store, take: Take) -> None:
    take([sentence(BODY, rest=f",b003669980,{T0}"), sentence(BODY, rest=f",d-077,rB0003160047,{T0 + 60}")])
    assert rows(store, "SELECT station FROM positions ORDER BY line") == [("b003669980",), ("rB0003160047",)]


@pytest.mark.parametrize("tag", [f"s:\xff\xe9,c:{T0}", f"c:{T0},s:\xff\xe9", f"t:x,s:\xff\xe9,c:{T0}"])
def test_a_station_that_is_no_text_is_kept_with_marks_of_loss(store: Store, take: Take, tag: str) -> None:
    take([sentence(BODY, tag)])
    assert rows(store, "SELECT station FROM positions") == [("\ufffd\ufffd",)]


def test_pghp_line_gives_the_time_of_the_sentence_that_it_names(store: Store, take: Take) -> None:
    def pghp(names: str) -> str:
        body = f"PGHP,1,2023,11,14,22,13,20,250,316,2,316000002,1AIS_S,{names}"
        return f"${body}*{checksum(body)}"

    body_sum = checksum(BODY)
    lines = [pghp(body_sum), sentence(BODY), pghp("00" if body_sum != "00" else "01"), sentence(BODY), "$PGHP,1,cut"]
    report = take(lines)
    assert times(store) == [T0 + 0.25]
    assert (report.stored, report.other) == (1, 2)
    assert report.rejects == {"no time": 1, "checksum": 1}


def test_parts_of_a_message_become_one_row_at_its_first_line(store: Store, take: Take) -> None:
    report = take([fix(T0), *said(T0 + 1, **STATIC), fix(T0 + 2)])
    assert (report.lines, report.stored) == (4, 4)
    assert rows(store, "SELECT line, name, imo, callsign, destination FROM identities") == [
        (2, "CHON MA SAN", 8660313, "HMZC", "NAMPO")
    ]
    assert rows(store, "SELECT line, first_line FROM parts") == [(3, 2)]
    assert rows(store, "SELECT line, msg_type FROM heard") == [(2, 5)]


def test_part_two_before_part_one(store: Store, take: Take) -> None:
    report = take(said(T0, **STATIC)[::-1])
    assert report.stored == 2
    assert rows(store, "SELECT line, name FROM identities") == [(1, "CHON MA SAN")]


def test_later_parts_of_a_group_inherit_time_and_station(store: Store, take: Take) -> None:
    first, second = (line.split("\\")[-1] for line in said(T0, **STATIC))
    tags = (f"g:1-2-77,s:kr,c:{T0}", "g:2-2-77")
    take([f"\\{tag}*{checksum(tag)}\\{line}" for tag, line in zip(tags, (first, second), strict=True)])
    assert times(store) == [T0]
    # A single sentence that is the later one of a group, after another talker's.
    other = f"\\g:1-2-78,s:kr,c:{T0 + 9}*{checksum(f'g:1-2-78,s:kr,c:{T0 + 9}')}\\$ARVSI,r1,0,,,-90,*00"
    take([other, f"\\g:2-2-78*{checksum('g:2-2-78')}\\{sentence(BODY)}"], "second.nmea")
    assert rows(store, "SELECT epoch_ms(t) // 1000, station FROM positions") == [(T0 + 9, "kr")]


def test_messages_woven_into_one_another_are_told_apart(store: Store, take: Take) -> None:
    ships = {440000001: "ALPHA", 440000002: "BRAVO", 440000003: "CHARLIE"}
    woven = [
        said(T0 + 1, mmsi=mmsi, shipname=name, msg_type=5, destination="X", station=f"s{mmsi}")
        for mmsi, name in ships.items()
    ]
    report = take([lines[0] for lines in woven] + [lines[1] for lines in woven])
    assert report.rejects == {}
    assert dict(rows(store, "SELECT mmsi, name FROM identities")) == ships
    assert rows(store, "SELECT DISTINCT destination FROM identities") == [("X",)]


def test_parts_without_partner_are_orphans(store: Store, take: Take) -> None:
    first, second = said(T0, **STATIC)
    assert take([first, fix(T0)]).rejects == {"orphan part": 1}
    assert take([second, fix(T0)], "b.nmea").rejects == {"orphan part": 1}
    assert take([first, *[f"# {i}" for i in range(MAX_LINES)], second], "c.nmea").rejects == {"orphan part": 2}
    late = said(T0 + 3600, **STATIC)[1]
    assert take([first, late], "d.nmea").rejects == {"orphan part": 2}
    assert rows(store, "SELECT count(*) FROM identities") == [(0,)]
    assert {raw[:3] for (raw,) in rows(store, "SELECT raw FROM rejects")} == {b"\\c:"}


def test_waiting_parts_are_bounded(store: Store, take: Take) -> None:
    first, second = said(T0, **STATIC)
    many = [said(T0 + 1, station=f"s{i}", **STATIC)[0] for i in range(MAX_WAITING + 10)]
    report = take([first, *many, second])
    # The first message gave way long before its second part came, which then finds the latest one that lacks it.
    assert report.stored == 2
    assert report.rejects == {"orphan part": MAX_WAITING + 10}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (sentence(BODY, f"c:{T0}")[:-2] + "00", "checksum"),
        (f"!{BODY},{T0}", "checksum"),
        (f"!{BODY}*", "checksum"),
        (sentence(BODY, f"c:{T0}").replace(f"c:{T0}", f"c:{T0 + 1}"), "checksum"),  # the tag block's own
        (f"\\c:{T0}\\{sentence(BODY)}", "checksum"),
        (sentence("AIVDM,1,1,,A,,0", f"c:{T0}"), "no payload"),
        (sentence("AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208C~,0", f"c:{T0}"), "not understood"),
        (sentence("AIVDM,1,2,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0", f"c:{T0}"), "not understood"),
        (sentence("AIVDM,2,3,1,A,15RTgt0PAso;90TKcjM8h6g208CQ,0", f"c:{T0}"), "not understood"),
        (sentence("AIVDM,1,1,,A,15RTgt0PAso;90TKc,0", f"c:{T0}"), "wrong length"),
        (sentence("AIVDM,1,1,,A,w5RTgt0PAso;90TKcjM8h6g208CQ,0", f"c:{T0}"), "unknown message type"),
        (sentence("AIVDM,1,1,,A,05RTgt0PAso;90TKcjM8h6g208CQ,0", f"c:{T0}"), "unknown message type"),
        (sentence(BODY, "c:599000000"), "clock"),  # 1988
        (sentence(BODY, f"c:{int(NOW.timestamp()) + 2 * 86400}"), "clock"),
        (sentence(BODY, "c:99999999999999999999"), "no time"),
        (sentence(BODY, "c:yesterday"), "no time"),
        (sentence(BODY), "no time"),
        ("!AIVDM", "not understood"),
        ("AIVDM,2,2,1,B,00000000000,2*26", "not understood"),
        ("some text", "not understood"),
        ("\0" * 40, "not understood"),
        ("\xff\xfe" * 300, "not understood"),
        ("x" * 1_000_000, "too long"),
    ],
)
def test_rejected_lines_say_why(store: Store, take: Take, line: str, why: str) -> None:
    report = take([fix(T0), line, fix(T0 + 60)])
    assert report.rejects == {why: 1}
    assert report.stored == 2
    assert rows(store, "SELECT line, reason, raw FROM rejects") == [(2, why, line.encode("latin-1")[:200])]


@pytest.mark.parametrize(
    "line",
    [
        "# note",
        f"# {sentence(BODY, f'c:{T0}')}",
        "",
        "   ",
        "\r",
        "$GPGGA,184353.07,1929.045,S*6D",
        "$AITXT,01,01,91,FREQ*3C",
        "!AIABM,1,1,0,,,,,*00",
    ],
)
def test_lines_understood_and_not_kept(take: Take, line: str) -> None:
    report = take([fix(T0), line, fix(T0 + 60)])
    assert (report.stored, report.other, report.rejects) == (2, 1, {})


def test_the_last_believable_time_is_the_end_of_tomorrow(store: Store, take: Take) -> None:
    end = int(datetime(NOW.year, NOW.month, NOW.day + 2, tzinfo=UTC).timestamp())
    report = take([fix(end - 1), fix(end)])
    assert report.rejects == {"clock": 1}
    assert times(store) == [end - 1]


def test_without_any_time_the_error_says_what_to_give(store: Store, take: Take) -> None:
    with pytest.raises(InputError, match="--start-time"):
        take([sentence(BODY), sentence(BODY)])
    assert rows(store, "SELECT count(*) FROM inputs") == [(0,)]
    assert rows(store, "SELECT count(*) FROM rejects") == [(0,)]


def test_start_time_and_the_seconds_of_the_sentences(store: Store, take: Take) -> None:
    start = datetime.fromtimestamp(T0 + 30, UTC)  # 22:13:50
    seconds = [50, 55, 3, 2, 58, 3, 33, 3]
    lines = [fix(T0, second=second, mmsi=440000000 + i).split("\\")[-1] for i, second in enumerate(seconds)]
    static = [line.split("\\")[-1] for line in said(None, **STATIC)]
    take([*lines[:3], *static, *lines[3:]], start_time=start)
    # 58 after 03 is the second before; 33 moves the clock on, and 03 is then the next minute.
    assert [t - T0 for t in times(store)] == [30, 35, 43, 43, 42, 38, 43, 73, 103]


def test_start_time_is_a_fallback_only(store: Store, take: Take) -> None:
    take([fix(T0), fix(T0, second=25).split("\\")[-1]], start_time=datetime.fromtimestamp(T0 - 86400, UTC))
    assert [t - T0 for t in times(store)] == [0, 5]


def test_sentinels_become_null(store: Store, take: Take) -> None:
    nothing = {"speed": 102.3, "course": 360, "heading": 511, "turn": -128, "status": 15, "second": 63}
    take([fix(T0, **nothing), *said(T0, msg_type=18, lon=1, lat=2, speed=102.3, course=360.5, heading=360, second=60)])
    columns = "sog_kn, cog_deg, heading_deg, rot, nav_status, utc_s"
    assert rows(store, f"SELECT {columns} FROM positions ORDER BY line") == [
        (None, None, None, None, None, 63),
        (None, None, None, None, None, 60),
    ]


def test_sentinels_of_aircraft_and_long_range(store: Store, take: Take) -> None:
    lines = [
        *said(T0, msg_type=9, lon=1, lat=2, speed=1023, course=360, second=10),
        *said(T0, msg_type=9, lon=1, lat=2, speed=300, course=90, second=10, mmsi=111440001),
        *said(T0, msg_type=27, lon=1, lat=2, speed=63, course=511, status=15, mmsi=3),
        *said(T0, msg_type=27, lon=1, lat=2, speed=62, course=359, status=1, mmsi=4),
        *said(T0, msg_type=27, lon=181, lat=91, speed=62, course=359, mmsi=5),
    ]
    take(lines)
    columns = "sog_kn, cog_deg, nav_status, utc_s, ais_class"
    assert rows(store, f"SELECT {columns} FROM positions ORDER BY line") == [
        (None, None, None, 10, None),
        (300, 90, None, 10, None),
        (None, None, None, None, "A"),
        (62, 359, 1, None, "A"),
    ]
    assert rows(store, "SELECT mmsi, msg_type FROM heard") == [(5, 27)]


@pytest.mark.parametrize(("lon", "lat"), [(181, 91), (181, 38), (125, 91), (200, 10), (10, -91)])
def test_an_impossible_place_is_no_fix(store: Store, take: Take, lon: float, lat: float) -> None:
    take([fix(T0, lon=lon, lat=lat)])
    assert rows(store, "SELECT count(*) FROM positions") == [(0,)]
    assert rows(store, "SELECT mmsi, msg_type FROM heard") == [(440123456, 1)]


def test_the_edges_of_the_world(store: Store, take: Take) -> None:
    take([fix(T0, lon=180, lat=90), fix(T0 + 60, lon=-180, lat=-90), fix(T0 + 120, lon=0, lat=0)])
    assert rows(store, "SELECT lon, lat FROM positions ORDER BY t") == [(-180, 90), (-180, -90), (0, 0)]


def test_empty_static_fields_become_null(store: Store, take: Take) -> None:
    empty = {"msg_type": 5, "shipname": "", "callsign": "", "destination": " ", "imo": 0, "draught": 0, "ship_type": 0}
    take(said(T0, **empty, month=0, day=0, hour=24, minute=60))
    columns = (
        "imo, name, callsign, ship_type, to_bow_m, to_stern_m, to_port_m, to_starboard_m, draught_m, destination, eta"
    )
    assert rows(store, f"SELECT {columns} FROM identities") == [(None,) * 11]


def test_static_parts_of_class_b(store: Store, take: Take) -> None:
    part_b = {"msg_type": 24, "partno": 1, "ship_type": 30, "callsign": "ABC", "to_bow": 9, "to_stern": 8}
    lines = [
        *said(T0, msg_type=24, partno=0, shipname="A@B"),
        *said(T0 + 1, **part_b, to_port=2, to_starboard=0),
        *said(T0 + 2, **(part_b | {"mmsi": 984400001, "mothership_mmsi": 440999999})),
    ]
    take(lines)
    columns = "name, callsign, ship_type, to_bow_m, to_stern_m, to_port_m, to_starboard_m"
    assert rows(store, f"SELECT {columns} FROM identities ORDER BY line") == [
        ("A", None, None, None, None, None, None),  # a text ends at its first @
        (None, "ABC", 30, 9, 8, 2, 0),
        (None, "ABC", 30, None, None, None, None),  # bits of the parent ship's number are no dimensions
    ]


def test_long_report_of_class_b_gives_position_and_identity(store: Store, take: Take) -> None:
    take(said(T0, msg_type=19, lon=125.5, lat=38.1, speed=4, second=7, shipname="DORY", ship_type=30, to_bow=5))
    assert rows(store, "SELECT lon, lat, utc_s, ais_class FROM positions") == [(125.5, 38.1, 7, "B")]
    assert rows(store, "SELECT name, ship_type, to_bow_m FROM identities") == [("DORY", 30, 5)]
    assert rows(store, "SELECT count(*) FROM heard") == [(0,)]


def test_fixed_stations(store: Store, take: Take) -> None:
    lines = [
        *said(T0, msg_type=4, mmsi=4401234, lon=126, lat=37),
        *said(T0, msg_type=4, mmsi=4401235, lon=181, lat=91),
        *said(T0, msg_type=11, mmsi=440000009, lon=126, lat=37),
        *said(T0, msg_type=21, mmsi=994401234, lon=126, lat=37, name="BUOY"),
    ]
    assert take(lines).stored == 4
    assert rows(store, "SELECT mmsi, lon, lat, kind FROM fixed ORDER BY line") == [
        (4401234, 126, 37, "base"),
        (4401235, None, None, "base"),
        (440000009, 126, 37, "response"),
        (994401234, 126, 37, "aton"),
    ]
    assert rows(store, "SELECT mmsi FROM heard") == [(440000009,)]  # a ship answers with type 11


@pytest.mark.parametrize(
    ("changed", "said_t"),
    [
        ({}, datetime(2023, 11, 14, 22, 13, 20)),  # noqa: DTZ001
        ({"year": 2024, "month": 2, "day": 29}, datetime(2024, 2, 29, 22, 13, 20)),  # noqa: DTZ001
        *(({name: value}, None) for name, value in (("year", 0), ("month", 0), ("day", 0), ("month", 13))),
        *(({name: value}, None) for name, value in (("hour", 24), ("minute", 60), ("second", 60), ("year", 10_000))),
        ({"month": 2, "day": 29}, None),
        ({"month": 4, "day": 31}, None),
    ],
)
@pytest.mark.parametrize("kind", [4, 11])
def test_a_base_station_says_its_own_time(
    store: Store, take: Take, kind: int, changed: dict[str, int], said_t: datetime | None
) -> None:
    now = {"year": 2023, "month": 11, "day": 14, "hour": 22, "minute": 13, "second": 20}
    take(said(T0 + 5, **({"msg_type": kind, "lon": 126, "lat": 37} | now | changed)))
    assert rows(store, "SELECT said_t, epoch_us(t) FROM fixed") == [(said_t, (T0 + 5) * 1_000_000)]


def test_what_gave_the_time_is_counted() -> None:
    body_sum = checksum(BODY)
    pghp = f"PGHP,1,2023,11,14,22,13,20,250,316,2,316000002,1AIS_S,{body_sum}"
    untimed = [line.split("\\")[-1] for line in (*said(T0, **STATIC), fix(T0, second=21))]
    lines = [
        sentence(BODY, f"c:{T0}"),
        sentence(BODY, rest=f",{T0}"),
        f"${pghp}*{checksum(pghp)}",
        sentence(BODY),
        *untimed,
    ]
    data = "".join(f"{line}\n" for line in lines).encode()
    clocks = {"tag block": 1, "suffix": 1, "$PGHP": 1, "UTC second": 1, "start time": 1}
    for reading in (NmeaReading, ReferenceReading):
        assert outcome(reading, Bytes(data), T0 * 1_000_000)["clocks"] == clocks
