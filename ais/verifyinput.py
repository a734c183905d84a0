"""One input of a case that is verified: rebuilt and checked by its hash, its rows brought into the temporary case."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress

from ais.again import Row, decode, options_of, take_as_kept
from ais.counts import reports
from ais.differences import Difference, differing
from ais.reader import Reader
from ais.rebuilt import Rebuilt
from ais.source import InputError
from ais.toolate import TOO_LATE
from ais.verification import Verification

_COMPRESSES_BYTES = 1000  # no file of messages of this size is as large compressed as plain
_ONLY_ROWS = ("first_t", "last_t")  # columns of `inputs` that follow from rows
_FROM_READING = ("format", "lines", "other", "mmsi_like", "clock_offset_s", *_ONLY_ROWS)


def bring_in(case: Verification, row: Row) -> None:
    """Bring the rows of an input into the temporary case: decoded again where that can be, else as they stand."""
    if _can_be_decoded(case, row):
        size = _rebuilt(case, row)
        what = f"Decoding {row['name']} again"
        try:
            if size is not None:
                decode(case.store, case.kept, row, size, lambda done, total: case.progress(what, done, total))
                case.lines += row["lines"]
                _compare_input(case, row, _FROM_READING)
                return
        except InputError as error:
            case.differs("sentences", row, f"its lines cannot be read again: {error}")
    case.as_kept.add(row["id"])
    take_as_kept(case.store, row)
    if case.sealed_us is None:
        _compare_input(case, row, _ONLY_ROWS)
    if row["complete"]:
        (report,) = reports(case.kept, row["id"])
        fates = report.stored + report.other + report.duplicates + sum(report.rejects.values())
        if fates != report.lines:
            case.differs("inputs", row, f"it has {report.lines:,} lines, and what became of {fates:,}")


def _can_be_decoded(case: Verification, row: Row) -> bool:
    """Say whether an input can be decoded again; where it cannot, note why, or what is wrong."""
    if not row["complete"]:
        if row["place"] is None or row["plain_sha256"] is not None:
            case.differs("inputs", row, "it says that it was taken in only in part, and is whole")
        return _noted(case, row, "taken in only in part, the same ingest again takes in the rest")
    if case.sealed_us is not None and _is_cut(case, row["id"]):
        return _noted(case, row, "lines of it lie before the seal")
    blocks = case.kept.query("SELECT 1 FROM sentences WHERE input_id = $id LIMIT 1", id=row["id"]).num_rows
    if not blocks and row["begun_on"] is None and row["plain_sha256"] is None:
        return _noted(case, row, "taken in by an older darkwake, which kept no raw lines")
    try:
        options = options_of(row)
    except ValueError as error:
        case.differs("inputs", row, str(error))
        return False
    why = "Parquet has no lines to keep" if row["format"] == "parquet" else "its raw lines were not kept (--no-raw)"
    keeps = options.raw and row["format"] != "parquet"
    if keeps and not blocks:
        case.differs("sentences", row, "its raw lines are gone")
    elif blocks and not keeps:
        case.differs("inputs", row, f"it has raw lines, and says: {why}")
    elif not blocks:
        return _noted(case, row, why)
    if blocks and row["begun_on"] is None:
        case.differs("inputs", row, "the day on which it was begun is missing")
    return bool(blocks) and row["begun_on"] is not None


def _is_cut(case: Verification, input_id: int) -> bool:
    """Say whether the seal took lines of an input away, or refused some."""
    sql = f"""
        SELECT 1 FROM sealed WHERE input_id = $id
        UNION ALL SELECT 1 FROM rejects WHERE input_id = $id AND reason = '{TOO_LATE}' LIMIT 1
    """
    return bool(case.kept.query(sql, id=input_id).num_rows)


def _noted(case: Verification, row: Row, why: str) -> bool:
    case.findings.notes.append(f"{row['name']}: {why}; its rows are taken as they stand")
    return False


def _rebuilt(case: Verification, row: Row) -> int | None:
    """Put the raw lines of an input together and check them; return their bytes, None where they are not to be had."""
    what = f"Rebuilding {row['name']}"
    total = case.kept.query("SELECT sum(bytes)::BIGINT AS n FROM sentences WHERE input_id = $i", i=row["id"])["n"][0]
    found = Rebuilt.of(case.kept, row["id"], lambda done: case.progress(what, done, total.as_py()))
    if found.damaged is not None:
        case.differs("sentences", row, found.damaged)
        return None
    _check_sums(case, row, found)
    if found.misplaced:
        more = "" if len(found.misplaced) == 1 else f", and {len(found.misplaced) - 1:,} blocks more"
        case.differs("sentences", row, f"a block does not begin in the line {found.misplaced[0]:,} that it says{more}")
    if found.sha256 != row["plain_sha256"]:
        hashes = f"{found.sha256}, not {row['plain_sha256']}"
        case.differs("sentences", row, f"its raw lines, {found.bytes:,} bytes, have the sha256 {hashes}")
    elif not _agree(row, found):
        stands = f"{row['bytes']:,} bytes with the sha256 {row['sha256']}"
        case.differs("inputs", row, f"it came as {stands}, its raw lines are {found.bytes:,} with {found.sha256}")
    return found.bytes


def _check_sums(case: Verification, row: Row, found: Rebuilt) -> None:
    """Name the bytes that were changed, where the blocks' sums tell them."""
    proven = found.sha256 != row["plain_sha256"] == found.mended_sha256
    for one in found.retouched:
        said = f"byte {one.column} is {bytes([one.byte])!r} and was {bytes([one.was])!r}"
        certain = "put back, the hash is right" if proven else "if only one byte of its block was changed"
        case.differs("sentences", row, f"{said} ({certain})", one.line)
    for line in found.unlike:
        case.differs("sentences", row, f"the block from line {line:,} on has other sums than it says")


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
