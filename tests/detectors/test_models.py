"""Scores of events by what was learned: the same as scikit-learn's, calibrated on ships held out, fooled by nobody."""

from __future__ import annotations

import gzip
import importlib.util
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ais.store import Store
from detectors import detect, fitting, read_events
from detectors.artefacts import Artefact, BadArtefact, make, parse
from detectors.contract import discover
from detectors.event import Event, Reach, to_datetime
from detectors.features import FEATURES, GAPS, GROUP_OF, LOITERING, MEETINGS, matrix, names
from detectors.fitting import Figures, Meeting, auroc, calibration_error, fit_meetings, fit_unusual, folds, ship_groups
from detectors.learned import Learned
from detectors.mask import TooLittle
from detectors.models import Classifier, Forest, scored, uses
from tests.detectors.cases import NOW, defaults, insert, rows_of, still
from zones import ZoneSet

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "data" / "models" / "meetings.json.gz"


def lessons(family: str) -> list[Meeting]:
    rows = json.loads(gzip.decompress(SAMPLE.read_bytes()))
    return [Meeting(tuple(ships), evidence, label) for name, ships, label, evidence in rows if name == family]


@pytest.fixture(scope="module")
def meetings() -> list[Meeting]:
    return lessons("corpus")


@pytest.fixture(scope="module")
def fitted(meetings: list[Meeting]) -> tuple[Artefact, Figures]:
    return fit_meetings(meetings, {"from": "tests"})


@pytest.fixture(scope="module")
def forest(meetings: list[Meeting]) -> Artefact:
    return fit_unusual({MEETINGS: [one.evidence for one in meetings], GAPS: [{"hours": 7}] * 10}, {})


def shipped(kind: str) -> Artefact:
    return parse((ROOT / "detectors" / "data" / f"{kind}.skops").read_bytes(), kind)


def test_it_is_calibrated_and_tells_more_than_distance_on_ships_held_out(fitted: tuple[Artefact, Figures]) -> None:
    figures = fitted[1]
    assert figures.events > 500
    assert figures.ece <= 0.05
    assert figures.auroc >= 0.95
    assert figures.auroc > figures.auroc_distance + 0.2
    assert abs(figures.auroc_shuffled - 0.5) <= 0.1


def test_the_shipped_models_say_as_much_of_themselves() -> None:
    about = shipped("meetings").about
    for figures in (about["figures"], about["blind"]):
        assert figures["ece"] <= 0.05
        assert figures["auroc"] > max(0.9, figures["auroc_distance"])
        assert abs(figures["auroc_shuffled"] - 0.5) <= 0.1
    assert "blind" not in about["corpus"]
    for kind in ("meetings", "unusual"):
        assert len(shipped(kind).data) < 300_000


def test_the_shipped_classifier_holds_on_the_blind_family() -> None:
    figures = fitting.measure(shipped("meetings"), lessons("blind"))
    assert figures.events > 100
    assert figures.ece <= 0.06
    assert figures.auroc >= 0.95


def test_the_page_is_that_of_the_shipped_models() -> None:
    spec = importlib.util.spec_from_file_location("make_models", ROOT / "docs" / "make_models.py")
    assert spec is not None
    assert spec.loader is not None
    maker: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    kept = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    assert kept == maker.page(*maker.shipped()), "docs/models.md is behind the models: run python docs/make_models.py"


def test_calibration_error_by_hand() -> None:
    chance = np.array([0.05, 0.05, 0.95, 0.95, 1.0])
    assert calibration_error(chance, np.array([False, False, True, True, True])) == pytest.approx((0.1 + 0.1) / 5)
    assert calibration_error(chance, np.array([True, True, False, False, False])) == pytest.approx((1.9 + 2.9) / 5)
    assert calibration_error(np.full(10, 0.3), np.arange(10) < 3) == pytest.approx(0, abs=1e-12)
    rng = np.random.default_rng(2)
    chance, labels = rng.random(500), rng.random(500) < 0.5
    slow = 0.0
    for i in range(10):
        of = [k for k in range(500) if i <= chance[k] * 10 < i + 1]
        slow += abs(np.mean(chance[of]) - np.mean(labels[of])) * len(of) / 500
    assert calibration_error(chance, labels) == pytest.approx(slow)


def test_auroc_is_the_chance_of_the_right_order() -> None:
    rng = np.random.default_rng(4)
    score, labels = rng.random(60).round(1), rng.random(60) < 0.4
    pairs = [(a > b) + (a == b) / 2 for a in score[labels] for b in score[~labels]]
    assert auroc(score, labels) == pytest.approx(np.mean(pairs))


def test_no_ship_stands_on_both_sides(meetings: list[Meeting]) -> None:
    assert ship_groups([(1, 2), (5, 6), (2, 3), (4, 3), (7, 8, 6)]).tolist() == [1, 5, 1, 1, 5]
    ships = [one.ships for one in meetings]
    splits = folds(ship_groups(ships))
    assert sorted(np.concatenate([score for _, score in splits]).tolist()) == list(range(len(ships)))
    for learn, score in splits:
        learned, asked = ({ship for i in rows for ship in ships[i]} for rows in (learn, score))
        assert learned
        assert asked
        assert not learned & asked


def test_the_order_of_rows_does_not_matter(fitted: tuple[Artefact, Figures], meetings: list[Meeting]) -> None:
    mixed = random.Random(3).sample(meetings, len(meetings))
    assert fit_meetings(mixed, {"from": "tests"})[0].data == fitted[0].data
    evidence = [one.evidence for one in meetings[:200]]
    assert fit_unusual({MEETINGS: evidence}, {}).data == fit_unusual({MEETINGS: evidence[::-1]}, {}).data


def test_chances_are_those_of_scikit_learn(fitted: tuple[Artefact, Figures], meetings: list[Meeting]) -> None:
    features, labels, groups = fitting._columns(fitting._sorted(meetings))
    wanted = fitting._fitted(features, labels, groups).predict_proba(features)[:, 1]
    classifier = Classifier.of(fitted[0])
    assert np.abs(classifier.chance(features) - wanted).max() < 1e-12
    assert np.allclose(classifier.parts(features).sum(axis=1) + classifier.intercept,
                       -(np.log(1 / wanted - 1) * -1 + classifier.offset) / classifier.slope)  # fmt: skip


def test_ranks_are_those_of_scikit_learn(forest: Artefact, meetings: list[Meeting]) -> None:
    features = matrix(MEETINGS, [one.evidence for one in meetings])
    made = Forest.of(forest, MEETINGS)
    assert made is not None
    fit = fitting.isolation_forest(len(features)).fit(features[np.lexsort(features.T[::-1])])
    assert np.abs(made.anomaly(features) + fit.score_samples(features)).max() < 1e-12
    rank = made.rank(features)
    assert rank.mean() == pytest.approx(0.5, abs=0.01)
    strange = features[0].copy()
    strange[names(MEETINGS).index("hours")] = 12.0
    strange[names(MEETINGS).index("faster_kn")] = 40.0
    assert made.rank(strange[None, :])[0] > rank[0]
    assert Forest.of(forest, GAPS) is None
    assert Forest.of(forest, LOITERING) is None


def test_too_little_is_said(meetings: list[Meeting]) -> None:
    few = [replace(one, transfer=False) for one in meetings]
    for rows in ([], meetings[:50], few, [replace(one, ships=(1, 2)) for one in meetings]):
        with pytest.raises(TooLittle, match=r"too little to learn from: .* give more"):
            fit_meetings(rows, {})
    with pytest.raises(TooLittle, match="too little to learn from: 59 meetings, 0 loitering, 0 gaps"):
        fit_unusual({MEETINGS: [one.evidence for one in meetings[:59]]}, {})


def _spoiled(made: Artefact, **arrays: Callable[[Any], Any]) -> Artefact:
    told = {name: arrays[name](values.copy()) if name in arrays else values for name, values in made.arrays.items()}
    return make(made.kind, made.about, told)


def _put(at: int, value: float) -> Callable[[Any], Any]:
    def put(values: Any) -> Any:
        values[at] = value
        return values

    return put


def test_models_that_do_not_fit_are_refused(fitted: tuple[Artefact, Figures], forest: Artefact) -> None:
    for arrays in (
        {"mean": lambda values: values[:-1]},
        {"weight": _put(0, np.nan)},
        {"scale": _put(0, 0.0)},
        {"rest": lambda values: values[:2]},
    ):
        with pytest.raises(BadArtefact, match=r"the model 'meetings' is damaged .* train it anew"):
            Classifier.of(_spoiled(fitted[0], **arrays))
    for arrays in (
        {"meetings_left": _put(0, 0)},  # a branch that never ends
        {"meetings_right": _put(0, 1 << 30)},
        {"meetings_roots": _put(0, -1)},
        {"meetings_feature": _put(0, 100)},
        {"meetings_length": _put(1, np.inf)},
        {"meetings_ranks": lambda values: values[::-1]},
        {"meetings_threshold": lambda values: values[:-1]},
        {"meetings_values": lambda values: values[:3]},
    ):
        with pytest.raises(BadArtefact, match=r"the model 'unusual' is damaged .* train it anew"):
            Forest.of(_spoiled(forest, **arrays), MEETINGS)
    other = {**fitted[0].about, "features": ["a", "b"]}
    with pytest.raises(BadArtefact, match="other features"):
        Classifier.of(make("meetings", other, fitted[0].arrays))


def event(kind: str, evidence: dict[str, Any]) -> Event:
    return Event(kind, (1, 2), to_datetime(0), to_datetime(9), 1.0, 2.0, 0.5, (), evidence,
                 ("for: a", "innocent explanation: b"), Reach(0, 9))  # fmt: skip


def test_an_event_gets_its_scores_and_why(
    fitted: tuple[Artefact, Figures], forest: Artefact, meetings: list[Meeting]
) -> None:
    learned = Learned({"meetings": fitted[0].data, "unusual": forest.data})
    likely = next(one for one in meetings if one.transfer)
    events = [event("attended", dict(likely.evidence)), event("zone_presence", {}), event("gap", {"hours": None})]
    met, stay, gap = scored(events, learned)
    assert met.evidence["like_transfer"] > 0.5
    assert 0 <= met.evidence["unusual"] <= 1
    assert met.reasons[0] == "for: a"
    assert met.reasons[-1] == "innocent explanation: b"
    assert any(reason.startswith("note: like the transfers") and "for it: " in reason for reason in met.reasons)
    assert any(reason.startswith("note: rarer than ") for reason in met.reasons)
    assert (met.id, met.score, met.kind) == (events[0].id, 0.5, "attended")
    assert stay == events[1]
    assert gap.evidence == {"hours": None, "unusual": None}
    assert scored(events, learned) == [met, stay, gap]
    assert scored(events[::-1], learned) == [gap, stay, met]
    alone = scored(events[:1], Learned())[0]
    assert (alone.evidence["unusual"], alone.evidence["like_transfer"]) == (None, None)
    assert alone.reasons == events[0].reasons


def test_every_feature_is_taken_from_any_evidence() -> None:
    for group, features in FEATURES.items():
        empty = matrix(group, [{}])
        assert np.isfinite(empty).all()
        assert empty.shape == (1, len(features))
        assert len(set(names(group))) == len(features)
        assert all(feature.told({}) for feature in features)
    assert matrix(GAPS, []).shape == (0, len(FEATURES[GAPS]))


def test_who_when_and_where_are_not_seen(meetings: list[Meeting]) -> None:
    evidence = dict(meetings[0].evidence)
    ships = [{**ship, "mmsi": 1, "name": "OTHER"} for ship in evidence["ships"]]
    told = matrix(MEETINGS, [evidence, {**evidence, "ships": ships, "came": evidence["came"] and [1], "kind": "x"}])
    assert np.array_equal(told[0], told[1])


def test_what_a_ship_did_not_say_is_no_reason(fitted: tuple[Artefact, Figures], forest: Artefact) -> None:
    evidence = {"hours": 5.0, "ships": [{"mmsi": 1, "class": None, "ship_type": None}] * 2}
    learned = Learned({"meetings": fitted[0].data, "unusual": forest.data})
    for reason in scored([event("rendezvous", evidence)], learned)[0].reasons:
        assert "share of ships" not in reason
        assert "not known" not in reason.replace("sides of the ships not known", "")


def test_every_kind_that_is_scored_has_a_detector_that_says_so() -> None:
    for name, kind in discover().items():
        groups = {GROUP_OF.get(one) for one in kind.kinds} - {None}
        assert ("unusual" in uses(kind())) == bool(groups), name
        assert ("meetings" in uses(kind())) == (MEETINGS in groups), name


def test_the_same_artefact_gives_the_same_score_and_another_one_another(
    tmp_path: Path, zones: ZoneSet, fitted: tuple[Artefact, Figures]
) -> None:
    with Store.open(tmp_path / "a.duckdb") as store:
        insert(store, rows_of([still(445000001, 123.5, 36.5, 0, 300), still(412000009, 123.5004, 36.5, 0, 300)]))
        found = []
        for learned in (None, Learned({"meetings": fitted[0].data}), None, Learned()):
            detect(store, zones, detectors=defaults("rendezvous"), now=NOW, version="test", learned=learned)
            found.append(read_events(store.reader()))
        runs = store.reader().query("SELECT artefacts FROM runs ORDER BY id")["artefacts"].to_pylist()
        kept = store.reader().query("SELECT sha256 FROM artefacts")["sha256"].to_pylist()
    assert found[0] == found[2] != found[1]
    assert found[0][0]["evidence"]["unusual"] is not None
    assert found[3][0]["evidence"]["like_transfer"] is None
    assert [one[0]["id"] for one in found] == [found[0][0]["id"]] * 4
    assert runs == [sorted([shipped("meetings").sha256, shipped("unusual").sha256]), [fitted[0].sha256], runs[0], []]
    assert {name for run in runs for name in run} == set(kept)
