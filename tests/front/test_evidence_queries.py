"""Every number in an event's evidence is that of the query that docs/evidence.md gives for its kind."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ais.reader import arrow
from ais.store import Store, open_for_reading
from darkwake.case import Case
from darkwake.simulate import make
from detectors import detect, discover, read_events
from tests.detectors.cases import NOW, defaults, insert, rows_of
from tests.detectors.test_outage import failing
from tests.front.front_door import HEAD, START
from zones import load_zones

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
# All events of the demo; of the families of the corpus some of the kinds that it lacks or has once, rafts first.
EVERY = {"gap", "incursion", "zone_presence", "loitering", "outage", "rendezvous"}
SOME = {
    "lookalikes": {"attended", "pair_trawling", "same_hull"},
    "short-contacts": {"brief_contact"},
    "sts-areas": {"rendezvous"},
}
OF_A_KIND = 1
# What is counted or named is equal; what is measured may differ by one unit of the last digit kept.
COUNTED = re.compile(r"^fixes|_count$|^reports_|mmsi|came|stayed|ship_type|nav_status|^from$|^to$")
DIGITS = {"minutes": 1, "kn": 1, "hours": 2, "km": 2, "fraction": 3, "lon": 6, "lat": 6}
WHOLE = ("approach_minutes", "parting_minutes")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
LEARNED = {"unusual", "like_transfer"}  # by the page's Python, held against the evidence below
EVENTS = "SELECT id, kind, evidence FROM events ORDER BY len(mmsi) DESC, id"


def blocks(language: str) -> list[str]:
    """Return the page's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@cache
def queries() -> dict[str, str]:
    """Return the macro of each kind: the one shown in the section that is headed by it."""
    found = {}
    for section in PAGE.split("\n## ")[1:]:
        head, _, body = section.partition("\n")
        for kind in re.findall(r"`(\w+)`", head):
            shown = re.findall(r"^FROM (\w+)\('[0-9a-f]{16}'\);$", body, re.MULTILINE)
            assert len(shown) == 1, head
            found[kind] = shown[0]
    return found


def open_with_macros(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a case as an investigator does who has pasted the page's macros."""
    con = open_for_reading(path)
    con.execute("SET threads = 1")
    for block in blocks("sql"):
        if not block.startswith("FROM "):
            con.execute(block)
    return con


def numbers(value: object, path: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers and times in a JSON value or a row with their paths."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from numbers(part, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from numbers(part, f"{path}[{i}]")
    elif isinstance(value, datetime):
        yield path, value.replace(tzinfo=UTC).timestamp()
    elif isinstance(value, str) and TIME.fullmatch(value):
        yield path, datetime.fromisoformat(value).timestamp()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def last_digit(path: str) -> float:
    """Return one unit of the last digit that is kept of a number."""
    key = re.sub(r"\[\d+\]", "", path).split(".")[-1]
    if COUNTED.search(key):
        return 0.0
    if key.startswith("draught"):
        return 0.1
    return 1.0 if key in WHOLE else 10.0 ** -DIGITS.get(key.rsplit("_", 1)[-1], 0)


def check(event_id: str, evidence: Mapping[str, object], answer: Mapping[str, Any]) -> tuple[int, int]:
    """Hold one event's evidence against its query's row; return how many numbers it has, and how many are equal."""
    row = {key: [list(one.values()) for one in part] if key == "series" else part for key, part in answer.items()}
    measured = {key: part for key, part in evidence.items() if key not in LEARNED}
    stored, found = dict(numbers(measured)), dict(numbers(row))
    assert stored.keys() == found.keys(), f"{event_id}: {sorted(stored.keys() ^ found.keys())}"
    for path, number in stored.items():
        off = abs(number - found[path])
        assert off <= last_digit(path) * 1.0001, f"{event_id}: {path} is {number}, by the query {found[path]}"
    return len(stored), sum(number == found[path] for path, number in stored.items())


def answers(con: duckdb.DuckDBPyConnection, kind: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the rows of a kind's query for some events, one by one."""
    rows = {one: arrow(con, f"FROM {queries()[kind]}($id)", {"id": one}).to_pylist() for one in ids}
    assert {len(of_one) for of_one in rows.values()} == {1}
    return {one: of_one[0] for one, of_one in rows.items()}


def all_answers(con: duckdb.DuckDBPyConnection, kind: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a kind's query for all events at once, as the page says."""
    sql = f"SELECT e.id, x.* FROM events e, LATERAL {queries()[kind]}(e.id) x WHERE e.kind = $kind"
    rows = arrow(con, sql, {"kind": kind}).to_pylist()
    return {row.pop("id"): row for row in rows}


def check_events(path: Path, *, of_a_kind: int | None = None, kinds: set[str] | None = None) -> set[str]:
    """Check the events of a case, or the first few of some kinds; return the kinds that it has."""
    stored: dict[str, dict[str, Any]] = {}
    counts = []
    with open_with_macros(path) as con:
        for event_id, kind, evidence in con.execute(EVENTS).fetchall():
            stored.setdefault(kind, {})[event_id] = json.loads(evidence)
        for kind in kinds or stored:
            some = answers(con, kind, list(stored[kind])[: of_a_kind or 1])
            rows = some if of_a_kind else all_answers(con, kind)
            assert of_a_kind or rows.keys() == stored[kind].keys()
            assert all(rows[one] == row for one, row in some.items())
            counts += [check(one, stored[kind][one], row) for one, row in rows.items()]
    all_, equal = (sum(column) for column in zip(*counts, strict=True))
    assert equal >= 0.99 * all_ > 0
    return set(stored)


def simulated(name: str, folder: Path, only: Sequence[str] = ()) -> Path:
    """Return a case made of a scenario."""
    made, path = make(name, 1), folder / f"{name}.duckdb"
    made.write_nmea(folder / f"{name}.nmea")
    case = Case(path)
    case.ingest(folder / f"{name}.nmea", raw=False)
    case.detect(only=only)
    return path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the case of the demo, once."""
    return simulated("demo", tmp_path_factory.mktemp("demo"))


def test_each_kind_has_a_query_and_is_tested() -> None:
    kinds = {kind for detector in discover().values() for kind in detector.kinds}
    assert set(queries()) == kinds
    assert EVERY.union(*SOME.values()) == kinds


def test_the_numbers_of_every_event_of_the_demo(demo: Path) -> None:
    assert check_events(demo) >= EVERY


@pytest.mark.parametrize("family", SOME)
def test_the_numbers_of_rarer_kinds(family: str, tmp_path: Path) -> None:
    path = simulated(family, tmp_path, only=["rendezvous"])
    assert check_events(path, of_a_kind=OF_A_KIND, kinds=SOME[family]) >= SOME[family]


def test_the_numbers_where_two_ships_share_one(tmp_path: Path) -> None:
    """Two ships 60 m apart, one of them without speeds; another with the number of the first falls silent far away."""
    rows = [HEAD]
    for minute in range(0, 600, 2):
        at = START + timedelta(minutes=minute)
        north = minute * 1e-6
        rows.append(f"412000001,{at.isoformat()},{36.5 + north:.6f},123.5,0.2,90,511,ALPHA,,,70,0,100,16,5.0,")
        rows.append(f"445000002,{at.isoformat()},{36.50054 + north:.6f},123.5,,90,511,BRAVO,,,80,0,80,12,4.0,")
        if not 90 <= minute <= 540:
            at += timedelta(seconds=20)
            rows.append(f"412000001,{at.isoformat()},{34 + north:.6f},124.5,0.3,90,511,OTHER,,,80,0,180,26,9.0,")
    (tmp_path / "shared.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    case = Case(tmp_path / "shared.duckdb")
    case.ingest(tmp_path / "shared.csv")
    case.detect()
    assert sum(record["evidence"].get("tracks_count") == 2 for record in case.records()) >= 3
    assert check_events(tmp_path / "shared.duckdb", of_a_kind=2) >= {"gap", "loitering", "rendezvous"}


def test_the_numbers_of_silences_that_outages_explain(tmp_path: Path) -> None:
    path, zones = tmp_path / "a.duckdb", load_zones()
    with Store.open(path) as store:
        insert(store, rows_of(failing(3)))
        detect(store, zones, detectors=defaults("gap", "outage"), now=NOW, version="test")
        told = read_events(store.reader(), kind="gap")
    ends = [gap["end"] is None for gap in told if "outage_hours" in gap["evidence"]]
    assert set(ends) == {True, False}
    assert check_events(path, of_a_kind=len(told)) == {"gap", "outage"}


def on_page(name: str) -> Any:
    """Return a function that the page shows."""
    told: dict[str, Any] = {}
    exec(next(block for block in blocks("python") if f"def {name}(" in block), told)
    return told[name]


def test_the_names_in_the_evidence_are_those_of_the_page(demo: Path) -> None:
    names, named = on_page("names"), 0
    for record in Case(demo).records():
        for key, name in names(record).items():
            assert record["evidence"][key] == name, (record["id"], key)
            named += name is not None
    assert named > 20


def test_the_learned_scores_are_those_of_the_page(demo: Path) -> None:
    of = {kind: name for name, detector in discover().items() for kind in detector.kinds}
    learned = {name: on_page("learned_for")(demo, name) for name in discover()}
    learned_scores, keys = on_page("learned_scores"), set()
    for record in Case(demo).records():
        said = {key: number for key, number in record["evidence"].items() if key in LEARNED}
        assert learned_scores(record, learned[of[record["kind"]]]) == said, record["id"]
        keys |= {key for key, number in said.items() if number is not None}
    assert keys == LEARNED


def test_a_wrong_number_is_told(demo: Path) -> None:
    with open_with_macros(demo) as con:
        event_id, kind, text = next(row for row in con.execute(EVENTS).fetchall() if row[1] == "zone_presence")
        evidence, row = json.loads(text), answers(con, kind, [event_id])[event_id]
    check(event_id, evidence, row)
    for key, more in (("dwell_hours", 0.02), ("fixes_count", 1)):
        with pytest.raises(AssertionError, match=key):
            check(event_id, evidence | {key: evidence[key] + more}, row)
    with pytest.raises(AssertionError, match="new_m"):
        check(event_id, evidence | {"new_m": 3}, row)
