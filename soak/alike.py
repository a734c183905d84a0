"""Whether two cases hold the same, row for row."""

from __future__ import annotations

from pathlib import Path

from ais.reader import Reader
from ais.schema import TABLES

Print = tuple[int, int]


def prints(case: Path) -> dict[str, Print]:
    """Return the rows of each table, how many and a hash of them in their order."""
    with Reader.open(case) as reader:
        return {name: _print(reader, name) for name in TABLES}


def _print(reader: Reader, name: str) -> Print:
    sql = f"""
        SELECT count(*) AS n, coalesce(bit_xor(hash(place, told)), 0) AS h
        FROM (SELECT row_number() OVER (ORDER BY rowid) AS place, {name} AS told FROM {name})
    """
    (row,) = reader.query(sql).to_pylist()
    return row["n"], row["h"]


def differences(case: Path, other: dict[str, Print]) -> list[str]:
    """Return the names of the tables in which a case is not like another's prints."""
    found = prints(case)
    return [name for name in TABLES if found[name] != other[name]]
