"""kill -9 of a watch at random moments of a feed, and the same watch again: the events are those of a replay.

The feed is a recording, read at a pace at which it lasts through all kills. The watch that is left alone at the end
must have found what `darkwake run` finds in the spool, and in the recording itself.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ais.reader import QueryError, Reader
from ais.store import CaseError
from detectors import read_events, to_json
from soak.forked import Forked, Forks

KILLS = 200
POSITIONS = 1_000_000  # of a day of ships
LIFE_S = (2.0, 5.0)  # how long a watch is let live, after its first sign of work
DAY_S = 86_400
TIME_LIMIT_S = 900
_LOOK_S = 0.1


@dataclass
class Watched:
    """What became of the kills.

    Attributes:
        lines: Lines that the case held at each kill.
        events: Of the watch, of a run on its spool, and of a run on the recording: as JSON.
    """

    lines: list[int] = field(default_factory=list)
    events: tuple[str, str, str] = ("", "", "")

    @property
    def working(self) -> int:
        """Kills before which the watch had taken in more than the one before it."""
        return sum(after > before for before, after in zip([0, *self.lines], self.lines, strict=False))


def run(folder: Path, kills: int = KILLS, positions: int = POSITIONS) -> Iterator[str]:
    """Yield what is wrong; print the figures."""
    with Forks() as forks:
        found = tried(forks, folder, kills, positions)
    live, spool, source = found.events
    print(f"{kills} kills of a watch on {positions:,} positions: before {found.working} of them it took lines in")
    if live != spool:
        yield "the watch's events are not those of a run on its spool"
    if live != source:
        yield "the watch's events are not those of a run on the recording"
    if not live.count('"kind"'):
        yield "there are no events"
    if 2 * found.working < kills:
        yield f"only before {found.working} of {kills} kills was work being done"


def tried(forks: Forks, folder: Path, kills: int, positions: int, life_s: tuple[float, float] = LIFE_S) -> Watched:
    """Kill watches, let the last one end, and run on what they read."""
    chance, found = random.Random(11), Watched()
    given, case = folder / "day.nmea", folder / "live.duckdb"
    forks.run(folder, "simulate", f"busy-day:{positions}", "-o", given, "--truth", folder / "truth.json")
    speed = DAY_S / (kills * sum(life_s) / 2)
    for _ in range(kills):
        with forks.working(folder, "watch", f"file:{given}?speed={speed:g}", "--case", case) as process:
            _until_it_works(case, found.lines[-1] if found.lines else 0, process)
            time.sleep(chance.uniform(*life_s))
            process.kill()
        found.lines.append(lines_of(case))
    forks.run(folder, "watch", f"file:{given}", "--case", case)
    for name, what in (("spool", folder / "live.spool"), ("source", given)):
        case = folder / f"{name}.duckdb"
        forks.run(folder, "ingest", what, "--case", case)
        forks.run(folder, "detect", "--case", case)  # as `run` does, but for the report
    live, spool, source = (_events(folder / f"{name}.duckdb") for name in ("live", "spool", "source"))
    found.events = live, spool, source
    return found


def _events(case: Path) -> str:
    with Reader.open(case) as reader:
        return to_json(read_events(reader))


def _until_it_works(case: Path, lines: int, process: Forked) -> None:
    """Wait until a watch has taken something in, or has ended."""
    end = time.monotonic() + TIME_LIMIT_S
    while lines_of(case) <= lines and not process.ended(_LOOK_S):
        if time.monotonic() > end:
            raise RuntimeError(f"a watch took nothing in within {TIME_LIMIT_S} s")


def lines_of(case: Path) -> int:
    """Return how many lines a case holds; 0 where it cannot be told just now."""
    try:
        with Reader.open(case) as reader:
            return int(reader.query("SELECT coalesce(sum(lines), 0)::BIGINT AS n FROM inputs")["n"][0].as_py())
    except (CaseError, QueryError):
        return 0
