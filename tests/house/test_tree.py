"""The house itself: one clock, one place that opens the database, no machine in the files."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("ais", "zones", "detectors", "maps", "darkwake")
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def _calls(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the `name.attribute` of each call in a file, through `module.name.attribute` too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            yield name, node.func.attr


@pytest.mark.parametrize("room", ROOMS)
def test_only_the_front_door_reads_the_clock(room: str) -> None:
    for path in sorted((ROOT / room).rglob("*.py")):
        if path != ROOT / "darkwake" / "clock.py":
            assert not CLOCKS & set(_calls(path)), (
                f"{path.relative_to(ROOT)} reads the clock: take the time as an argument"
            )


def test_the_clock_test_can_fail() -> None:
    assert CLOCKS & set(_calls(ROOT / "darkwake" / "clock.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_only_the_store_opens_the_database(room: str) -> None:
    for path in sorted((ROOT / room).rglob("*.py")):
        if path != ROOT / "ais" / "store.py":
            assert ("duckdb", "connect") not in set(_calls(path)), path.relative_to(ROOT)


def _tracked() -> list[Path]:
    """Return the files that git has, or all but the known litter where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts]


def test_no_file_names_a_machine_or_a_package_index() -> None:
    machine = r"(?<![\w.-])/(?:root|work|home/\w+|Users/\w+)/"
    index = r"--(?:extra-)?index-url\b|--find-links\b|\bpython" + r"hosted\b"
    wrong = re.compile(f"{machine}|{index}".encode())
    for path in _tracked():
        if path != Path(__file__) and path.suffix not in {".png", ".gz", ".html", ".parquet"}:
            found = wrong.search(path.read_bytes())
            assert found is None, f"{path.relative_to(ROOT)} holds {found and found.group()!r}"


def test_every_locked_requirement_has_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8"))
        wanted = [block for block in blocks if not block.startswith("#")]
        assert len(wanted) > 20
        assert all("==" in block and "--hash=sha256:" in block for block in wanted)


def test_the_runtime_lock_is_part_of_the_development_lock() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"(?m)^[a-z0-9._-]+==\S+", (ROOT / name).read_text(encoding="utf-8")))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_what_benchmarks_measure_is_there() -> None:
    calls = {
        (path.stem, *call)
        for path in (ROOT / "bench").glob("*.py")
        for call in re.findall(r'(?:measure|best)\("(\w+):(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert len(calls) > 10
    for _, module, function in sorted(calls):
        source = (ROOT / "bench" / f"{module}.py").read_text(encoding="utf-8")
        assert re.search(rf"^def {function}\(", source, re.MULTILINE), f"bench/{module}.py has no {function}"
