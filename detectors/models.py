"""Scores of events by what was learned: how unusual an event is, and how like a transfer a meeting is.

``unusual`` is the share of the events learned from that an isolation forest holds for less out of the way: 0.97 is
rarer than 97 of 100 (Liu, Ting and Zhou 2008). ``like_transfer`` is the calibrated chance of a logistic regression
that a meeting like this one was a transfer, among those learned from. Both were fitted by scikit-learn
(`detectors.fitting`) and are computed here from plain numbers, for it takes seconds to import. They order work; they
prove nothing, and the kind and score of an event do not hang on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from detectors.artefacts import Artefact, BadArtefact
from detectors.features import FEATURES, GROUP_OF, MEETINGS, Evidence, matrix, names
from detectors.geo import Floats, Ints

if TYPE_CHECKING:
    from detectors.contract import Detector
    from detectors.event import Event
    from detectors.learned import Learned

_INNOCENT = "innocent explanation"
_CHUNK = 4096
_STANDS_OUT = 0.9  # a feature beyond so many of those learned from is named
_SPEAKS = 0.25  # a feature that moves the log-odds by less says nothing
_NAMED = 2
_NEARLY_ALL = 0.995


@dataclass(frozen=True)
class Forest:
    """An isolation forest of one group of events.

    Attributes:
        group: Which events it is of.
        roots: First node of each tree, shape (trees,).
        feature: Which feature a node asks for, -1 for a leaf, shape (nodes,).
        threshold: Up to which value, as float32, it goes left, shape (nodes,).
        left: Next node where it does, shape (nodes,).
        right: Next node where it does not, shape (nodes,).
        length: Path length that a leaf stands for, shape (nodes,).
        usual_length: What path lengths are held against: trees times the mean length at their size.
        ranks: Quantiles of the scores of what was learned from, ascending.
        values: Quantiles of each feature of what was learned from, shape (features, quantiles).
        learned_from: Number of events.
    """

    group: str
    roots: Ints
    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    length: Floats
    usual_length: float
    ranks: Floats
    values: Floats
    learned_from: int

    @classmethod
    def of(cls, artefact: Artefact, group: str) -> Self | None:
        """Read the forest of a group, None where there is none.

        Raises:
            BadArtefact: Its parts do not fit each other, or it asks for other features.
        """
        if group not in artefact.about.get("groups", {}):
            return None
        with _sound("unusual"):
            about = artefact.about["groups"][group]
            _same(about["features"], group)
            ints, floats = (_columns(artefact, group, kind) for kind in (np.int64, np.float64))
            made = cls(
                group=group,
                roots=ints("roots"),
                feature=ints("feature"),
                threshold=floats("threshold"),
                left=ints("left"),
                right=ints("right"),
                length=floats("length"),
                usual_length=float(about["usual_length"]),
                ranks=floats("ranks"),
                values=floats("values"),
                learned_from=int(about["events"]),
            )
            made._check()
        return made

    def _check(self) -> None:
        """Raise ValueError where a walk through a tree could leave it or never end."""
        nodes, count = np.arange(len(self.feature)), len(self.feature)
        inner = self.feature >= 0
        shapes = {len(part) for part in (self.threshold, self.left, self.right, self.length)}
        if shapes != {count} or not count or not len(self.roots) or self.values.shape[0] != len(FEATURES[self.group]):
            raise ValueError("its parts differ in length")
        if self.roots.min() < 0 or self.roots.max() >= count or self.feature.max() >= len(FEATURES[self.group]):
            raise ValueError("a number is out of range")
        for child in (self.left, self.right):
            if (child[inner] <= nodes[inner]).any() or (child[inner] >= count).any():
                raise ValueError("a branch leads nowhere")
        whole = (self.threshold, self.length, self.ranks, self.values, np.array([self.usual_length]))
        if not all(np.isfinite(part).all() for part in whole) or self.usual_length <= 0 or len(self.ranks) < 2:
            raise ValueError("a number is none")
        if self.ranks.ndim != 1 or self.values.ndim != 2 or (np.diff(self.ranks) < 0).any():
            raise ValueError("its quantiles do not rise")

    def anomaly(self, features: Floats) -> Floats:
        """Return the anomaly score of each row, 0 to 1: what scikit-learn's ``score_samples`` gives, negated."""
        found = [self._anomaly(features[i : i + _CHUNK]) for i in range(0, len(features), _CHUNK)]
        return np.concatenate(found) if found else np.zeros(0)

    def _anomaly(self, features: Floats) -> Floats:
        asked = features.astype(np.float32)
        at = np.broadcast_to(self.roots, (len(asked), len(self.roots))).copy()
        rows = np.arange(len(asked))[:, None]
        while (inner := self.feature[at] >= 0).any():
            goes_left = asked[rows, np.maximum(self.feature[at], 0)] <= self.threshold[at]
            at = np.where(inner, np.where(goes_left, self.left[at], self.right[at]), at)
        depth = np.cumsum(self.length[at], axis=1)[:, -1]  # in the order of trees
        anomaly: Floats = np.exp2(-depth / self.usual_length)
        return anomaly

    def rank(self, features: Floats) -> Floats:
        """Return the share of what was learned from that is less out of the way, 0 to 1, to two decimals."""
        score = np.round(self.anomaly(features), 9)
        return np.round(np.interp(score, self.ranks, np.linspace(0.0, 1.0, len(self.ranks))), 2)

    def why(self, evidence: Evidence, row: Floats, rank: float) -> str:
        """Say how rare an event is, and by which features it stands out."""
        below, above = (self.values < row[:, None]).mean(axis=1), (self.values > row[:, None]).mean(axis=1)
        most = np.maximum(below, above)
        known = np.array([feature.known(evidence) for feature in FEATURES[self.group]])
        order = [
            i for i in np.argsort(-most * known, kind="stable")[:_NAMED].tolist() if most[i] * known[i] >= _STANDS_OUT
        ]
        named = "; ".join(FEATURES[self.group][i].told(evidence) for i in order)
        what = "gaps" if self.group == "gaps" else self.group
        share = "nearly all" if rank >= _NEARLY_ALL else f"{rank:.0%}"
        said = f"note: rarer than {share} of the {self.learned_from} {what} that the model learned from"
        return said + (f", most by: {named}" if named else "")


@dataclass(frozen=True)
class Classifier:
    """A logistic regression of standardised features with a sigmoid that calibrates it.

    Attributes:
        mean: Of each feature, shape (features,).
        scale: Standard deviation of each, shape (features,).
        weight: Log-odds per standard deviation, shape (features,).
        intercept: Log-odds at the mean.
        slope: Of the calibrating sigmoid, by Platt: 1 / (1 + exp(slope * log-odds + offset)).
        offset: Of the same.
    """

    mean: Floats
    scale: Floats
    weight: Floats
    intercept: float
    slope: float
    offset: float

    @classmethod
    def of(cls, artefact: Artefact) -> Self:
        """Read a classifier.

        Raises:
            BadArtefact: Its parts do not fit each other, or it asks for other features.
        """
        with _sound("meetings"):
            _same(artefact.about["features"], MEETINGS)
            mean, scale, weight, rest = (
                artefact.arrays[name].astype(np.float64) for name in ("mean", "scale", "weight", "rest")
            )
            fits = mean.shape == scale.shape == weight.shape == (len(FEATURES[MEETINGS]),) and rest.shape == (3,)
            if not fits or not all(np.isfinite(part).all() for part in (mean, scale, weight, rest)) or scale.min() <= 0:
                raise ValueError("its numbers do not fit")
            return cls(mean, scale, weight, *map(float, rest))

    def parts(self, features: Floats) -> Floats:
        """Return what each feature adds to the log-odds, shape (n, features)."""
        return (features - self.mean) / self.scale * self.weight

    def chance(self, features: Floats) -> Floats:
        """Return the calibrated chance of each row, 0 to 1."""
        found = []
        for row in self.parts(features):
            asked = self.slope * math.fsum([*row.tolist(), self.intercept]) + self.offset
            found.append(1.0 / (1.0 + math.exp(min(asked, 700.0))))
        return np.array(found, np.float64)

    def why(self, evidence: Evidence, parts: Floats, chance: float) -> str:
        """Say how like a transfer a meeting is, and which features speak most for it and against it."""
        said = f"note: like the transfers that the model learned from: {chance:.2f}"
        known = np.array([feature.known(evidence) for feature in FEATURES[MEETINGS]])
        toward = -np.sign(self.slope) * parts * known
        for word, order in (
            ("for it", np.argsort(-toward, kind="stable")),
            ("against it", np.argsort(toward, kind="stable")),
        ):
            sign = 1.0 if word == "for it" else -1.0
            named = [i for i in order[:_NAMED].tolist() if sign * toward[i] >= _SPEAKS]
            if named:
                said += f"; {word}: " + ", ".join(FEATURES[MEETINGS][i].told(evidence) for i in named)
        return said


def _columns(artefact: Artefact, group: str, kind: type[Any]) -> Callable[[str], npt.NDArray[Any]]:
    """Return what gives a group's arrays by name, as one type."""
    return lambda name: artefact.arrays[f"{group}_{name}"].astype(kind)


@contextmanager
def _sound(kind: str) -> Iterator[None]:
    """Turn whatever bad numbers raise into one sentence."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        said = " ".join(str(error).split())[:80]
        raise BadArtefact(f"the model '{kind}' is damaged or of another darkwake ({said}); train it anew") from None


def _same(features: object, group: str) -> None:
    if features != names(group):
        raise ValueError("it asks for other features")


def uses(detector: Detector) -> tuple[str, ...]:
    """Return the kinds of artefact that a detector's events hang on."""
    groups = {GROUP_OF[kind] for kind in detector.kinds if kind in GROUP_OF}
    return (*detector.learned, *(("unusual",) if groups else ()), *(("meetings",) if MEETINGS in groups else ()))


def scored(events: Sequence[Event], learned: Learned) -> list[Event]:
    """Return events with their scores and why; those of other kinds as they are."""
    done = list(events)
    for group in FEATURES:
        rows = [i for i, event in enumerate(done) if GROUP_OF.get(event.kind) == group]
        if rows:
            evidence = [done[i].evidence for i in rows]
            for i, (values, why) in zip(rows, scores(group, evidence, learned), strict=True):
                done[i] = _with(done[i], values, why)
    return done


def scores(
    group: str, evidence: Sequence[Evidence], learned: Learned
) -> Iterator[tuple[Mapping[str, float | None], list[str]]]:
    """Yield the scores of each event of a group, by their evidence keys, and why."""
    features = matrix(group, evidence)
    forest, classifier = learned.forest(group), learned.classifier if group == MEETINGS else None
    ranks = forest.rank(features) if forest else np.zeros(0)
    chances = np.round(classifier.chance(features), 2) if classifier else np.zeros(0)
    parts = classifier.parts(features) if classifier else features
    for i, one in enumerate(evidence):
        values: dict[str, float | None] = {"unusual": float(ranks[i]) if forest else None}
        why = [forest.why(one, features[i], float(ranks[i]))] if forest else []
        if group == MEETINGS:
            values["like_transfer"] = float(chances[i]) if classifier else None
            why += [classifier.why(one, parts[i], float(chances[i]))] if classifier else []
        yield values, why


def _with(event: Event, values: Mapping[str, float | None], why: Sequence[str]) -> Event:
    """Return an event with scores in its evidence, and why before its ordinary explanation."""
    ends = [i for i, reason in enumerate(event.reasons) if reason.startswith(_INNOCENT)]
    at = ends[0] if ends else len(event.reasons)
    reasons = (*event.reasons[:at], *why, *event.reasons[at:])
    return replace(event, evidence={**event.evidence, **values}, reasons=reasons)
