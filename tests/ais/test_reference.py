"""The batch decoder and the plain one, by pyais line by line, give the same rows and the same rejects of any input."""

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ais.nmea import NmeaReading
from ais.reference import ReferenceReading
from ais.source import MAX_LINE
from tests.ais.mutations import ALPHABET, Bytes, armoured, differences, feed, flipped, message, mutated, outcome
from tests.ais.sentences import NMEA, T0, sentence

FILES = sorted(path for path in NMEA.iterdir() if path.suffix in {".txt", ".log", ".aivdm", ".nmea"})
START = T0 * 1_000_000
MUTATED = int(os.environ.get("DARKWAKE_MUTATED", "200000"))  # sentences; `make soak` reads more


def same(data: bytes, start: int | None = None, cuts: tuple[int, ...] = ()) -> None:
    """Both read the same from the same bytes; every line is accounted for."""
    fast = outcome(NmeaReading, Bytes(data, cuts), start)
    assert differences(fast, outcome(ReferenceReading, Bytes(data), start)) == []
    law(fast)


def law(found: dict[str, object]) -> None:
    """No line is counted twice, none is lost, and all bytes are handed over."""
    assert found["raw"]
    rejects, parts = ([line for line, *_ in found[name]] for name in ("rejects", "parts"))  # type: ignore[attr-defined]
    said = {row["line"] for name in ("positions", "heard", "identities", "fixed") for row in found.get(name, [])}  # type: ignore[attr-defined]
    assert len({*rejects, *parts} | said) == len(rejects) + len(parts) + len(said)
    assert found["lines"] == len(rejects) + len(parts) + len(said) + found["other"]  # type: ignore[operator]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("start", [None, START])
def test_real_files(path, start) -> None:  # type: ignore[no-untyped-def]
    data = path.read_bytes()
    same(data, start, (len(data) // 3, len(data) // 2))


@pytest.mark.parametrize("kind", range(64))
def test_every_type_and_field_value(kind: int) -> None:
    rng = Random(kind)
    found = [message(rng, kind) for _ in range(60)]
    text = "".join(sentence(f"AIVDM,1,1,,A,{payload},{fill}", f"c:{T0}") + "\n" for payload, fill in found)
    same(text.encode())


@given(st.binary(min_size=1, max_size=60), st.integers(0, 5), st.sampled_from(["AIVDM,1,1,,A", "AIVDO,1,1,3,"]))
@settings(max_examples=150, deadline=None)
def test_any_payload(payload: bytes, fill: int, head: str) -> None:
    text = "".join(ALPHABET[byte % 64] for byte in payload)
    same((sentence(f"{head},{text},{fill}", f"s:a,c:{T0}") + "\n").encode())


@given(st.lists(st.binary(max_size=40), max_size=30))
@settings(max_examples=100, deadline=None)
def test_any_bytes(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert differences(outcome(NmeaReading, Bytes(data)), outcome(ReferenceReading, Bytes(data))) == []


@pytest.mark.parametrize("seed", range(12))
def test_damaged_feeds_in_any_blocks(seed: int) -> None:
    data = mutated(seed, 150)
    rng = Random(seed)
    same(data, rng.choice((None, START)), tuple(rng.randrange(len(data)) for _ in range(rng.randrange(30))))


@pytest.mark.parametrize("seed", range(8))
def test_a_reading_that_was_broken_off_goes_on(seed: int) -> None:
    rng = Random(seed)
    data = mutated(100 + seed, 150) if seed % 2 else b"\n".join(feed(rng, 150))
    source = Bytes(data, tuple(rng.randrange(len(data)) for _ in range(12)))
    start = rng.choice((None, START))
    whole = outcome(NmeaReading, source, start)
    for reading in (NmeaReading, ReferenceReading):
        stop = rng.randrange(1, len(source.ends))
        assert differences(outcome(reading, source, start, stop_after=stop), whole) == []


def test_many_damaged_sentences_keep_the_law() -> None:
    """The plain reading is asked about one feed in some: it is slow."""
    done, seed = 0, 0
    while done < MUTATED:
        feed_of_seed = mutated(1_000 + seed, 6_000) + b"\n"
        for copy in range(12):
            data = flipped(copy, feed_of_seed) if copy else feed_of_seed
            found = outcome(NmeaReading, Bytes(data, (len(data) // 2,)), START if copy % 2 else None)
            law(found)
            done += int(found["lines"])
        same(flipped(99, mutated(500 + seed, 300)))
        seed += 1


def test_long_lines_and_long_runs() -> None:
    lines = [
        b"!AIVDM,1,1,,A," + b"1" * MAX_LINE,
        b"\\" * 60_000,
        b"!" * 60_000,
        b"!AIVDM,1,1,,A," * 4_000,
        b"\\c:1" * 15_000,
        sentence("AIVDM,1,1,,A," + armoured("000001" + "0" * 60_000)[0] + ",0", f"c:{T0}").encode(),
    ]
    same(b"\n".join(lines))
