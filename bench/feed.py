r"""A feed of a busy coast as tag-blocked NMEA lines, seeded: the same count and seed give the same bytes.

Of the lines about 35 % are parts of static messages of class A (type 5), static reports of class B (type 24) or copies
of a line that a second station heard. Ships move, clocks run, communication states differ: but for the copies no two
lines are the same.

    \s:r017,c:1700000003*1F\!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*23
    \g:1-2-1234,s:r017,c:1700000003*6C\!AIVDM,2,1,3,A,55?MbV0...,0*1C
    \g:2-2-1234*57\!AIVDM,2,2,3,A,88888888880,2*25
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ais.fields import (
    AIRCRAFT,
    ATON,
    BASE,
    CLASS_A,
    CLASS_B,
    CLASS_B_LONG,
    LONG_RANGE,
    STATIC_A,
    STATIC_B,
    VOYAGE,
    Layout,
)

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Piece = bytes | Bytes

START_S = 1_700_000_000  # 2023-11-14T22:13:20Z
PER_S = 250  # messages
CHUNK = 100_000  # messages made at once
SHIPS = 4_000
STATIONS = 60
_ALPHABET = np.frombuffer(b"@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?", np.uint8)
_CODE = np.zeros(256, np.int64)
_CODE[_ALPHABET] = range(64)
_HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)
_KINDS: dict[str, tuple[Layout, int, int, float]] = {  # layout, type, bits sent, share of messages
    "class A": (CLASS_A, 1, 168, 0.58),
    "class A, asked": (CLASS_A, 3, 168, 0.06),
    "class B": (CLASS_B, 18, 168, 0.12),
    "voyage": (VOYAGE, 5, 424, 0.11),
    "static A": (STATIC_A, 24, 160, 0.025),
    "static B": (STATIC_B, 24, 168, 0.025),
    "base": (BASE, 4, 168, 0.04),
    "aton": (ATON, 21, 272, 0.02),
    "class B, long": (CLASS_B_LONG, 19, 312, 0.005),
    "aircraft": (AIRCRAFT, 9, 168, 0.005),
    "long range": (LONG_RANGE, 27, 96, 0.01),
}
_COPIED = 0.15  # of messages of one line are heard by a second station


def write(path: str | Path, lines: int, seed: int = 7) -> int:
    """Write a feed of about that many lines to a file; returns how many there are."""
    written = 0
    with Path(path).open("wb") as file:
        for chunk in feed(lines, seed):
            file.write(chunk)
            written += chunk.count(b"\n")
    return written


def feed(lines: int, seed: int = 7) -> Iterator[bytes]:
    """Yield a feed of about that many lines (1 % more or less), a few megabytes at a time."""
    messages = round(lines / (1 + _KINDS["voyage"][3] + _COPIED * (1 - _KINDS["voyage"][3])))
    for number, first in enumerate(range(0, messages, CHUNK)):
        rng = np.random.default_rng([seed, number])
        yield _chunk(rng, first, min(CHUNK, messages - first))


def _chunk(rng: np.random.Generator, first: int, n: int) -> bytes:
    """Return the lines of consecutive messages."""
    index = np.arange(first, first + n)
    kinds = rng.choice(len(_KINDS), n, p=[share for *_, share in _KINDS.values()])
    found: list[bytes] = []
    places: list[NDArray[np.float64]] = []
    for code, (name, (layout, kind, bits, _)) in enumerate(_KINDS.items()):
        message = index[kinds == code]
        t = START_S + message // PER_S
        payload, fill = encoded(layout, _values(rng, name, kind, message, t), bits, rng)
        station = rng.integers(0, STATIONS, len(message))
        channel = np.frombuffer(b"AB", np.uint8)[message % 2][:, None]
        if layout is VOYAGE:
            for lines in _two_parts(message, t, station, channel, payload, fill):
                found += lines
            places += [message.astype(np.float64), message + 0.1]
            continue
        again = np.flatnonzero(rng.random(len(message)) < _COPIED)
        rows = np.concatenate([np.arange(len(message)), again])
        station = np.concatenate([station, (station[again] + 1 + rng.integers(0, STATIONS - 1, len(again))) % STATIONS])
        found += _rows(
            *_sealed(rb"\*", b"s:r", _decimal(station, 3), b",c:", _decimal(t[rows], 10)),
            b"\\",
            *_sealed(b"!*", b"AIVDM,1,1,,", channel[rows], b",", payload[rows], b",%d" % fill),
            b"\n",
        )
        places.append(np.concatenate([message.astype(np.float64), message[again] + rng.uniform(1, 400, len(again))]))
    order = np.argsort(np.concatenate(places), kind="stable")
    return b"".join([found[row] for row in order.tolist()])


def _two_parts(
    message: Ints, t: Ints, station: Ints, channel: Bytes, payload: Bytes, fill: int
) -> tuple[list[bytes], list[bytes]]:
    """Return the first and the second lines of messages of two parts, tied by a group of their tag blocks."""
    group = _decimal(1000 + message % 9000, 4)
    sequence = _decimal(message % 10, 1)
    first = _rows(
        *_sealed(rb"\*", b"g:1-2-", group, b",s:r", _decimal(station, 3), b",c:", _decimal(t, 10)),
        b"\\",
        *_sealed(b"!*", b"AIVDM,2,1,", sequence, b",", channel, b",", payload[:, :60], b",0"),
        b"\n",
    )
    second = _rows(
        *_sealed(rb"\*", b"g:2-2-", group),
        b"\\",
        *_sealed(b"!*", b"AIVDM,2,2,", sequence, b",", channel, b",", payload[:, 60:], b",%d" % fill),
        b"\n",
    )
    return first, second


def _values(rng: np.random.Generator, name: str, kind: int, message: Ints, t: Ints) -> dict[str, Ints | Bytes]:
    """Return the fields of messages of one kind."""
    n = len(message)
    ship = rng.integers(0, SHIPS, n)
    own = np.random.default_rng(1371).random((6, SHIPS))[:, ship]  # what a ship keeps
    elapsed = message / PER_S + 0.0
    speed = np.where(own[0] < 0.3, 0.0, own[0] * 15)
    course = own[1] * 360
    scale = 600 if kind == 27 else 600_000
    lon = 119 + own[2] * 6 + speed * elapsed * np.sin(np.radians(course)) / 216_000 / 0.8 + rng.normal(0, 2e-5, n)
    lat = 34 + own[3] * 6 + speed * elapsed * np.cos(np.radians(course)) / 216_000 + rng.normal(0, 2e-5, n)
    tenth = 1 if kind in (9, 27) else 10
    names = np.frombuffer(b"HAE JIN CHON MA RYONG SONG KUM PU DONG FENG XIN HAI NAMPO", np.uint8)
    texts = names[(ship[:, None] * 7 + np.arange(20)) % len(names)]
    year, month, day = (np.full(n, value) for value in (2023, 11, 14))
    seconds = t - START_S + 22 * 3600 + 13 * 60 + 20
    day = day + seconds // 86_400
    values: dict[str, Ints | Bytes] = {
        "msg_type": np.full(n, kind),
        "repeat": np.zeros(n, np.int64),
        "mmsi": {"base": 4_400_000, "aton": 994_400_000}.get(name, 412_000_000) + ship,
        "status": np.where(speed == 0, 1, 0),
        "turn": np.where(own[4] < 0.5, -128, (own[4] * 20).astype(np.int64)),
        "speed": np.rint(speed * tenth).astype(np.int64),
        "accuracy": (own[5] < 0.5).astype(np.int64),
        "lon": np.rint(lon * scale).astype(np.int64),
        "lat": np.rint(lat * scale).astype(np.int64),
        "course": np.rint(course * (1 if kind == 27 else 10)).astype(np.int64),
        "heading": np.where(own[4] < 0.2, 511, course.astype(np.int64)),
        "second": t % 60,
        "raim": np.zeros(n, np.int64),
        "imo": 9_000_000 + ship,
        "ship_type": 70 + ship % 20,
        **dict.fromkeys(("to_bow", "to_stern", "to_port", "to_starboard"), 1 + ship % 60),
        "draught": 40 + ship % 60,
        **{"shipname": texts, "destination": texts[:, ::-1], "callsign": texts[:, :7]},
    }
    if kind == 4:
        values |= {"year": year, "month": month, "day": day, "hour": seconds // 3600 % 24, "minute": seconds // 60 % 60}
    else:
        values |= {"month": 1 + ship % 12, "day": 1 + ship % 28, "hour": message // 60 % 24, "minute": message % 60}
    return values


def encoded(
    layout: Layout, values: Mapping[str, Ints | Bytes], bits: int, rng: np.random.Generator
) -> tuple[Bytes, int]:
    """Return payloads, one a row, and their fill bits; bits after a layout's last field are random.

    Args:
        layout: Where the fields lie; of type 24 part B the part number is set.
        values: Numbers as sent, and texts as rows of ASCII codes, by field.
        bits: Length of a message.
        rng: Where random bits come from.
    """
    n = len(values["msg_type"])
    fill = -bits % 6
    sent = np.zeros((n, bits + fill), np.uint8)
    if layout.bits < bits:
        sent[:, layout.bits : bits] = rng.integers(0, 2, (n, bits - layout.bits))
    for name, (offset, signed_width) in layout.numbers.items():
        width = abs(signed_width)
        sent[:, offset : offset + width] = (values[name][:, None] >> np.arange(width - 1, -1, -1)) & 1
    for name, (offset, width) in layout.texts.items():
        codes = _CODE[values[name]]
        spread = (codes[:, :, None] >> np.arange(5, -1, -1)) & 1
        sent[:, offset : offset + width] = spread.reshape(n, width)
    if layout is STATIC_B:
        sent[:, 38:40] = (0, 1)
    value = sent.reshape(n, -1, 6) @ np.array([32, 16, 8, 4, 2, 1], np.uint8)
    return value + np.uint8(48) + (value > 39).astype(np.uint8) * np.uint8(8), fill


def _decimal(values: Ints, width: int) -> Bytes:
    """Return numbers as rows of so many digits."""
    digits: Bytes = (values[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10 + 48).astype(np.uint8)
    return digits


def _sealed(marks: bytes, *pieces: Piece) -> tuple[Piece, ...]:
    """Return pieces between two marks, with their checksum after the second."""
    n = max(len(piece) for piece in pieces if isinstance(piece, np.ndarray))
    total = np.zeros(n, np.uint8)
    for piece in pieces:
        if isinstance(piece, np.ndarray):
            total ^= np.bitwise_xor.reduce(piece, axis=1)
        else:
            total ^= np.bitwise_xor.reduce(np.frombuffer(piece, np.uint8))
    return marks[:1], *pieces, marks[1:], np.column_stack((_HEX[total >> 4], _HEX[total & 15]))


def _rows(*pieces: Piece) -> list[bytes]:
    """Return rows of pieces side by side."""
    n = max(len(piece) for piece in pieces if isinstance(piece, np.ndarray))
    columns = [
        piece if isinstance(piece, np.ndarray) else np.broadcast_to(np.frombuffer(piece, np.uint8), (n, len(piece)))
        for piece in pieces
    ]
    matrix = np.ascontiguousarray(np.concatenate(columns, axis=1))
    rows: list[bytes] = matrix.view(f"S{matrix.shape[1]}").ravel().tolist()
    return rows
