"""Whether a case is what its own sentences say: rebuilt, decoded again the slow way, compared row by row.

Nothing outside the case is asked: not the original files, not the decoder that filled it. What is proven: the kept
sentences are the bytes that were hashed at the ingest, and every row, copy, reject, part, hearing and count follows
from them. What is not: that those bytes came from a receiver, and the names of inputs. A file that came compressed can
be held against `sha256` only by who has it. Whoever changes sentences, hashes and rows alike makes another case, true
to itself; its hashes are not those of the original files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ais.again import Row, decode, options_of, take_as_kept
from ais.differences import KEPT, Difference, Findings, Pair, compare, differing, shown, spans
from ais.duplicates import SAID
from ais.marks import renew
from ais.reader import Reader
from ais.rebuilt import Rebuilt
from ais.schema import COPIES, TABLES
from ais.sentences import lines
from ais.source import InputError
from ais.store import CaseError, Store

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str, int, int | None], None]  # what is done, how far, of how much

_OF_LINES = {**{name: TABLES[name] for name in SAID}, **{table.name: table for table in COPIES.values()}}
_TOLD = ("mmsi", "t", "reason", "first_line", "reports", "flags")  # what of a row on one side only is shown
_COMPRESSES_BYTES = 1000  # no file of messages of this size is as large compressed as plain
_ONLY_ROWS = ("first_t", "last_t")  # columns of `inputs` that follow from rows
_FROM_READING = ("format", "lines", "other", "mmsi_like", "clock_offset_s", *_ONLY_ROWS)
_SENTENCE = 400  # characters that are shown


@dataclass
class Verification:
    """A case that is being verified.

    Attributes:
        store: The temporary case, with the case attached as `ais.differences.KEPT`.
        kept: Reads the case.
        findings: What came out so far.
        progress: Told what is done.
        as_kept: Inputs whose rows were taken as they stand.
        names: Names of the inputs by number.
        lines: Lines that were decoded again.
    """

    store: Store
    kept: Reader
    findings: Findings
    progress: Progress
    as_kept: set[int] = field(default_factory=set)
    names: dict[int, str] = field(default_factory=dict)
    lines: int = 0

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The connection on which both cases can be asked."""
        return self.store.con

    def sentence(self, input_id: int | None, line: int | None) -> str | None:
        """Return a kept line for people, None where there is none."""
        if input_id is None or line is None:
            return None
        with suppress(ValueError):
            raw = lines(self.kept, input_id, [line]).get(line)
            return None if raw is None else raw[:_SENTENCE].decode("utf-8", "replace")
        return None


@contextmanager
def verification(path: str | Path, progress: Progress | None = None) -> Iterator[Verification]:
    """Open a case for verification, beside an empty temporary one.

    Raises:
        CaseError: It is no case, is being written to, or lacks tables or columns.
    """
    with TemporaryDirectory(prefix="darkwake-verify-") as folder, Store.open(Path(folder) / "again.duckdb") as store:
        store.attach(path, KEPT)
        _check_tables(store.con, path)
        con = store.con.cursor()
        con.execute(f"USE {KEPT}")
        with Reader.on(con) as kept:
            yield Verification(store, kept, Findings(), progress or (lambda *_: None))


def verify_rows(case: Verification) -> None:
    """Rebuild, decode and compare all inputs of a case; marks are remade and compared too."""
    rows = case.kept.query("SELECT * FROM inputs ORDER BY id").to_pylist()
    case.names = {row["id"]: row["name"] for row in rows}
    _check_strangers(case)
    for row in rows:
        _again(case, row)
    for name in (*_OF_LINES, "rejects", "parts"):
        case.progress(f"Comparing {name}", 0, None)
        but = () if name in _OF_LINES else case.as_kept
        for where in spans(case.con, name, but):
            _compare(case, name, ("input_id", "line"), where)
    _compare_hearings(case, [row["id"] for row in rows if not row["complete"]])
    with case.store.transaction() as con:
        renew(con)
    _compare_marks(case)


def _check_tables(con: duckdb.DuckDBPyConnection, path: str | Path) -> None:
    columns = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name"
    missing = con.execute(
        f"{columns} = current_database() EXCEPT {columns} = $kept ORDER BY ALL", {"kept": KEPT}
    ).fetchall()
    if missing:
        table, column, _ = missing[0]
        raise CaseError(f"{path} lacks the column {column} of its table {table}; restore it from a copy")


def _check_strangers(case: Verification) -> None:
    """Find raw lines of inputs that the case does not name; their rows are found when rows are compared."""
    sql = "SELECT input_id, count(*) AS n FROM sentences ANTI JOIN inputs ON id = input_id GROUP BY ALL ORDER BY ALL"
    for found in case.kept.query(sql).to_pylist():
        what = f"{found['n']:,} blocks of raw lines of an input that the case does not name"
        case.findings.add(Difference("sentences", f"input {found['input_id']}", what=what, input_id=found["input_id"]))


def _again(case: Verification, row: Row) -> None:
    """Bring the rows of one input into the temporary case."""
    why = _why_not(case, row)
    if why is None:
        size = _rebuilt(case, row)
        if size is not None:
            try:
                what = f"Decoding {row['name']} again"
                decode(case.store, case.kept, row, size, lambda done, total: case.progress(what, done, total))
            except InputError as error:
                _differs(case, "sentences", row, f"its lines cannot be read again: {error}")
            else:
                case.lines += row["lines"]
                _compare_input(case, row, _FROM_READING)
                return
    elif why:
        case.findings.notes.append(f"{row['name']}: {why}; its rows are taken as they stand")
    case.as_kept.add(row["id"])
    take_as_kept(case.store, row)
    _compare_input(case, row, _ONLY_ROWS)


def _why_not(case: Verification, row: Row) -> str | None:
    """Return why an input cannot be decoded again, "" where that is a difference by itself, None where it can."""
    if not row["complete"]:
        return "taken in only in part; the same ingest again takes in the rest"
    try:
        options = options_of(row)
    except ValueError as error:
        if row["begun_on"] is None and row["plain_sha256"] is None:
            return "taken in by an older darkwake, which kept no raw lines"
        _differs(case, "inputs", row, str(error))
        return ""
    if row["format"] == "parquet":
        return "Parquet has no lines to keep"
    if not options.raw:
        return "its raw lines were not kept (--no-raw)"
    if row["begun_on"] is None:
        _differs(case, "inputs", row, "the day on which it was begun is missing")
        return ""
    return None


def _rebuilt(case: Verification, row: Row) -> int | None:
    """Put the raw lines of an input together and check them; return their bytes, None where they are not to be had."""
    what = f"Rebuilding {row['name']}"
    total = case.kept.query("SELECT sum(bytes)::BIGINT AS n FROM sentences WHERE input_id = $i", i=row["id"])["n"][0]
    found = Rebuilt.of(case.kept, row["id"], lambda done: case.progress(what, done, total.as_py()))
    if found.damaged is not None:
        _differs(case, "sentences", row, found.damaged)
        return None
    if not found.blocks:
        _differs(case, "sentences", row, "its raw lines are gone")
        return None
    if found.misplaced:
        first = f"the first of them says line {found.misplaced[0]:,}"
        _differs(case, "sentences", row, f"{len(found.misplaced):,} blocks begin in other lines than they say; {first}")
    if found.sha256 != row["plain_sha256"]:
        hashes = f"{found.sha256}, not {row['plain_sha256']}"
        _differs(case, "sentences", row, f"its raw lines, {found.bytes:,} bytes, have the sha256 {hashes}")
    elif not _agree(row, found):
        stands = f"{row['bytes']:,} bytes with the sha256 {row['sha256']}"
        _differs(case, "inputs", row, f"it came as {stands}, its raw lines are {found.bytes:,} with {found.sha256}")
    return found.bytes


def _agree(row: Row, found: Rebuilt) -> bool:
    """Say whether hash and size as read go together: both are those of the plain bytes, or neither is."""
    same_hash, same_size = row["sha256"] == found.sha256, row["bytes"] == found.bytes
    return same_hash == same_size or (same_size and found.bytes <= _COMPRESSES_BYTES)


def _compare_input(case: Verification, row: Row, names: Sequence[str]) -> None:
    """Compare what the case says of an input with what reading it again gave."""
    sql = "SELECT * FROM inputs WHERE id = $id"
    (again,) = Reader.on(case.con.cursor()).query(sql, id=row["id"]).to_pylist()
    there, here = ({name: one[name] for name in names} for one in (row, again))
    if names is _FROM_READING:
        with suppress(ValueError):
            there["clocks"], here["clocks"] = row["clocks"], again["clocks"]
            there["clocks"], here["clocks"] = json.loads(row["clocks"]), json.loads(again["clocks"])
    columns = differing(there, here)
    if columns:
        case.findings.add(Difference("inputs", str(row["name"]), columns, input_id=row["id"]))


def _compare(case: Verification, table: str, key: Sequence[str], where: str) -> None:
    """Compare some rows of a table, and tell how they differ."""
    room = case.findings.room(table)
    count, pairs = compare(case.con, table, key, where, room)
    case.findings.add(*(_told(case, table, pair) for pair in pairs))
    case.findings.counts[table] += count - len(pairs)


def _told(case: Verification, table: str, pair: Pair) -> Difference:
    """Return a difference of rows, with the sentence that it is about."""
    number, line = pair.there["input_id"], pair.there.get("line")
    place = case.names.get(number, f"input {number}")
    if line is not None:
        place += f" line {line:,}"
    if table == "hearings":
        station, hour = pair.there["station"] or "no station", pair.there["hour"]
        place += f", {station}, {hour:%Y-%m-%d %H}h, cell {pair.there['cell_x']} {pair.there['cell_y']}"
    sentence = case.sentence(number, line)
    if pair.kept is not None and pair.again is not None:
        columns = differing(pair.kept, pair.again)
        return Difference(table, place, columns, "", number, line, sentence)
    told = ", ".join(f"{name} {shown(pair.there[name])}" for name in _TOLD if name in pair.there)
    side = "only the case has this row" if pair.again is None else "the case lacks this row"
    return Difference(table, place, (), f"{side} ({told})", number, line, sentence)


def _compare_hearings(case: Verification, partly: Sequence[int]) -> None:
    key = TABLES["hearings"].names[:-1]
    left_out = ", ".join(map(str, (-1, *partly)))  # they are summed once an input is whole
    _compare(case, "hearings", key, f"input_id NOT IN ({left_out})")


def _compare_marks(case: Verification) -> None:
    """Compare marks, but for ships whose marks are due to be made anew in the case."""
    due = case.kept.query("SELECT count(*) AS n FROM touched")["n"][0].as_py()
    if due:
        case.findings.notes.append(f"marks of {due:,} ships: they are made when detection begins")
    _compare(case, "marks", ("input_id", "line"), f"mmsi NOT IN (FROM {KEPT}.touched)")


def _differs(case: Verification, table: str, row: Row, what: str) -> None:
    case.findings.add(Difference(table, str(row["name"]), what=what, input_id=row["id"]))


@dataclass(frozen=True)
class Verified:
    """What a verification came to.

    Attributes:
        inputs: Inputs that were rebuilt and decoded again.
        as_kept: Inputs whose rows were taken as they stand.
        lines: Lines that were decoded again.
        events: Events that were found again, or should have been.
        differences: Differences, at most `ais.differences.SHOWN` of each table.
        counts: How many there are, by table.
        notes: What could not be verified, and why.
    """

    inputs: int
    as_kept: int
    lines: int
    events: int
    differences: tuple[Difference, ...]
    counts: Mapping[str, int]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, case: Verification, events: int) -> Verified:
        """Return what a verification has come to."""
        found = case.findings
        counts = {table: count for table, count in found.counts.items() if count}
        decoded = len(case.names) - len(case.as_kept)
        shown = tuple(found.differences)
        return cls(decoded, len(case.as_kept), case.lines, events, shown, counts, tuple(found.notes))

    @property
    def total(self) -> int:
        """How many differences there are."""
        return sum(self.counts.values())

    def as_json(self) -> dict[str, object]:
        """Return it as a JSON object."""
        return {
            "inputs": self.inputs,
            "inputs_as_kept": self.as_kept,
            "lines": self.lines,
            "events": self.events,
            "total": self.total,
            "counts": dict(self.counts),
            "differences": [one.as_json() for one in self.differences],
            "not_verified": list(self.notes),
        }
