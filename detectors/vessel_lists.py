"""Lists of named vessels: OFAC's and the EU's DPRK vessels, which come with the package, and a user's own CSV files.

One layout serves all: columns ``imo``, ``mmsi``, ``name`` (an IMO number, or an MMSI with a name, in each row), and
where known ``aliases`` (parted by ``;``), ``list``, ``part``, ``date`` and ``date_is`` (``listed`` or ``published``).
OFAC's file carries the date when the list was published and no day of designation; ``Listed.dated`` says so wherever
the date is shown. A row that names no ship by these rules is counted by reason, never guessed at.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from detectors.imo import check_digit_right

COLUMNS = ("imo", "mmsi", "name")
_DATES = {"listed": "listed on {}", "published": "list published on {}, which is not the day of designation"}


class BadList(ValueError):
    """A list of vessels cannot be read; the message says what, where and what to do."""


@dataclass(frozen=True)
class Listed:
    """A row of a list.

    Attributes:
        list: Which list.
        part: Which programme or annex of it; empty where it has none.
        date: As the list gives it; empty where it gives none.
        date_is: What the date is: ``listed``, ``published``, or empty where that is not said.
        imo: IMO number, its check digit right.
        mmsi: Ship number; always with a name.
        names: The name, then aliases.
    """

    list: str
    part: str
    date: str
    date_is: str
    imo: int | None
    mmsi: int | None
    names: tuple[str, ...]

    @property
    def dated(self) -> str:
        """The list's date in words, with what it is the date of."""
        if not self.date:
            return "no date given"
        return _DATES.get(self.date_is, "dated {} in the list").format(self.date)


@dataclass(frozen=True)
class VesselLists:
    """All rows of the lists in use, and what of the files was not understood, in sentences."""

    rows: tuple[Listed, ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say which lists these are, with their dates and how many rows each has."""
        of_list: dict[str, list[Listed]] = {}
        for row in self.rows:
            of_list.setdefault(row.list, []).append(row)
        return "; ".join(f"{name} ({len(rows):,}), {_days(rows)}" for name, rows in of_list.items())


def _days(rows: Sequence[Listed]) -> str:
    """Say the date of rows, the latest where they differ, with what it is the date of."""
    latest = max(rows, key=lambda row: row.date)
    return latest.dated if all(row.date == latest.date for row in rows) else f"the last {latest.dated}"


def load_vessel_lists(paths: Iterable[Path] = ()) -> VesselLists:
    """Return the package's lists followed by the user's.

    Raises:
        BadList: A file is missing, is no CSV with the columns, or names no ship at all.
    """
    rows, notes = list(_shipped()), list[str]()
    for path in paths:
        found, counts = _rows(_text(path), path.stem, str(path))
        if not found:
            said = f"none of its rows names a ship ({_counted(counts)})" if counts else "it has no rows"
            raise BadList(f"list {path}: {said}; give an imo, or an mmsi with a name, in each row")
        rows += found
        if counts:
            notes.append(f"list {path}: not understood: {_counted(counts)}")
    return VesselLists(tuple(rows), tuple(notes))


@cache
def _shipped() -> tuple[Listed, ...]:
    text = files("detectors").joinpath("data/dprk_vessels.csv").read_text(encoding="utf-8")
    return tuple(_rows(text, "", "")[0])


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} x {reason}" for reason, count in sorted(counts.items()))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadList(f"there is no list {path}; check the path given to --list or in darkwake.toml") from None
    except IsADirectoryError:
        raise BadList(f"list {path} is a folder; name a CSV file in it") from None
    except UnicodeDecodeError as error:
        raise BadList(f"list {path} is not UTF-8 text (byte {error.start}); save it as CSV in UTF-8") from None


def _rows(text: str, name: str, where: str) -> tuple[list[Listed], Counter[str]]:
    """Return the rows of a file that name a ship, and how many others there are by reason."""
    first = text.partition("\n")[0]
    mark = ";" if ";" in first and "," not in first else "\t" if "\t" in first and "," not in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    found, counts = [], Counter[str]()
    try:
        columns = [column.strip().lower() for column in next(reader, [])]
        if "imo" not in columns and not {"mmsi", "name"} <= set(columns):
            known = ", ".join(COLUMNS)
            raise BadList(
                f"list {where} has no column imo, nor mmsi with name; its first line names the columns: {known}"
            )
        for cells in reader:
            row = {column: cell.strip() for column, cell in zip(columns, cells, strict=False)}
            if not any(row.values()):
                continue
            listed, reason = _listed(row, name)
            if listed:
                found.append(listed)
            if reason:
                counts[reason] += 1
    except csv.Error as error:
        raise BadList(f"list {where} is no CSV: {error} in line {reader.line_num}; save it as CSV again") from None
    return found, counts


def _listed(row: Mapping[str, str], name: str) -> tuple[Listed | None, str]:
    """Return what a row names, if anything, and what of it was not understood, if anything."""
    names = tuple(filter(None, [row.get("name", ""), *(part.strip() for part in row.get("aliases", "").split(";"))]))
    imo, mmsi = _number(row.get("imo", "")), _number(row.get("mmsi", ""))
    reason = "IMO number without a right check digit" if row.get("imo") and not (imo and check_digit_right(imo)) else ""
    kept_imo = imo if imo and not reason else None
    if row.get("mmsi") and not (mmsi and 1_000_000 <= mmsi <= 999_999_999):
        mmsi, reason = None, reason or "MMSI that is no number of nine digits"
    if kept_imo is None and not (mmsi and names):
        return None, reason or "neither an IMO number nor an MMSI with a name"
    kept_mmsi = mmsi if names else None
    list_name, date_is = row.get("list") or name, row.get("date_is", "").lower()
    return Listed(list_name, row.get("part", ""), row.get("date", ""), date_is, kept_imo, kept_mmsi, names), reason


def _number(text: str) -> int | None:
    """Return a whole number as people and spreadsheets write it: 9074729, IMO 9074729, 9074729.0."""
    digits = text.upper().removeprefix("IMO").strip().removesuffix(".0")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else None
