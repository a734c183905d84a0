"""What lies in a zip or tar archive (compressed as a whole or not): every member an input of its own.

A member's name is only a name: nothing is ever unpacked to disk, and memory is bounded whatever an archive claims. A
compressed tar can only be read forward, so its members are hashed as they are found and read by a second reading that
follows behind: two passes over the archive, however many members it has.
"""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from ais.plain import CHUNK_BYTES, InputError, Plain, Tap
from ais.source import Input

_LOCAL_HEADER = struct.Struct("<26xHH")  # zip: lengths of name and extra field, which the file's bytes follow
_COUNT = struct.Struct("<10xH")  # zip: how many members there are, in the record at its end
_ZIP64 = 0xFFFF  # that number, where it is told elsewhere
_END_BYTES = 65_557  # that record with the longest comment
_ENCRYPTED = 0x1
_OFFICE = "[Content_Types].xml"
_HEADER_BYTES = 16 * CHUNK_BYTES  # of one tar header; honest ones have a few thousand
_BLOCK = 512  # tar


@dataclass(frozen=True)
class LeftOut:
    """Something that was found and is no input.

    Attributes:
        why: One sentence.
        wrong: It should have been one: it is damaged, encrypted, or packed so that it cannot be read.
    """

    why: str
    wrong: bool = False


def members(path: Path, name: str, kind: str) -> Iterator[Input | LeftOut]:
    """Yield the files in a zip or tar archive, in its order, and a sentence for each thing that is left out.

    An input of a compressed tar is cheap to open while it is the latest that was yielded.

    Raises:
        InputError: The archive is damaged; what was yielded before is sound.
    """
    hidden = 0
    for found in _zipped(path, name) if kind == "zip" else _tarred(path, name):
        if isinstance(found, Input) and is_hidden(found.name.removeprefix(f"{name}/")):
            hidden += 1
        else:
            yield found
    if hidden:
        yield LeftOut(f"{hidden:,} hidden {'file' if hidden == 1 else 'files'} in {name} left out")


def is_hidden(name: str) -> bool:
    """Say whether a file is none of its user's making: dot files and what Macs add to archives."""
    return any(part == "__MACOSX" or (part.startswith(".") and part.strip(".")) for part in name.split("/"))


def _zipped(path: Path, name: str) -> Iterator[Input | LeftOut]:
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            file.seek(-min(file.seek(0, io.SEEK_END), _END_BYTES), io.SEEK_END)
            end = file.read()
        (count,) = _COUNT.unpack_from(end, end.rindex(b"PK\5\6"))
        if count not in (len(infos), _ZIP64):  # zipfile lets a damaged list swallow members
            raise ValueError(count)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        raise InputError(f"{name} is a damaged zip archive; copy or download it anew") from None
    if any(info.filename == _OFFICE for info in infos):
        raise InputError(f"{name} is a workbook or text of an office program; save its table as CSV")
    for info in infos:
        inner = f"{name}/{info.filename}"
        if info.is_dir():
            continue
        if info.flag_bits & _ENCRYPTED:
            yield LeftOut(f"{inner} is encrypted; unpack it with its password and give the file", wrong=True)
        elif info.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
            zipfile.ZIP_BZIP2,
            zipfile.ZIP_LZMA,
        ):
            yield LeftOut(f"{inner} is packed by method {info.compress_type}; unpack it and give the file", wrong=True)
        else:
            yield Input(inner, _zip_opener(path, inner, info), info.file_size, found=True)


def _zip_opener(path: Path, inner: str, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        file = path.open("rb")
        try:
            # As ZipFile.open does it, without reading the list of all members again for each of them.
            file.seek(info.header_offset)
            file.seek(sum(_LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))), io.SEEK_CUR)
        except (struct.error, OSError, ValueError):
            file.close()
            raise InputError(f"{inner} is damaged in its archive; copy or download that anew") from None
        return cast(BinaryIO, zipfile.ZipExtFile(file, "r", info, None, True))

    return opened


def _tarred(path: Path, name: str) -> Iterator[Input | LeftOut]:
    ahead, behind = _Forward(path, name), _Forward(path, name)
    try:
        with tarfile.open(fileobj=cast(BinaryIO, ahead), mode="r:") as archive:
            while (info := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # or it would keep them all
                inner = f"{name}/{info.name}"
                if info.issparse() or not (info.isreg() or info.isdir()):
                    yield LeftOut(f"{inner} is a link, a device or a file with holes; it was left out")
                elif info.isreg():
                    part = _Part(ahead, inner, info.offset_data, info.size)
                    hashed = None if ahead.seeks else _hash(part)
                    opener = _tar_opener(behind, path, name, inner, info)
                    yield Input(inner, opener, info.size, found=True, hashed=hashed)
            yield from _after(ahead, archive.offset, name)
    except InputError:
        raise
    except (tarfile.TarError, ValueError, OverflowError, EOFError, LookupError):
        raise InputError(f"{name} is a damaged tar archive; copy or download it anew") from None
    finally:
        ahead.close()
        behind.close()


def _after(ahead: _Forward, offset: int, name: str) -> Iterator[LeftOut]:
    """Check that the list of members ended where the archive does: tarfile takes a damaged header for the end."""
    ahead.seek(offset)
    if ahead.read(_BLOCK).strip(b"\0"):
        raise InputError(f"{name} is a tar archive that is damaged after its last file above; copy or download it anew")
    while data := ahead.read(CHUNK_BYTES):
        if data.strip(b"\0"):
            yield LeftOut(f"{name} goes on after its end; what follows was left out: unpack it", wrong=True)
            return


def _hash(part: _Part) -> tuple[str, int]:
    found = hashlib.sha256()
    count = 0
    while data := part.read(CHUNK_BYTES):
        found.update(data)
        count += len(data)
    return found.hexdigest(), count


def _tar_opener(behind: _Forward, path: Path, name: str, inner: str, info: tarfile.TarInfo) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        own = _Forward(path, name) if behind.closed else None
        return cast(BinaryIO, _Part(own or behind, inner, info.offset_data, info.size, own))

    return opened


class _Forward:
    """The plain bytes of a tar archive: read forward, and anew from the start where someone goes back.

    Attributes:
        seeks: It is not compressed, so that any place is as near as any other.
        closed: It was closed.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.closed = False
        self._name = name
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise InputError(f"{name} cannot be read ({error.strerror}); check its rights") from None
        self._begin()
        self.seeks = self._plain.kind is None

    def _begin(self) -> None:
        self._file.seek(0)
        self._tap = Tap(self._file, self._name, lambda _: None)
        self._plain = Plain(self._tap, self._name)
        self._at = 0  # place of the buffer's first byte
        self._buffer = b""
        self._place = 0

    def _load(self) -> bool:
        """Read the next bytes, and keep a few before them: tarfile looks back by one."""
        more = self._plain.read(CHUNK_BYTES)
        kept = self._buffer[-_BLOCK:]
        self._at += len(self._buffer) - len(kept)
        self._buffer = kept + more
        return bool(more)

    def tell(self) -> int:
        """Return where the next byte lies."""
        return self._place

    def seek(self, place: int) -> int:
        """Go to a place."""
        if self.seeks and not self._at <= place <= self._at + len(self._buffer):
            self._tap.seek(place)
            self._at, self._buffer = place, b""
        elif place < self._at:
            self._begin()
        while place > self._at + len(self._buffer) and self._load():
            pass
        self._place = place
        return place

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end."""
        if size > _HEADER_BYTES:
            raise InputError(f"{self._name} is a damaged tar archive; copy or download it anew")
        pieces: list[bytes] = []
        while size:
            begin = self._place - self._at
            piece = self._buffer[begin : begin + size]
            if not piece and not self._load():
                break
            pieces.append(piece)
            self._place += len(piece)
            size -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Close the file."""
        self.closed = True
        self._file.close()


class _Part(io.RawIOBase):
    """A member of a tar archive as a file."""

    def __init__(self, archive: _Forward, name: str, offset: int, size: int, own: _Forward | None = None) -> None:
        self._archive = archive
        self._name = name
        self._offset = offset
        self._size = size
        self._place = 0
        self._own = own

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = io.SEEK_SET, /) -> int:
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only from the start")
        self._place = place
        return place

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._size - self._place)
        wanted = min(left if size < 0 else size, left, CHUNK_BYTES)
        self._archive.seek(self._offset + self._place)
        data = self._archive.read(wanted)
        self._place += len(data)
        if wanted and not data:
            raise InputError(f"{self._name} ends too early in its archive; copy or download that anew")
        return data

    def close(self) -> None:
        if self._own is not None:
            self._own.close()
        super().close()
