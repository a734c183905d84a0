"""kill -9 at random moments of an ingest, then the same ingest again until it ends: the case is as if nothing was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ais.reader import Reader
from ais.store import CaseError
from bench.feed import feed
from soak.alike import differences, prints
from soak.child import Ingests, Job
from soak.spoil import spoiled

KILLS = 200
LINES = 1_200_000
_BATCH_LINES = 100_000
_SPOILED = 0.02
_COMMITS = 3  # a kill comes after fewer
_LONGEST = 1.5  # batches' time after these


@dataclass
class Trial:
    """What became of the kills of one input.

    Attributes:
        before: Kills before the first batch was committed.
        between: Lines that were committed, for each kill that left an input in part.
        after: Kills after the last batch was committed, before the process ended.
        whole: Cases that came to their end.
        wrong: Tables that were not as in an undisturbed case, or what failed, for each case that had some.
    """

    before: int = 0
    between: list[int] = field(default_factory=list)
    after: int = 0
    whole: int = 0
    wrong: list[list[str]] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """All kills."""
        return self.before + len(self.between) + self.after

    def note(self, case: Path) -> None:
        """Count a kill by what it left."""
        try:
            with Reader.open(case) as reader:
                rows = reader.query("SELECT lines, complete FROM inputs").to_pylist()
        except CaseError:  # not even made
            rows = []
        if not rows:
            self.before += 1
        elif rows[0]["complete"]:
            self.after += 1
        else:
            self.between.append(rows[0]["lines"])


def run(folder: Path, kills: int = KILLS, lines: int = LINES) -> Iterator[str]:
    """Yield what is wrong; print the figures."""
    given, rng = folder / "feed.nmea", np.random.default_rng(5)
    given.write_bytes(b"".join(spoiled(chunk, rng, _SPOILED) for chunk in feed(lines)))
    trial = tried(Job(folder / "case.duckdb", given, _BATCH_LINES), kills)
    places = len(set(trial.between))
    print(
        f"{trial.kills} kills of an ingest of {lines:,} lines: {trial.before} before the first commit, "
        f"{len(trial.between)} between commits at {places} different places, {trial.after} after the last; "
        f"{trial.whole} cases came to their end, {len(trial.wrong)} of them other than undisturbed"
    )
    for tables in trial.wrong:
        yield f"a case differs after kills: {', '.join(tables)}"
    if 2 * len(trial.between) < trial.kills:
        yield f"only {len(trial.between)} of {trial.kills} kills hit between two commits"


def tried(job: Job, kills: int) -> Trial:
    """Kill ingests until so many kills are done and the last case is whole; returns what became of them."""
    chance, trial = random.Random(9), Trial()
    with Ingests() as ingests:
        ingests.start(job)
        first = ingests.result()
        longest_s = _LONGEST * first["seconds"] / first["commits"]
        undisturbed = prints(job.case)
        job.case.unlink()
        while trial.kills < kills or job.case.exists():
            pid = ingests.start(job)
            due = chance.randrange(_COMMITS), chance.uniform(0, longest_s)
            if trial.kills < kills and ingests.killed(pid, *due):
                trial.note(job.case)
                continue
            trial.whole += 1
            try:
                ingests.result()
                found = differences(job.case, undisturbed)
            except (CaseError, RuntimeError) as error:
                found = [str(error)]
            if found:
                trial.wrong.append(found)
                _put_aside(job.case, len(trial.wrong))
            job.case.unlink(missing_ok=True)
    return trial


def _put_aside(case: Path, number: int) -> None:
    """Keep all files of a case that is not as it should be."""
    for file in case.parent.glob(f"{case.name}*"):
        if file.is_file():
            file.rename(file.with_name(f"wrong-{number}-{file.name}"))
