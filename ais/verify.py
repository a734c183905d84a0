"""Whether a case is what its own sentences say: rebuilt, decoded again the slow way, compared row by row.

Nothing outside the case is asked: not the original files, not the decoder that filled it. What is proven: the kept
sentences are the bytes that were hashed at the ingest, and every row, copy, reject, part, hearing and count follows
from them. What is not: that those bytes came from a receiver, and the names of inputs. A file that came compressed can
be held against `sha256` only by who has it. Whoever changes sentences, hashes and rows alike makes another case, true
to itself; its hashes are not those of the original files.
"""

from __future__ import annotations

from collections.abc import Sequence

from ais.clock import from_us
from ais.counts import SEAL
from ais.differences import KEPT, Difference, Pair, compare, differing, shown, spans
from ais.duplicates import SAID
from ais.marks import renew
from ais.schema import COPIES, TABLES
from ais.verification import Verification
from ais.verifyinput import bring_in

_OF_LINES = (*SAID, *(table.name for table in COPIES.values()))
_TOLD = ("mmsi", "t", "reason", "first_line", "reports", "flags")  # what of a row on one side only is shown


def verify_rows(case: Verification) -> None:
    """Rebuild, decode and compare all inputs of a case; marks are remade and compared too."""
    rows = case.kept.query("SELECT * FROM inputs ORDER BY id").to_pylist()
    case.names = {row["id"]: row["name"] for row in rows}
    _check_strangers(case)
    if case.sealed_us is not None:
        case.findings.notes.append(
            f"what lies before the seal of {from_us(case.sealed_us):%Y-%m-%d %H:%M} UTC: its raw lines and most of its "
            "rows are gone, and events that read it are taken as they stand"
        )
    for row in rows:
        bring_in(case, row)
    for name in (*_OF_LINES, "rejects", "parts"):
        case.progress(f"Comparing {name}", 0, None)
        but = () if name in _OF_LINES else case.as_kept
        for where in spans(case.con, name, but):
            later = case.from_seal if name in _OF_LINES else "true"
            _compare(case, name, ("input_id", "line"), f"{where} AND {later}")
    _compare(case, "hearings", TABLES["hearings"].names[:-1], case.from_seal.replace("t >=", "hour >="))
    if case.sealed_us is not None:
        _take_marks(case)
        return
    with case.store.transaction() as con:
        renew(con)
    _compare_marks(case)


def _take_marks(case: Verification) -> None:
    """Take marks, and the seal, as they stand: what the marks were judged by is gone in part."""
    case.findings.notes.append("marks: what they were judged by lies before the seal in part; they stand as they are")
    with case.store.transaction() as con:
        con.execute(f"INSERT INTO marks FROM {KEPT}.marks")
        con.execute("DELETE FROM touched")
        con.execute(f"INSERT INTO runs FROM {KEPT}.runs WHERE detector = '{SEAL}'")


def _check_strangers(case: Verification) -> None:
    """Find raw lines of inputs that the case does not name; their rows are found when rows are compared."""
    sql = "SELECT input_id, count(*) AS n FROM sentences ANTI JOIN inputs ON id = input_id GROUP BY ALL ORDER BY ALL"
    for found in case.kept.query(sql).to_pylist():
        what = f"{found['n']:,} blocks of raw lines of an input that the case does not name"
        case.findings.add(Difference("sentences", f"input {found['input_id']}", what=what, input_id=found["input_id"]))


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


def _compare_marks(case: Verification) -> None:
    """Compare marks, but for ships whose marks are due to be made anew in the case."""
    due = case.kept.query("SELECT count(*) AS n FROM touched")["n"][0].as_py()
    if due:
        case.findings.notes.append(f"marks of {due:,} ships: they are made when detection begins")
    _compare(case, "marks", ("input_id", "line"), f"mmsi NOT IN (FROM {KEPT}.touched)")
