"""The counting law: lines = stored + other + duplicates + rejects, for every input, to the line.

Stored and duplicates are counted from the rows that are there, never by subtraction, so that the law can fail.
Stored: the line gave a row of positions, heard, identities or fixed, or is a further part of a message that did.
Duplicate: all the rows that it gave are copies of others' (`ais.duplicates`), or it is a part of such a message.
What a seal let go was counted likewise, into `sealed`, when it went.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ais.formats import shown
from ais.reader import Reader

_LINES = """
    -- A line that gave rows gave one of these; identities, and places of type 11, come beside one of them.
    WITH kept AS (
        SELECT input_id FROM {positions} UNION ALL SELECT input_id FROM {heard}
        UNION ALL SELECT input_id FROM {fixed} WHERE kind <> 'response'
    ), copied AS (
        SELECT input_id, line FROM {position_copies} UNION ALL SELECT input_id, line FROM {heard_copies}
        UNION ALL SELECT input_id, line FROM {fixed_copies} WHERE kind <> 'response'
    ), beside AS (
        SELECT input_id, line FROM {beside_identities}
        UNION ALL SELECT input_id, line FROM {beside_fixed} WHERE kind = 'response'
    ), rescued AS (
        SELECT input_id, line FROM copied SEMI JOIN beside USING (input_id, line)
    ), repeated AS (
        SELECT input_id, line FROM copied ANTI JOIN beside USING (input_id, line)
    )
    SELECT input_id, 'stored' AS what FROM kept
    UNION ALL SELECT input_id, 'stored' FROM rescued
    UNION ALL SELECT input_id, 'duplicates' FROM repeated
    UNION ALL
    SELECT p.input_id, if(repeated.line IS NULL, 'stored', 'duplicates') FROM {parts} p
    LEFT JOIN repeated ON repeated.input_id = p.input_id AND repeated.line = p.first_line
    UNION ALL SELECT input_id, 'rejects: ' || reason FROM {rejects}
"""
_INPUTS = """
    WITH lines AS (
        {lines}
        UNION ALL SELECT input_id, 'positions' FROM positions
        UNION ALL SELECT input_id, 'identities' FROM identities
    ), ships AS (
        SELECT input_id, mmsi FROM positions UNION SELECT input_id, mmsi FROM position_copies
        UNION SELECT input_id, mmsi FROM heard UNION SELECT input_id, mmsi FROM heard_copies
    ), counts AS (
        SELECT input_id, what, sum(n)::BIGINT AS n FROM (
            SELECT input_id, what, count(*) AS n FROM lines GROUP BY ALL
            UNION ALL SELECT input_id, 'ships', count(*) FROM ships GROUP BY ALL
            UNION ALL SELECT input_id, what, n FROM sealed
        ) GROUP BY ALL
    )
    SELECT inputs.*, told.counts FROM inputs LEFT JOIN (
        SELECT input_id, list({{'what': what, 'n': n}} ORDER BY what) AS counts FROM counts
        WHERE $input_id IS NULL OR input_id = $input_id GROUP BY input_id
    ) AS told ON told.input_id = inputs.id
    WHERE $input_id IS NULL OR inputs.id = $input_id ORDER BY inputs.id
"""
_OF_LINES = ("positions", "heard", "fixed", "position_copies", "heard_copies", "fixed_copies", "parts", "rejects")
_REJECTS = "rejects: "
SEAL = "seal"
"""What `runs.detector` says where the seal was moved (`ais.seal`)."""


def counted(tables: Mapping[str, str], beside: Mapping[str, str]) -> str:
    """Return a query for what became of each line: its input, and stored, duplicates or rejects with the reason.

    Args:
        tables: What stands for each table whose rows are counted.
        beside: What stands for `identities` and `fixed`, whose rows tell that a line gave more than a copy.
    """
    names = {name: tables[name] for name in _OF_LINES}
    return _LINES.format(**names, beside_identities=beside["identities"], beside_fixed=beside["fixed"])


@dataclass(frozen=True)
class InputReport:
    """What became of one input's lines.

    Attributes:
        input_id: Its number in the case.
        name: The file's name.
        sha256: Hash of its bytes.
        already: The same bytes were there before; nothing was changed.
        lines: All its lines.
        stored: Lines that gave rows.
        other: Lines understood and not kept.
        duplicates: Lines that only repeat others.
        rejects: Lines not understood, by reason.
        positions: Rows of positions from it.
        identities: Rows of identities from it.
        ships: Ship numbers that its positions and other messages name.
        clocks: What gave messages their times, most often first.
        complete: All of it was read; otherwise the same command goes on.
        first_t: Least time of its rows, or None.
        last_t: Greatest time of its rows, or None.
        otherwise: Where `already`: the options that it was read with then and those asked for now, where they
            would read it differently; else empty.
    """

    input_id: int
    name: str
    sha256: str
    already: bool
    lines: int
    stored: int
    other: int
    duplicates: int
    rejects: dict[str, int]
    positions: int
    identities: int
    ships: int
    clocks: tuple[str, ...]
    complete: bool
    first_t: datetime | None
    last_t: datetime | None
    otherwise: str = ""


def reports(reader: Reader, input_id: int | None = None) -> list[InputReport]:
    """Return what became of every input's lines, or of one's, in the order of their numbers."""
    found = []
    own = {name: name for name in (*_OF_LINES, "identities")}
    sql = _INPUTS.format(lines=counted(own, own))
    for row in reader.few(sql, input_id=input_id).to_pylist():  # one query: an ingest may run meanwhile
        counts = {one["what"]: one["n"] for one in row["counts"] or ()}
        found.append(
            InputReport(
                input_id=row["id"],
                name=row["name"],
                sha256=row["sha256"],
                already=False,
                lines=row["lines"],
                other=row["other"],
                rejects={what[len(_REJECTS) :]: n for what, n in counts.items() if what.startswith(_REJECTS)},
                **{name: counts.get(name, 0) for name in ("stored", "duplicates", "positions", "identities", "ships")},
                clocks=_by_number(json.loads(row["clocks"])),
                complete=row["complete"],
                first_t=_utc(row["first_t"]),
                last_t=_utc(row["last_t"]),
            )
        )
    return found


def partly_read(reader: Reader) -> str | None:
    """Say which inputs are in a case only in part; None if all are whole."""
    rows = reader.few("SELECT name, sha256 FROM inputs WHERE NOT complete ORDER BY id").to_pylist()
    said = []
    if cut := [row["name"] for row in rows if row["sha256"]]:
        said.append(
            f"Only part of {shown(cut)} is in this case: its ingest still runs or was interrupted; the same ingest "
            "again takes in the rest."
        )
    if growing := [row["name"] for row in rows if not row["sha256"]]:  # a hash is of what no longer grows
        said.append(f"{shown(growing)} may grow: a watch takes it in as it comes.")
    return " ".join(said) or None


def status(reader: Reader) -> dict[str, object]:
    """Return what a case holds, JSON-ready: inputs with their counts, positions, vessels, events by kind."""
    ships = """
        SELECT count(*) AS n FROM (SELECT mmsi FROM positions UNION SELECT mmsi FROM heard)
        WHERE mmsi NOT IN (SELECT mmsi FROM fixed)
    """
    events = reader.few("SELECT kind, count(*) AS n FROM events GROUP BY kind ORDER BY kind").to_pylist()
    inputs = reports(reader)
    sealed = reader.few(f"SELECT max(window_to) AS t FROM runs WHERE detector = '{SEAL}'")["t"][0].as_py()
    return {
        "inputs": [
            {
                "name": one.name,
                "sha256": one.sha256,
                "complete": one.complete,
                "lines": one.lines,
                "stored": one.stored,
                "other": one.other,
                "duplicates": one.duplicates,
                "rejects": one.rejects,
                "positions": one.positions,
                "identities": one.identities,
                "first_t": _text(one.first_t),
                "last_t": _text(one.last_t),
            }
            for one in inputs
        ],
        "positions": sum(one.positions for one in inputs),
        "vessels": reader.few(ships).to_pylist()[0]["n"],
        "events": {row["kind"]: row["n"] for row in events},
        "seal": _text(_utc(sealed)),
    }


def _by_number(clocks: dict[str, int]) -> tuple[str, ...]:
    return tuple(sorted(clocks, key=lambda clock: (-clocks[clock], clock)))


def _utc(t: datetime | None) -> datetime | None:
    return None if t is None else t.replace(tzinfo=UTC)


def _text(t: datetime | None) -> str | None:
    return None if t is None else t.isoformat().replace("+00:00", "Z")
