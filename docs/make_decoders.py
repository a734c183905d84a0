"""Write docs/decoders.md, our decoder held against three others: python docs/make_decoders.py (needs gpsdecode).

A test compares the page with what the decoders say; when it fails, run this, look at what changed, and commit it.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.ais import oracles  # noqa: E402
from tests.ais.disagreements import DISAGREEMENTS, Disagreement, name  # noqa: E402
from tests.ais.readings import EACH, GENERATED, SEED, Difference, Reading, differences, named, readings  # noqa: E402

PAGE = ROOT / "docs" / "decoders.md"
READERS = ("gpsd", "aiscat", "pyais")

INTRODUCTION = """\
# Our decoder beside others

Made by `python docs/make_decoders.py`; a test holds it.

Every sentence file of `tests/data/nmea` and a file of random messages of every type 1 to 27 ({each} of each, seed
{seed}; legal values, the values for not available, and values without a meaning) is read by darkwake and by three
others. gpsd and aiscat share nothing with it; pyais is the reference that it is also held to bit by bit.

| decoder | how it is asked | messages compared | fields compared | differ |
|---|---|---|---|---|
{compared}

The random messages are packed by a table of fields of the tests' own (`tests/ais/itu.py`), written from ITU-R M.1371-5
alone. What was put in is a fourth witness: of its {sent} fields darkwake gives back all as sent, but for numbers
without a meaning (below).

Compared are, where a decoder gives them: ship number, type, channel, place, speed, course, heading, rate of turn,
status, accuracy, RAIM, repeat, second; IMO number, name, call sign, type of ship, dimensions, draught, destination,
arrival; a base station's own clock; and whether there is a message at all, both ways. "Not available" in a decoder's
own way is the same as NULL. Places agree to 6e-7 degrees (aiscat, which computes in single precision: to 1.6e-5);
180 east and 180 west are one. pyais turns the rate of turn into degrees a minute and so loses it as sent: it is left
out. gpsd repeats a ship's name in part B of type 24, from an earlier part A: it is left out too.

Every difference is of one of the kinds below, or the test fails. Tables are those of ITU-R M.1371-5, annex 8. Counts
are of differing values; a message that only one side has counts once. Lines are the last of a message. `none`: not
available; `-`: no message.
"""


def page(read: Sequence[Reading]) -> str:
    """Return the page of what everybody read."""
    found = [one for reading in read for oracle in READERS for one in differences(reading, oracle)]
    parts = [_introduction(read, found)]
    for disagreement in DISAGREEMENTS:
        mine = [one for one in found if name(one) is disagreement]
        if mine:
            parts.append(_section(disagreement, mine, {reading.name: reading for reading in read}))
    return "\n".join(parts)


def _introduction(read: Sequence[Reading], found: Sequence[Difference]) -> str:
    asked = {
        "gpsd": f"gpsdecode {oracles.gpsd_version()}, the whole file",
        "aiscat": f"aiscat {version('aiscat')} (AIS-catcher), line by line, cut behind the checksum",
        "pyais": f"pyais {version('pyais')} `decode`, message by message, put together plainly",
    }
    rows = []
    for oracle in READERS:
        messages, fields = _compared(read, oracle)
        differ = sum(one.oracle == oracle for one in found)
        rows.append(f"| {oracle} | {asked[oracle]} | {messages:,} | {fields:,} | {differ:,} |")
    return INTRODUCTION.format(each=EACH, seed=SEED, compared="\n".join(rows), sent=f"{_compared(read, 'sent')[1]:,}")


def _compared(read: Sequence[Reading], oracle: str) -> tuple[int, int]:
    """Return how many messages both sides have, and in how many fields they are compared."""
    both = [
        (reading.ours[line], theirs)
        for reading in read
        for line, theirs in reading.theirs.get(oracle, {}).items()
        if line in reading.ours
    ]
    return len(both), sum(len(mine.keys() & theirs.keys()) for mine, theirs in both)


def _section(disagreement: Disagreement, found: Sequence[Difference], read: dict[str, Reading]) -> str:
    """Return the section of one kind of difference: a row for each field and, of whole messages, each type."""

    def row(one: Difference) -> tuple[str, int]:
        return one.field, one.kind if one.field == "message" else 0

    lines = [
        f"## {disagreement.name}{' (ours to mend)' if disagreement.ours else ''}",
        "",
        f"Right: **{disagreement.right}**, by {disagreement.text}. {disagreement.why}",
        "",
    ]
    lines += [
        "| message, for example | field | darkwake | gpsd | aiscat | pyais | how many differ |",
        "|---|---|---|---|---|---|---|",
    ]
    for (field, _), group in groupby(sorted(found, key=row), row):
        lines.append(_row(field, list(group), read))
    return "\n".join([*lines, ""])


def _row(field: str, found: list[Difference], read: dict[str, Reading]) -> str:
    """Return the row of one field: an example, of a real file if there is one, on which most differ, and the counts."""
    differ = Counter((one.source, one.line) for one in found)
    shown = min(found, key=lambda one: (one.source == GENERATED, -differ[one.source, one.line], one.source, one.line))
    reading = read[shown.source]
    values = [_value(reading.ours, shown, field), *(_value(reading.theirs[one], shown, field) for one in READERS)]
    counts = [f"{oracle} {n}" for oracle in READERS if (n := sum(one.oracle == oracle for one in found))]
    kinds = ", ".join(map(str, sorted({one.kind for one in found})))
    where = "generated" if shown.source == GENERATED else shown.source
    values[0] += f" ({shown.why})" if shown.why else ""
    example = f"type {kinds}: {where}, line {shown.line}" + (f", {shown.bits} bits" if field == "message" else "")
    return f"| {example} | {field} | {' | '.join(values)} | {', '.join(counts)} |"


def _value(heard: dict[int, dict[str, Any]], shown: Difference, field: str) -> str:
    """Return what a reader says of a field of the message shown, as a cell."""
    message = heard.get(shown.line)
    if message is None:
        return "-"
    if field == "message":
        return named(message)
    value = message.get(field)
    if isinstance(value, tuple):
        return f"{value[0]:.5f}, {value[1]:.5f}"
    if isinstance(value, float):
        return f"{value:.5g}"
    return "none" if value is None else f"`{value}`".replace("|", "\\|")


def main() -> None:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(page(readings(Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
