"""Sources, lines, stamps and the spool, each alone."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ais.feeds import lines as feed_lines
from ais.feeds.address import Address
from ais.feeds.lines import Splitter, Stamp
from ais.feeds.recorded import Pace
from ais.feeds.spool import Spool, day_of
from ais.framing import Sentence, read_line
from ais.source import InputError
from tests.ais.sentences import said, sentence

T_US = 1_709_600_000_123_456
BARE = said(None, mmsi=440000001, lon=124.0, lat=38.0)[0].encode()


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("-", "stdin", "stdin"),
        ("udp://127.0.0.1:10110", "udp", "udp-127.0.0.1-10110"),
        ("tcp://feed.example:5631", "tcp", "tcp-feed.example-5631"),
        ("tcp-listen://[::1]:4000", "tcp-listen", "tcp-listen--1-4000"),
        ("mqtt://me:pw@127.0.0.1/ais/#", "mqtt", "mqtt-127.0.0.1-1883-ais"),
        ("kafka://127.0.0.1/ais?group=g", "kafka", "kafka-127.0.0.1-9092-ais"),
        ("gpsd://127.0.0.1", "gpsd", "gpsd-127.0.0.1-2947"),
        ("ws://127.0.0.1:80/ais/raw.ws", "ws", "ws-127.0.0.1-80-ais-raw.ws"),
        ("aisstream+wss://stream.example/v0/stream", "aisstream+wss", "aisstream+wss-stream.example-443-v0-stream"),
    ],
)
def test_what_a_source_is(text: str, kind: str, name: str) -> None:
    found = Address.of(text)
    assert (found.kind, found.name, found.live) == (kind, name, True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://a:1", "no source that is known"),
        ("day.nmea", "no source that is known"),
        ("udp://:10110", "lacks a host or a port"),
        ("tcp://host", "lacks a host or a port"),
        ("tcp://host:99999", "no number from 1 to 65535"),
        ("udp://host:1?speed=2", "an option speed that its kind does not know"),
        ("kafka://127.0.0.1", "lacks a topic"),
        ("mqtt://127.0.0.1:1883", "lacks a topic"),
        ("file:nowhere.nmea", "there is no file nowhere.nmea"),
    ],
)
def test_what_is_no_source(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        Address.of(text)


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan", "inf"])
def test_a_speed_is_a_number_over_0(tmp_path: Path, speed: str) -> None:
    (tmp_path / "a b.nmea").write_text("")
    with pytest.raises(InputError, match="no number over 0"):
        Address.of(f"file:{tmp_path}/a b.nmea?speed={speed}")
    assert Address.of(f"file:{tmp_path}/a b.nmea?speed=60").name == "file-a-b.nmea"


@given(st.lists(st.sampled_from([b"!AIVDM", b"\n", b"\r\n", b"", b"\0x"])), st.data())
def test_lines_do_not_hang_on_how_bytes_come(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    splitter, found = Splitter(), []
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        found += splitter.lines(whole[start:end])
    found += splitter.end()
    *ended, last = whole.split(b"\n")
    assert found == [one.rstrip(b"\r") for one in ended] + ([last.rstrip(b"\r")] if last.rstrip(b"\r") else [])


def test_a_line_without_an_end_takes_no_more_memory_than_one() -> None:
    splitter, got = Splitter(), 0
    for _ in range(1_000):
        got += sum(map(len, splitter.lines(b"x" * 1_000)))
        assert len(splitter._rest) <= feed_lines.MOST_BYTES
    assert got + len(splitter.end()[0]) == 1_000_000


def test_a_bare_sentence_gets_time_and_source() -> None:
    stamp = Stamp("10.1.2.3")
    found = read_line(stamp.stamped(b"log: " + BARE, T_US))
    assert isinstance(found, Sentence)
    assert (found.tag.t, found.tag.station) == (T_US, "10.1.2.3")


@pytest.mark.parametrize(
    "line",
    [
        sentence(BARE.decode().split("!")[1].split("*")[0], "s:a,c:1709600000").encode(),
        BARE + b",rOWN,1709600000",
        rb"\g:2-2-7218*51\!AIVDM,2,2,9,,lljFDjp88888880,2*26",
        b"$GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*76",
        b"$PGHP,1,2012,1,31,5,7,2,151,316,2,316000002,1AIS_S,51*77",
        BARE[:-1] + b"Z",
        b"",
        b"\0\\!*",
    ],
)
def test_what_says_its_own_time_or_none_is_kept_as_it_is(line: bytes) -> None:
    assert Stamp("here").stamped(line, T_US) == line


def test_what_a_sentence_says_itself_goes_before() -> None:
    body = BARE.decode().split("!")[1].split("*")[0]
    timed = read_line(Stamp("here").stamped(sentence(body, "c:1709600000").encode(), T_US))
    placed = read_line(Stamp("here").stamped(sentence(body, "s:there").encode(), T_US))
    assert isinstance(timed, Sentence)
    assert isinstance(placed, Sentence)
    assert (timed.tag.t, timed.tag.station) == (1_709_600_000_000_000, "here")
    assert (placed.tag.t, placed.tag.station) == (T_US, "there")


def test_a_wrapped_sentence_keeps_its_wrappers_time() -> None:
    stamp = Stamp("here")
    stamp.stamped(b"$PGHP,1,2012,1,31,5,7,2,151,316,2,316000002,1AIS_S,51*77", T_US)
    first, second = (read_line(stamp.stamped(BARE, T_US)) for _ in range(2))
    assert isinstance(first, Sentence)
    assert isinstance(second, Sentence)
    assert (first.tag.t, second.tag.t) == (None, T_US)


@given(st.binary(max_size=80), st.text(max_size=60))
def test_any_line_and_source_can_be_stamped(line: bytes, source: str) -> None:
    found = Stamp(source).stamped(line.replace(b"\n", b""), T_US)
    assert b"\n" not in found
    assert read_line(Stamp(source).stamped(BARE, T_US)) is not None


def test_a_recording_at_twice_its_pace() -> None:
    pace = Pace(2.0)
    line = BARE + b",rOWN,%d"
    assert pace.wait_s(line % 1_709_600_000, 50.0) == 0
    assert pace.wait_s(b"# no time", 50.0) == 0
    assert pace.wait_s(line % 1_709_600_060, 60.0) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        (b'{"class":"AIS","type":1,"mmsi":1}', ["rxuxtime", "station_id"]),
        (b' {"class":"AIS","type":1,"mmsi":1,"rxtime":"20240305010203"}', ["station_id"]),
        (b'{"class":"AIS","type":1,"mmsi":1,"rxuxtime":1709600000,"station_id":7}', []),
        (b'{"MessageType":"PositionReport","MetaData":{"time_utc":"2024-03-05 01:02:03.5 +0000 UTC"}}', ["station_id"]),
        (b'{"class":"TPV","device":"/dev/x"}', []),
        (b'{"msgs":[{"class":"AIS","type":1,"mmsi":1}]}', []),
        (b"[{}]", []),
        (b"{}", []),
        (b'{"class":', []),
        (b"{" * 5_000, []),
        (b'{"type":1\xff}', []),
    ],
)
def test_an_object_gets_what_it_does_not_say(line: bytes, keys: list[str]) -> None:
    found = Stamp("10.1.2.3").stamped(line, T_US)
    if not keys:
        assert found == line
        return
    before, after = json.loads(line), json.loads(found)
    assert sorted(after.keys() - before.keys()) == keys
    assert {**before, **after} == after
    assert after.get("rxuxtime", 1_709_600_000.123456) == 1_709_600_000.123456


def test_json_and_sentences_of_a_day_have_a_file_each(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "udp")
    for line in (b'{"a":1}', BARE, b"  [", b"]"):
        spool.append(line, T_US)
    spool.flush()
    assert [path.read_bytes() for path in spool.files()] == [b'{"a":1}\n  [\n]\n', BARE + b"\n"]
    assert [path.suffix for path in spool.files()] == [".json", ".nmea"]


def test_a_spool_has_a_file_for_each_day(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "udp")
    day = 86_400_000_000
    for k in range(4):
        spool.append(b"line %d" % k, T_US + k // 2 * day)
    assert spool.waiting_bytes == 4 * 7
    assert spool.flush()
    assert not spool.flush()
    assert [path.read_bytes() for path in spool.files()] == [b"line 0\nline 1\n", b"line 2\nline 3\n"]
    assert [path.stem for path in spool.files()] == [day_of(T_US), day_of(T_US + day)]
    assert spool.flushed(spool.files()[1]) == 14


def test_a_line_that_a_kill_cut_off_is_ended(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "udp")
    spool.append(b"whole", T_US)
    spool.flush()
    spool.close()
    (path,) = spool.files()
    path.write_bytes(path.read_bytes() + b"half")
    again = Spool(tmp_path, "udp")
    assert again.flushed(path) == len(b"whole\nhalf\n")
    again.append(b"next", T_US)
    again.flush()
    assert path.read_bytes() == b"whole\nhalf\nnext\n"


def test_what_finds_no_room_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool, write, left = Spool(tmp_path, "udp"), os.write, [12]

    def full(file: int, data: memoryview) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = write(file, data[: left[0]])
        left[0] -= done
        return done

    monkeypatch.setattr(os, "write", full)
    for k in range(3):
        spool.append(b"line %d" % k, T_US)
    done: list[int] = []
    spool.then(lambda: done.append(3))
    with pytest.raises(OSError, match="No space"):
        spool.flush()
    (path,) = spool.files()
    assert path.read_bytes() == b""  # all of it or nothing
    assert spool.waiting_bytes == 21
    assert not done
    left[0] = 1_000
    spool.append(b"line 3", T_US)
    assert spool.flush()
    assert path.read_bytes() == b"line 0\nline 1\nline 2\nline 3\n"
    assert done == [3]
