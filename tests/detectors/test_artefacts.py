"""Artefact files: the same content is the same bytes, skops reads them, and what they may not hold is refused."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skops.io

from ais.store import Store
from detectors import detect, read_events
from detectors.artefacts import BadArtefact, make, parse
from detectors.learned import Learned, keep
from tests.detectors.cases import NOW, defaults, insert, rows_of, still
from zones import ZoneSet

ARRAYS = {"x": np.arange(5, dtype=np.int32), "y": np.linspace(0, 1, 3)}


def test_the_same_content_is_the_same_bytes() -> None:
    one = make("unusual", {"b": 1, "a": "é"}, ARRAYS)
    other = make("unusual", {"a": "é", "b": 1}, dict(reversed(ARRAYS.items())))
    assert one.data == other.data
    assert one.sha256 == other.sha256 != make("unusual", {"a": "é", "b": 2}, ARRAYS).sha256
    assert one.about == {"a": "é", "b": 1}
    assert np.array_equal(one.arrays["y"], ARRAYS["y"])
    assert one.arrays["x"].dtype == np.int32


def test_skops_reads_it_and_trusts_every_type() -> None:
    made = make("unusual", {"a": 1}, ARRAYS)
    assert skops.io.get_untrusted_types(data=made.data) == []
    content = skops.io.loads(made.data)
    assert json.loads(content["about"]) == {"a": 1, "kind": "unusual"}
    assert np.array_equal(content["x"], ARRAYS["x"])


class Hostile:
    """What must never come out of a file."""


@pytest.mark.parametrize(
    "content",
    [
        {"about": '{"kind": "unusual"}', "x": Hostile()},
        {"about": '{"kind": "unusual"}', "x": print},
        {"about": '{"kind": "unusual"}', "x": np.float64},
        {"about": '{"kind": "unusual"}', "x": np.array([{}], object)},
        {"about": '{"kind": "unusual"}', "x": np.array(["text"])},
        {"about": '{"kind": "unusual"}', "x": {"y": np.arange(3)}},
        {"about": '{"kind": "unusual"}', "x": "a text"},
        {"about": '{"kind": "something"}', "x": np.arange(3)},
        {"about": "[]"},
        {"x": np.arange(3)},
        [1, 2],
        Hostile(),
    ],
)
def test_what_it_may_not_hold_is_refused_in_a_sentence(content: object) -> None:
    with pytest.raises(BadArtefact, match=r"^model\.skops (holds|is) .*(do not use it|make it anew|darkwake train)"):
        parse(skops.io.dumps(content), "model.skops")


def test_a_damaged_file_is_refused() -> None:
    data = make("unusual", {"a": 1}, ARRAYS).data
    rng = np.random.default_rng(3)
    for cut in (0, 1, 10, len(data) // 2, len(data) - 1):
        with pytest.raises(BadArtefact, match="damaged"):
            parse(data[:cut], "model.skops")
    for _ in range(300):
        spoiled = bytearray(data)
        spoiled[int(rng.integers(len(data)))] ^= int(rng.integers(1, 256))
        try:
            found = parse(bytes(spoiled), "model.skops")
        except BadArtefact:
            continue
        assert found.kind == "unusual"  # a byte of the archive's own words: the content has check sums


def _with_head(shape: tuple[int, ...]) -> bytes:
    """Return a file whose array says it is of some shape and is not."""
    out, old = io.BytesIO(), zipfile.ZipFile(io.BytesIO(make("unusual", {}, {"x": np.arange(5)}).data))
    with zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith(".npy"):
                head = io.BytesIO()
                np.lib.format.write_array_header_1_0(head, {"descr": "<i8", "fortran_order": False, "shape": shape})
                data = head.getvalue() + b"\0" * 40
            new.writestr(name, data)
    return out.getvalue()


def test_an_array_that_lies_of_its_size_takes_no_memory() -> None:
    parse(_with_head((5,)), "model.skops")
    for shape in ((1 << 60,), (1 << 32, 1 << 32), (4,), (-5,)):
        with pytest.raises(BadArtefact):
            parse(_with_head(shape), "model.skops")


def test_a_bomb_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b" " * (65 << 20))
    with pytest.raises(BadArtefact, match="more than 64 MB"):
        parse(out.getvalue(), "model.skops")


def test_the_latest_of_each_kind_is_in_force_and_the_hash_is_kept(tmp_path: Path) -> None:
    one, two = (make("anchorages", {"places": [], "n": n}, {}) for n in (1, 2))
    with Store.open(tmp_path / "a.duckdb") as store:
        for made in (one, two):
            keep(store.con, made, NOW)
        assert Learned.of_case(store.con).hashes(["anchorages"]) == (two.sha256,)
        keep(store.con, one, NOW)
        assert Learned.of_case(store.con).hashes(["anchorages"]) == (one.sha256,)
        assert store.con.execute("SELECT count(*) FROM artefacts").fetchall() == [(2,)]
        assert Learned.named(store.reader(), [two.sha256]).hashes(["anchorages"]) == (two.sha256,)
        store.con.execute("UPDATE artefacts SET data = 'spoiled'::BLOB WHERE sha256 = ?", [one.sha256])
        with pytest.raises(BadArtefact, match="not what its hash says"):
            Learned.of_case(store.con)
        with pytest.raises(BadArtefact, match="gone"):
            Learned.named(store.reader(), ["ab" * 32])


def test_a_case_of_the_second_schema_moves_forward(tmp_path: Path, zones: ZoneSet) -> None:
    with Store.open(tmp_path / "a.duckdb") as store:
        insert(store, rows_of([still(445000001, 123.5, 36.5, 0, 300), still(412000009, 123.5004, 36.5, 0, 300)]))
        detect(store, zones, detectors=defaults("rendezvous"), now=NOW, version="test")
        kept = read_events(store.reader())
        store.con.execute("DROP TABLE artefacts")
        store.con.execute("DROP TABLE sealed")
        store.con.execute("DROP TABLE notes")
        store.con.execute("ALTER TABLE runs DROP COLUMN artefacts")
        store.con.execute("UPDATE meta SET value = '2' WHERE name = 'schema_version'")
    with Store.open(tmp_path / "a.duckdb") as store:
        assert read_events(store.reader()) == kept
        detect(store, zones, detectors=defaults("rendezvous"), now=NOW, version="test")
        assert read_events(store.reader()) == kept
        assert store.con.execute("SELECT artefacts IS NULL FROM runs ORDER BY id LIMIT 1").fetchall() == [(True,)]
