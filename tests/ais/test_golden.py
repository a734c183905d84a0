"""What became of the lines of every real sentence file, held against a committed table of counts.

When a rule changes on purpose: look at the lines whose fate changed, then `python -m tests.ais.test_golden`.
"""

import tempfile
from pathlib import Path

import pytest

from ais.counts import InputReport
from ais.store import Store
from tests.ais.readings import FILES, START
from tests.ais.sentences import DATA, Take, taker

COUNTS = DATA / "golden" / "nmea_counts.txt"
TIMED = {"GFW_ais-listener_tagblock_first2000.txt", "amsa-code__exact-earth-augmented.txt"} | {
    "schwehr__test.aivdm",
    "schwehr__typeexamples.nmea",
}
HEAD = f"""\
# Lines of each file of tests/data/nmea by what became of them: lines = stored + other + duplicates + rejects.
# Files whose sentences say no time are read with the start time {START:%Y-%m-%dT%H:%M:%SZ}.
# Made by: python -m tests.ais.test_golden
"""


def counts(take: Take, path: Path) -> str:
    """What became of a file's lines, as text; `take` asserts the counting law."""
    report: InputReport = take(path, start_time=None if path.name in TIMED else START)
    fields = ("lines", "stored", "other", "duplicates", "positions", "identities")
    lines = [path.name, *(f"    {field} {getattr(report, field)}" for field in fields)]
    return "\n".join([*lines, *(f"    reject, {reason}: {n}" for reason, n in sorted(report.rejects.items()))])


def golden() -> dict[str, str]:
    """What the table says of each file."""
    _, *parts = COUNTS.read_text(encoding="utf-8").rstrip("\n").split("\n\n")
    return {part.partition("\n")[0]: part for part in parts}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_line_of_a_real_file_is_accounted_for_as_before(take: Take, path: Path) -> None:
    assert counts(take, path) == golden()[path.name], (
        f"the fate of lines of {path.name} changed: look at them; if it is meant, run "
        "`python -m tests.ais.test_golden` and commit what it wrote"
    )


def test_the_table_names_the_files_that_are_there() -> None:
    assert list(golden()) == [path.name for path in FILES]


def main() -> None:
    """Write the table anew."""
    parts = [HEAD.rstrip("\n")]
    for path in FILES:
        with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "case.duckdb") as store:
            parts.append(counts(taker(store, Path(folder)), path))
    COUNTS.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
