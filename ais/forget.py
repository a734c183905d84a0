"""Taking an input out of a case again: as if it had never come, but for the ledger of findings.

Where a row of it was kept and other inputs said the same, one of theirs takes its place. Events stay until detection
looks at the spans of time that changed. What an input said before the seal (`ais.seal`) is gone already but for what
events stand on; these rows go, the events stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np

from ais.duplicates import SAID, judge_again, sameness, span
from ais.formats import shown
from ais.intake import note_changes
from ais.reader import arrow
from ais.schema import COPIES, TABLES
from ais.source import InputError

if TYPE_CHECKING:
    from ais.store import Store

_HASH_DIGITS = 8  # of a sha256 are enough to name an input
_BESIDES = ("rejects", "parts", "sentences", "hearings", "marks", "sealed")


def forget_rows(con: duckdb.DuckDBPyConnection, input_id: int) -> None:
    """Take out all that an input gave, inside a transaction."""
    times: list[int] = []
    ships = []
    for name in SAID:
        same, columns = sameness(name), ", ".join(TABLES[name].names)
        copies = COPIES[name].name
        alike = arrow(
            con,
            f"""
            WITH rows AS (
                SELECT {columns}, hash({same}) AS h, 'kept' AS held FROM {name}
                UNION ALL SELECT {columns}, hash({same}) AS h, 'copy' AS held FROM {copies}
            )
            SELECT * FROM rows
            WHERE input_id <> $input_id AND h IN (SELECT h FROM rows WHERE input_id = $input_id)
            """,
            {"input_id": input_id},
            many=True,
        )
        gone = arrow(con, f"SELECT DISTINCT mmsi FROM {name} WHERE input_id = $input_id", {"input_id": input_id})
        ends = " UNION ALL ".join(
            f"SELECT unnest([min(t), max(t)]) AS t FROM {table} WHERE input_id = $input_id" for table in (name, copies)
        )
        said = arrow(con, f"SELECT t FROM ({ends}) WHERE t IS NOT NULL", {"input_id": input_id})
        if said.num_rows:
            times += span(said["t"])
        for table in (name, copies):
            con.execute(f"DELETE FROM {table} WHERE input_id = ?", [input_id])
        settled = judge_again(con, name, alike)
        times += settled.t
        if name == "positions":
            numbers = gone["mmsi"].to_numpy()
            ships += [(numbers, np.zeros(len(numbers), np.int64)), settled.ships]
    for table in _BESIDES:
        con.execute(f"DELETE FROM {table} WHERE input_id = ?", [input_id])
    con.execute("DELETE FROM inputs WHERE id = ?", [input_id])
    note_changes(con, times, ships)


def forget(store: Store, name: str) -> None:
    """Take an input out of a case, named as `inputs` names it or by the first digits of its hash.

    Raises:
        InputError: There is no such input, or more than one.
        CaseError: The case failed; the input is still in it.
    """
    found = store.con.execute("SELECT id, name, sha256 FROM inputs ORDER BY id").fetchall()
    fits = [one for one in found if one[1] == name or (len(name) >= _HASH_DIGITS and one[2].startswith(name.lower()))]
    if not fits:
        there = shown([one[1] for one in found[:10]]) if found else "none"
        raise InputError(f"{store.path} has no input {name}; its inputs are: {there}")
    if len(fits) > 1:
        hashes = " or ".join(one[2][:_HASH_DIGITS] for one in fits)
        raise InputError(f"{store.path} has {len(fits)} inputs {name}; name one by its hash: {hashes}")
    with store.transaction() as con:
        forget_rows(con, fits[0][0])
    store.con.execute("CHECKPOINT")  # which gives the room back
