"""One input on its way into the case: its chunks are settled within batches that are committed one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import TYPE_CHECKING

import duckdb

from ais import sentences
from ais.changed import Whose, firsts, note
from ais.chunks import Chunk, Told
from ais.duplicates import settle, span
from ais.hearings import Counted, Stations, summed
from ais.hearings import store as store_hearings
from ais.schema import TOUCHED
from ais.staging import Taken
from ais.store import insert

if TYPE_CHECKING:
    from ais.store import Store


class Intake:
    """The rows of one input, added within transactions of the caller.

    Attributes:
        told: What is known of the input.
        taken: The last block that was added.
        stations: Codes of its receivers.
        begun: Its row is in the case.
    """

    def __init__(self, told: Told, taken: Taken | None = None) -> None:
        self.told = told
        self.taken = taken or Taken()
        self.begun = taken is not None
        self.stations: Stations = {}
        self._mmsi_like = True
        self._changed: list[int] = []
        self._ships: list[Whose] = []
        self._others: list[Whose] = []
        self._times: list[int] = []
        self._heard: list[Counted] = []

    def fill(
        self, store: Store, made: Generator[Chunk, None, None], complete: Callable[[], str | None] = lambda: None
    ) -> None:
        """Take all chunks in, a transaction for each batch.

        Args:
            store: The case.
            made: Chunks up to the one that is the last.
            complete: Called within the last batch; returns the hash of the input's plain bytes, if they are kept.
        """
        ended = False
        with closing(made):
            while not ended:
                with store.transaction() as con:
                    self.begin(con)
                    for chunk in made:
                        self.add(con, chunk)
                        if chunk.ends_batch:
                            ended = chunk.last
                            break
                    self.end(con)
                    if ended:
                        self.complete(con, complete())
                self.begun = True

    def begin(self, con: duckdb.DuckDBPyConnection) -> None:
        """Begin a batch; the first one writes the input's row."""
        self._changed, self._ships, self._others, self._times, self._heard = [], [], [], [], []
        told = self.told
        if self.begun:
            return
        con.execute(
            """
            INSERT INTO inputs BY NAME
            SELECT $id AS id, $name AS name, $sha256 AS sha256, $bytes AS bytes, $format AS format, 0 AS lines,
                0 AS other, true AS mmsi_like, $options AS options, $offset AS clock_offset_s, '{}' AS clocks,
                $begun_on AS begun_on, false AS complete
            WHERE $id NOT IN (SELECT id FROM inputs)
            """,
            {
                "id": told.input_id,
                "name": told.name,
                "sha256": told.sha256,
                "bytes": told.bytes,
                "format": told.format,
                "options": told.options,
                "offset": told.clock_offset_s,
                "begun_on": told.begun_on.replace(tzinfo=None),
            },
        )

    def add(self, con: duckdb.DuckDBPyConnection, chunk: Chunk) -> None:
        """Take a chunk in."""
        sentences.keep(con, self.told.input_id, chunk.packed)
        for name, rows in (("rejects", chunk.rejects), ("parts", chunk.parts)):
            if rows is not None:
                insert(con, name, rows)
        for name, one in chunk.rows.items():
            if name != "identities":  # those of tables are of the hour
                self._times += span(one.table["t"])
            settled = settle(con, name, one.table, one.h, one.repeated)
            self._changed += settled.t
            (self._ships if name == "positions" else self._others).append(settled.ships)
            self._others.append(settled.copied)
        if chunk.heard is not None:
            self._heard.append(chunk.heard)
        self.taken, self._mmsi_like = chunk.taken, chunk.mmsi_like

    def end(self, con: duckdb.DuckDBPyConnection) -> None:
        """End a batch: the input's row says how far it came."""
        taken = self.taken
        con.execute(
            """
            UPDATE inputs SET lines = $lines, other = $other, mmsi_like = $mmsi_like, clocks = $clocks, place = $place,
                first_t = least(first_t, make_timestamp($first)), last_t = greatest(last_t, make_timestamp($last))
            WHERE id = $id
            """,
            {
                "lines": taken.lines,
                "other": taken.other,
                "mmsi_like": self._mmsi_like,
                "clocks": json.dumps(taken.clocks),
                "place": json.dumps({"end": taken.end, "state": taken.state}),
                "first": min(self._times, default=None),
                "last": max(self._times, default=None),
                "id": self.told.input_id,
            },
        )
        if self._heard:
            store_hearings(con, self.told.input_id, self.stations, summed(self._heard))
        note_changes(con, self._changed, self._ships, self._others)

    def complete(self, con: duckdb.DuckDBPyConnection, plain_sha256: str | None) -> None:
        """Say, in the last batch, that all of the input is in the case."""
        con.execute(
            "UPDATE inputs SET complete = true, place = NULL, plain_sha256 = ? WHERE id = ?",
            [plain_sha256, self.told.input_id],
        )


def note_changes(
    con: duckdb.DuckDBPyConnection,
    times: Iterable[int],
    ships: Iterable[Whose],
    others: Iterable[Whose] | None = None,
) -> None:
    """Note which times (UTC microseconds) and ships detection must look at again, and whose marks must be remade.

    Args:
        con: A connection inside the transaction of the change.
        times: Least and greatest of all that came or went.
        ships: Whose positions did.
        others: Who else said something that did; None = not known.
    """
    times, touched = list(times), [one for one in ships if len(one[0])]
    if times:
        note(con, times, None if others is None else [*touched, *others])
    if touched:
        con.register("incoming", TOUCHED.rows(firsts(touched)[0]))
        con.execute("INSERT INTO touched SELECT mmsi FROM incoming WHERE mmsi NOT IN (FROM touched) ORDER BY mmsi")
        con.unregister("incoming")
