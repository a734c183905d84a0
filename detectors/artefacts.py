"""What was learned, as a file: a skops file of arrays and one text, read by a hard-coded list of types and no other.

Models are kept as plain numbers, so that scoring needs NumPy only (scikit-learn takes seconds to import) and a file can
hold nothing that runs. Files are written by skops and read here: skops would import what a file names, if only after
asking. The same content gives the same bytes, and so the same hash.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

#: The only types that an artefact may hold, as skops names them.
TYPES = ("builtins.dict", "builtins.str", "numpy.ndarray")
#: What can be learned.
KINDS = ("anchorages", "meetings", "unusual")
MOST_BYTES = 64 << 20
_NUMBERS = "biuf"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the least time that a zip file can state

Arrays = Mapping[str, npt.NDArray[Any]]


class BadArtefact(ValueError):
    """A file is no artefact of ours: damaged, foreign, or with a type that is not allowed."""


@dataclass(frozen=True)
class Artefact:
    """One learned thing.

    Attributes:
        kind: One of `KINDS`.
        about: What it was learned from and with, JSON-ready.
        arrays: What was learned.
        data: The bytes of its file.
    """

    kind: str
    about: Mapping[str, Any]
    arrays: Arrays
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hash of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


def make(kind: str, about: Mapping[str, Any], arrays: Arrays) -> Artefact:
    """Return an artefact of what was learned; the same content gives the same bytes."""
    import skops.io

    text = json.dumps({"kind": kind, **about}, ensure_ascii=False, sort_keys=True)
    content = {"about": text} | {name: np.array(values) for name, values in sorted(arrays.items())}
    return parse(_renumbered(skops.io.dumps(content)), kind)


def parse(data: bytes, where: str) -> Artefact:
    """Read the bytes of an artefact.

    Args:
        data: The bytes.
        where: What to call them when they are bad.

    Raises:
        BadArtefact: They are damaged, foreign, or hold a type that is not in `TYPES`.
    """
    try:
        content = _read(data)
        about = json.loads(content.pop("about"))
        kind = about.pop("kind")
    except BadArtefact as error:
        raise BadArtefact(f"{where} {error}") from None
    except Exception as error:  # on bad bytes zipfile, zlib and NumPy raise a dozen kinds
        raise BadArtefact(f"{where} is damaged or no artefact of darkwake ({_short(error)}); make it anew") from None
    if kind not in KINDS or not all(isinstance(values, np.ndarray) for values in content.values()):
        raise BadArtefact(f"{where} is no artefact that this darkwake knows; make it anew with: darkwake train")
    return Artefact(kind, about, content, data)


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())[:80]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _read(data: bytes) -> dict[str, Any]:
    """Return the content of a skops file that holds a mapping of names to texts and arrays of numbers."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
            raise BadArtefact(f"holds more than {MOST_BYTES >> 20} MB; make it anew")
        schema = json.loads(archive.read("schema.json"))
        _allow(schema, "builtins.dict")
        return {name: _value(archive, node) for name, node in schema["content"].items()}


def _value(archive: zipfile.ZipFile, node: Mapping[str, Any]) -> Any:
    if _type_of(node) == "builtins.str":
        _allow(node, "builtins.str", loader="JsonNode")
        text = json.loads(node["content"])
        if not isinstance(text, str):
            raise BadArtefact("holds a text that is none; make it anew")
        return text
    _allow(node, "numpy.ndarray", loader="NdArrayNode")
    return _array(archive.read(node["file"]))


def _type_of(node: Mapping[str, Any]) -> str:
    return f"{node['__module__']}.{node['__class__']}"


def _allow(node: Mapping[str, Any], wanted: str, loader: str = "DictNode") -> None:
    """Raise BadArtefact where a part is of another type than it must be."""
    kind = _type_of(node)
    if kind not in TYPES or kind != wanted or node["__loader__"] != loader:
        raise BadArtefact(
            f"holds {kind[:60]!r} ({str(node['__loader__'])[:30]}), which an artefact may not, only "
            f"{', '.join(TYPES)}; do not use it"
        )


def _array(data: bytes) -> npt.NDArray[Any]:
    """Return the array of an .npy file; its head is checked first, for NumPy believes it and makes room."""
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise BadArtefact("holds an array of an unknown format; make it anew")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in _NUMBERS or dtype.hasobject:
        raise BadArtefact(f"holds an array of {str(dtype)[:30]!r}, not of numbers; do not use it")
    size = int(np.prod([int(length) for length in shape], dtype=object)) * dtype.itemsize
    if size != len(data) - file.tell():
        raise BadArtefact("holds an array that is cut off; make it anew")
    file.seek(0)
    values: npt.NDArray[Any] = np.load(file, allow_pickle=False)
    return values


def _renumbered(data: bytes) -> bytes:
    """Return a skops file with its parts numbered in order, not by where they lay in memory, and without the clock."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        schema, numbers = json.loads(old.read("schema.json")), dict[int, int]()
        files: dict[str, str] = {}
        _renumber(schema, numbers, files)
        for name, told in files.items():
            _add(new, told, old.read(name))
        _add(new, "schema.json", json.dumps(schema, indent=1).encode())
    return out.getvalue()


def _renumber(node: Any, numbers: dict[int, int], files: dict[str, str]) -> None:
    """Number the parts of a schema anew, in place, and name their files by these numbers."""
    if isinstance(node, list):
        for part in node:
            _renumber(part, numbers, files)
        return
    if not isinstance(node, dict):
        return
    if "__id__" in node:
        node["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
    if "file" in node:
        node["file"] = files.setdefault(node["file"], f"{len(files) + 1}.npy")
    for part in node.values():
        _renumber(part, numbers, files)


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
