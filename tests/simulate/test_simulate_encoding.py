"""The vectorised encoder against pyais, field by field, extremes included."""

import numpy as np
import pytest
from pyais import decode
from pyais.stream import IterMessages, TagBlockQueue

from darkwake.simulate import layouts
from darkwake.simulate.bits import Field, pack
from darkwake.simulate.sentences import Envelope, decimal, frame

N = 200


def _edges(rng, low, high):
    return np.concatenate([[low, high], rng.integers(low, high + 1, N - 2)])


@pytest.fixture
def columns():
    rng = np.random.default_rng(11)
    return {
        "mmsi": _edges(rng, 1, 999_999_999),
        "status": _edges(rng, 0, 15),
        "rot": _edges(rng, -128, 127),
        "sog": _edges(rng, 0, 1023),
        "accurate": _edges(rng, 0, 1),
        "raim": _edges(rng, 0, 1),
        "lon": _edges(rng, -180 * 600_000, 181 * 600_000),
        "lat": _edges(rng, -90 * 600_000, 91 * 600_000),
        "cog": _edges(rng, 0, 3600),
        "heading": _edges(rng, 0, 511),
        "second": _edges(rng, 0, 63),
        "imo": _edges(rng, 0, (1 << 30) - 1),
        "ship_type": rng.choice([20, 30, 31, 36, 52, 60, 70, 80, 84, 90], N),
        "to_bow": _edges(rng, 0, 511),
        "to_stern": _edges(rng, 0, 511),
        "to_port": _edges(rng, 0, 63),
        "to_starboard": _edges(rng, 0, 63),
        "draught": _edges(rng, 0, 255),
        "eta_month": _edges(rng, 0, 12),
        "eta_day": _edges(rng, 0, 31),
        "eta_hour": _edges(rng, 0, 24),
        "eta_minute": _edges(rng, 0, 60),
    }


@pytest.fixture
def texts():
    rng = np.random.default_rng(12)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !\"#$%&'()*+,-./:;<=>?[\\]^_"

    def words(most):
        made = ["".join(rng.choice(list(letters), rng.integers(0, most + 1))).strip() for _ in range(N - 1)]
        return np.array([w.encode() for w in [*made, "X" * most]])

    return {"name": words(20), "callsign": words(7), "destination": words(20)}


def _lines(fields):
    payload, fill = pack(fields, N)
    envelope = Envelope(
        station=np.array([b"BAENG", b"X"] * (N // 2)),
        epoch_s=np.arange(N, dtype=np.int64) + 1_700_000_000,
        channel=np.arange(N) % 2,
        sequence=np.arange(N) % 10,
        group=np.arange(N) + 1,
    )
    return [[bytes(row[row != 0]) for row in part] for part in frame(payload, fill, envelope)]


def _sent(line):
    """The sentence of a line, its tag block checked and cut off."""
    _, tag, sentence = line.split(b"\\")
    body, check = tag.split(b"*")
    assert int(check, 16) == np.bitwise_xor.reduce(np.frombuffer(body, dtype=np.uint8))
    assert sentence.endswith(b"\r\n")
    assert len(sentence) <= 82
    return sentence.strip()


def _decoded(fields):
    parts = _lines(fields)
    return [
        decode(*[_sent(line) for line in group], error_if_checksum_invalid=True).asdict()
        for group in zip(*parts, strict=True)
    ]


def _same(decoded, columns, names, scale=None):
    for name, column in names.items():
        factor = (scale or {}).get(name, 1)
        for i, message in enumerate(decoded):
            assert float(message[name]) * factor == pytest.approx(
                float(columns[column][i]), abs=0.5 if factor > 1 else 0
            ), (
                name,
                i,
            )


MOTION = {
    "mmsi": "mmsi",
    "speed": "sog",
    "accuracy": "accurate",
    "raim": "raim",
    "lon": "lon",
    "lat": "lat",
    "course": "cog",
    "heading": "heading",
    "second": "second",
}
SCALE = {"lon": 600_000, "lat": 600_000, "speed": 10, "course": 10}
HULL = {"to_bow": "to_bow", "to_stern": "to_stern", "to_port": "to_port", "to_starboard": "to_starboard"}


@pytest.mark.parametrize("kind", [1, 3])
def test_class_a_fields_come_back(kind, columns):
    decoded = _decoded(layouts.class_a(kind, columns))
    assert {m["msg_type"] for m in decoded} == {kind}
    _same(decoded, columns, MOTION | {"status": "status"}, SCALE)
    turn = np.array([float(m["turn"]) for m in decoded])
    # pyais gives degrees per minute, (raw / 4.733)^2 in whole degrees, and the special values as they are.
    plain = np.abs(columns["rot"]) < 127
    meant = np.sign(columns["rot"]) * (columns["rot"] / 4.733) ** 2
    np.testing.assert_allclose(turn[plain], meant[plain], atol=0.51)
    assert turn[0] == -128


def test_class_b_fields_come_back(columns):
    decoded = _decoded(layouts.class_b(columns))
    assert {m["msg_type"] for m in decoded} == {18}
    assert all(m["cs"] and m["band"] and m["dsc"] and not m["assigned"] for m in decoded)
    _same(decoded, columns, MOTION, SCALE)


def test_static_class_a_fields_come_back_from_two_sentences(columns, texts):
    decoded = _decoded(layouts.static_a(columns, texts))
    _same(
        decoded,
        columns,
        HULL
        | {
            "mmsi": "mmsi",
            "imo": "imo",
            "ship_type": "ship_type",
            "draught": "draught",
            "month": "eta_month",
            "day": "eta_day",
            "hour": "eta_hour",
            "minute": "eta_minute",
        },
        {"draught": 10},
    )
    _same_texts(decoded, texts, {"shipname": "name", "callsign": "callsign", "destination": "destination"})


def test_static_class_b_fields_come_back(columns, texts):
    named = _decoded(layouts.static_b_name(columns, texts))
    assert {(m["msg_type"], m["partno"]) for m in named} == {(24, 0)}
    _same_texts(named, texts, {"shipname": "name"})
    # A number of the form 98MIDxxxx is a tender: there part B gives the mother ship's number in place of dimensions.
    columns["mmsi"] = np.where(columns["mmsi"] // 10_000_000 == 98, 412_000_001, columns["mmsi"])
    ships = _decoded(layouts.static_b_ship(columns, texts))
    assert {(m["msg_type"], m["partno"]) for m in ships} == {(24, 1)}
    _same(ships, columns, HULL | {"mmsi": "mmsi", "ship_type": "ship_type"})
    _same_texts(ships, texts, {"callsign": "callsign"})


def _same_texts(decoded, texts, names):
    for name, column in names.items():
        for i, message in enumerate(decoded):
            assert message[name] == texts[column][i].decode(), (name, i)


def test_what_six_bits_cannot_hold_becomes_a_question_mark(columns):
    columns = {name: column[:1] for name, column in columns.items()}
    payload, _ = pack(layouts.static_b_name(columns, {"name": np.array([b"a{b}\x7f"])}), 1)
    line = b"!AIVDM,1,1,,A," + payload[:, 0].tobytes() + b",2*"
    check = np.bitwise_xor.reduce(np.frombuffer(line[1:-1], dtype=np.uint8))
    assert decode(line + f"{check:02X}".encode()).asdict()["shipname"] == "A?B??"


def test_the_tag_block_is_read_by_pyais(columns, texts):
    queue = TagBlockQueue()
    lines = [line for group in zip(*_lines(layouts.static_a(columns, texts)), strict=True) for line in group]
    found = list(IterMessages(lines, tbq=queue))
    assert len(found) == N
    block = found[0].tag_block
    block.init()
    assert (block.source_station, block.receiver_timestamp) == ("BAENG", "1700000000")


def test_fields_may_cross_any_boundary_of_characters():
    rng = np.random.default_rng(3)
    widths = [1, 30, 7, 13, 2, 19, 6, 5]
    values = [rng.integers(0, 1 << w, 50) for w in widths]
    payload, fill = pack([Field(w, v) for w, v in zip(widths, values, strict=True)], 50)
    for i in range(50):
        expected = "".join(format(int(v[i]), f"0{w}b") for w, v in zip(widths, values, strict=True)) + "0" * fill
        six = [c - 48 if c < 88 else c - 56 for c in payload[:, i]]
        assert "".join(format(int(v), "06b") for v in six) == expected


def test_decimals_have_no_leading_zeros():
    digits = decimal(np.array([0, 7, 1_700_000_000]), 10)
    assert [bytes(column[column != 0]) for column in digits.T] == [b"0", b"7", b"1700000000"]
