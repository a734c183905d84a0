"""One set of messages, one set of findings: detected twice, shuffled, doubled, split - byte for byte the same."""

import random
import re
from pathlib import Path

import pytest

from tests.front.front_door import Run


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Return the demo's messages, the parts of one together; every line has its own time."""
    from darkwake.simulate import make

    path = tmp_path_factory.mktemp("same") / "demo.nmea"
    make("demo", 3).write_nmea(path)
    whole: list[bytes] = []
    open_ = b""
    for line in path.read_bytes().splitlines(keepends=True):
        assert b"c:" in line
        part = re.search(rb"!AIVDM,(\d),(\d),", line)
        assert part is not None
        open_ += line
        if part.group(1) == part.group(2):
            whole.append(open_)
            open_ = b""
    assert open_ == b""
    return whole


def test_order_copies_and_files_do_not_matter(messages: list[bytes], cli: Run, tmp_path: Path) -> None:
    rng = random.Random(11)
    (tmp_path / "whole.nmea").write_bytes(b"".join(messages))
    mixed = messages + rng.sample(messages, len(messages) // 4)
    rng.shuffle(mixed)
    half = len(mixed) // 2
    (tmp_path / "b.nmea").write_bytes(b"".join(mixed[:half]))
    (tmp_path / "a.nmea").write_bytes(b"".join(mixed[half:]))
    plain = _findings(cli, "plain.duckdb", "whole.nmea")
    assert plain.count('"kind"') > 20
    assert _findings(cli, "plain.duckdb") == plain
    assert _findings(cli, "mixed.duckdb", "b.nmea", "a.nmea") == plain


def _findings(cli: Run, case: str, *inputs: str) -> str:
    """Take inputs in one after the other, detecting after each, and return the events as JSON."""
    for name in inputs:
        assert cli("ingest", name, "--case", case).code == 0
        assert cli("detect", "--case", case).code == 0
    assert cli("detect", "--case", case).code == 0
    return cli("events", "--case", case, "--format", "json").out
