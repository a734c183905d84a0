"""What a case says of itself, and that it says the same however its messages arrive."""

from __future__ import annotations

import json
import random
from pathlib import Path

from ais.ingest import status
from ais.schema import TABLES as SCHEMA
from ais.store import Store
from tests.ais.sentences import NMEA, T0, Take, fix, rows, said, sentence, taker

GFW = NMEA / "GFW_ais-listener_tagblock_first2000.txt"


def test_status_is_as_the_design_says(store: Store, take: Take) -> None:
    lines = [
        *(fix(T0 + 60 * i) for i in range(3)),
        fix(T0, station="again"),
        *said(T0, msg_type=5, mmsi=445000001, shipname="RYE SONG GANG 1"),
        *said(T0, msg_type=4, mmsi=4401234, lon=126, lat=37),
        *said(f"{T0 + 300}.5", msg_type=8, mmsi=4401234),
        "# remark",
        sentence("AIVDM,1,1,,A,,0", f"c:{T0}"),
        said(T0, msg_type=5, mmsi=445000002)[0],
    ]
    report = take(lines, "a.nmea")
    with store.reader() as reader:
        told = status(reader)
    assert json.loads(json.dumps(told)) == {
        "inputs": [
            {
                "name": "a.nmea",
                "sha256": report.sha256,
                "complete": True,
                "lines": 11,
                "stored": 7,
                "other": 1,
                "duplicates": 1,
                "rejects": {"no payload": 1, "orphan part": 1},
                "positions": 3,
                "identities": 1,
                "first_t": "2023-11-14T22:13:20Z",
                "last_t": "2023-11-14T22:18:20.500000Z",
            }
        ],
        "positions": 3,
        "vessels": 2,  # a station on land is none
        "events": {},
        "seal": None,
    }


def test_the_counting_law_can_fail(store: Store, take: Take) -> None:
    take([fix(T0), fix(T0 + 60)])
    store.con.execute("DELETE FROM positions WHERE line = 2")
    with store.reader() as reader:
        (one,) = status(reader)["inputs"]  # type: ignore[misc]
    assert one["lines"] == 2
    assert one["stored"] + one["other"] + one["duplicates"] + sum(one["rejects"].values()) == 1


def whole_messages(path: Path) -> list[list[bytes]]:
    """The lines of a file, the parts of one message together."""
    groups: list[list[bytes]] = []
    for line in path.read_bytes().splitlines():
        if line.startswith(b"\\g:2-"):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def content(store: Store) -> dict[str, list[str]]:
    """Everything a case knows of ships, without where in which input it was said."""
    sql = "SELECT * EXCLUDE (input_id, line) FROM {} "
    found = {name: rows(store, sql.format(name)) for name in ("positions", "heard", "identities", "fixed")}
    found["marks"] = rows(store, sql.format("marks"))
    return {name: sorted(map(repr, table)) for name, table in found.items()}


def test_shuffled_doubled_and_split_inputs_say_the_same(store: Store, take: Take, tmp_path: Path) -> None:
    take(GFW)
    chance = random.Random(7)
    messages = whole_messages(GFW)
    shuffled = [*messages, *chance.sample(messages, 300)]
    chance.shuffle(shuffled)
    with Store.open(tmp_path / "other.duckdb") as other:
        take_other = taker(other, tmp_path)
        for name, part in (("b", shuffled[:900]), ("a", shuffled[900:])):
            take_other(b"".join(line + b"\n" for lines in part for line in lines), f"{name}.nmea")
        assert content(other) == content(store)
        assert rows(other, "SELECT count(*) FROM position_copies") != [(0,)]


def test_every_row_fits_the_declared_columns(store: Store, take: Take) -> None:
    take(GFW)
    for name in ("positions", "heard", "identities", "fixed"):
        for column in SCHEMA[name].columns:
            if not column.null:
                assert rows(store, f"SELECT count(*) FROM {name} WHERE {column.name} IS NULL") == [(0,)]
