"""The truth corpus end to end: every family simulated, read, searched and scored, as a user would."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from darkwake.simulate.scenario import Scenario
    from detectors.scores import Scores


def score_corpus(seeds: Sequence[int], *, step: Callable[[str], None] | None = None) -> Iterator[Scores]:
    """Yield the scores of each family of the corpus with each seed.

    Args:
        seeds: Numbers of the scenarios.
        step: Called with the name of what is done next.
    """
    from darkwake.simulate import CORPUS

    for name in CORPUS:
        for seed in seeds:
            if step:
                step(f"{name}, seed {seed}")
            with TemporaryDirectory(prefix="darkwake-") as folder:
                yield score_scenario(name, seed, Path(folder))


def score_scenario(name: str, seed: int, folder: Path) -> Scores:
    """Simulate a scenario, take it in, run the detectors of the kinds that its truth judges, and score the events.

    Args:
        name: One of `darkwake.simulate.scenarios()`.
        seed: Its number.
        folder: Where the sentences and the case go.
    """
    from darkwake.simulate import make
    from detectors import discover
    from detectors.evaluate import IN_ROADS, evaluate

    made = make(name, seed)
    judged = {"rendezvous" if kind == IN_ROADS else kind for kind in made.judged}
    wanted = [name for name, detector in discover().items() if judged & set(detector.kinds)]
    return evaluate(search(made, folder, wanted), made.truth)


def search(made: Scenario, folder: Path, only: Sequence[str]) -> list[dict[str, Any]]:
    """Write a scenario's sentences, take them in, run some detectors, and return the events.

    Args:
        made: The scenario.
        folder: Where the sentences and the case go.
        only: Names of detectors.
    """
    from darkwake.case import Case

    sentences = folder / f"{made.name}.nmea"
    made.write_nmea(sentences)
    case = Case(folder / f"{made.name}.duckdb")
    case.ingest(sentences, raw=False)
    case.detect(only=only)
    return case.records()
