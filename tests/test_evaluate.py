"""Scoring on cases made by hand, where the right answer is known by counting."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from darkwake.commands.evaluate import evaluate as command
from detectors.evaluate import NOTHING, PLANTED, EvaluateError, evaluate, iou, planted_transfers
from detectors.scores import ALL, render, render_tallies, tallied

T0 = datetime(2023, 10, 10, tzinfo=UTC)


def at(hours):
    return T0 + timedelta(hours=hours)


def iso(hours):
    return at(hours).strftime("%Y-%m-%dT%H:%M:%SZ")


def event(kind="rendezvous", mmsi=(1, 2), start=0.0, end=6.0, lon=124.0, lat=38.0, **evidence):
    if kind == "gap":
        evidence = {"verdict": "silent though receivable"} | evidence
    return {"id": "0" * 16, "kind": kind, "mmsi": list(mmsi), "start": iso(start),
            "end": None if end is None else iso(end), "lon": lon, "lat": lat, "score": 0.5, "zones": [],
            "evidence": evidence, "reasons": []}  # fmt: skip


def planted(kind="rendezvous", mmsi=(1, 2), start=0.0, end=6.0, near_decoy=False, label="alongside transfer", **more):
    return {"kind": kind, "mmsi": list(mmsi), "start": iso(start), "end": None if end is None else iso(end),
            "lon": 124.0, "lat": 38.0, "near_decoy": near_decoy, "label": label} | more  # fmt: skip


def truth(*events, decoys=(), days=100.0, kinds=("gap", "incursion", "rendezvous")):
    return {"scenario": "hand", "seed": 1, "start": iso(0), "end": iso(48), "vessel_days": days,
            "kinds": list(kinds), "events": list(events), "decoys": list(decoys)}  # fmt: skip


def decoy(label, mmsi=(), start=0.0, end=48.0, lon=124.0, lat=38.0, reach_nm=5.0):
    return {"label": label, "mmsi": list(mmsi), "start": iso(start), "end": iso(end), "lon": lon, "lat": lat,
            "reach_nm": reach_nm}  # fmt: skip


def scored(events, real, kind="rendezvous"):
    return next(score for score in evaluate(events, real).kinds if score.kind == kind)


def test_a_perfect_answer():
    score = scored([event()], truth(planted()))
    assert (score.planted, score.found, score.recall, score.recall_away, score.precision) == (1, 1, 1.0, 1.0, 1.0)
    assert (score.onset_median_minutes, score.onset_max_minutes) == (0.0, 0.0)
    assert (score.false_alarms, score.false_per_1000_vessel_days, score.false_by_decoy) == (0, 0.0, {})


def test_nothing_told_and_nothing_planted():
    score = scored([], truth())
    assert (score.recall, score.recall_away, score.precision, score.onset_median_minutes) == (None, None, None, None)
    assert score.false_per_1000_vessel_days == 0.0
    assert scored([], truth(days=0.0)).false_per_1000_vessel_days is None
    missed = evaluate([], truth(planted()))
    assert missed.missed == (
        "rendezvous (alongside transfer) of 000000001 and 000000002 from 2023-10-10T00:00:00Z",
    )  # fmt: skip
    assert scored([], truth(planted())).recall == 0.0


def test_wrong_ships_or_wrong_kind_find_nothing():
    for wrong in (event(mmsi=(1, 3)), event(mmsi=(1,)), event(kind="gap", mmsi=(1, 2))):
        scores = evaluate([wrong], truth(planted()))
        assert next(s for s in scores.kinds if s.kind == "rendezvous").found == 0
        assert sum(s.false_alarms for s in scores.kinds) == 1


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [(2.0, 8.0, 1), (2.1, 8.1, 0), (0.0, 3.0, 1), (0.0, 2.9, 0), (0.0, 12.0, 1), (0.0, 12.1, 0), (7.0, 9.0, 0)],
)
def test_times_must_overlap_by_half_of_their_union(start, end, found):
    assert scored([event(start=start, end=end)], truth(planted())).found == found


def test_intersection_over_union():
    assert iou((at(0), at(2)), (at(1), at(3))) == pytest.approx(1 / 3)
    assert iou((at(0), at(1)), (at(1), at(2))) == 0.0
    assert iou((at(0), at(1)), (at(5), at(6))) == 0.0
    assert iou((at(1), at(1)), (at(1), at(1))) == 1.0


def test_a_second_event_for_one_behaviour_is_a_false_alarm():
    score = scored([event(start=0.5), event(), event(end=5.0)], truth(planted()))
    assert (score.found, score.events, score.false_alarms) == (1, 3, 2)
    assert score.precision == pytest.approx(1 / 3, abs=1e-4)
    assert score.onset_max_minutes == 0.0  # the best overlap was taken, not the first told
    assert score.false_by_decoy == {PLANTED: 2}


def test_the_same_ships_twice_are_two_behaviours():
    real = truth(planted(), planted(start=20, end=26))
    assert scored([event(start=20, end=26), event(start=0.2)], real).found == 2
    assert scored([event(), event(end=5.9)], real).found == 1


def test_onset_errors_are_absolute_minutes():
    real = truth(planted(), planted(mmsi=(3, 4)), planted(mmsi=(5, 6)))
    score = scored([event(start=0.5), event(mmsi=(3, 4), start=-1), event(mmsi=(5, 6), start=0.1)], real)
    assert (score.onset_median_minutes, score.onset_max_minutes) == (30.0, 60.0)


def test_recall_away_from_decoys_leaves_the_others_out():
    real = truth(planted(), planted(mmsi=(3, 4), near_decoy=True), planted(mmsi=(5, 6)))
    score = scored([event()], real)
    assert (score.planted, score.recall, score.planted_away, score.found_away, score.recall_away) == (
        3, 0.3333, 2, 1, 0.5)  # fmt: skip


def test_open_events_end_at_the_truths_last_report():
    gap = planted("gap", (1,), 30, None, label="dark")
    assert scored([event("gap", (1,), 30.1, None)], truth(gap), "gap").found == 1
    assert scored([event("gap", (1,), 30, 38)], truth(gap), "gap").found == 0
    assert scored([event("gap", (1,), 30, 40)], truth(gap), "gap").found == 1


def test_a_gap_that_cannot_be_assessed_is_an_answer_and_no_alarm():
    real = truth(planted("gap", (1,), label="dark"), planted("gap", (2,), label="dark"))
    unsure = "cannot be assessed"
    events = [event("gap", (1,)), event("gap", (2,), verdict=unsure), event("gap", (3,), verdict=unsure),
              event("gap", (1,), verdict=unsure)]  # fmt: skip
    score = scored(events, real, "gap")
    assert (score.events, score.found, score.precision, score.false_alarms) == (1, 1, 1.0, 0)
    assert (score.not_assessed, score.planted_not_assessed) == (3, 1)
    assert "3 more answered 'cannot be assessed' (no alarms), 1 of them planted" in str(evaluate(events, real))


def test_rafts_are_scored_by_their_pairs():
    raft = [planted(mmsi=pair, label="three-ship raft") for pair in ((1, 2), (1, 3), (2, 3))]
    assert scored([event(mmsi=(3, 1, 2))], truth(*raft)).found == 3
    assert scored([event(mmsi=(1, 2)), event(mmsi=(2, 3))], truth(planted(mmsi=(1, 2, 3)))).found == 2


def test_a_pair_of_a_raft_met_for_as_long_as_both_were_members():
    members = [{"mmsi": 1, "from": iso(0), "to": iso(10)}, {"mmsi": 2, "from": iso(0), "to": iso(4)},
               {"mmsi": 3, "from": iso(6), "to": None}]  # fmt: skip
    raft = event(mmsi=(1, 2, 3), end=10, members=members)
    real = truth(planted(end=4), planted(mmsi=(1, 3), start=6, end=10), planted(mmsi=(2, 3), start=0, end=10))
    score = scored([raft], real)
    assert (score.found, score.events, score.onset_max_minutes) == (2, 2, 0.0)  # 2 and 3 were never there together
    with pytest.raises(EvaluateError, match="members"):
        evaluate([event(mmsi=(1, 2, 3), members=[{"mmsi": 1}])], real)


def test_a_ship_that_left_a_raft_and_came_back_was_there_twice():
    members = [{"mmsi": 1, "from": iso(0), "to": iso(12)}, {"mmsi": 2, "from": iso(0), "to": iso(4)},
               {"mmsi": 2, "from": iso(8), "to": iso(12)}, {"mmsi": 3, "from": iso(0), "to": iso(12)}]  # fmt: skip
    pairs = [(1, 2), (2, 3)]
    real = truth(*(planted(mmsi=p, start=s, end=s + 4) for p in pairs for s in (0, 8)), planted(mmsi=(1, 3), end=12))
    score = scored([event(mmsi=(1, 2, 3), end=12, members=members)], real)
    assert (score.found, score.events) == (5, 5)


@pytest.mark.parametrize(("hours", "found", "events"), [(1.9, 1, 1), (2.1, 1, 2)])
def test_who_hardly_overlapped_in_a_raft_is_no_alarm(hours, found, events):
    members = [{"mmsi": 1, "from": iso(0), "to": iso(4)}, {"mmsi": 2, "from": iso(0), "to": iso(9)},
               {"mmsi": 3, "from": iso(4 - hours), "to": iso(9)}]  # fmt: skip
    raft = event(mmsi=(1, 2, 3), end=9, members=members)
    score = scored([raft], truth(planted(end=4)))
    assert (score.found, score.events - 1) == (found, events)  # 2 and 3 were together, unplanted
    both = truth(planted(mmsi=(1, 3), start=4 - hours, end=4), planted(end=4))
    assert scored([raft], both).found == 2, "but a planted meeting is found by it"


@pytest.mark.parametrize("kind", ["rendezvous", "brief_contact"])
@pytest.mark.parametrize(
    ("said", "in_roads"),
    [({"port": "Dandong"}, 1), ({"anchorage": "WEIHAI"}, 1), ({"masked": "roads"}, 1), ({"port": None}, 0), ({}, 0),
     ({"port": "Nampo", "sts_area": "sts_cho_do_sok_do"}, 0)],
)  # fmt: skip
def test_a_meeting_is_a_contact_in_roads_when_it_says_so_and_the_truth_asks(kind, said, in_roads):
    kinds = ("anchorage_contact", "brief_contact", "rendezvous")
    told = event(kind, **said)
    real = truth(planted("anchorage_contact"), kinds=kinds)
    assert scored([told], real, "anchorage_contact").found == in_roads
    assert scored([told], real, kind).false_alarms == 1 - in_roads
    assert scored([told], truth(planted(kind), kinds=kinds[1:]), kind).found == 1


def test_the_order_of_ships_does_not_matter():
    assert scored([event(mmsi=(2, 1))], truth(planted())).found == 1


def test_an_incursion_must_name_the_zone():
    real = truth(planted("incursion", (1,), zone="west", label="fleet"), planted("incursion", (1,), zone="claim",
                                                                               label="fleet"))  # fmt: skip
    score = scored([event("incursion", (1,), zone="west"), event("incursion", (1,), zone="sea")], real, "incursion")
    assert (score.found, score.false_alarms) == (1, 1)


def test_false_alarms_are_blamed_on_what_they_overlap():
    decoys = [decoy("anchorage crowd", (5, 6)), decoy("receiver down", start=10, end=20, lon=130.0),
              decoy("tug alongside", (7, 8), lon=126.0)]  # fmt: skip
    events = [
        event(mmsi=(5, 6), lon=120.0),  # by ship, though far away
        event(mmsi=(9, 10), start=12, end=14, lon=130.05),  # by place and time
        event(mmsi=(11, 12), start=21, end=24, lon=130.05),  # the receiver was up again
        event(mmsi=(13, 14), lon=126.09),  # 4 nm from the tug
        event(mmsi=(15, 16), lon=126.2),
    ]
    score = scored(events, truth(decoys=decoys))
    assert score.false_by_decoy == {"anchorage crowd": 1, "receiver down": 1, "tug alongside": 1, NOTHING: 2}
    assert score.false_per_1000_vessel_days == 50.0


def test_kinds_that_the_truth_does_not_judge_are_counted_only():
    scores = evaluate([event("zone_presence", (1,)), event()], truth(planted()))
    assert [s.kind for s in scores.kinds] == ["gap", "incursion", "rendezvous"]
    assert scores.unjudged == {"zone_presence": 1}
    assert "not judged by this truth: zone_presence 1" in str(scores)


def test_times_may_be_datetimes():
    told = event() | {"start": at(0), "end": at(6)}
    assert scored([told], truth(planted())).found == 1


def test_matching_does_not_depend_on_the_order_of_events():
    events = [event(start=0.5), event(), event(end=5.0), event(mmsi=(3, 4))]
    real = truth(planted(), planted(mmsi=(3, 4), start=1))
    assert evaluate(events, real).to_dict() == evaluate(events[::-1], real).to_dict()


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda e, t: e[0].pop("mmsi"), "mmsi"),
        (lambda e, t: e[0].update(verdict=1), "verdict"),
        (lambda e, t: e[0].update(mmsi=["a"]), "int"),
        (lambda e, t: t["events"][0].update(mmsi=[]), "length"),
        (lambda e, t: e[0].update(start="2023-10-10T00:00:00"), "timezone"),
        (lambda e, t: e[0].update(start="yesterday"), "RFC3339"),
        (lambda e, t: t.pop("vessel_days"), "vessel_days"),
        (lambda e, t: t.update(vessel_days=-1), ">= 0"),
        (lambda e, t: t.update(extra=1), "extra"),
        (lambda e, t: t["events"][0].update(near_decoy="no"), "bool"),
        (lambda e, t: t.update(kinds=["gap"]), "kinds"),
    ],
)
def test_what_is_not_ours_gets_one_clear_sentence(spoil, word):
    events, real = [event()], truth(planted())
    spoil(events, real)
    with pytest.raises(EvaluateError, match=word) as caught:
        evaluate(events, real)
    assert "\n" not in str(caught.value)


def test_the_table_has_a_line_for_each_kind_and_one_for_each_miss():
    text = render(evaluate([event(), event(mmsi=(7, 8))], truth(planted(), planted(mmsi=(3, 4), near_decoy=True))))
    lines = text.splitlines()
    assert lines[0] == "hand, seed 1: 100 vessel-days"
    assert [line.split()[0] for line in lines[2:5]] == ["gap", "incursion", "rendezvous"]
    assert lines[4].split() == ["rendezvous", "2", "1", "0.500", "1", "1", "1.000", "2", "0.500", "0.0", "0.0", "10.0"]
    assert lines[6] == "rendezvous: 1 false alarms, by what they overlap: no decoy 1"
    assert lines[7].startswith("missed: rendezvous (alongside transfer) of 000000003 and 000000004")
    assert lines[7].endswith("near a decoy")
    assert max(map(len, lines[1:5])) <= 140


def test_the_truth_of_a_scenario_is_read_strictly_and_found_by_itself():
    from darkwake.simulate import make

    real = make("demo", 2).truth
    told = [
        event(b["kind"], b["mmsi"]) | {"start": b["start"], "end": b["end"],
                                       "evidence": {"verdict": "silent though receivable", "zone": b.get("zone")}}
        for b in real["events"]
    ]  # fmt: skip
    for score in evaluate(told, real).kinds:
        assert (score.recall, score.precision, score.onset_max_minutes) == (1.0, 1.0, 0.0)


def test_tallies_sum_seeds_by_family_and_all_but_what_stands_apart():
    crowd = decoy("anchorage crowd", (7, 8))
    one = truth(planted(), planted(mmsi=(3, 4)), decoys=[crowd], kinds=("rendezvous",))
    both = [evaluate([event(), event(mmsi=(7, 8))], one), evaluate([event(mmsi=(3, 4))], one)]
    blind = evaluate([], truth(planted(), kinds=("rendezvous", "same_hull")) | {"scenario": "blind"})
    tallies = tallied([*both, blind], apart=("blind",))
    assert [(t.family, t.kind, t.planted, t.found, t.events) for t in tallies] == [
        ("hand", "rendezvous", 4, 2, 3), ("blind", "rendezvous", 1, 0, 0), (ALL, "rendezvous", 4, 2, 3)]  # fmt: skip
    assert (tallies[2].recall, tallies[2].precision) == (0.5, pytest.approx(2 / 3, abs=1e-4))
    assert (tallies[2].false_alarms, tallies[2].false_by_decoy) == (1, {"anchorage crowd": 1})
    assert (tallies[1].recall, tallies[1].precision) == (0.0, None)
    lines = render_tallies(tallies, ["hand, seed 1: rendezvous"]).splitlines()
    assert lines[1].split() == ["hand", "rendezvous", "4", "2", "0.500", "3", "0.667", "1", "anchorage", "crowd", "1"]
    assert lines[2].split() == ["blind", "rendezvous", "1", "0", "0.000", "0", "-", "0"]
    assert lines[4] == "missed: hand, seed 1: rendezvous"


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["--events", "e.json"], "--truth"),
        (["--corpus", "--truth", "t.json"], "leave out"),
        (["--events", "e.json", "--truth", "t.json", "--seed", "2"], "--corpus"),
    ],
)
def test_evaluate_takes_a_pair_of_files_or_the_corpus(args, word):
    said = CliRunner().invoke(command, args)
    assert said.exit_code == 2
    assert word in said.output


def test_scores_come_as_json_too(tmp_path):
    (tmp_path / "e.json").write_text(json.dumps([event()]), encoding="utf-8")
    (tmp_path / "t.json").write_text(json.dumps(truth(planted())), encoding="utf-8")
    files = ["--events", str(tmp_path / "e.json"), "--truth", str(tmp_path / "t.json")]
    said = CliRunner().invoke(command, [*files, "--json"])
    assert json.loads(said.output) == json.loads(json.dumps(evaluate([event()], truth(planted())).to_dict()))


def test_the_corpus_is_told_as_a_table_and_as_json(monkeypatch):
    scores = evaluate([event()], truth(planted(), planted(mmsi=(3, 4))))
    monkeypatch.setattr("darkwake.corpus.score_corpus", lambda seeds, *, step: [scores for _ in seeds])
    told = json.loads(CliRunner().invoke(command, ["--corpus", "--seed", "1", "--seed", "2", "--json"]).output)
    assert len(told["scores"]) == 2
    assert [(t["family"], t["planted"], t["found"]) for t in told["tallies"]] == [("hand", 4, 2), (ALL, 4, 2)]
    lines = CliRunner().invoke(command, ["--corpus"]).output.splitlines()
    assert lines[0].split()[:4] == ["family", "kind", "planted", "found"]
    assert lines[-1].startswith("missed: hand, seed 1: rendezvous (alongside transfer) of 000000003")


def test_a_planted_transfer_is_one_under_any_kind_and_in_pieces():
    others = planted("attended", (3, 4)), planted("brief_contact", (5, 6), 0, 1)
    real = truth(planted(), *others, kinds=("attended", "brief_contact", "rendezvous"))
    told = [
        event(),
        event(start=1, end=2),  # a piece of it
        event(start=5, end=7.1),  # more than half of it lies beyond
        event("attended"),
        event("attended", (3, 4)),
        event("brief_contact", (5, 6), 0, 1),
        event(mmsi=(1, 2, 9)),
        event(mmsi=(1, 9)),
        event("pair_trawling", (7, 8)),
    ]
    assert planted_transfers(told, real) == [True, True, False, True, False, True, True, False, None]
