"""A spool's file as it grows, taken into the case batch by batch by the same reading, intake and rules as any input.

Until it is finished its row in `inputs` is not complete and has no hash. Rows of a batch and the place in the file up
to which they go are one transaction, so that a process that starts again goes on from there. Raw lines are packed once
there are enough of them: the place remembers up to where.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ais import sentences, source
from ais.chunks import Told, chunk_of
from ais.feeds.spool import Packed
from ais.ingest import IngestOptions, next_id, reading_of
from ais.intake import Intake
from ais.seal import seal_us
from ais.source import Block, InputError, sha256_of
from ais.staging import Reading, Taken
from ais.store import Store

RAW_BYTES = 1_000_000  # of lines are packed at once; what waits lies in the spool


class Growing:
    """A file to which whole lines are appended, as far as it is said to go (what `Source` is for other inputs).

    Attributes:
        path: The file.
        name: What the case calls it.
        end: Bytes that may be read.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name, self.end = path, name, 0

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """Yield what there is from a place on, and what has come since whenever it is asked again."""
        with self.path.open("rb") as file:
            file.seek(start)
            while start < self.end:
                raw = file.read(min(source.BLOCK_BYTES, self.end - start))
                cut = raw.rfind(b"\n") + 1
                file.seek(start + cut)
                start += cut
                yield Block(raw[:cut], raw[:cut], start)


class Follower:
    """Takes one growing file into a case.

    Attributes:
        growing: The file.
    """

    def __init__(self, store: Store, growing: Growing, day: datetime) -> None:
        """Begin it, or go on where the case has it.

        Args:
            store: The case, open for writing.
            growing: The file; its name is its feed's alone.
            day: The UTC day of its lines; times after the day that follows are rejects.
        """
        self._store, self.growing = store, growing
        rows = store.con.execute(
            "SELECT id, lines, other, clocks, place FROM inputs WHERE name = ? AND NOT complete", [growing.name]
        ).fetchall()
        kind = growing.path.suffix[1:]
        options = IngestOptions(format=kind)
        taken, self._packed, number = Taken(), (0, 1), None
        if rows:
            number, lines, other, clocks, text = rows[0]
            place = json.loads(text)
            state = place["state"]
            self._packed = tuple(state.pop("packed"))
            taken = Taken(lines=lines, other=other, clocks=json.loads(clocks), end=place["end"], state=state)
        told = Told(number or next_id(store), growing.name, "", 0, kind, options.as_json(), 0.0, day.astimezone(UTC))
        self._intake = Intake(told, taken if rows else None)
        self._reading: Reading = reading_of(kind, growing, options, told.begun_on, taken, told.input_id)  # type: ignore[arg-type]
        self._blocks = self._reading.blocks()

    @property
    def taken_bytes(self) -> int:
        """How far the case has the file."""
        return self._intake.taken.end

    def step(self) -> bool:
        """Take in a block of what has come; returns whether there was something."""
        if self.taken_bytes >= self.growing.end:
            return False
        self._commit(next(self._blocks), pack=False)
        return True

    def pause(self) -> None:
        """Pack all raw lines: nothing more comes for a while."""
        if self._packed[0] < self.taken_bytes:
            taken = self._intake.taken
            self._commit(replace(taken, tables={}, rejects=[], parts=(), raw=b""), pack=True)

    def finish(self, packed: Packed | None = None) -> None:
        """Take in what is left; parts whose partner never came become rejects, and the input is whole.

        Args:
            packed: The file as it will lie on the disk, where it was packed.
        """
        while self.step():
            pass
        try:
            last = next(self._blocks)
        except StopIteration:
            return
        if packed is None:
            plain = sha256_of(self.growing.path)
            packed = Packed(plain, self.growing.path.stat().st_size, plain)
        self._commit(last, pack=True, whole=packed)

    def _commit(self, taken: Taken, *, pack: bool, whole: Packed | None = None) -> None:
        """Commit what a block gave, and raw lines where there are enough of them.

        Args:
            taken: What the block gave.
            pack: Pack raw lines in any case.
            whole: The file, once it is whole.
        """
        intake, told = self._intake, self._intake.told
        packed: list[sentences.Packed] = []
        place = self._packed
        if pack or taken.end - place[0] >= RAW_BYTES:
            for block, first_line in _raw(self.growing.path, *place, taken.end):
                packed.append(sentences.packed(block, first_line))
            place = (taken.end, taken.lines + 1)
        plain = taken.state
        taken.state = {**plain, "packed": place}
        with self._store.transaction() as con:
            intake.begin(con)
            made = chunk_of(con, told, intake.stations, taken, mmsi_like=True, seal_us=seal_us(con))
            intake.add(con, replace(made, packed=packed))
            intake.end(con)
            if whole:
                values = [whole.sha256, whole.bytes, told.input_id]
                con.execute("UPDATE inputs SET sha256 = ?, bytes = ? WHERE id = ?", values)
                intake.complete(con, whole.plain_sha256)
        self._packed, intake.begun = place, True


def _raw(path: Path, start: int, first_line: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Yield stretches of whole lines of a file and the line that each begins with."""
    with path.open("rb") as file:
        file.seek(start)
        while start < end:
            raw = file.read(min(source.BLOCK_BYTES, end - start))
            raw = raw[: raw.rfind(b"\n") + 1]
            file.seek(start + len(raw))
            yield raw, first_line
            start, first_line = start + len(raw), first_line + raw.count(b"\n")


__all__ = ["Follower", "Growing", "InputError"]
