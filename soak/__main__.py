"""`python -m soak [NAME[=SIZE]...]`: the long runs, each ending by itself; exit 1 if something is wrong.

Names choose parts, all by default: kills (size: how many), fuzz (lines), memory (lines), watched (kills), seeds (how
many), reconnects (how many), clock (steps), ships (how many), flood (ships), disk (lines), stopped (seconds), alerts
(kills), visitors (lines).
"""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp

from soak import alerts, fuzz, kills, memory, seeds, storms, visitors, watched

PARTS: dict[str, tuple[Callable[[Path, int], Iterator[str]], int]] = {
    "kills": (kills.run, kills.KILLS),
    "fuzz": (lambda _, lines: fuzz.run(lines), fuzz.LINES),
    "memory": (memory.run, memory.LINES),
    "watched": (watched.run, watched.KILLS),
    "seeds": (seeds.run, seeds.SEEDS),
    "reconnects": (storms.reconnects, storms.RECONNECTS),
    "clock": (storms.clock, storms.STEPS),
    "ships": (storms.ships, storms.SHIPS),
    "flood": (storms.flood, storms.FLOOD),
    "disk": (storms.disk, storms.DISK_LINES),
    "stopped": (storms.stopped, storms.STOPPED_S),
    "alerts": (alerts.run, alerts.KILLS),
    "visitors": (visitors.run, visitors.LINES),
}


def main(words: list[str]) -> int:
    """Run the named parts, print what they found; returns the exit code."""
    asked = {name: size for name, _, size in (word.partition("=") for word in words)}
    for name, size in asked.items():
        if name not in PARTS or not (size or "1").isdecimal():
            print(f"{name} with size {size or 'as is'} is no part; known are {', '.join(PARTS)}", file=sys.stderr)
            return 2
    wrong = 0
    for name in asked or PARTS:
        run, usual = PARTS[name]
        started = time.perf_counter()
        folder = Path(mkdtemp(prefix="darkwake-soak-"))
        print(f"{name}: begins in {folder}, {shutil.disk_usage(folder).free / 1e9:.0f} GB free", flush=True)
        problems = list(run(folder, int(asked.get(name) or usual)))
        for problem in problems:
            print(f"{name}: WRONG: {problem}", flush=True)
        if not problems:  # else what is there tells more
            shutil.rmtree(folder)
        wrong += len(problems)
        print(f"{name}: done in {time.perf_counter() - started:.0f} s", flush=True)
    print("all well" if not wrong else f"{wrong} things are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
