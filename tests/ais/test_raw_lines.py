"""The raw lines: kept to the byte, found by their number, left out when asked."""

from __future__ import annotations

import pytest

from ais import sentences
from ais.source import MAX_LINE
from ais.store import Store
from tests.ais.sentences import NMEA, T0, Take, fix, rows

GFW = NMEA / "GFW_ais-listener_tagblock_first2000.txt"


def rebuilt(store: Store, input_id: int = 1) -> bytes:
    with store.reader() as reader:
        return b"".join(raw for _, raw in sentences.blocks(reader, input_id))


def test_they_are_the_input_to_the_byte(store: Store, take: Take) -> None:
    take(GFW)
    assert rebuilt(store) == GFW.read_bytes()
    assert rows(store, "SELECT plain_sha256 = sha256 FROM inputs") == [(True,)]


def test_a_line_is_found_by_its_number(store: Store, take: Take) -> None:
    take(GFW)
    there = GFW.read_bytes().split(b"\n")
    with store.reader() as reader:
        found = sentences.lines(reader, 1, [1, 2, 1999, 2000, 2001, 0])
    assert found == {number: there[number - 1].rstrip(b"\r") for number in (1, 2, 1999, 2000)}


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_odd_bytes_too(store: Store, take: Take, end: bytes) -> None:
    data = fix().encode() + b"\n\n\0\xff\n" + b"x" * (3 * MAX_LINE) + b"\n" + fix(T0 + 60).encode() + end
    assert take(data).stored == 2
    assert rebuilt(store) == data
    with store.reader() as reader:
        found = sentences.lines(reader, 1, range(1, 9))
    assert list(found) == [1, 2, 3, 4, 5]
    assert found[4] == b"x" * (3 * MAX_LINE)
    assert found[5].decode() == fix(T0 + 60)


def test_blocks_that_begin_inside_a_line(store: Store, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ais.source.BLOCK_BYTES", MAX_LINE + 100)
    data = b"".join((fix().encode(), b"\n", b"y" * (5 * MAX_LINE), b"\n", fix(T0 + 60).encode(), b"\n"))
    take(data)
    assert rows(store, "SELECT count(*) > 3 FROM sentences") == [(True,)]
    assert rebuilt(store) == data
    with store.reader() as reader:
        found = sentences.lines(reader, 1, [1, 2, 3])
    assert [len(found[number]) for number in (1, 2, 3)] == [len(fix()), 5 * MAX_LINE, len(fix(T0 + 60))]


def test_they_can_be_left_out(store: Store, take: Take) -> None:
    take(GFW, raw=False)
    assert rebuilt(store) == b""
    assert rows(store, "SELECT plain_sha256 FROM inputs") == [(None,)]


def test_damage_is_named(store: Store, take: Take) -> None:
    take(GFW)
    raw = rows(store, "SELECT data FROM sentences")[0][0]
    store.con.execute("UPDATE sentences SET data = ?", [raw[:-500]])
    with pytest.raises(ValueError, match="from line 1 on are damaged"):
        rebuilt(store)
