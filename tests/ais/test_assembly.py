"""Parts of messages: which belong together, which may be strangers', and what a broken-off reading still holds."""

import json
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from ais.assembly import MAX_APART_US, MAX_LINES, MAX_WAITING, Assembler, Part
from ais.nmea import NmeaReading
from ais.reference import ReferenceReading
from tests.ais.mutations import Bytes, outcome
from tests.ais.sentences import T0, checksum, said, sentence

STATIC: dict[str, Any] = {"msg_type": 5, "destination": "NAMPO", "imo": 8660313}
Read = Callable[..., Any]


@pytest.fixture(params=[NmeaReading, ReferenceReading])
def read(request: pytest.FixtureRequest) -> Read:
    """What either decoder makes of lines, in blocks of so many."""

    def read(lines: list[str], each: int = 10**9) -> Any:
        data = [f"{line}\n".encode("latin-1") for line in lines]
        ends = [sum(map(len, data[: i + 1])) for i in range(len(data))]
        return outcome(request.param, Bytes(b"".join(data), ends[each - 1 :: each]))

    return read


def names(found: Any) -> list[tuple[int, str]]:
    return sorted((row["mmsi"], row["name"]) for row in found.get("identities", []))


def reasons(found: Any) -> list[tuple[int, str]]:
    return [(line, why) for line, why, _ in found["rejects"]]


def ship(mmsi: int, name: str, t: float | None = T0, **more: Any) -> list[str]:
    return said(t, mmsi=mmsi, shipname=name, **(STATIC | more))


def tagged(line: str, tag: str) -> str:
    return f"\\{tag}*{checksum(tag)}\\{line.rpartition(chr(92))[2]}"


@pytest.mark.parametrize(
    ("tag_a", "tag_b"),
    [
        ("s:a", "s:b"),
        ("g:{n}-2-11,s:a", "g:{n}-2-12,s:a"),
        ("g:{n}-2-11", "g:{n}-2-12"),
        ("s:a", "g:{n}-2-12,s:b"),
    ],
)
def test_receivers_and_groups_tell_messages_apart_in_any_order(read: Read, tag_a: str, tag_b: str) -> None:
    def lines(mmsi: int, name: str, tag: str) -> list[str]:
        both = enumerate(ship(mmsi, name), 1)
        return [tagged(line, f"{tag.format(n=number)},c:{T0}") for number, line in both]

    four = [*lines(440000001, "ALPHA", tag_a), *lines(440000002, "BRAVO", tag_b)]
    for order in permutations(four):
        for each in (1, 3, 9):
            found = read(list(order), each)
            assert names(found) == [(440000001, "ALPHA"), (440000002, "BRAVO")], order
            assert reasons(found) == []


def test_own_ship_is_no_other(read: Read) -> None:
    first, second = ship(440000001, "ALPHA")
    own = sentence(second.rpartition("!")[2].split("*")[0].replace("AIVDM", "AIVDO"), f"c:{T0}")
    assert reasons(read([first, own])) == [(1, "orphan part"), (2, "orphan part")]


def test_a_nameless_part_goes_to_the_line_above_or_where_no_other_could_take_it(read: Read) -> None:
    first, second = ship(440000001, "ALPHA", station="a")
    other = ship(440000002, "BRAVO", station="b")[0]
    bare = second.rpartition("\\")[2]
    assert names(read([other, first, bare])) == [(440000001, "ALPHA")]
    assert names(read([first, "# later", "", bare])) == [(440000001, "ALPHA")]
    # With two that wait for it, it may be a stranger's.
    found = read([other, first, "# later", bare])
    assert names(found) == []
    assert reasons(found) == [(1, "orphan part"), (2, "orphan part"), (4, "orphan part")]


def test_the_latest_that_waits_is_the_one(read: Read) -> None:
    first, second = ship(440000001, "ALPHA")
    lost = ship(440000002, "BRAVO", T0 - 5)[0]
    found = read([lost, "$GPZDA,1*00", first, second])
    assert names(found) == [(440000001, "ALPHA")]
    assert reasons(found) == [(1, "orphan part")]


@pytest.mark.parametrize(("later_s", "joined"), [(30, True), (31, False), (-30, True), (-31, False)])
def test_thirty_seconds_are_the_bound(read: Read, later_s: int, joined: bool) -> None:
    first = ship(440000001, "ALPHA")[0]
    second = ship(440000001, "ALPHA", T0 + later_s)[1]
    for lines in ([first, second], [first, "# note", second], [second, first]):
        found = read(lines)
        assert bool(names(found)) == joined
        assert [row["t"].timestamp() for row in found.get("heard", [])] in ([], [T0 + min(0, later_s)])


@pytest.mark.parametrize(("between", "joined"), [(MAX_LINES - 1, True), (MAX_LINES, False)])
def test_so_many_lines_are_the_bound(read: Read, between: int, joined: bool) -> None:
    first, second = ship(440000001, "ALPHA")
    assert bool(names(read([first, *[""] * between, second], 500))) == joined


def test_messages_of_three_and_nine_parts(read: Read) -> None:
    payload = "5" + "5" * 70
    for total in (2, 3, 9):
        size = -(-len(payload) // total)
        pieces = [payload[i : i + size] for i in range(0, len(payload), size)]
        lines = [
            sentence(f"AIVDM,{len(pieces)},{number},4,B,{piece},{2 if number == len(pieces) else 0}", f"c:{T0}")
            for number, piece in enumerate(pieces, 1)
        ]
        whole = read([sentence(f"AIVDM,1,1,,B,{payload},2", f"c:{T0}")])
        for some in (lines, lines[::-1], [lines[0], "# x", *lines[1:]]):
            found = read(some, 2)
            assert [row | {"line": 1} for row in found["identities"]] == whole["identities"]
            least = min(number for number, line in enumerate(some, 1) if line != "# x")
            further = [number for number, line in enumerate(some, 1) if line != "# x" and number != least]
            assert found["parts"] == [(number, least) for number in further]


def test_what_waits_is_bounded_and_survives_json() -> None:
    def part(line: int, number: int = 1, t: int | None = T0 * 1_000_000) -> Part:
        return Part(
            line, number, 2, False, 0, 65, b"5", 0, t, 0, f"s{line % 7}", b"\xff" if line % 2 else None, b"\xfe"
        )

    assembler = Assembler()
    for line in range(MAX_WAITING + 20):
        assert assembler.add(part(line)) == []
    # One is the open run, one more than the bound has waited in between.
    assert [orphan.line for orphan in assembler.orphans] == list(range(19))
    again = Assembler.of(json.loads(json.dumps(assembler.state())))
    assert again.state() == assembler.state()
    joined = part(MAX_WAITING + 12)._replace(number=2)
    for one in (assembler, again):
        done = [message.lines for message in one.add(joined._replace(line=MAX_WAITING + 30))]
        assert done == [[MAX_WAITING + 12, MAX_WAITING + 30]]
    far = part(MAX_WAITING + 31, 2, T0 * 1_000_000 + MAX_APART_US + 1)
    assert again.add(far) == []
