"""The artefacts that a detection works with: those learned for its case, else the ones that come with darkwake.

They are inputs: the case keeps each with its hash, `runs` names those that a run used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ais.reader import Reader, arrow
from ais.schema import ARTEFACTS
from detectors.artefacts import KINDS, MOST_BYTES, Artefact, BadArtefact, parse
from detectors.features import FEATURES
from detectors.mask import NO_MASK, Mask
from detectors.models import Classifier, Forest

if TYPE_CHECKING:
    import duckdb

SHIPPED = Path(__file__).parent / "data"
_IN_FORCE = """
SELECT kind, sha256, data FROM artefacts WHERE made_at IS NOT NULL
QUALIFY id = max(id) OVER (PARTITION BY kind)
"""


@dataclass(frozen=True)
class Learned:
    """What was learned, by kind; each is read on its first use.

    Attributes:
        found: The bytes of each kind that there is.
    """

    found: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of_case(cls, con: duckdb.DuckDBPyConnection) -> Learned:
        """Return the latest of each kind that was learned for a case, else the one that comes with darkwake."""
        rows = arrow(con, _IN_FORCE).to_pylist()
        return _of(*sorted((_shipped() | {row["kind"]: _whole(row) for row in rows}).items()))

    @classmethod
    def named(cls, reader: Reader, hashes: Iterable[str]) -> Learned:
        """Return the artefacts of these hashes as a case keeps them.

        Raises:
            BadArtefact: One is gone, or its bytes are not those of its hash.
        """
        found: dict[str, bytes] = {}
        for sha256 in hashes:
            sql = "SELECT kind, sha256, data FROM artefacts WHERE sha256 = $sha256 LIMIT 1"
            rows = reader.query(sql, sha256=sha256).to_pylist()
            if not rows:
                raise BadArtefact(f"the artefact {sha256[:8]} that a run used is gone from the case")
            found[rows[0]["kind"]] = _whole(rows[0])
        return cls(found)

    def hashes(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Return the hashes of what there is of some kinds, ascending."""
        return tuple(sorted(self._hashes[kind] for kind in kinds if kind in self._hashes))

    def get(self, kind: str) -> Artefact | None:
        """Return the artefact of a kind, None where there is none.

        Raises:
            BadArtefact: It cannot be read, or is of another kind.
        """
        if kind not in self.found or kind in self._read:
            return self._read.get(kind)
        made = parse(self.found[kind], f"the artefact '{kind}' of this case")
        if made.kind != kind:
            raise BadArtefact(f"the artefact '{kind}' of this case is one of '{made.kind}'; make it anew")
        self._read[kind] = made
        return made

    @cached_property
    def _read(self) -> dict[str, Artefact]:
        """Those that were read: each detection into a new case keeps them there."""
        return {}

    @cached_property
    def mask(self) -> Mask:
        """The places where ships lie, none where none were learned."""
        made = self.get("anchorages")
        return Mask.of(made) if made else NO_MASK

    def forest(self, group: str) -> Forest | None:
        """Return the forest of a group of events, None where there is none."""
        return self._forests.get(group)

    @cached_property
    def classifier(self) -> Classifier | None:
        """The classifier of meetings, None where there is none."""
        made = self.get("meetings")
        return Classifier.of(made) if made else None

    @cached_property
    def _forests(self) -> dict[str, Forest | None]:
        made = self.get("unusual")
        return {group: Forest.of(made, group) for group in FEATURES} if made else {}

    @cached_property
    def _hashes(self) -> dict[str, str]:
        return {kind: hashlib.sha256(data).hexdigest() for kind, data in self.found.items()}


NOTHING = Learned()


def read_artefact(path: Path) -> Artefact:
    """Read an artefact's file, all of it.

    Raises:
        BadArtefact: It is no artefact of this darkwake, damaged, or holds what it may not.
    """
    if path.stat().st_size > MOST_BYTES:
        raise BadArtefact(f"{path} is too large for an artefact of darkwake; give a file that darkwake train wrote")
    made = parse(path.read_bytes(), str(path))
    of = Learned({made.kind: made.data})
    _ = of.mask, of.classifier, of.forest("")
    return made


@lru_cache(maxsize=4)
def _of(*found: tuple[str, bytes]) -> Learned:
    """Return the same for the same bytes: a watch detects every second, and reading a model takes as long as that."""
    return Learned(dict(found))


@cache
def _shipped() -> dict[str, bytes]:
    """Return the artefacts that come with darkwake."""
    paths = {kind: SHIPPED / f"{kind}.skops" for kind in KINDS}
    return {kind: path.read_bytes() for kind, path in paths.items() if path.exists()}


def _whole(row: Mapping[str, Any]) -> bytes:
    """Return the bytes of a kept artefact."""
    data = bytes(row["data"])
    if hashlib.sha256(data).hexdigest() != row["sha256"]:
        raise BadArtefact(f"the artefact '{row['kind']}' of this case is not what its hash says; make it anew")
    return data


def keep(con: duckdb.DuckDBPyConnection, artefact: Artefact, now: datetime) -> None:
    """Put an artefact into a case, to be in force from then on."""
    con.execute("DELETE FROM artefacts WHERE sha256 = ?", [artefact.sha256])
    _insert(con, artefact, now.astimezone(UTC).replace(tzinfo=None))


def record_used(con: duckdb.DuckDBPyConnection, learned: Learned, kinds: Iterable[str]) -> None:
    """Keep what a run uses, so that a case can be verified where other artefacts are in force."""
    known = {str(row[0]) for row in con.execute("SELECT sha256 FROM artefacts").fetchall()}
    for kind in sorted(set(kinds) & learned.found.keys()):
        if learned.hashes([kind])[0] not in known:
            made = learned.get(kind)
            assert made is not None
            _insert(con, made, None)


def _insert(con: duckdb.DuckDBPyConnection, artefact: Artefact, made_at: datetime | None) -> None:
    last = con.execute("SELECT coalesce(max(id), 0) FROM artefacts").fetchall()[0][0]
    row = {
        "id": int(last) + 1,
        "kind": artefact.kind,
        "sha256": artefact.sha256,
        "made_at": made_at,
        "made_from": json.dumps(artefact.about, ensure_ascii=False, sort_keys=True),
        "data": artefact.data,
    }
    rows = pa.Table.from_pylist([row], schema=ARTEFACTS.arrow_schema())
    con.register("new_rows", rows)
    con.execute("INSERT INTO artefacts BY NAME SELECT * FROM new_rows")
    con.unregister("new_rows")
