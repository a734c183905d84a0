"""Put the scores into README.md as `darkwake evaluate` prints them: python docs/make_scores.py.

The seeds are the README's own: no threshold is tuned on them. Takes some minutes.
"""

import contextlib
import io
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from darkwake.cli import main as darkwake

README = Path(__file__).resolve().parent.parent / "README.md"
SCENARIO, SEEDS = "transfers", (9101, 9102, 9103)
PLACE = r"(<!-- {0} -->\n).*?(<!-- /{0} -->)"


def scored(seed: int, folder: Path) -> str:
    """Return what `darkwake evaluate` prints for the scenario with a seed."""
    sentences, truth, events, case = (folder / f"{seed}.{kind}" for kind in ("nmea", "truth.json", "json", "duckdb"))
    run("simulate", SCENARIO, "--seed", seed, "-o", sentences, "--truth", truth)
    run("ingest", sentences, "--case", case)
    run("detect", "--case", case)
    run("events", "--case", case, "--format", "json", "-o", events)
    return run("evaluate", "--events", events, "--truth", truth)


def run(*args: object) -> str:
    """Run a darkwake command and return what it printed; stop if it failed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            darkwake([str(arg) for arg in args])
        except SystemExit as left:
            if left.code:
                raise
    return printed.getvalue()


def main() -> None:
    """Score all seeds, of the one scenario and of the truth corpus, and write the README."""
    with TemporaryDirectory() as folder:
        shown = {"scores": "\n".join(scored(seed, Path(folder)) for seed in SEEDS)}
    lines = run("evaluate", "--corpus", *(part for seed in SEEDS for part in ("--seed", seed))).splitlines(
        keepends=True
    )
    shown["corpus"] = "".join(line for line in lines if not line.startswith("missed: "))
    text = README.read_text(encoding="utf-8")
    for name, found in shown.items():
        text, places = re.subn(
            PLACE.format(name), lambda m, found=found: f"{m[1]}```text\n{found}```\n{m[2]}", text, flags=re.DOTALL
        )
        if not places:
            raise SystemExit(f"README.md has no place for {name}: put <!-- {name} --> and <!-- /{name} --> around one")
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
