"""From a file to a report, as a user runs it; the report's size; and how soon help comes."""

import subprocess
import sys
import time
from pathlib import Path

from bench.child import measure
from bench.figure import Figure

DAY = "busy-day:1000000"
EVENTFUL = "transfers"  # over twice the floor's 100 k positions, and hundreds of events to show
HELP_RUNS = 5


def figures(folder: Path) -> list[Figure]:
    """Measure `darkwake run` on a busy day, the report of an eventful case, and `darkwake --help`."""
    day, eventful = _run(folder, DAY), _run(folder, EVENTFUL)
    whole = f"`darkwake run`, {day['positions']:,.0f} positions in {day['lines']:,.0f} sentences, file to report"
    report = f"report of {eventful['positions']:,.0f} positions, {eventful['events']:.0f} events"
    return [
        Figure(whole, day["seconds"], "s", 120, at_most=True),
        Figure(report, eventful["mb"], "MB", 5, at_most=True),
        Figure("`darkwake --help`, best of five", measure("whole:ask_help")["seconds"], "s", 0.3, at_most=True),
    ]


def _run(folder: Path, name: str) -> dict[str, float]:
    """Simulate a scenario and run the main job on its file."""
    file = str(folder / f"{name.partition(':')[0]}.nmea")
    lines = measure("whole:simulate", file, name)["lines"]
    return {"lines": lines, **measure("whole:run", file, str(folder))}


def simulate(file: str, name: str) -> dict[str, float]:
    """Write a scenario's sentences; returns how many lines they are."""
    from darkwake.simulate import make

    scenario = make(name, 1)
    scenario.write_nmea(file)
    return {"lines": scenario.lines}


def run(file: str, folder: str) -> dict[str, float]:
    """Run the main job on a file in a new process; returns its seconds, its report's size, and what the case holds."""
    from darkwake import Case

    case, report = Path(folder) / f"{Path(file).stem}.duckdb", Path(folder) / f"{Path(file).stem}.html"
    command = [sys.executable, "-m", "darkwake", "run", file, "--case", str(case), "--report", str(report)]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    held = Case(case).status()
    size = {"mb": report.stat().st_size / 1e6, "positions": held["positions"]}
    return {"seconds": seconds, **size, "events": sum(held["events"].values())}


def ask_help() -> dict[str, float]:
    """Ask for help; returns the least time of several."""
    command = [sys.executable, "-m", "darkwake", "--help"]
    taken = []
    for _ in range(HELP_RUNS):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - started)
    return {"seconds": min(taken)}
