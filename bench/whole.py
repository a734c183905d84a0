"""From a file to a report, as a user runs it; the report's size; and how soon help comes."""

import subprocess
import sys
import time
from pathlib import Path

from bench.figure import Figure

DAY, SMALL = 1_000_000, 100_000
HELP_RUNS = 5


def figures(folder: Path) -> list[Figure]:
    """Measure `darkwake run` on a busy day, a report of 100 k positions, and `darkwake --help`."""
    from bench.child import measure

    found = []
    for positions in (DAY, SMALL):
        file = folder / f"day{positions}.nmea"
        lines = measure("reading:simulate", str(file), positions)["lines"]
        run = measure("whole:run", str(file), str(folder))
        size = f"{positions / 1e6:.1g} M positions ({lines:,.0f} sentences)"
        if positions == DAY:
            found.append(Figure(f"`darkwake run`, {size}, file to report", run["seconds"], "s", 120, at_most=True))
        else:
            found.append(Figure(f"report of {size}, {run['events']:.0f} events", run["mb"], "MB", 5, at_most=True))
    found.append(
        Figure("`darkwake --help`, best of five", measure("whole:ask_help")["seconds"], "s", 0.3, at_most=True)
    )
    return found


def run(file: str, folder: str) -> dict[str, float]:
    """Run the main job on a file in a new process; returns its seconds, its report's size and its events."""
    from darkwake import Case

    case, report = Path(folder) / f"{Path(file).stem}.duckdb", Path(folder) / f"{Path(file).stem}.html"
    command = [sys.executable, "-m", "darkwake", "run", file, "--case", str(case), "--report", str(report)]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    events = sum(Case(case).status()["events"].values())
    return {"seconds": seconds, "mb": report.stat().st_size / 1e6, "events": events}


def ask_help() -> dict[str, float]:
    """Ask for help; returns the least time of several."""
    command = [sys.executable, "-m", "darkwake", "--help"]
    taken = []
    for _ in range(HELP_RUNS):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - started)
    return {"seconds": min(taken)}
