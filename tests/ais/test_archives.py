"""Compressed files, archives, folders and patterns: every file in them an input, and a sentence for what is none."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import random
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from ais.archives import LeftOut
from ais.inputs import inputs_of
from ais.plain import InputError
from ais.source import Input, Source
from tests.ais.sentences import T0, fix

TEXT = "".join(f"{fix(T0 + 60 * i)}\n" for i in range(400)).encode()
OTHER = TEXT.replace(b"A,", b"B,")
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"


def zst(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)


PACKS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zstd": zst,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
packed = pytest.mark.parametrize("kind", PACKS)


def plain(given: Path | Input, start: int = 0) -> bytes:
    with Source(given) as source:
        return b"".join(block.raw for block in source.blocks(start))


def tar(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def found(path: Path | str) -> tuple[dict[str, bytes], list[LeftOut]]:
    """What lies in a folder or archive, each input taken in before the next is asked for, and what was left out."""
    inputs, left = {}, []
    for one in inputs_of(path):
        if isinstance(one, LeftOut):
            left.append(one)
        else:
            sha256, size = one.hash()
            inputs[one.name] = plain(one)
            with one.open() as file, Source(one) as source:
                stored = file.read(10_000_000)
                while more := file.read(10_000_000):
                    stored += more
                source.drain()
                assert (source.tap.sha256, source.tap.count) == (sha256, size) == (one.hash())
            assert (sha256, size) == (hashlib.sha256(stored).hexdigest(), len(stored))
    return inputs, left


@packed
def test_compressed_files_are_known_by_content_and_read_on_over_members(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.nmea"
    pack = PACKS[kind]
    path.write_bytes(pack(TEXT) + pack(b"") + pack(OTHER))
    assert plain(path) == TEXT + OTHER
    assert plain(path, len(TEXT)) == OTHER
    assert found(path)[0] == {"a.nmea": TEXT + OTHER}


def test_zstd_with_frames_to_skip(tmp_path: Path) -> None:
    path = tmp_path / "a.nmea"
    path.write_bytes(SKIPPABLE + zst(TEXT) + SKIPPABLE + zst(OTHER) + SKIPPABLE)
    assert plain(path) == TEXT + OTHER


@packed
def test_compressed_files_that_are_cut_or_damaged_say_so(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.nmea"
    whole = PACKS[kind](TEXT * 20)
    for size in (7, 20, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match=rf"^a.nmea is a {kind} file that ends too early; copy"):
            plain(path)
    chance = random.Random(1)
    seen = set()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(5):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        try:
            plain(path)
        except InputError as error:
            seen.add(str(error))
    assert f"a.nmea is a {kind} file that is damaged; copy or download it anew" in seen
    assert all("\n" not in text for text in seen)


def test_a_frame_that_asks_for_too_much_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00")
    with pytest.raises(InputError, match="zstd file that asks for more memory than there is"):
        plain(path)


ARCHIVES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": zipped,
    "stored.zip": lambda files: zipped(files, zipfile.ZIP_STORED),
    "bzip2.zip": lambda files: zipped(files, zipfile.ZIP_BZIP2),
    "lzma.zip": lambda files: zipped(files, zipfile.ZIP_LZMA),
    "tar": tar,
    "gnu.tar": lambda files: tar(files, tarfile.GNU_FORMAT),
    **{f"tar.{kind}": lambda files, pack=pack: pack(tar(files)) for kind, pack in PACKS.items()},  # type: ignore[misc]
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_archives_give_each_file_as_an_input(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "odd name.dat"
    long = "deep/" * 30 + "c.nmea"
    files = {"b.nmea": TEXT, "sub/a.nmea.gz": gzip.compress(OTHER, mtime=0), "../../etc/x": b"x\n", long: zst(TEXT)}
    path.write_bytes(ARCHIVES[kind]({**files, "__MACOSX/b.nmea": b"1", "sub/.DS_Store": b"2"}))
    inputs, left = found(path)
    assert inputs == {
        "odd name.dat/b.nmea": TEXT,
        "odd name.dat/sub/a.nmea.gz": OTHER,
        "odd name.dat/../../etc/x": b"x\n",
        f"odd name.dat/{long}": TEXT,
    }
    assert left == [LeftOut("2 hidden files in odd name.dat left out")]
    assert not (tmp_path.parent.parent / "etc").exists()


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gzip"])
def test_an_input_stays_good_after_the_listing_and_in_any_order(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    files = {f"{i}.nmea": b"%d\n" % i + random.Random(i).randbytes(90_000).hex().encode() for i in range(20)}
    path.write_bytes(ARCHIVES[kind](files))
    inputs = [one for one in inputs_of(path) if isinstance(one, Input)]
    for one in reversed(inputs):
        assert plain(one) == files[one.name.removeprefix("a/")]
    assert plain(inputs[3], 100_000) == files["3.nmea"][100_000:]


def test_a_compressed_tar_is_decompressed_twice_however_many_files_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tgz"
    files = {f"{i}.nmea": random.Random(i).randbytes(60_000).hex().encode() for i in range(60)}
    path.write_bytes(gzip.compress(tar(files), 1, mtime=0))
    reads = 0
    read = gzip.GzipFile.read

    def counted(self: gzip.GzipFile, size: int | None = -1) -> bytes:
        nonlocal reads
        data = read(self, size)
        reads += len(data)
        return data

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    for one in inputs_of(path):
        assert isinstance(one, Input)
        one.hash()
        plain(one)
    assert reads < 3 * len(tar(files))


def test_what_cannot_be_read_in_an_archive_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    data = bytearray(zipped({"secret.nmea": TEXT, "odd.nmea": TEXT, "b.nmea": OTHER}))
    first, second = (data.index(b"PK\1\2"), data.index(b"PK\1\2", data.index(b"PK\1\2") + 4))
    data[first + 8] |= 1  # encrypted
    data[second + 10] = 9  # deflate64
    path.write_bytes(data)
    inputs, left = found(path)
    assert inputs == {"a.zip/b.nmea": OTHER}
    assert [one.wrong for one in left] == [True, True]
    assert "a.zip/secret.nmea is encrypted; unpack it with its password" in left[0].why
    assert "a.zip/odd.nmea is packed by method 9" in left[1].why

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in {"link": tarfile.SYMTYPE, "disk": tarfile.BLKTYPE, "dir": tarfile.DIRTYPE}.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("b.nmea")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    path.write_bytes(out.getvalue())
    inputs, left = found(path)
    assert inputs == {"a.zip/b.nmea": TEXT}
    assert [one.why.split(" is ")[0] for one in left] == ["a.zip/link", "a.zip/disk"]


@pytest.mark.parametrize("kind", ARCHIVES)
def test_damaged_archives_end_in_a_sentence_and_never_lose_a_file_without_a_word(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    files = {f"{i}.nmea": random.Random(i).randbytes(3000).hex().encode() for i in range(5)}
    whole = ARCHIVES[kind](files)
    chance = random.Random(2)
    refused = 0
    for attempt in range(120):
        data = bytearray(whole)
        if attempt % 3 == 0:
            del data[chance.randrange(300, len(data) - 1500) :]
        else:
            at = chance.randrange(len(data))
            data[at : at + 20] = chance.randbytes(20)
        path.write_bytes(data)
        try:
            inputs, left = found(path)
        except InputError:
            refused += 1
        else:
            assert len(inputs) + len(left) >= 5, attempt
    assert refused > 30


def test_an_archive_within_an_archive_and_one_on_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"inner.tgz": gzip.compress(tar({"x": TEXT})), "inner.zip": zipped({"x": TEXT})}))
    for one in inputs_of(path):
        assert isinstance(one, Input)
        with pytest.raises(InputError, match=r"^a.zip/inner\S+ is a (zip|tar) archive inside another; unpack it first"):
            Source(one)
    for data in (path.read_bytes(), gzip.compress(tar({"x": TEXT}))):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        (one,) = inputs_of("-")
        assert isinstance(one, Input)
        assert one.once
        with pytest.raises(InputError, match=r"^stdin is a (zip|tar) archive that can be read but once; give the file"):
            Source(one)


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01\0"])
def test_other_archives_are_refused_by_name(tmp_path: Path, magic: bytes) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(magic + bytes(1000))
    with pytest.raises(InputError, match=r"is a (7z|rar) archive .* unpack it first"):
        plain(path)


def test_a_workbook_is_no_archive_of_messages(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped({"[Content_Types].xml": b"<x/>", "xl/a.xml": b"<x/>"}))
    with pytest.raises(InputError, match=r"a.xlsx is a workbook.* save its table as CSV"):
        list(inputs_of(path))


@pytest.mark.parametrize("kind", ["zip", "tar.gzip", "tar.zstd", "gz"])
def test_bombs_cost_no_memory(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    files = {"zeros": bytes(60_000_000)}
    path.write_bytes(gzip.compress(files["zeros"]) if kind == "gz" else ARCHIVES[kind](files))
    del files
    (one,) = inputs_of(path)
    assert isinstance(one, Input)
    tracemalloc.start()
    try:
        assert one.hash()[1] > 10_000
        with Source(one) as source:
            assert sum(len(block.raw) for block in source.blocks()) == 60_000_000
        assert tracemalloc.get_traced_memory()[1] < 35_000_000
    finally:
        tracemalloc.stop()


def test_a_tar_header_of_gigabytes_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 3_000_000_000
    path.write_bytes(info.tobuf(tarfile.USTAR_FORMAT) + bytes(10_000))
    with pytest.raises(InputError, match="damaged tar"):
        list(inputs_of(path))


def test_a_folder_is_all_its_files_sorted(tmp_path: Path) -> None:
    top = tmp_path / "feed"
    for name, data in {
        "b.nmea": TEXT,
        "10/a.nmea": OTHER,
        "a.zip": zipped({"z.nmea": TEXT, "y.nmea": OTHER}),
        ".hidden": b"x",
        "10/.git/x": b"y",
        "bad.tgz": gzip.compress(tar({"x": TEXT}))[:-30],
    }.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(data)
    (top / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(top / "pipe")
    inputs, left = found(top)
    assert list(inputs) == ["feed/10/a.nmea", "feed/a.zip/z.nmea", "feed/a.zip/y.nmea", "feed/b.nmea"]
    assert [(one.why.split()[0], one.wrong) for one in left] == [
        ("feed/bad.tgz", True),
        ("feed/gone", False),
        ("feed/pipe", False),
        ("2", False),
    ]
    (one,) = (one for one in inputs_of(top / "b.nmea"))
    assert isinstance(one, Input)
    assert (one.name, one.found, one.path) == ("b.nmea", False, top / "b.nmea")


def test_patterns_and_names_that_are_not_there(tmp_path: Path) -> None:
    for name in ("b.nmea", "a.nmea", "c.txt", "[x].nmea"):
        (tmp_path / name).write_bytes(TEXT)
    assert list(found(f"{tmp_path}/[ab].nmea")[0]) == ["a.nmea", "b.nmea"]
    assert list(found(tmp_path / "[x].nmea")[0]) == ["[x].nmea"]
    for name, says in {
        "*.csv": "no file matches",
        "none.nmea": "there is no file",
        "empty": "no file in the fold",
    }.items():
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(InputError, match=says):
            list(inputs_of(tmp_path / name))


def test_a_pipe_is_read_once_like_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with subprocess.Popen(["sh", "-c", f"printf 'a\\nb\\n' > {path}"]) as writer:
        (one,) = inputs_of(path)
        assert isinstance(one, Input)
        assert (one.once, one.path, plain(one)) == (True, None, b"a\nb\n")
        assert writer.wait(10) == 0
