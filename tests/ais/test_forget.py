"""Taking an input out again leaves what would be there had it never come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ais.forget import forget
from ais.schema import COPIES, TABLES
from ais.source import InputError
from ais.store import Store
from detectors import detect, discover, read_events, to_json
from tests.ais.sentences import NOW, Take, fix, rows, said, taker
from tests.test_any_split import feed, split
from zones import load_zones

ROWS = (*COPIES, *(table.name for table in COPIES.values()), "rejects", "parts", "sentences", "hearings")


def held(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """All that inputs gave, with each input's name for its number."""
    found = {}
    for name in ROWS:
        columns = ", ".join(column for column in TABLES[name].names if column != "input_id")
        sql = f"SELECT (SELECT name FROM inputs WHERE id = input_id), {columns} FROM {name} ORDER BY ALL"
        found[name] = rows(store, sql)
    return found


def detected(store: Store) -> list[dict[str, object]]:
    found = {name: kind() for name, kind in discover().items()}
    detect(store, load_zones(), detectors=found, now=NOW, version="test")
    return to_json(read_events(store.reader()))


@pytest.mark.parametrize("seed", range(3))
def test_forgetting_leaves_what_would_be_there_without_it(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = [[line for message in part for line in message] for part in split(rng, feed(rng))]
    inputs.append([line for part in inputs for line in part[::3]])  # says much of the others again
    gone = int(rng.integers(len(inputs)))
    cases = {}
    for name, numbers in (("all", range(len(inputs))), ("rest", [i for i in range(len(inputs)) if i != gone])):
        (tmp_path / name).mkdir()
        with Store.open(tmp_path / name / "case.duckdb") as store:
            take = taker(store, tmp_path / name)
            for number in numbers:
                take(inputs[number], f"{number}.nmea")
            if name == "all":
                detected(store)
                forget(store, f"{gone}.nmea")
            cases[name] = (held(store), detected(store))
    assert cases["all"] == cases["rest"]
    assert cases["rest"][0]["position_copies"]


def test_an_input_is_named_by_name_or_hash(store: Store, take: Take) -> None:
    first, second = take([fix()], "a.nmea"), take([fix(second=59)], "a.nmea")
    take(said(msg_type=5, shipname="X"), "b.nmea")
    with pytest.raises(InputError, match=r"has no input c\.nmea; its inputs are: a\.nmea, a\.nmea, b\.nmea"):
        forget(store, "c.nmea")
    with pytest.raises(InputError, match=f"2 inputs a.nmea; name one by its hash: {first.sha256[:8]} or"):
        forget(store, "a.nmea")
    forget(store, second.sha256[:8])
    forget(store, "a.nmea")
    assert rows(store, "SELECT name FROM inputs") == [("b.nmea",)]
    assert take([fix()], "a.nmea").stored == 1  # and it can come again
