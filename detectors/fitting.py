"""Fitting models with scikit-learn, as plain numbers that `detectors.models` computes with.

A ship never stands on both sides of a split: ships that met, and those that these met, are one group. Rows are sorted
before anything is fitted, so that their order does not matter, and nothing is drawn but from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from detectors.artefacts import Artefact, make
from detectors.features import FEATURES, MEETINGS, Evidence, matrix, names
from detectors.geo import Floats, Ints
from detectors.mask import TooLittle

SEED = 7
FOLDS = 5
LEAST_EVENTS, LEAST_OF_EACH, LEAST_GROUPS = 60, 20, 20
_TREES, _SAMPLES = 64, 128
_RANKS, _QUANTILES = 201, 41
_BINS = 10
_REGULAR = 0.3  # inverse strength of the penalty on weights: few events beside the number of features
Labels = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Meeting:
    """A labelled meeting: its ships, its evidence, and whether it was a transfer."""

    ships: tuple[int, ...]
    evidence: Evidence
    transfer: bool


@dataclass(frozen=True)
class Figures:
    """How a classifier does on ships that it has not seen.

    Attributes:
        events: Meetings scored.
        transfers: Of them, transfers.
        groups: Groups of ships that met.
        auroc: Chance that a transfer scores above another meeting.
        auroc_distance: The same by the least distance alone.
        auroc_shuffled: The same when trained, and scored, on shuffled labels.
        ece: Expected calibration error: mean distance of chance and share of transfers, by ten equal bins of chance.
    """

    events: int
    transfers: int
    groups: int
    auroc: float
    auroc_distance: float
    auroc_shuffled: float
    ece: float


def fit_meetings(meetings: Sequence[Meeting], made_from: Mapping[str, Any]) -> tuple[Artefact, Figures]:
    """Fit the classifier of meetings, and measure it on ships held out.

    Args:
        meetings: What to learn from, in any order.
        made_from: What else to say of where it was learned.

    Raises:
        TooLittle: There are too few meetings, or too few of one label.
    """
    rows = _sorted(meetings)
    features, labels, groups = _columns(rows)
    of_each = min(int(labels.sum()), int((~labels).sum()))
    if len(rows) < LEAST_EVENTS or of_each < LEAST_OF_EACH or len(set(groups.tolist())) < LEAST_GROUPS:
        raise TooLittle(
            f"too little to learn from: {len(rows)} meetings of {len(set(groups.tolist()))} groups of ships, "
            f"{int(labels.sum())} of them transfers; {LEAST_EVENTS} meetings of {LEAST_GROUPS} groups with "
            f"{LEAST_OF_EACH} of either sort are needed: give more"
        )
    figures = _held_out(features, labels, groups)
    fitted = _fitted(features, labels, groups)
    about = {"features": names(MEETINGS), "figures": asdict(figures), **made_from}
    return make("meetings", about, _numbers(fitted)), figures


def measure(artefact: Artefact, meetings: Sequence[Meeting]) -> Figures:
    """Measure a classifier on meetings that it has not seen; `auroc_shuffled` is of their labels, shuffled."""
    from detectors.models import Classifier

    features, labels, groups = _columns(_sorted(meetings))
    chance = Classifier.of(artefact).chance(features)
    shuffled = auroc(chance, np.random.default_rng(SEED).permutation(labels))
    return _figures(features, labels, groups, chance, shuffled)


def fit_unusual(found: Mapping[str, Sequence[Evidence]], made_from: Mapping[str, Any]) -> Artefact:
    """Fit an isolation forest for each group of events that there are enough of.

    Args:
        found: Evidence of the events of each group, in any order.
        made_from: What else to say of where it was learned.

    Raises:
        TooLittle: There are too few events of every group.
    """
    groups: dict[str, Any] = {}
    too_few: dict[str, int] = {}
    arrays: dict[str, npt.NDArray[Any]] = {}
    for group in FEATURES:
        features = matrix(group, found.get(group, ()))
        features = features[np.lexsort(features.T[::-1])]
        if len(features) < LEAST_EVENTS:
            too_few[group] = len(features)
            continue
        part, usual_length = _forest(features)
        arrays |= {f"{group}_{name}": values for name, values in part.items()}
        groups[group] = {"features": names(group), "usual_length": usual_length, "events": len(features)}
    if not groups:
        counts = ", ".join(f"{len(found.get(group, ()))} {group}" for group in FEATURES)
        raise TooLittle(f"too little to learn from: {counts}; {LEAST_EVENTS} events of one sort are needed: add data")
    return make("unusual", {"groups": groups, "too_few": too_few, **made_from}, arrays)


def versions() -> dict[str, str]:
    """Return the versions of the libraries that fit."""
    from importlib.metadata import version

    return {name: version(name) for name in ("scikit-learn", "numpy")}


def auroc(score: Floats, labels: Labels) -> float:
    """Return the chance that one with the label scores above one without; NaN where all are alike."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels, score)) if labels.any() and not labels.all() else float("nan")


def calibration_error(chance: Floats, labels: Labels) -> float:
    """Return the expected calibration error over ten equal bins of chance (Naeini, Cooper and Hauskrecht 2015)."""
    at = np.minimum((chance * _BINS).astype(np.int64), _BINS - 1)
    off = [abs(float(chance[at == i].sum()) - int(labels[at == i].sum())) for i in range(_BINS)]
    return sum(off) / max(len(chance), 1)


def ship_groups(ships: Sequence[tuple[int, ...]]) -> Ints:
    """Return the group of each event: events that share a ship, directly or by others, are of one."""
    parent: dict[int, int] = {}

    def root(ship: int) -> int:
        while parent.setdefault(ship, ship) != ship:
            parent[ship] = parent[parent[ship]]
            ship = parent[ship]
        return ship

    for together in ships:
        for ship in together:
            first, other = sorted((root(together[0]), root(ship)))
            parent[other] = first
    return np.array([root(together[0]) for together in ships], np.int64)


def folds(groups: Ints) -> list[tuple[Ints, Ints]]:
    """Return rows to learn from and rows to score, for each of the splits; a group is on one side only."""
    from sklearn.model_selection import GroupKFold

    split = GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(groups, groups=groups)
    return [(learn.astype(np.int64), score.astype(np.int64)) for learn, score in split]


def _sorted(meetings: Sequence[Meeting]) -> list[Meeting]:
    """Return meetings in an order of their content."""
    keyed = [
        (one.ships, one.transfer, matrix(MEETINGS, [one.evidence])[0].tolist(), number)
        for number, one in enumerate(meetings)
    ]
    return [meetings[number] for *_, number in sorted(keyed)]


def _columns(rows: Sequence[Meeting]) -> tuple[Floats, Labels, Ints]:
    features = matrix(MEETINGS, [one.evidence for one in rows])
    return features, np.array([one.transfer for one in rows], np.bool_), ship_groups([one.ships for one in rows])


def _fitted(features: Floats, labels: Labels, groups: Ints) -> Any:
    """Return a calibrated classifier; the sigmoid is fitted to scores of ships that were held out."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=_REGULAR, max_iter=2000, random_state=SEED))
    calibrated = CalibratedClassifierCV(model, method="sigmoid", cv=folds(groups), ensemble=False, n_jobs=1)
    return calibrated.fit(features, labels)


def _numbers(fitted: Any) -> dict[str, npt.NDArray[Any]]:
    """Return a fitted classifier as the arrays that `detectors.models.Classifier` reads."""
    (calibrated,) = fitted.calibrated_classifiers_
    scaler, model = (step for _, step in calibrated.estimator.steps)
    (sigmoid,) = calibrated.calibrators
    rest = np.array([model.intercept_[0], sigmoid.a_, sigmoid.b_], np.float64)
    return {"mean": scaler.mean_, "scale": scaler.scale_, "weight": model.coef_[0], "rest": rest}


def _held_out(features: Floats, labels: Labels, groups: Ints) -> Figures:
    """Return what a classifier does that is fitted anew for each split, without the ships that it scores."""
    chance, shuffled = np.zeros(len(labels)), np.random.default_rng(SEED).permutation(labels)
    by_luck = []
    for learn, score in folds(groups):
        fitted = _fitted(features[learn], labels[learn], groups[learn])
        chance[score] = fitted.predict_proba(features[score])[:, 1]
        lucky = _fitted(features[learn], shuffled[learn], groups[learn]).predict_proba(features[score])[:, 1]
        by_luck.append(auroc(lucky, shuffled[score]))
    return _figures(features, labels, groups, chance, float(np.nanmean(by_luck)))


def _figures(features: Floats, labels: Labels, groups: Ints, chance: Floats, shuffled: float) -> Figures:
    least = features[:, names(MEETINGS).index("least_m")]
    return Figures(
        events=len(labels),
        transfers=int(labels.sum()),
        groups=len(set(groups.tolist())),
        auroc=round(auroc(chance, labels), 3),
        auroc_distance=round(auroc(-least, labels), 3),
        auroc_shuffled=round(shuffled, 3),
        ece=round(calibration_error(chance, labels), 3),
    )


def _forest(features: Floats) -> tuple[dict[str, npt.NDArray[Any]], float]:
    """Fit a forest; return the arrays that `detectors.models.Forest` reads, and its usual length."""
    from sklearn.ensemble import IsolationForest

    size = min(_SAMPLES, len(features))
    fitted = isolation_forest(len(features)).fit(features)
    assert isinstance(fitted, IsolationForest)
    parts: dict[str, list[npt.NDArray[Any]]] = {
        name: [] for name in ("feature", "threshold", "left", "right", "length")
    }
    roots, base = [], 0
    for made in fitted.estimators_:
        tree = made.tree_
        roots.append(base)
        parts["feature"].append(np.where(tree.children_left < 0, -1, tree.feature))
        parts["threshold"].append(np.where(tree.children_left < 0, 0.0, tree.threshold))
        parts["left"].append(np.maximum(tree.children_left, 0) + base)
        parts["right"].append(np.maximum(tree.children_right, 0) + base)
        parts["length"].append(_lengths(tree))
        base += tree.node_count
    score = np.round(-fitted.score_samples(features), 9)
    arrays = {name: np.concatenate(values) for name, values in parts.items()} | {
        "roots": np.array(roots),
        "ranks": np.quantile(score, np.linspace(0, 1, _RANKS)),
        "values": np.quantile(features, np.linspace(0, 1, _QUANTILES), axis=0, method="nearest").T,
    }
    small = {"feature": np.int8, "left": np.int32, "right": np.int32, "roots": np.int32}
    told = {name: values.astype(small.get(name, np.float64)) for name, values in arrays.items()}
    return told, float(len(roots) * _mean_length(np.array([size]))[0])


def isolation_forest(samples: int) -> Any:
    """Return the forest to be fitted to so many events, each tree to some of them."""
    from sklearn.ensemble import IsolationForest

    return IsolationForest(n_estimators=_TREES, max_samples=min(_SAMPLES, samples), random_state=SEED, n_jobs=1)


def _lengths(tree: Any) -> Floats:
    """Return the path length that each node stands for as a leaf: its depth, and the mean below it had it grown on."""
    depth = np.zeros(tree.node_count)
    for node in range(tree.node_count):  # children come after their parents
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                depth[child] = depth[node] + 1
    return np.asarray(depth + _mean_length(tree.n_node_samples), np.float64)


def _mean_length(size: npt.NDArray[Any]) -> Floats:
    """Return the mean path length of an unsuccessful search in trees of such sizes (Liu, Ting and Zhou 2008, eq. 1)."""
    whole = np.maximum(size.astype(np.float64), 3.0)
    mean = 2.0 * (np.log(whole - 1.0) + np.euler_gamma) - 2.0 * (whole - 1.0) / whole
    return np.where(size <= 1, 0.0, np.where(size == 2, 1.0, mean))
