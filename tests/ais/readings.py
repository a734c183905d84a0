"""The real files and a generated one, read by everybody, and every field on which somebody differs from our rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from ais.ingest import IngestOptions, ingest
from ais.store import Store
from tests.ais import itu, oracles
from tests.ais.oracles import SIDES, Heard, Message
from tests.ais.sentences import NMEA, NOW

GENERATED = "generated"
SUFFIXES = {".txt", ".log", ".aivdm", ".nmea"}
FILES = sorted(path for path in NMEA.iterdir() if path.suffix in SUFFIXES and "first400" not in path.name)
START = datetime(2020, 4, 7, 21, 39, 50, tzinfo=UTC)
EACH = 60
SEED = 1371
ORACLES: dict[str, Callable[[list[bytes]], Heard]] = {
    **({"gpsd": oracles.gpsd} if oracles.GPSDECODE else {}),
    "aiscat": oracles.aiscat,
    "pyais": oracles.by_pyais,
}
_COLUMNS = {
    "positions": {
        **{"mmsi": "mmsi", "type": "msg_type", "channel": "channel", "lon": "lon", "lat": "lat", "speed": "sog_kn"},
        **{"course": "cog_deg", "accuracy": "accurate", "raim": "raim", "repeat": "repeat", "status": "nav_status"},
        **{"turn": "rot", "heading": "heading_deg", "second": "nullif(utc_s, 60)"},
    },
    "fixed": {
        **{"mmsi": "mmsi", "type": "CASE kind WHEN 'base' THEN 4 WHEN 'response' THEN 11 ELSE 21 END"},
        **{"lon": "lon", "lat": "lat", "said_t": "strftime(said_t, '%Y-%m-%d %H:%M:%S')"},
    },
    "identities": {
        **{name: name for name in ("mmsi", "imo", "name", "callsign", "destination", "eta")},
        **{"shiptype": "ship_type", "draught": "draught_m"},
        **{side: f"{side}_m" for side in SIDES},
    },
    "heard": {"mmsi": "mmsi", "type": "msg_type"},
}
_COPIES = {"positions": "position_copies", "fixed": "fixed_copies"} | {
    "identities": "identity_copies",
    "heard": "heard_copies",
}


@dataclass(frozen=True)
class Reading:
    """One input read by everybody.

    Attributes:
        name: The file, or `GENERATED`.
        lines: Its lines.
        ours: Our messages by the line that made them whole.
        why: Our reject reasons by line.
        theirs: The others' messages by that line.
        payloads: The payload's bits of the message that a line makes whole, by plain assembly.
    """

    name: str
    lines: list[bytes]
    ours: Heard
    why: dict[int, str]
    theirs: dict[str, Heard]
    payloads: dict[int, str]


@dataclass(frozen=True)
class Difference:
    """One field of one message on which an oracle and we differ.

    Attributes:
        source: The file, or `GENERATED`.
        line: The line that made the message whole.
        kind: Type of the message.
        field: The field; `message` where only one of the two has a message there.
        oracle: Who differs.
        ours: Our value, or our message, or None.
        theirs: The other's.
        why: Our reject reason for the line, or "".
        raw: The line.
        payload: The message's bits.
    """

    source: str
    line: int
    kind: int
    field: str
    oracle: str
    ours: Any
    theirs: Any
    why: str
    raw: bytes
    payload: str

    @property
    def bits(self) -> int:
        """How many bits the message has."""
        return len(self.payload)

    @property
    def flags(self) -> tuple[bool, bool]:
        """The two bits after the number: in types 25 and 26, whether it is addressed and whether it is structured."""
        return self.payload[38:39] == "1", self.payload[39:40] == "1"


def readings(folder: Path) -> list[Reading]:
    """Read every file and the generated one; the case is made in a folder."""
    generated = folder / GENERATED
    drawn = _generate(generated)
    paths = [*FILES, generated]
    with Store.open(folder / "case.duckdb") as store:
        numbers = [ingest(store, path, IngestOptions(start_time=START), now=NOW).input_id for path in paths]
        ours, why = _ours(store)
    found = []
    for path, number in zip(paths, numbers, strict=True):
        lines = path.read_bytes().split(b"\n")
        lines = lines if lines[-1] else lines[:-1]
        theirs = {name: oracle(lines) for name, oracle in ORACLES.items()}
        if path is generated:
            theirs["sent"] = {line: oracles.sent(message.values) for line, message in drawn.items()}
        payloads = {line: oracles.payload_of(parts) for line, parts in oracles.plain_messages(lines)}
        found.append(Reading(path.name, lines, ours.get(number, {}), why.get(number, {}), theirs, payloads))
    return found


def differences(reading: Reading, oracle: str) -> Iterator[Difference]:
    """Every difference between an oracle and us, in the order of the lines."""
    theirs = reading.theirs.get(oracle)
    if theirs is None:
        return
    for line in sorted(reading.ours.keys() | theirs.keys()):
        mine, other = reading.ours.get(line), theirs.get(line)
        kind = (mine or other or {})["type"]
        common = [field for field in other if field in mine] if mine and other else []
        pairs = (
            {field: (mine[field], other[field]) for field in common}
            if mine and other
            else {"message": (mine and named(mine), other and named(other))}
        )
        for field, (a, b) in pairs.items():
            if not _same(oracle, field, a, b):
                why, raw = reading.why.get(line, ""), reading.lines[line - 1]
                yield Difference(
                    reading.name, line, kind, field, oracle, a, b, why, raw, reading.payloads.get(line, "")
                )


def named(message: Message) -> str:
    """A message as a whole, in words."""
    return f"type {message['type']} of {message['mmsi']}"


def _generate(path: Path) -> Mapping[int, itu.Drawn]:
    """Write a file of random messages of every type; return what they were made of by their last line."""
    random = Random(SEED)
    drawn: dict[int, itu.Drawn] = {}
    lines: list[bytes] = []
    for _ in range(EACH):
        for kind in itu.MESSAGES:
            message = itu.draw(kind, random, len(drawn))
            lines += message.sentences
            drawn[len(lines)] = message
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return drawn


def _ours(store: Store) -> tuple[dict[int, Heard], dict[int, dict[int, str]]]:
    """Our messages and rejects by input and line, from a case's rows, copies among them."""

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return store.con.execute(sql).fetchall()

    last = {
        (number, first): line
        for number, first, line in rows("SELECT input_id, first_line, max(line) FROM parts GROUP BY ALL")
    }
    found: dict[int, Heard] = {}
    for table, columns in _COLUMNS.items():
        select = f"SELECT input_id, line, {', '.join(columns.values())} FROM"
        for number, line, *values in rows(f"{select} {table} UNION ALL {select} {_COPIES[table]}"):
            whole = max(line, last.get((number, line), 0))
            message = found.setdefault(number, {}).setdefault(whole, {})
            message.update(zip(columns, values, strict=True))
    for heard in found.values():
        for message in heard.values():
            if "place" in oracles.SAYS.get(message["type"], ()):
                lon, lat = message.get("lon"), message.get("lat")  # neither where it was heard without a fix
                message["place"] = None if lon is None or lat is None else (lon, lat)
    why: dict[int, dict[int, str]] = {}
    for number, line, reason in rows("SELECT input_id, line, reason FROM rejects"):
        why.setdefault(number, {})[line] = reason
    return found, why


def _same(oracle: str, field: str, a: Any, b: Any) -> bool:
    if field == "place" and a is not None and b is not None:
        # Ours has six decimals; aiscat computes in single precision, which steps by 1.5e-5 degrees beyond 128.
        return all(abs(x - y) <= (1.6e-5 if oracle == "aiscat" else 6e-7) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, int | float):
        return abs(a - b) < 1e-4
    return bool(a == b)
