"""`darkwake contacts`: a planted chain is found as it is, in time order, and a list of one's own marks ships."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from darkwake import Case
from tests.front.front_door import Run, is_one_sentence
from tests.maps.cases import T0, Row, case, event, identity, run, source

A, B, C, D, E = 412000001, 445000002, 371000003, 273000004, 667000005
KINDS = ("rendezvous", "brief_contact", "attended", "same_hull", "pair_trawling")
NAMES = {A: "ALPHA", B: "PETREL 8", C: "CHARLIE", D: "DELTA", E: "ECHO"}
DAY = 24.0


def at(hours: float) -> str:
    return (T0 + timedelta(hours=hours)).isoformat() + "Z"


def made(path: Path, events: Iterable[Row], names: dict[int, str] = NAMES, horizon_h: float = 100 * DAY) -> Path:
    """Make a case of these events, its horizon 100 days on, and return its path."""
    tables = {
        "inputs": [source()],
        "identities": [identity(mmsi, name=name, imo=9562233 if mmsi == B else None) for mmsi, name in names.items()],
        "events": list(events),
        "runs": [run(detector="rendezvous", horizon=T0 + timedelta(hours=horizon_h))],
    }
    with case(path / "case.duckdb", tables):
        pass
    return path / "case.duckdb"


def chain() -> list[Row]:
    """A-B, then B-C, then C-D; E meets D only."""
    return [
        event("rendezvous", [A, B], 10, 14, score=0.9, evidence={"hours": 4.0, "port": None, "sts_area": None}),
        event("brief_contact", [C, B], 40, 41, evidence={"hours": 0.75, "anchorage": "NAMPO"}),
        event("rendezvous", [C, D], 60, 66, evidence={"hours": 6.0}),
        event("attended", [D, E], 70, 72, evidence={"hours": 2.0}),
        event("gap", [A], 80, 90),
        event("loitering", [A, E], 80, 90),
    ]


def links(cli: Run, *args: object) -> list[tuple[int, tuple[int, int], str, str | None]]:
    said = cli("contacts", "--format", "json", *args)
    assert said.code == 0, said.err
    return [(one["hop"], tuple(one["mmsi"]), one["kind"], one["order"]) for one in json.loads(said.out)["contacts"]]


def test_a_planted_chain_is_found_exactly(cli: Run, tmp_path: Path) -> None:
    path = made(tmp_path, chain())
    ask = ("--case", path, "--mmsi", A)
    first = (1, (A, B), "rendezvous", None)
    second = (2, (B, C), "brief_contact", "after")
    third = (3, (C, D), "rendezvous", "after")
    assert links(cli, *ask, "--hops", 1) == [first]
    assert links(cli, *ask) == [first, second]
    assert links(cli, *ask, "--hops", 3) == [first, second, third]
    assert links(cli, "--case", path, "--mmsi", D, "--hops", 3) == [
        (1, (D, C), "rendezvous", None),
        (1, (D, E), "attended", None),
        (2, (C, B), "brief_contact", "before"),
        (3, (B, A), "rendezvous", "before"),
    ]


def test_each_link_has_its_event(cli: Run, tmp_path: Path) -> None:
    planted = chain()
    told = json.loads(cli("contacts", "--case", made(tmp_path, planted), "--mmsi", A, "--format", "json").out)
    one, two = told["contacts"]
    assert (one["event"], two["event"]) == (planted[0]["id"], planted[1]["id"])
    assert two["via"] == [planted[0]["id"]]
    assert (one["start"], one["end"], one["hours"], one["score"]) == (at(10), at(14), 4.0, 0.9)
    assert (one["lon"], one["lat"]) == (124.9, 38.6)
    assert two["place"] == {"anchorage": "NAMPO"}
    assert two["where"] == "anchorage NAMPO, 38.6000 124.9000"
    ships = {ship["mmsi"]: ship for ship in told["ships"]}
    assert {mmsi: ship["hop"] for mmsi, ship in ships.items()} == {A: 0, B: 1, C: 2}
    assert ships[B]["names"] == ["PETREL 8"]
    assert ships[B]["flag"].startswith("DPRK: ")
    assert [(one["by"], one["date_means"]) for one in ships[B]["listed"]] == [("imo", "listed on 2017-10-03")]
    assert ships[A]["listed"] == ships[C]["listed"] == []


def test_the_second_link_lies_before_during_or_after_the_first(cli: Run, tmp_path: Path) -> None:
    planted = [
        event("rendezvous", [A, B], 10, 14),
        event("rendezvous", [B, C], 5, 10),
        event("rendezvous", [B, D], 13, 20),
        event("rendezvous", [B, E], 14, 20),
        event("rendezvous", [A, B], 30, 34),
        event("rendezvous", [B, C], 32, None),
    ]
    ask = ("--case", made(tmp_path, planted), "--mmsi", A)
    assert [(ships, order) for hop, ships, _, order in links(cli, *ask) if hop == 2] == [
        ((B, C), "before"),
        ((B, D), "before and during"),
        ((B, E), "before and after"),
        ((B, C), "during and after"),
    ]


def test_days_are_counted_back_from_the_horizon(cli: Run, tmp_path: Path) -> None:
    path = made(tmp_path, [event("rendezvous", [A, B], 10 * DAY - 4, 10 * DAY), event("rendezvous", [A, C], 0, None)])
    ask = ("--case", path, "--mmsi", A)
    assert len(links(cli, *ask, "--days", 91)) == 2
    assert [ships for _, ships, _, _ in links(cli, *ask, "--days", 90)] == [(A, C)], "ended when the days begin"
    assert len(links(cli, *ask, "--days", 0)) == 1, "what is open goes on"
    assert "2024-03-08 06:00 and 2024-06-13 06:00 UTC" in cli("contacts", *ask, "--days", 97).out


def test_without_a_run_days_are_counted_back_from_the_latest_event(cli: Run, tmp_path: Path) -> None:
    planted = [event("rendezvous", [A, B], 10, 14), event("rendezvous", [A, C], 20 * DAY, 21 * DAY)]
    with case(tmp_path / "case.duckdb", {"inputs": [source()], "events": planted}):
        pass
    ask = ("--case", tmp_path / "case.duckdb", "--mmsi", A)
    assert len(links(cli, *ask, "--days", 21)) == 2
    assert len(links(cli, *ask, "--days", 20)) == 1


def test_of_a_raft_each_pair_that_lay_there_together_is_a_link(cli: Run, tmp_path: Path) -> None:
    stays = [(A, 0, 4), (B, 0, 10), (C, 5, 9), (A, 8, None)]
    members = [{"mmsi": mmsi, "from": at(start), "to": None if end is None else at(end)} for mmsi, start, end in stays]
    members.append({"mmsi": D, "from": at(4), "to": at(5)})
    raft = event("rendezvous", [A, B, C, D], 0, None, evidence={"hours": 4.0, "members": members})
    told = json.loads(
        cli("contacts", "--case", made(tmp_path, [raft]), "--mmsi", A, "--format", "json", "--hops", 3).out
    )
    pairs = {tuple(one["mmsi"]): (one["hop"], one["start"], one["end"], one["hours"]) for one in told["contacts"]}
    assert pairs == {
        (A, B): (1, at(0), at(10), 6.0),
        (A, C): (1, at(8), at(9), 1.0),
        (C, B): (2, at(5), at(9), 4.0),
        (B, D): (2, at(4), at(5), 1.0),
    }


def test_every_kind_of_meeting_counts_and_is_named(cli: Run, tmp_path: Path) -> None:
    planted = [event(kind, [A, 412000010 + i], i, i + 1) for i, kind in enumerate(KINDS)]
    assert [kind for _, _, kind, _ in links(cli, "--case", made(tmp_path, planted), "--mmsi", A)] == list(KINDS)


def test_a_list_of_ones_own_marks_contacts_events_and_report(cli: Run, tmp_path: Path) -> None:
    path = made(tmp_path, chain())
    (tmp_path / "mine.csv").write_text("mmsi,name,date\n371000003,Charlie,2024-02-01\n,,\nx,,\n", encoding="utf-8")
    (tmp_path / "darkwake.toml").write_text('lists = ["mine.csv"]\n', encoding="utf-8")
    told = "mine (dated 2024-02-01 in the list), by MMSI 371000003 with the name CHARLIE"
    for extra in ((), ("--list", "mine.csv")):
        rows = list(
            csv.DictReader(io.StringIO(cli("events", "--case", path, "--format", "csv", *extra).out, newline=""))
        )
        listed = {row["mmsi"]: row["listed"] for row in rows}
        assert told in listed[f"{C};{B}"]
        assert "EU 2017/1509, Annex XIV.B" in listed[f"{A};{B}"]
        assert "by IMO number 9562233 and name" in listed[f"{A};{B}"]
        assert listed[str(A)] == ""
        said = cli("contacts", "--case", path, "--mmsi", A, *extra)
        assert told in said.out
        assert "not understood: 1 x MMSI that is no number of nine digits" in said.err
        (tmp_path / "darkwake.toml").unlink(missing_ok=True)
    found = json.loads(cli("events", "--case", path, "--format", "json", "--list", "mine.csv").out)
    assert sum("listed" in one["evidence"] for one in found) == 3
    table = cli("events", "--case", path).out.splitlines()
    assert "listed on 2017-10-03" in next(line for line in table if str(planted_id(path)) in line)
    assert cli("report", "--case", path, "-o", "r.html", "--list", "mine.csv").code == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert told in page
    assert "EU 2017/1509 (74), the last listed on 2022-12-12; mine (1), dated 2024-02-01 in the list" in page


def planted_id(path: Path) -> str:
    return str(Case(path).records(kind="rendezvous", mmsi=A)[0]["id"])


def test_an_unknown_ship_is_a_sentence_and_one_without_meetings_an_answer(cli: Run, tmp_path: Path) -> None:
    path = made(tmp_path, chain())
    said = cli("contacts", "--case", path, "--mmsi", 999)
    assert is_one_sentence(said)
    assert "says anything of ship 999" in said.err
    alone = cli("contacts", "--case", path, "--mmsi", E, "--days", 1)
    assert alone.code == 0
    assert alone.out.startswith("no meeting of ECHO (667000005), Sierra Leone (by number, 667) between ")
    assert cli("contacts", "--case", path, "--mmsi", E, "--hops", 0).code == 2
    for odd in (-5, 10**12, 10**30):
        assert is_one_sentence(cli("contacts", "--case", path, "--mmsi", odd))
    assert is_one_sentence(cli("contacts", "--case", path, "--mmsi", A, "--list", "none.csv"))
    (tmp_path / "in.csv").write_text("MMSI,BaseDateTime,LAT,LON\n", encoding="utf-8")
    assert "there is no list none.csv" in cli("run", "in.csv", "--list", "none.csv").err
    assert not (tmp_path / "in.duckdb").exists()
    assert is_one_sentence(cli("contacts", "--case", "none.duckdb", "--mmsi", A))


@pytest.mark.parametrize("name", ["\x1b]0;owned\x07EVIL", "[red]EVIL", "\u202eEVIL", "=1+EVIL", "{{ 7*7 }}EVIL"])
def test_a_hostile_name_is_text(name: str, cli: Run, tmp_path: Path) -> None:
    path = made(tmp_path, chain(), {**NAMES, B: name})
    shown = cli("contacts", "--case", path, "--mmsi", A).out
    assert "EVIL" in shown
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert "\u202e" not in shown
    rows = list(csv.DictReader(io.StringIO(cli("contacts", "--case", path, "--mmsi", A, "--format", "csv").out)))
    assert [(row["mmsi"], row["met_mmsi"], row["hop"]) for row in rows] == [
        (str(A), str(B), "1"),
        (str(B), str(C), "2"),
    ]
    assert all(not str(cell).startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert "EVIL" in rows[0]["met_listed"], "an IMO number matches whatever the name is"
    page = cli("report", "--case", path, "-o", "r.html")
    assert page.code == 0
    assert "7*7 }}" not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_the_table_in_python(tmp_path: Path) -> None:
    frame = Case(made(tmp_path, chain())).contacts(A, hops=3)
    assert frame["mmsi"].tolist() == [[A, B], [B, C], [C, D]]
    assert frame["order"].fillna("").tolist() == ["", "after", "after"]
    assert str(frame["start"].dtype).startswith("datetime64")
    assert frame["start"].dt.tz is not None
    none = Case(tmp_path / "case.duckdb").contacts(E, days=1)
    assert list(none.columns) == list(frame.columns)
    assert none.empty
