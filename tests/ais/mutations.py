"""Sentences of every kind, true and damaged, from a seed; and what a reading makes of bytes, to compare two of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from ais.clock import Believable
from ais.nmea import NmeaReading
from ais.source import Block, InputError
from tests.ais.sentences import T0, sentence

BELIEVABLE = Believable.on(datetime(2026, 6, 1, tzinfo=UTC))
ALPHABET = "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW`abcdefghijklmnopqrstuvw"
LENGTHS = {
    **dict.fromkeys((1, 2, 3, 4, 9, 11, 18), (168, 168, 168, 163, 162, 173, 174, 149)),
    **{5: (424, 424, 420, 421, 422, 419, 426, 430), 19: (312, 312, 311, 317, 318), 21: (272, 360, 271, 373, 374)},
    **{24: (160, 168, 168, 159, 162, 173, 174, 39, 40), 27: (96, 168, 95, 101, 102)},
}
SOME = b"!\\*,:-$#\r\n\0 0159AZaz~\xff"


class Bytes:
    """An input that is only bytes, cut into blocks of whole lines at given places."""

    name = "bytes"

    def __init__(self, data: bytes, cuts: Sequence[int] = ()) -> None:
        ends = {data.rfind(b"\n", 0, cut) + 1 for cut in cuts} | {len(data)}
        self.ends = sorted(ends - {0})
        self.data = data

    def blocks(self, start: int = 0) -> Iterator[Block]:
        at = 0
        for end in self.ends:
            if at >= start:
                yield Block(self.data[at:end], self.data[at:end], end)
            at = end


def outcome(
    reading: Callable[..., NmeaReading], source: Bytes, start: int | None = None, stop_after: int | None = None
) -> dict[str, Any]:
    """All that a reading gives; with `stop_after`, it is broken off after so many blocks and another goes on."""
    takens, failed, state = [], None, None
    if stop_after is not None:
        for number, taken in enumerate(reading(source, BELIEVABLE, start, 1).blocks(), 1):
            takens.append(taken)
            state = json.loads(json.dumps(taken.state))
            if number == stop_after:
                break
    try:
        takens.extend(reading(source, BELIEVABLE, start, 1, state).blocks())
    except InputError as error:
        failed = str(error)
    tables: dict[str, list[pa.Table]] = {}
    for taken in takens:
        for name, some in taken.tables.items():
            tables.setdefault(name, []).extend(some)
    order = [("line", "ascending")]
    return {
        **{name: pa.concat_tables(some).sort_by(order).to_pylist() for name, some in tables.items()},
        "rejects": sorted(reject for taken in takens for reject in taken.rejects),
        "parts": sorted(tuple(map(int, pair)) for taken in takens for pair in taken.parts),
        "raw": b"".join(taken.raw for taken in takens) == source.data,
        **{name: getattr(takens[-1], name) for name in ("lines", "other", "clocks", "end")},
        "failed": failed,
    }


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    """What two outcomes disagree on, a few of each kind."""
    found: list[Any] = []
    for name in sorted({*one, *other}):
        a, b = one.get(name, []), other.get(name, [])
        if a == b:
            continue
        if not isinstance(a, list):
            found.append((name, a, b))
        elif name == "rejects":
            found.append((name, sorted(set(a) - set(b))[:3], sorted(set(b) - set(a))[:3]))
        else:
            found.append((name, [x for x in a if x not in b][:3], [x for x in b if x not in a][:3]))
    return found


def armoured(bits: str) -> tuple[str, int]:
    """A payload and its fill bits."""
    fill = -len(bits) % 6
    bits += "0" * fill
    return "".join(ALPHABET[int(bits[i : i + 6], 2)] for i in range(0, len(bits), 6)), fill


def message(rng: Random, kind: int | None = None) -> tuple[str, int]:
    """A payload of one type and length, all else random bits, often all ones or zeros, or a place on earth."""
    kind = rng.randrange(64) if kind is None else kind
    size = rng.choice(LENGTHS.get(kind, (40, 39, 72, 168, 256, 424, 1000)))
    bits = f"{kind:06b}{rng.getrandbits(size - 6):0{size - 6}b}"
    if rng.random() < 0.3:
        at = rng.randrange(6, size)
        bits = bits[:at] + rng.choice("01") * min(size - at, rng.randrange(60)) + bits[at + 60 :]
        bits = (bits + "0" * size)[:size]
    places = {(1, 2, 3, 9): 61, (18, 19): 57, (4, 11): 79, (21,): 164, (27,): 44}
    for kinds, at in places.items():
        if kind in kinds and rng.random() < 0.7:
            widths, unit = ((18, 17), 600) if kind == 27 else ((28, 27), 600_000)
            lon, lat = (
                rng.choice((-180, 180, 181, rng.uniform(-180, 180))),
                rng.choice((-90, 90, 91, rng.uniform(-90, 90))),
            )
            for degrees, width in zip((lon, lat), widths, strict=True):
                bits = bits[:at] + f"{round(degrees * unit) % (1 << width):0{width}b}" + bits[at + width :]
                at += width
    if kind == 24 and rng.random() < 0.8:
        bits = bits[:38] + rng.choice(("00", "01")) + bits[40:]
    return armoured(bits[:size])


def lines(rng: Random, t: int) -> list[str]:
    """The lines of one message, in one of many forms."""
    payload, fill = message(rng, rng.choice((None, 1, 3, 5, 5, 18, 24, 4, 21, 27, 9, 19)))
    total = max(1, -(-len(payload) // 60), rng.choice((1, 1, 1, 2)))
    size = -(-len(payload) // total) or 1
    pieces = [payload[i : i + size] for i in range(0, len(payload), size)]
    total = len(pieces)
    talker = rng.choice(("AIVDM",) * 9 + ("BSVDM", "AIVDO", "XXVDM"))
    sequence = str(rng.randrange(10)) if total > 1 or rng.random() < 0.1 else ""
    channel = rng.choice("ABAB12X") if rng.random() < 0.95 else ""
    station = rng.choice(("r1", "kr-7", "x" * 9, "longer_than_sixteen", "é", "s" * 40, "b2"))
    form = rng.randrange(10)
    group = rng.randrange(10 ** rng.randrange(1, 6))
    found = []
    for number, piece in enumerate(pieces, 1):
        body = f"{talker},{total},{number},{sequence},{channel},{piece},{fill if number == total else 0}"
        tags = [f"s:{station}", f"c:{t}"]
        if form == 1:
            tags = [f"c:{t}{rng.choice(('', '123', '.5'))}", f"s:{station}", "x:y"]
        elif form == 2:
            tags = [f"g:{number}-{total}-{group:04}", *(tags if number == 1 else [])]
        elif form == 3:
            tags = [*(tags if number == 1 else []), f"g:{number}-{total}-{group}"]
        elif form in (4, 5, 6):
            tags = []
        tag = ",".join(tags) if tags and (form != 7 or number == 1) else None
        rest = rng.choice((f",r{group},{t}", f",{t}", f",{t}000\r", f",x,{t}", "\r")) if form in (4, 9) else ""
        prefix = (
            rng.choice(("", "", "", "2024-05-01 12:00:00 r1: ", "# ", "\0", "!AIVDM,1,1,,A,13u")) if form == 5 else ""
        )
        found.append(prefix + sentence(body, tag, rest))
    return found


def feed(rng: Random, messages: int) -> list[bytes]:
    """Lines of many messages, some woven into one another, repeated, lost, or of other talkers."""
    found: list[str] = []
    t = T0
    for _ in range(messages):
        t += rng.choice((0, 0, 1, 1, 2, 40))
        some = lines(rng, t)
        chance = rng.random()
        if chance < 0.04:
            some = some[::-1]
        elif chance < 0.08:
            some = some[:-1]
        elif chance < 0.12:
            some = some * 2
        elif chance < 0.2 and found:
            some = [*some[:1], found.pop(), *some[1:]]
        elif chance < 0.23:
            some.insert(
                rng.randrange(len(some) + 1), rng.choice(("", "# x", "$GPZDA,1*00", "\\g:1-2-7,c:1700000000*41\\"))
            )
        elif chance < 0.26:
            body = f"PGHP,1,2023,11,14,22,13,20,250,316,2,316000002,1AIS_S,{some[0][-2:]}"
            some.insert(0, sentence(body).replace("!", "$"))
        found += some
    return [line.encode("latin-1") for line in found]


def damaged(rng: Random, line: bytes) -> bytes:
    """A line with something changed in it; half of the time with its checksums made right again."""
    data = bytearray(line)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(data) + 1)
        what = rng.randrange(5)
        if what == 0 and at < len(data):
            data[at] = rng.choice(SOME) if rng.random() < 0.7 else rng.randrange(256)
        elif what == 1:
            data[at:at] = bytes([rng.choice(SOME)])
        elif what == 2:
            del data[at : at + rng.choice((1, 1, 2, 9))]
        elif what == 3:
            end = rng.randrange(len(data) + 1)
            data[at:at] = data[min(at, end) : max(at, end)]
        else:
            data = data[:at] if rng.random() < 0.5 else data[at:]
    return sealed(bytes(data)) if rng.random() < 0.5 else bytes(data)


def sealed(line: bytes) -> bytes:
    """A line with the last sentence's checksum made right, and its tag block's."""
    bang = line.rfind(b"!")
    star = line.find(b"*", bang)
    if bang >= 0 and star >= 0:
        line = line[: star + 1] + _sum(line[bang + 1 : star]) + line[star + 3 :]
    if line[:1] == b"\\" and (star := line.find(b"*")) < bang:
        line = line[: star + 1] + _sum(line[1:star]) + line[star + 3 :]
    return line


def flipped(seed: int, data: bytes, share: float = 0.3) -> bytes:
    """Lines with one byte changed in about so many of them."""
    rng = np.random.default_rng(seed)
    array = np.frombuffer(data, np.uint8).copy()
    at = rng.integers(0, len(array), int(share * data.count(b"\n")))
    array[at] = np.where(
        rng.random(len(at)) < 0.7, np.frombuffer(SOME, np.uint8)[rng.integers(0, len(SOME), len(at))], at % 256
    )
    return array.tobytes()


def _sum(data: bytes) -> bytes:
    value = 0
    for byte in data:
        value ^= byte
    return b"%02X" % value


def mutated(seed: int, messages: int) -> bytes:
    """A feed of which many lines are damaged."""
    rng = Random(seed)
    found = [damaged(rng, line) if rng.random() < 0.4 else line for line in feed(rng, messages)]
    return b"\n".join(found) + rng.choice((b"", b"\n"))
