"""Bytes in: files, gzip, standard input, and what is refused with one sentence; any bytes keep the counting law."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import random
import sys
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ais.ingest import IngestOptions, InputError, ingest
from ais.schema import TABLES
from ais.source import MAX_LINE, Block, Source
from ais.store import Store
from tests.ais.sentences import NOW, T0, Take, checksum, fix, law, rows, said, taker

LINES = [fix(T0 + 60 * i) for i in range(4)]
TEXT = "".join(f"{line}\n" for line in LINES).encode()


def blocks(path: Path, start: int = 0) -> list[Block]:
    with Source(path) as source:
        return list(source.blocks(start))


def test_gzip_is_known_by_its_content(store: Store, take: Take) -> None:
    zipped = gzip.compress(TEXT[:100], mtime=0) + gzip.compress(
        TEXT[100:], mtime=0
    )  # two members, as concatenated logs have
    report = take(zipped, "no gz in the name.txt")
    assert (report.stored, report.sha256) == (4, hashlib.sha256(zipped).hexdigest())
    assert rows(store, "SELECT bytes, lines, format FROM inputs") == [(len(zipped), 4, "nmea")]


@pytest.mark.parametrize("data", [TEXT, gzip.compress(TEXT, mtime=0)], ids=["plain", "gzip"])
def test_standard_input(store: Store, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    report = ingest(store, "-", IngestOptions(), now=NOW)
    assert (report.name, report.stored, report.sha256) == ("stdin", 4, hashlib.sha256(data).hexdigest())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert ingest(store, "-", IngestOptions(), now=NOW).already


def test_progress_tells_bytes(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.nmea"
    path.write_bytes(TEXT)
    told: list[tuple[int, int | None]] = []
    ingest(store, path, IngestOptions(), now=NOW, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (len(TEXT), len(TEXT))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (gzip.compress(TEXT * 50, mtime=0)[:-20], "ends too early"),
        (gzip.compress(TEXT * 50, mtime=0)[:15], "ends too early"),
        (gzip.compress(TEXT, mtime=0)[:-8] + bytes(8), "gzip file that is damaged"),
        (random.Random(1).randbytes(5000), "binary file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "binary file"),
        (b"Dear Sir,\nplease find attached\n", "neither AIS sentences nor a table"),
        (b"$GPGGA,184353.07,1929.045,S*6D\n", "no AIS sentence"),
        (b"\n\n\n", "neither AIS sentences"),
        (TEXT.replace(b"*", b"+"), "no AIS sentence with a right checksum"),
        (b"a,b,c\n1,2,3\n", "--columns mmsi=ID"),
        (b"PAR1 and no more", "Parquet"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_refused_with_one_sentence_and_nothing_kept(store: Store, take: Take, data: bytes, says: str) -> None:
    take(LINES[:2], "before.nmea")
    before = [rows(store, f"SELECT * FROM {name}") for name in TABLES]
    with pytest.raises(InputError, match=says) as caught:
        take(data, "bad.dat")
    assert "\n" not in str(caught.value)
    assert "bad.dat" in str(caught.value)
    assert [rows(store, f"SELECT * FROM {name}") for name in TABLES] == before
    assert take(LINES, "later.nmea").stored == 2  # the case still takes inputs; two of the lines are known


def test_a_csv_of_two_columns_is_a_csv(take: Take) -> None:
    with pytest.raises(InputError, match=r"--columns mmsi=ID.* it has mmsi, time"):
        take(b"mmsi,time\n1,2\n", "few.csv")


def test_refused_paths(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        ingest(store, tmp_path, IngestOptions(), now=NOW)
    with pytest.raises(InputError, match="there is no file"):
        ingest(store, tmp_path / "none.nmea", IngestOptions(), now=NOW)


def test_refused_options() -> None:
    with pytest.raises(InputError, match="there is no format 'xml'"):
        IngestOptions(format="xml")
    with pytest.raises(InputError, match="there is no time zone 'Mars/Base'"):
        IngestOptions(time_zone="Mars/Base")


SMALL = {"BLOCK_BYTES": 1000, "HEAD_BYTES": 300, "MAX_LINE": 400, "CHUNK_BYTES": 256}


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in SMALL.items():
        monkeypatch.setattr(f"ais.source.{name}", size)


@pytest.mark.usefixtures("small_blocks")
def test_blocks_hold_whole_lines_and_every_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    lines = [f"{i} {'x' * (i % 90)}" for i in range(500)]
    path.write_text("\n".join(lines))
    got = blocks(path)
    assert len(got) > 20
    assert all(block.data.endswith(b"\n") and not block.inside for block in got[:-1])
    assert all(block.data == block.raw and len(block.raw) <= 1000 for block in got)
    assert b"".join(block.data for block in got).decode().split("\n") == lines


def odd_text(chance: random.Random) -> bytes:
    """Lines of all lengths around the limits, with and without an end."""
    sizes = [0, 1, 30, 250, 398, 399, 400, 401, 999, 1000, 1001, 2000, 5000]
    text = b"\n".join(
        bytes([97 + i % 26]) * max(0, chance.choice(sizes) + chance.choice([0, 0, -1, 1]))
        for i in range(chance.randrange(1, 30))
    )
    return text + b"\n" * chance.choice([0, 1, 1, 2])


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_reading_goes_on_from_any_block_as_if_it_had_never_stopped(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "a.txt"
    for seed in range(60):
        text = odd_text(random.Random(seed)) or b"x"
        path.write_bytes(pack(text))
        whole = blocks(path)
        assert b"".join(block.raw for block in whole) == text
        assert [block.end for block in whole] == list(accumulate(len(block.raw) for block in whole))
        for i, block in enumerate(whole):
            assert blocks(path, block.end) == whole[i + 1 :]
        got = b"".join(block.data for block in whole)
        assert got.removesuffix(b"\n").split(b"\n") == [line[:400] for line in text.removesuffix(b"\n").split(b"\n")]


def test_hash_covers_the_bytes_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    data = gzip.compress(TEXT * 3000, mtime=0)
    path.write_bytes(data)
    with Source(path) as source:
        assert len(list(source.blocks())) == 1
        source.drain()
        assert (source.tap.sha256, source.tap.count) == (hashlib.sha256(data).hexdigest(), len(data))


def test_endless_lines_are_cut_and_counted_once(tmp_path: Path, take: Take) -> None:
    path = tmp_path / "a.txt"
    endless = b"y" * 20_000_000
    path.write_bytes(TEXT + endless + b"\n" + TEXT.replace(b"A,", b"B,"))
    got = blocks(path)
    assert len(got) > 3
    assert max(len(block.data) for block in got) <= MAX_LINE + 2 * len(TEXT)
    cut = b"".join(block.data for block in got).split(b"\n")
    assert len(cut) == 10
    assert len(cut[4]) == MAX_LINE
    report = take(TEXT + endless + b"\n", "b.nmea")
    assert (report.lines, report.rejects) == (5, {"too long": 1})


def scrambled(chance: random.Random) -> bytes:
    """Sentences that were cut, joined, doubled, flipped and salted."""
    lines = [fix(T0 + i, mmsi=440000000 + i % 3).encode() for i in range(8)]
    lines += [line.encode() for line in said(T0, msg_type=5, shipname="X")]
    lines += [b"", b"# x", b"\0\0", b"\\s:x*00\\", f"$PGHP,1,2023,11,14,0,0,0,0,*{checksum('a')}".encode()]
    out = bytearray()
    for _ in range(chance.randrange(30)):
        line = bytearray(chance.choice(lines))
        for _ in range(chance.choice([0, 0, 1, 3])):
            if line:
                line[chance.randrange(len(line))] = chance.randrange(256)
        out += line[: chance.choice([len(line), chance.randrange(len(line) + 1)])]
        out += chance.choice([b"\n", b"\n", b"\r\n", b"", b"\n\n"])
    return bytes(out)


def test_any_bytes_keep_the_law_or_are_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    with Store.open(folder / "case.duckdb") as store:
        take = taker(store, folder)
        taken = 0

        @settings(max_examples=80)
        @given(
            st.one_of(st.binary(max_size=400), st.randoms(use_true_random=False).map(scrambled)),
            st.sampled_from(["auto", "nmea", "csv", "parquet"]),
        )
        def check(data: bytes, form: str) -> None:
            nonlocal taken
            with contextlib.suppress(InputError):
                law(take(data, "any.dat", format=form))
                taken += 1

        check()
        assert taken > 10
