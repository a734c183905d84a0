"""JSON of AIS-catcher, gpsd and aisstream: the rows of the sentences that it was made of, and a reason for the rest."""

from __future__ import annotations

import contextlib
import json
import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiscat
import pyais
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ais import jsonbits, jsonobjects
from ais.clock import Believable
from ais.formats import UnknownFormat, format_of
from ais.jsonlines import JsonReading
from ais.nmea import NmeaReading
from ais.source import InputError, Source
from ais.staging import Taken
from ais.store import Store
from tests.ais.sentences import DATA, NMEA, NOW, T0, Take, checksum, fix, law, rows, said, taker

JSON = DATA / "json"
START_US = 1_586_295_590_000_000
BELIEVABLE = Believable.on(NOW)
Rows = dict[str, Counter[tuple[Any, ...]]]


def read(path: Path, kind: Any = JsonReading, start: int | None = START_US) -> tuple[list[Taken], Any]:
    with Source(path) as source:
        reading = kind(source, BELIEVABLE, start, 1)
        return list(reading.blocks()), reading


def sent(taken: list[Taken], without: set[str] = frozenset()) -> Rows:  # type: ignore[assignment]
    """What the messages say: the rows without what is the receiver's or the input's, and without these columns."""
    leave = {"t", "line", "station", "channel", "own", "input_id"} | without
    found: Rows = {}
    for one in taken:
        for name, tables in one.tables.items():
            for row in (row for table in tables for row in table.to_pylist()):
                values = tuple(
                    (key, value.strip() or None if isinstance(value, str) else value)  # as pyais does
                    for key, value in row.items()
                    if key not in leave
                )
                found.setdefault(name, Counter())[values] += 1
    return found


def written(folder: Path, lines: list[str | bytes], name: str = "a.json") -> Path:
    path = folder / name
    path.write_bytes(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))
    return path


def taken_rows(path: Path, table: str, start: int | None = None) -> list[dict[str, Any]]:
    blocks, _ = read(path, start=start)
    return [row for one in blocks for found in one.tables.get(table, []) for row in found.to_pylist()]


def rejects(path: Path, start: int | None = None) -> list[tuple[int, str]]:
    with Source(path) as source:
        found = []
        with contextlib.suppress(InputError):
            for one in JsonReading(source, BELIEVABLE, start, 1).blocks():
                found += [(line, why) for line, why, _ in one.rejects]
    return found


@pytest.mark.parametrize("path", [NMEA / "ntpsec__sample.aivdm.js.chk", JSON / "ntpsec__sample.aivdm.ju.chk"])
def test_gpsd_gives_what_the_sentences_give(path: Path) -> None:
    ours = sent(read(NMEA / "ntpsec__sample.aivdm", NmeaReading)[0])
    blocks, reading = read(path)
    theirs = sent(blocks)
    assert (reading.lines, reading.other, [one.rejects for one in blocks]) == (97, 0, [[]])
    for name, count in (("positions", 14), ("fixed", 7)):
        assert theirs[name] == ours[name]
        assert theirs[name].total() == count
    assert theirs["identities"] <= ours["identities"]  # gpsd waits for both parts of type 24
    assert theirs["identities"].total() == 8
    assert theirs["heard"] <= ours["heard"]


def by_catcher(form: str, sentences: list[str]) -> list[dict[str, Any]]:
    """AIS-catcher's own JSON of the sentences, one received each second."""
    decoder = aiscat.Decoder(format=form)
    decoder.feed("".join(f"{one}\n" for one in sentences).encode())
    found = []
    while (message := decoder.next()) is not None:
        found.append(json.loads(message) | {"rxuxtime": T0 + len(found) + 0.25})
    return found


@pytest.mark.parametrize("form", ["json", "json_nmea"])
def test_aiscatcher_gives_what_the_sentences_give(tmp_path: Path, form: str) -> None:
    bare = [line.rsplit("\\", 1)[-1] for line in (NMEA / "GFW_ais-listener_tagblock_first2000.txt").read_text().split()]
    objects = by_catcher(form, bare)
    assert len(objects) > 1700
    assert sum(len(one["nmea"]) > 1 for one in objects) > 10
    blocks, reading = read(written(tmp_path, [json.dumps(one) for one in objects]), start=None)
    carried = [sentence for one in objects for sentence in one["nmea"]]
    assert sent(blocks) == sent(read(written(tmp_path, carried), NmeaReading)[0])
    for row in (row for one in blocks for table in one.tables["positions"] for row in table.to_pylist()):
        assert row["mmsi"] == objects[row["line"] - 1]["mmsi"]
        assert row["t"].replace(tzinfo=UTC).timestamp() == objects[row["line"] - 1]["rxuxtime"]
    assert blocks[-1].clocks == {"json": reading.lines - sum(len(one.rejects) for one in blocks)}


def test_aiscatcher_without_sentences_gives_its_rounded_fields(tmp_path: Path) -> None:
    """Its places are floats of four bytes: a few micro-degrees off."""
    bare = [fix(T0 + i, mmsi=440_000_000 + i, lon=0.37 * i - 170, lat=0.13 * i - 60, speed=i % 110, course=i % 370,
                heading=i % 360, turn=i % 100 - 50, status=i % 16) for i in range(900)]  # fmt: skip
    objects = by_catcher("json", [line.rsplit("\\", 1)[-1] for line in bare])
    for one in objects:
        del one["nmea"]
    got = taken_rows(written(tmp_path, [json.dumps(one) for one in objects]), "positions")
    blocks, _ = read(written(tmp_path, bare, "b.nmea"), NmeaReading)
    want = [row for table in blocks[0].tables["positions"] for row in table.to_pylist()]
    assert len(got) == len(want) == 900
    keys = ("mmsi", "sog_kn", "cog_deg", "heading_deg", "rot", "nav_status", "utc_s", "msg_type", "accurate", "raim")
    for ours, theirs in zip(sorted(got, key=lambda row: row["mmsi"]), want, strict=True):
        assert {key: ours[key] for key in keys} == {key: theirs[key] for key in keys}
        assert abs(ours["lon"] - theirs["lon"]) < 1e-5
        assert abs(ours["lat"] - theirs["lat"]) < 5e-6


NAMES = {
    "msg_type": "MessageID", "mmsi": "UserID", "repeat": "RepeatIndicator", "status": "NavigationalStatus",
    "turn": "RateOfTurn", "speed": "Sog", "accuracy": "PositionAccuracy", "lon": "Longitude", "lat": "Latitude",
    "course": "Cog", "heading": "TrueHeading", "second": "Timestamp", "raim": "Raim", "imo": "ImoNumber",
    "callsign": "CallSign", "shipname": "Name", "ship_type": "Type", "draught": "MaximumStaticDraught",
    "destination": "Destination",
}  # fmt: skip
KINDS = {
    **dict.fromkeys((1, 2, 3), "PositionReport"), 4: "BaseStationReport", 11: "BaseStationReport",
    5: "ShipStaticData", 8: "BinaryBroadcastMessage", 9: "StandardSearchAndRescueAircraftReport",
    18: "StandardClassBPositionReport", 19: "ExtendedClassBPositionReport", 21: "AidsToNavigationReport",
    24: "StaticDataReport", 27: "LongRangeAisBroadcastMessage",
}  # fmt: skip


def aisstream(sentences: list[bytes]) -> dict[str, Any] | None:
    """A message as aisstream writes it, by its published models, from pyais's decode."""
    said = pyais.decode(*sentences, error_if_checksum_invalid=True).asdict(enum_as_int=True)
    kind = KINDS.get(said["msg_type"])
    if kind is None:
        return None
    body: dict[str, Any] = {theirs: said[ours] for ours, theirs in NAMES.items() if said.get(ours) is not None}
    body["Valid"] = True
    if "RateOfTurn" in body:  # as sent
        body["RateOfTurn"] = turn_sent(sentences)
    for name in ("Longitude", "Latitude"):  # to the last digit, as it has them
        if name in body:
            body[name] = round(body[name] * 600_000) / 600_000 if said["msg_type"] != 27 else body[name]
    sides = {side: said.get(f"to_{name}", 0) for side, name in zip("ABCD", ("bow", "stern", "port", "starboard"))}  # noqa: B905
    if said["msg_type"] == 24:
        part_a = said["partno"] == 0
        body["ReportA"] = {"Valid": part_a, "Name": body.pop("Name", "")}
        body["ReportB"] = {"Valid": not part_a, "CallSign": body.pop("CallSign", ""), "Dimension": sides,
                           "ShipType": body.pop("Type", 0)}  # fmt: skip
    elif "to_bow" in said:
        body["Dimension"] = sides
    if said["msg_type"] == 5:
        body["Eta"] = {name.title(): said[name] for name in ("month", "day", "hour", "minute")}
    if said["msg_type"] in (4, 11):
        for name in ("year", "month", "day", "hour", "minute", "second"):
            body[f"Utc{name.title()}"] = said[name]
        body.pop("Timestamp", None)
    meta = {"MMSI": said["mmsi"], "MMSI_String": said["mmsi"], "ShipName": "", "latitude": 0, "longitude": 0}
    meta["time_utc"] = "2022-12-29 18:22:32.318353 +0000 UTC"
    return {"MessageType": kind, "MetaData": meta, "Message": {kind: body}}


def turn_sent(sentences: list[bytes]) -> int:
    payload = sentences[0].split(b",")[5]
    bits = "".join(f"{(char - 48 if char < 88 else char - 56):06b}" for char in payload)[42:50]
    return int(bits, 2) - 256 * (bits[0] == "1")


def test_aisstream_gives_what_the_sentences_give(tmp_path: Path) -> None:
    lines: list[str | bytes] = []
    bare: list[str | bytes] = []
    waiting: list[bytes] = []
    for line in (NMEA / "GFW_ais-listener_tagblock_first2000.txt").read_bytes().split():
        one = line.rsplit(b"\\", 1)[-1]
        total, number = one.split(b",")[1:3]
        waiting = [*waiting, one] if number != b"1" and waiting else [one]
        if number == total and len(waiting) == int(total):
            with contextlib.suppress(pyais.exceptions.AISBaseException):
                made = aisstream(waiting)
                if made is not None:
                    lines.append(json.dumps(made))
                    bare += waiting
            waiting = []
    kinds = Counter(next(iter(json.loads(line)["Message"])) for line in lines)
    assert len(lines) > 1500
    assert set(kinds) >= {"PositionReport", "ShipStaticData", "StandardClassBPositionReport", "BaseStationReport"}
    blocks, _ = read(written(tmp_path, lines), start=None)
    by_pyais = {"ship_type"}  # which it rounds to those that it has words for
    ours, theirs = sent(blocks, by_pyais), sent(read(written(tmp_path, bare, "b.nmea"), NmeaReading)[0], by_pyais)
    assert [one.rejects for one in blocks] == [[]]
    for name in theirs:
        assert ours[name] == theirs[name], name
    assert {row["t"] for row in blocks[0].tables["positions"][0].to_pylist()} == {
        datetime(2022, 12, 29, 18, 22, 32, 318353)  # noqa: DTZ001
    }


CATCHER = {"class": "AIS", "type": 1, "mmsi": 440123456, "lon": 125.0, "lat": 38.5, "speed": 1.0, "scaled": True}
T = datetime(2022, 7, 29, 19, 15, 2)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("fields", "t"),
    [
        ({"rxtime": "20220729191502"}, T),
        ({"rxtime": 20220729191502}, T),
        ({"rxuxtime": 1659122102, "rxtime": "19990101000000"}, T),
        ({"rxuxtime": 1659122102.25}, T.replace(microsecond=250_000)),
        ({"toa": 1659122102.5}, T.replace(microsecond=500_000)),
        ({"rxuxtime": 1659122102250}, T.replace(microsecond=250_000)),
        ({"timestamp": "2022-07-29T19:15:02Z"}, T),
        ({"timestamp": "2022-07-29T19:15:02.125+00:00"}, T.replace(microsecond=125_000)),
        ({"timestamp": "2022-07-30 04:15:02 +0900"}, T),
        ({"timestamp": "2022-07-29 14:45:02-04:30"}, T),
        ({"timestamp": "2022-07-29 19:15:02"}, T),
    ],
)
def test_receive_times(tmp_path: Path, fields: dict[str, Any], t: datetime) -> None:
    (row,) = taken_rows(written(tmp_path, [json.dumps(CATCHER | fields)]), "positions")
    assert row["t"] == t


@pytest.mark.parametrize(
    ("text", "t"),
    [
        ("2022-12-29 18:22:32.318353 +0000 UTC", datetime(2022, 12, 29, 18, 22, 32, 318353)),  # noqa: DTZ001
        ("2023-10-22 22:47:36.94034384 +0000 UTC", datetime(2023, 10, 22, 22, 47, 36, 940343)),  # noqa: DTZ001
        ("2026-10-03 08:44:00 +0000 UTC", datetime(2026, 10, 3, 8, 44)),  # noqa: DTZ001
        ("2026-04-12T10:00:00Z", datetime(2026, 4, 12, 10)),  # noqa: DTZ001
    ],
)
def test_times_of_aisstream(text: str, t: datetime) -> None:
    made = jsonobjects.Object(MetaData={"time_utc": text})
    assert jsonobjects.time_of(made) == round(t.replace(tzinfo=UTC).timestamp() * 1e6)


def test_without_receive_times_the_seconds_lead_from_the_start_time(tmp_path: Path) -> None:
    bare = {key: CATCHER[key] for key in CATCHER}
    path = written(tmp_path, [json.dumps(bare | {"second": second}) for second in (59, 2, 63, 30)])
    with pytest.raises(InputError, match=r"no message of a.json says when it was received; give --start-time"):
        read(path, start=None)
    blocks, _ = read(path)
    start = datetime.fromtimestamp(START_US / 1e6, UTC).replace(tzinfo=None)
    got = [(row["t"] - start).total_seconds() for row in blocks[0].tables["positions"][0].to_pylist()]
    assert got == [9, 12, 12, 40]
    assert blocks[-1].clocks == {"UTC second": 3, "start time": 1}


def good(i: int = 0, **fields: Any) -> str:
    return json.dumps(CATCHER | {"rxuxtime": T0 + i, "mmsi": 440_000_000 + i} | fields)


LONG = "1" * 70_000
BAD = {
    '{"class":"AIS"': "not JSON",
    "Dear Sir": "not JSON",
    '{"class":"AIS","lon":NaN}': "not JSON",
    '{"class":"AIS","lon":Infinity}': "not JSON",
    '{"class":"AIS","x":1}{"class":"TPV"}': "not JSON",
    "5": "not understood",
    '"text"': "not understood",
    "{}": "not understood",
    '[{"class":"AIS"},5]': "not understood",
    '{"class":"AIS","lon":1e999}': "not understood",
    '{"class":"AIS","mmsi":' + "9" * 5000 + "}": "not understood",
    '{"x":' * 5000 + "1" + "}" * 5000: "not understood",
    "[" * 60_000: "not understood",
    f'{{"class":"AIS","x":"{LONG}"}}': "too long",
    '{"class":"AIS","mmsi":1}': "unknown message type",
    good(type=28): "unknown message type",
    good(type="1"): "unknown message type",
    good(type=True): "unknown message type",
    good(mmsi=-1): "ship number",
    good(mmsi=2**30): "ship number",
    good(mmsi="440000001"): "ship number",
    good(mmsi=1.5): "ship number",
    good(rxuxtime=None): "no time",
    good(rxuxtime="soon"): "time",
    good(rxuxtime=True): "time",
    good(rxuxtime=None, rxtime="yesterday"): "time",
    good(rxuxtime=None, rxtime="20221301000000"): "time",
    good(rxuxtime=4_000_000_000): "clock",
    good(rxuxtime=0): "clock",
    good(type=24): "not understood",
    good(nmea=["$GPGGA,1*00"]): "not understood",
    good(nmea=[5]): "not understood",
    good(nmea=["!AIVDM,1,1,,A,13`e;R001`PNcD2MH48KQq>P0@;5,0*00"]): "checksum",
    good(nmea=["!AIVDM,2,1,1,A,13`e;R001`PNcD2MH48KQq>P0@;5,0*00"]): "checksum",
    good(nmea=["!AIVDM,1,1,,A,13`e;R0,0*" + checksum("AIVDM,1,1,,A,13`e;R0,0")]): "wrong length",
    good(nmea=[said(None, msg_type=5, shipname="X")[0]]): "orphan part",
    '{"MessageType":"PositionReport","MetaData":{"time_utc":"2022-12-29 18:22:32 +0000 UTC"},'
    '"Message":{"PositionReport":{"MessageID":1,"UserID":5,"Valid":false}}}': "not valid",
}
OTHER = [
    "",
    " \t",
    "[",
    "],",
    '{"class":"VERSION","release":"3.25","proto_major":3}',
    '{"class":"TPV","mode":3,"time":"2020-04-07T21:39:50.000Z","lat":52.8,"lon":5.7}',
    '{"class":"SKY","satellites":[{"PRN":1,"used":true}]}',
    '{"error":"Api Key Is Not Valid"}',
    '{"MessageType":"SubscriptionConfirmation","Message":{"CompressionEnabled":true}}',
    "[]",
]


def test_every_line_is_kept_other_or_rejected_with_its_reason(tmp_path: Path, store: Store, take: Take) -> None:
    lines: list[str | bytes] = [good(1), *BAD, *OTHER, b'{"class":"AIS","type":"\xff"}', b"\0\0", good(2)]
    path = written(tmp_path, lines)
    want = [(i, why) for i, why in enumerate(BAD.values(), 2)]
    last = len(lines) - 2
    assert rejects(path) == [*want, (last, "not UTF-8"), (last + 1, "not JSON")]
    report = take(path)
    law(report)
    assert (report.lines, report.stored, report.other) == (len(lines), 2, len(OTHER))
    assert rows(store, "SELECT format FROM inputs") == [("json",)]
    assert rows(store, "SELECT max(octet_length(raw)) FROM rejects") == [(200,)]


def test_arrays_and_wrappers(tmp_path: Path, take: Take) -> None:
    wrapped = {"protocol": "jsonaiscatcher", "stationid": "s1", "msgs": [json.loads(good(5)), json.loads(good(6))]}
    lines: list[str | bytes] = [
        b"\xef\xbb\xbf[",
        f"  {good(1)},",
        f"{good(2)}\r",
        "]",
        f"[{good(3)},{good(4)}]",
        json.dumps(wrapped),
        f"[{good(7)},{good(8, mmsi=-1)}]",
        f'[{{"class":"TPV"}},{good(9)}]',
    ]
    path = written(tmp_path, lines)
    got = [(row["mmsi"] % 100, row["line"], row["station"]) for row in taken_rows(path, "positions")]
    assert got == [(1, 2, None), (2, 3, None), (3, 5, None), (4, 5, None), (5, 6, "s1"), (6, 6, "s1"), (9, 8, None)]
    assert rejects(path) == [(7, "ship number")]
    report = take(path)  # arrays count as so many lines as they give messages
    assert (report.lines, report.stored, report.other) == (10, 7, 2)


def test_both_parts_of_type_24_in_one_object_are_one_message(tmp_path: Path, take: Take) -> None:
    path = written(tmp_path, [good(1, type=24, shipname="X", callsign="Y1", shiptype=60, to_bow=3), good(2)])
    assert [(row["name"], row["callsign"]) for row in taken_rows(path, "identities")] == [("X", None), (None, "Y1")]
    assert len(taken_rows(path, "heard")) == 1
    assert take(path).stored == 2


def test_sentinels_and_impossible_values_end_as_they_do_in_sentences(tmp_path: Path) -> None:
    none = {"speed": 102.3, "course": 360.0, "heading": 511, "turn": "nan", "status": 15}
    odd = {"speed": "x", "course": -1, "heading": 400, "turn": [1], "status": 99, "second": -5, "accuracy": {}}
    words = {"speed": "fast", "turn": "fastleft"}
    unscaled = {"scaled": False, "speed": 1023, "course": 3600, "turn": -128, "lon": 75_000_000, "lat": 23_100_000}
    lines: list[str | bytes] = [good(1, **none), good(2, **odd), good(3, **words), good(4, **unscaled)]
    lines += [good(5, lon=181, lat=91), good(6, lon=180), good(7, lon="125.5"), good(8, lat=None)]
    path = written(tmp_path, lines)
    got = {row["mmsi"] % 100: row for row in taken_rows(path, "positions")}
    assert sorted(got) == [1, 2, 3, 4, 6, 7]
    for i in (1, 2, 4):
        assert [got[i][name] for name in ("sog_kn", "cog_deg", "heading_deg", "rot", "nav_status")] == [None] * (
            4 if i == 4 else 5
        ) + [got[i]["nav_status"]] * (i == 4)
    assert (round(got[3]["sog_kn"], 1), got[3]["rot"]) == (102.2, -127)
    assert (got[4]["lon"], got[4]["lat"], got[6]["lon"], got[7]["lon"]) == (125.0, 38.5, -180.0, 125.5)
    assert [row["mmsi"] % 100 for row in taken_rows(path, "heard")] == [5, 8]


def test_text_is_what_the_six_bit_code_can_say(tmp_path: Path) -> None:
    line = good(1, type=5, shipname="Óle @x", callsign="ABC1234XX", destination="  KR PUS>JP TYO?!  ", draught=12.2)
    (row,) = taken_rows(written(tmp_path, [line]), "identities")
    assert (row["name"], row["callsign"], row["destination"]) == ("?LE", "ABC1234", "  KR PUS>JP TYO?!")


def test_reading_goes_on_after_any_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"BLOCK_BYTES": 2000, "HEAD_BYTES": 300, "MAX_LINE": 1500}.items():
        monkeypatch.setattr(f"ais.source.{name}", size)
    monkeypatch.setattr("ais.jsonlines.MAX_LINE", 1500)
    lines: list[str | bytes] = []
    for i in range(24):
        lines += [good(i), '{"class":"TPV"}', "x", good(i, rxuxtime=None, second=i % 60), "y" * (i * 150)]
    path = written(tmp_path, lines)
    whole, reading = read(path)
    assert len(whole) > 10
    assert b"".join(one.raw for one in whole) == path.read_bytes()
    assert reading.lines == len(lines)
    for one in whole:
        assert path.read_bytes()[: one.end - len(one.raw)].count(b"\n") + 1 == one.first_line
    for i, one in enumerate(whole):
        with Source(path) as source:
            rest = list(JsonReading(source, BELIEVABLE, START_US, 1, json.loads(json.dumps(one.state))).blocks())
        assert rest == whole[i + 1 :]


@pytest.mark.parametrize(
    ("head", "form"),
    [
        ('{"class":"AIS","nmea":["!AIVDM,1,1,,A,x,0*00"]}\n', "json"),
        ('\ufeff\n [ {"mmsi":1}', "json"),
        ('[\n{"MessageType":"PositionReport"}', "json"),
        ('{"class":"VERSION"}\n{"class":"TPV"}', "json"),
        ('$GPGSA,A,3*00\n{"class":"TPV"}\n!AIVDM,1,1,,A,x,0*00', "nmea"),
    ],
)
def test_json_is_known_by_its_content(head: str, form: str) -> None:
    assert format_of(head.encode(), "a", {}) == form


def test_other_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match=r"a.json is JSON without AIS messages"):
        format_of(b'{"type":"FeatureCollection","features":[]}', "a.json", {})
    with pytest.raises(InputError, match=r"a.json holds no AIS message, one JSON object a line"):
        read(written(tmp_path, ['{"class":"TPV"}', "{", '"class": "AIS"', "}"]))


def test_checksums_and_texts_of_any_length() -> None:
    chance = random.Random(3)
    for size in (0, 1, 63, 64, 65, 100, 5000, 65_000):
        body = chance.randbytes(size)
        want = 0
        for byte in body:
            want ^= byte
        assert jsonbits.checksum(body) == want


def test_any_bytes_keep_the_law_or_are_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    leaf = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
    value = st.recursive(leaf, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(max_size=3), inner)))
    names = ["type", "mmsi", "lon", "lat", "speed", "turn", "nmea", "rxuxtime", "timestamp", "eta", "Message", "msgs"]
    names += ["MessageType", "MetaData", "channel", "shipname", "scaled", "class", "year", "to_bow"]
    fields = st.dictionaries(st.sampled_from(names), st.one_of(value, st.integers(0, 40)))

    def cut(data: bytes, chance: random.Random) -> bytes:
        out = bytearray(data)
        for _ in range(chance.choice([0, 0, 1, 3])):
            out[chance.randrange(len(out))] = chance.randrange(256)
        return bytes(out)

    with Store.open(folder / "case.duckdb") as store:
        take = taker(store, folder)
        stored = 0

        @settings(max_examples=40)
        @given(
            st.lists(st.tuples(fields, st.sampled_from([1, 3, 4, 5, 8, 9, 11, 18, 19, 21, 24, 27])), max_size=6),
            st.randoms(use_true_random=False),
        )
        def check(made: list[tuple[dict[str, Any], int]], chance: random.Random) -> None:
            nonlocal stored
            texts = [json.dumps(json.loads(good(i, type=kind)) | odd) for i, (odd, kind) in enumerate(made)]
            lines = [cut(text.encode(), chance) for text in [good(99), *texts]]
            with contextlib.suppress(InputError):
                stored += take(b"\n".join(lines), "any.json", format="json").stored

        check()
        assert stored > 0
