"""The counting law: lines = stored + other + duplicates + rejects, for every input, to the line.

Stored and duplicates are counted from the rows that are there, never by subtraction, so that the law can fail.
Stored: the line gave a row of positions, heard, identities or fixed, or is a further part of a message that did.
Duplicate: all the rows that it gave are copies of others' (`ais.duplicates`), or it is a part of such a message.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ais.reader import Reader

_LINES = """
    -- A line that gave rows gave one of these; identities, and places of type 11, come beside one of them.
    WITH kept AS (
        SELECT input_id FROM positions UNION ALL SELECT input_id FROM heard
        UNION ALL SELECT input_id FROM fixed WHERE kind <> 'response'
    ), copied AS (
        SELECT input_id, line FROM position_copies UNION ALL SELECT input_id, line FROM heard_copies
        UNION ALL SELECT input_id, line FROM fixed_copies WHERE kind <> 'response'
    ), beside AS (
        SELECT input_id, line FROM identities UNION ALL SELECT input_id, line FROM fixed WHERE kind = 'response'
    ), rescued AS (
        SELECT input_id, line FROM copied SEMI JOIN beside USING (input_id, line)
    ), repeated AS (
        SELECT input_id, line FROM copied ANTI JOIN beside USING (input_id, line)
    )
    SELECT input_id, fate, count(*) AS n FROM (
        SELECT input_id, 'stored' AS fate FROM kept
        UNION ALL SELECT input_id, 'stored' FROM rescued
        UNION ALL SELECT input_id, 'duplicate' FROM repeated
        UNION ALL
        SELECT parts.input_id, if(repeated.line IS NULL, 'stored', 'duplicate') FROM parts
        LEFT JOIN repeated ON repeated.input_id = parts.input_id AND repeated.line = parts.first_line
    )
    WHERE $input_id IS NULL OR input_id = $input_id
    GROUP BY ALL
"""


_SHIPS = """
    SELECT input_id, '' AS what, count(DISTINCT mmsi) AS n FROM (
        SELECT DISTINCT input_id, mmsi FROM positions UNION ALL SELECT DISTINCT input_id, mmsi FROM position_copies
        UNION ALL SELECT DISTINCT input_id, mmsi FROM heard UNION ALL SELECT DISTINCT input_id, mmsi FROM heard_copies
    ) WHERE $input_id IS NULL OR input_id = $input_id GROUP BY input_id
"""


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
    fates = _counts(reader, _LINES, input_id)
    rejects: dict[int, dict[str, int]] = {}
    for (number, reason), n in _counts(reader, _grouped("rejects", "reason"), input_id).items():
        rejects.setdefault(number, {})[reason] = n
    positions = _counts(reader, _grouped("positions", "''"), input_id)
    identities = _counts(reader, _grouped("identities", "''"), input_id)
    ships = _counts(reader, _SHIPS, input_id)
    sql = "SELECT * FROM inputs WHERE $input_id IS NULL OR id = $input_id ORDER BY id"
    return [
        InputReport(
            input_id=row["id"],
            name=row["name"],
            sha256=row["sha256"],
            already=False,
            lines=row["lines"],
            stored=fates.get((row["id"], "stored"), 0),
            other=row["other"],
            duplicates=fates.get((row["id"], "duplicate"), 0),
            rejects=rejects.get(row["id"], {}),
            positions=positions.get((row["id"], ""), 0),
            identities=identities.get((row["id"], ""), 0),
            ships=ships.get((row["id"], ""), 0),
            clocks=_by_number(json.loads(row["clocks"])),
            complete=row["complete"],
            first_t=_utc(row["first_t"]),
            last_t=_utc(row["last_t"]),
        )
        for row in reader.query(sql, input_id=input_id).to_pylist()
    ]


def status(reader: Reader) -> dict[str, object]:
    """Return what a case holds, JSON-ready: inputs with their counts, positions, vessels, events by kind."""
    ships = """
        SELECT count(*) AS n FROM (SELECT mmsi FROM positions UNION SELECT mmsi FROM heard)
        WHERE mmsi NOT IN (SELECT mmsi FROM fixed)
    """
    events = reader.query("SELECT kind, count(*) AS n FROM events GROUP BY kind ORDER BY kind").to_pylist()
    inputs = reports(reader)
    return {
        "inputs": [
            {
                "name": one.name,
                "sha256": one.sha256,
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
        "vessels": reader.query(ships).to_pylist()[0]["n"],
        "events": {row["kind"]: row["n"] for row in events},
    }


def _by_number(clocks: dict[str, int]) -> tuple[str, ...]:
    return tuple(sorted(clocks, key=lambda clock: (-clocks[clock], clock)))


def _grouped(name: str, column: str) -> str:
    return (
        f"SELECT input_id, {column} AS what, count(*) AS n FROM {name} "
        "WHERE $input_id IS NULL OR input_id = $input_id GROUP BY ALL ORDER BY ALL"
    )


def _counts(reader: Reader, sql: str, input_id: int | None) -> dict[Any, int]:
    """Return the counts of a query that yields input, what, n."""
    columns = reader.query(sql, input_id=input_id).to_pydict().values()
    return {(number, what): n for number, what, n in zip(*columns, strict=True)}


def _utc(t: datetime | None) -> datetime | None:
    return None if t is None else t.replace(tzinfo=UTC)


def _text(t: datetime | None) -> str | None:
    return None if t is None else t.isoformat().replace("+00:00", "Z")
