"""What models learn from: events found in the truth corpus, meetings with what they truly were.

Detectors never read a truth; it labels their events afterwards. The blind family is held out whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detectors.artefacts import Artefact
    from detectors.fitting import Figures, Meeting

#: Seeds that nothing else is tuned or scored on.
SEEDS = tuple(range(1001, 1013))
_DETECTORS = ("gap", "loitering", "rendezvous")


@dataclass
class Lessons:
    """Events of the corpus.

    Attributes:
        meetings: Labelled, of all families but the blind one.
        blind: Labelled, of the blind family.
        evidence: Evidence of the events of each group of `detectors.features`, without the blind family.
        made_from: What to say of where they come from.
    """

    meetings: list[Meeting] = field(default_factory=list)
    blind: list[Meeting] = field(default_factory=list)
    evidence: dict[str, list[Any]] = field(default_factory=dict)
    made_from: dict[str, Any] = field(default_factory=dict)


def corpus_lessons(seeds: Sequence[int], *, step: Callable[[str], None] | None = None) -> Lessons:
    """Simulate and search every family of the corpus with each seed, and label the meetings found.

    Args:
        seeds: Numbers of the scenarios.
        step: Called with the name of what is done next.
    """
    from darkwake import __version__
    from darkwake.corpus import search
    from darkwake.simulate import BLIND, CORPUS, make
    from detectors.evaluate import planted_transfers
    from detectors.features import GROUP_OF, MEETINGS
    from detectors.fitting import Meeting, versions

    found = Lessons()
    families = [name for name in CORPUS if name != BLIND]
    found.made_from = {"corpus": families, "seeds": list(seeds), "versions": {"darkwake": __version__, **versions()}}
    for seed in seeds:
        for name in CORPUS:
            if step:
                step(f"{name}, seed {seed}")
            made = make(name, seed)
            with TemporaryDirectory(prefix="darkwake-") as folder:
                events = search(made, Path(folder), _DETECTORS)
            met = [event for event in events if GROUP_OF[event["kind"]] == MEETINGS]
            labels = planted_transfers(met, made.truth)
            into = found.blind if name == BLIND else found.meetings
            into += [
                Meeting(tuple(event["mmsi"]), event["evidence"], label)
                for event, label in zip(met, labels, strict=True)
                if label is not None
            ]
            for event in events if name != BLIND else ():
                found.evidence.setdefault(GROUP_OF[event["kind"]], []).append(event["evidence"])
    return found


def learn_meetings(
    seeds: Sequence[int], *, step: Callable[[str], None] | None = None
) -> tuple[Artefact, Figures, Figures]:
    """Fit the classifier of meetings to the corpus; return it with its figures on held-out ships and the blind family.

    Args:
        seeds: Numbers of the scenarios.
        step: Called with the name of what is done next.

    Raises:
        TooLittle: The corpus with these seeds holds too few meetings.
    """
    from detectors.fitting import fit_meetings, measure

    lessons = corpus_lessons(seeds, step=step)
    made, figures = fit_meetings(lessons.meetings, lessons.made_from)
    return made, figures, measure(made, lessons.blind)
