"""Sentences and inputs made for tests, and the checks that many of them share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

import pyais

from ais.counts import reports
from ais.ingest import IngestOptions, InputReport, ingest
from ais.store import Store

DATA = Path(__file__).parent.parent / "data"
NMEA = DATA / "nmea"
TABLES = DATA / "tables"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
T0 = 1_700_000_000  # 2023-11-14T22:13:20Z

Take = Callable[..., InputReport]


def checksum(text: str) -> str:
    return f"{reduce(xor, text.encode('latin-1'), 0):02X}"


def sentence(body: str, tag: str | None = None, rest: str = "") -> str:
    """A whole line: tag block, sentence and what follows its checksum."""
    front = "" if tag is None else f"\\{tag}*{checksum(tag)}\\"
    return f"{front}!{body}*{checksum(body)}{rest}"


def said(t: float | str | None = T0, station: str | None = None, **fields: Any) -> list[str]:
    """The lines of one message, encoded by pyais, tag-blocked when a time is given; each part has the tag block."""
    fields = {"msg_type": 1, "mmsi": 440123456} | fields
    tags = [f"s:{station}"] * (station is not None) + [f"c:{t}"] * (t is not None)
    lines = pyais.encode_dict(fields, radio_channel=fields.pop("radio_channel", "A"), sentence_type="VDM")
    return [sentence(line[1:].split("*")[0], ",".join(tags) or None) for line in lines]


def fix(t: float | str = T0, **fields: Any) -> str:
    """One position of class A as a line."""
    (line,) = said(t, **({"lon": 125.0, "lat": 38.5, "second": int(float(t)) % 60} | fields))
    return line


def law(report: InputReport) -> None:
    """The counting law, to the line."""
    assert report.lines == report.stored + report.other + report.duplicates + sum(report.rejects.values())


def rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return store.con.execute(sql).fetchall()


def taker(store: Store, folder: Path) -> Take:
    """A function that takes lines, bytes or a file into a case and checks the counting law."""

    def take(what: Path | bytes | list[str], name: str = "input.nmea", **options: Any) -> InputReport:
        if isinstance(what, Path):
            path = what
        else:
            path = folder / name
            path.write_bytes(
                what if isinstance(what, bytes) else "".join(f"{line}\n" for line in what).encode("latin-1")
            )
        report = ingest(store, path, IngestOptions(**options), now=NOW)
        with store.reader() as reader:
            for one in reports(reader):  # earlier inputs too: their rows may have become copies
                law(one)
        return report

    return take
