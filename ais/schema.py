"""The tables of a case: one declaration from which DDL, Arrow schemas, docs and tests derive.

Times are UTC microseconds without a zone. NULL means unknown: sentinels of the AIS standard never reach a table.
Source of the field meanings: ITU-R M.1371-5, annex 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy.typing as npt
import pyarrow as pa

SCHEMA_VERSION = 5

_ARROW: dict[str, pa.DataType] = {
    "BOOLEAN": pa.bool_(),
    "TINYINT": pa.int8(),
    "UTINYINT": pa.uint8(),
    "SMALLINT": pa.int16(),
    "USMALLINT": pa.uint16(),
    "UINTEGER": pa.uint32(),
    "UBIGINT": pa.uint64(),
    "BIGINT": pa.int64(),
    "REAL": pa.float32(),
    "DOUBLE": pa.float64(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR": pa.string(),
    "BLOB": pa.binary(),
    "UINTEGER[]": pa.list_(pa.uint32()),
    "VARCHAR[]": pa.list_(pa.string()),
}


@dataclass(frozen=True)
class Column:
    """One column: its name, DuckDB type, meaning with unit, and whether it may be NULL."""

    name: str
    sql: str
    meaning: str
    null: bool = True

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type that DuckDB's type maps to."""
        return _ARROW[self.sql]


@dataclass(frozen=True)
class Table:
    """One table: its name, what it holds, its columns in order, and its primary key if it has one."""

    name: str
    holds: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    def ddl(self, name: str | None = None, *, temporary: bool = False) -> str:
        """Return the CREATE TABLE statement, under another name if one is given."""
        lines = [f"{c.name} {c.sql}{'' if c.null else ' NOT NULL'}" for c in self.columns]
        if self.key and not temporary:
            lines.append(f"PRIMARY KEY ({', '.join(self.key)})")
        kind = "TEMP TABLE" if temporary else "TABLE"
        return f"CREATE {kind} {name or self.name} ({', '.join(lines)})"

    def arrow_schema(self) -> pa.Schema:
        """Return the Arrow schema of the table's columns in order."""
        return pa.schema([pa.field(c.name, c.arrow, nullable=c.null) for c in self.columns])

    def rows(self, *columns: Sequence[Any] | npt.NDArray[Any]) -> pa.Table:
        """Return columns of values, in the table's order, as Arrow."""
        schema = self.arrow_schema()
        return pa.table([pa.array(values, f.type) for values, f in zip(columns, schema, strict=True)], schema=schema)


_MMSI = Column("mmsi", "UINTEGER", "ship number as sent (30 bits), or the input's own id", null=False)
_T = Column("t", "TIMESTAMP", "UTC receive time as the input gives it", null=False)
_MSG_TYPE = Column("msg_type", "UTINYINT", "AIS message type 1-27; 0 = from a decoded table", null=False)
_STATION = Column("station", "VARCHAR", "receiver, if the input says")
_INPUT = Column("input_id", "UINTEGER", "the input that said it", null=False)
_LINE = Column("line", "UBIGINT", "first line of the message in its input, from 1", null=False)

POSITIONS = Table(
    "positions",
    "reports with a fix, in arrival order",
    (
        _MMSI,
        _T,
        Column("utc_s", "UTINYINT", "the payload's own UTC second 0-59; 60-63 as sent"),
        Column("lon", "DOUBLE", "WGS84 degrees east [-180,180), rounded to 6 decimals", null=False),
        Column("lat", "DOUBLE", "WGS84 degrees north [-90,90], rounded to 6 decimals", null=False),
        Column("sog_kn", "REAL", "speed over ground, knots"),
        Column("cog_deg", "REAL", "course over ground, degrees true [0,360)"),
        Column("heading_deg", "USMALLINT", "heading, degrees true [0,360)"),
        Column("rot", "TINYINT", "rate of turn as sent"),
        Column("nav_status", "UTINYINT", "navigational status, ITU code 0-14"),
        _MSG_TYPE,
        Column("ais_class", "VARCHAR", "A or B"),
        Column("accurate", "BOOLEAN", "position accuracy flag: better than 10 m"),
        Column("raim", "BOOLEAN", "receiver autonomous integrity monitoring in use"),
        Column("repeat", "UTINYINT", "repeat indicator 0-3"),
        Column("channel", "VARCHAR", "radio channel as sent"),
        Column("own", "BOOLEAN", "AIVDO: the receiver's own ship"),
        _STATION,
        _INPUT,
        _LINE,
    ),
)
HEARD = Table(
    "heard",
    "every other message of a ship (no fix, static, binary): a ship that talks is not silent",
    (_MMSI, _T, _MSG_TYPE, _STATION, _INPUT, _LINE),
)
IDENTITIES = Table(
    "identities",
    "history of static reports",
    (
        _MMSI,
        _T,
        Column("imo", "UINTEGER", "IMO number as sent"),
        Column("name", "VARCHAR", "ship's name as sent"),
        Column("callsign", "VARCHAR", "call sign as sent"),
        Column("ship_type", "UTINYINT", "type of ship and cargo, ITU code 1-99"),
        Column("to_bow_m", "USMALLINT", "antenna to bow, metres"),
        Column("to_stern_m", "USMALLINT", "antenna to stern, metres"),
        Column("to_port_m", "UTINYINT", "antenna to port side, metres"),
        Column("to_starboard_m", "UTINYINT", "antenna to starboard side, metres"),
        Column("draught_m", "REAL", "draught, metres, typed by hand on board"),
        Column("destination", "VARCHAR", "destination as sent"),
        Column("eta", "VARCHAR", "estimated arrival as sent, MM-DD HH:MM UTC"),
        _INPUT,
        _LINE,
    ),
)
FIXED = Table(
    "fixed",
    "base stations and aids to navigation (types 4, 11, 21): clock references and reception beacons",
    (
        _MMSI,
        _T,
        Column("lon", "DOUBLE", "WGS84 degrees east"),
        Column("lat", "DOUBLE", "WGS84 degrees north"),
        Column("kind", "VARCHAR", "base, response or aton", null=False),
        Column("said_t", "TIMESTAMP", "UTC by the station's own clock (types 4 and 11)"),
        _STATION,
        _INPUT,
        _LINE,
    ),
)

_SAID = (POSITIONS, HEARD, IDENTITIES, FIXED)
_SINGULAR = {"positions": "position", "heard": "heard", "identities": "identity", "fixed": "fixed"}
COPIES: dict[str, Table] = {
    table.name: Table(f"{_SINGULAR[table.name]}_copies", f"duplicates of rows of {table.name}", table.columns)
    for table in _SAID
}

INPUTS = Table(
    "inputs",
    "each file or feed",
    (
        Column("id", "UINTEGER", "number of the input in this case, from 1", null=False),
        Column("name", "VARCHAR", "file name as given", null=False),
        Column("sha256", "VARCHAR", "hash of the bytes as read, before decompression; none while it grows", null=False),
        Column("bytes", "UBIGINT", "bytes as read, before decompression; 0 while it grows", null=False),
        Column("plain_sha256", "VARCHAR", "hash of the decompressed bytes: what `sentences` rebuilds"),
        Column("format", "VARCHAR", "nmea, csv, json or parquet", null=False),
        Column("lines", "UBIGINT", "lines (rows of Parquet)", null=False),
        Column("other", "UBIGINT", "lines understood and not kept", null=False),
        Column("mmsi_like", "BOOLEAN", "false when the ship numbers are the input's own ids", null=False),
        Column("first_t", "TIMESTAMP", "least time of a row"),
        Column("last_t", "TIMESTAMP", "greatest time of a row"),
        Column("options", "VARCHAR", "JSON of the options it was read with", null=False),
        Column("clock_offset_s", "DOUBLE", "seconds that were added to every time as given", null=False),
        Column("clocks", "VARCHAR", "JSON: how many messages got their time from which clock", null=False),
        Column("begun_on", "TIMESTAMP", "UTC day on which it was begun; times after the end of the next are rejects"),
        Column("complete", "BOOLEAN", "false while it is read, or after that was interrupted", null=False),
        Column("place", "VARCHAR", "JSON: where to go on; NULL once complete"),
    ),
    key=("id",),
)
SENTENCES = Table(
    "sentences",
    "the raw lines in blocks: put together in order, they are the decompressed input to the byte",
    (
        _INPUT,
        Column("first_line", "UBIGINT", "line of the block's first byte, from 1", null=False),
        Column("bytes", "UBIGINT", "bytes of the block, decompressed", null=False),
        Column("plain_sum", "UBIGINT", "sum of the bytes", null=False),
        Column("weighted_sum", "UBIGINT", "sum of each byte times its place in the block, from 1", null=False),
        Column("data", "BLOB", "the bytes, one zstd frame", null=False),
    ),
)
HEARINGS = Table(
    "hearings",
    "what each receiver heard, before duplicates collapse: positions by hour and cell; "
    "an input may have several rows of one place, which are to be summed",
    (
        _INPUT,
        _STATION,
        Column("hour", "TIMESTAMP", "UTC, start of the hour", null=False),
        Column("cell_x", "SMALLINT", "west edge of the cell, tenths of a degree east", null=False),
        Column("cell_y", "SMALLINT", "south edge of the cell, tenths of a degree north", null=False),
        Column("ais_class", "VARCHAR", "A or B"),
        Column("reports", "UBIGINT", "positions heard", null=False),
    ),
)
REJECTS = Table(
    "rejects",
    "every line not understood",
    (
        _INPUT,
        Column("line", "UBIGINT", "line in the input, from 1", null=False),
        Column("reason", "VARCHAR", "why, in a word or two", null=False),
        Column("raw", "BLOB", "its first 200 bytes"),
    ),
)
PARTS = Table(
    "parts",
    "the further lines of messages of several parts",
    (
        _INPUT,
        Column("line", "UBIGINT", "the further line", null=False),
        Column("first_line", "UBIGINT", "the first line of the same message", null=False),
    ),
)
SEALED = Table(
    "sealed",
    "what became of lines whose rows lay before the seal and are gone",
    (
        _INPUT,
        Column("what", "VARCHAR", "stored, duplicates, or rejects with their reason", null=False),
        Column("n", "UBIGINT", "how many lines", null=False),
    ),
)
MARKS = Table(
    "marks",
    "positions that are doubted or of another ship than most of their number; a position without a row here is of the "
    "number's longest track and not doubted",
    (
        _MMSI,
        _T,
        _INPUT,
        _LINE,
        Column("track", "UBIGINT", "which of the ships with this number: hash of the track's first fix", null=False),
        Column(
            "flags",
            "UTINYINT",
            "sum of 1: impossible jump, 2: frozen, 4: time travel, 8: at exactly 0/0, "
            "128: of another track than the number's longest; any but 128 is a doubt",
            null=False,
        ),
    ),
)
TOUCHED = Table(
    "touched",
    "ships whose positions changed since their marks were made",
    (_MMSI,),
)
CHANGES = Table(
    "changes",
    "spans of time whose rows were added, removed or marked anew: what detection must look at again",
    (
        Column("id", "UINTEGER", "order of the change, from 1", null=False),
        Column("first_t", "TIMESTAMP", "least time touched", null=False),
        Column("last_t", "TIMESTAMP", "greatest time touched", null=False),
    ),
    key=("id",),
)
EVENTS = Table(
    "events",
    "the findings as they stand",
    (
        Column("id", "VARCHAR", "16 hex digits, a pure function of the data", null=False),
        Column("detector", "VARCHAR", "which detector found it", null=False),
        Column("kind", "VARCHAR", "what was observed", null=False),
        Column("mmsi", "UINTEGER[]", "the ships, ascending", null=False),
        Column("start_t", "TIMESTAMP", "UTC, inclusive", null=False),
        Column("end_t", "TIMESTAMP", "UTC, exclusive; NULL while open at the horizon"),
        Column("lon", "DOUBLE", "representative point, degrees east", null=False),
        Column("lat", "DOUBLE", "representative point, degrees north", null=False),
        Column("score", "DOUBLE", "0 to 1, by the detector's documented rule", null=False),
        Column("zones", "VARCHAR[]", "ids of the zones concerned", null=False),
        Column("evidence", "VARCHAR", "JSON object; number keys end in their unit", null=False),
        Column("reasons", "VARCHAR[]", "short sentences for and against", null=False),
        Column("reads_from", "TIMESTAMP", "least time that was read for it", null=False),
        Column("reads_to", "TIMESTAMP", "greatest time that was read for it; NULL = the horizon and beyond"),
    ),
    key=("id",),
)
LEDGER = Table(
    "ledger",
    "the revisions of findings, oldest first",
    (
        Column("seq", "UBIGINT", "order of the revision, from 1", null=False),
        Column("run_id", "UINTEGER", "the run that made it", null=False),
        Column("event_id", "VARCHAR", "the event", null=False),
        Column("action", "VARCHAR", "new, revised or withdrawn", null=False),
        Column("supersedes", "VARCHAR[]", "ids of withdrawn events that this one takes the place of", null=False),
        Column("event", "VARCHAR", "JSON of the event as it was then", null=False),
    ),
    key=("seq",),
)
NOTES = Table(
    "notes",
    "what officers said of findings, oldest first; nothing is ever changed or taken out",
    (
        Column("seq", "UBIGINT", "order in which they were said, from 1", null=False),
        Column("event_id", "VARCHAR", "the event that it was said of", null=False),
        Column("ledger_seq", "UBIGINT", "the event's last revision in the ledger when it was said", null=False),
        Column("made_at", "TIMESTAMP", "UTC time at which it was said", null=False),
        Column("who", "VARCHAR", "who said it, in their own words", null=False),
        Column("action", "VARCHAR", "acknowledge, unacknowledge, snooze, verdict or note", null=False),
        Column("text", "VARCHAR", "what was said besides"),
        Column("verdict", "VARCHAR", "false alarm or confirmed; of a verdict, NULL takes the last one back"),
        Column("until_t", "TIMESTAMP", "UTC end of a snooze; of a snooze, NULL ends it at once"),
        Column("key", "VARCHAR", "its sender's own name for it: what comes again under it is not written twice"),
    ),
    key=("seq",),
)
RUNS = Table(
    "runs",
    "what detection ran when, with what",
    (
        Column("id", "UINTEGER", "number of the run, from 1", null=False),
        Column("made_at", "TIMESTAMP", "UTC time of the run", null=False),
        Column("version", "VARCHAR", "darkwake's version", null=False),
        Column("detector", "VARCHAR", "which detector; `seal` where the seal was moved, to `window_to`", null=False),
        Column("settings", "VARCHAR", "JSON of its thresholds; of a seal, the longest silence before it", null=False),
        Column("zones_sha256", "VARCHAR", "hash of the zone set", null=False),
        Column("window_from", "TIMESTAMP", "least time recomputed; NULL = from the first row"),
        Column("window_to", "TIMESTAMP", "greatest time recomputed; NULL = the horizon and beyond"),
        Column("horizon", "TIMESTAMP", "greatest accepted time that it saw"),
        Column("change_id", "UINTEGER", "last change that it took in", null=False),
        Column("events", "UBIGINT", "events of the detector after the run", null=False),
        Column("artefacts", "VARCHAR[]", "hashes of what was learned and used, ascending; NULL = not recorded then"),
    ),
    key=("id",),
)
ARTEFACTS = Table(
    "artefacts",
    "what was learned, as inputs of detection: of each kind the latest is in force",
    (
        Column("id", "UINTEGER", "order in which they came into the case, from 1", null=False),
        Column("kind", "VARCHAR", "anchorages, meetings or unusual", null=False),
        Column("sha256", "VARCHAR", "hash of the bytes", null=False),
        Column("made_at", "TIMESTAMP", "UTC time at which it came into the case; NULL = with a detection"),
        Column("made_from", "VARCHAR", "JSON: what it was learned from, by which version", null=False),
        Column("data", "BLOB", "the bytes, a skops file", null=False),
    ),
    key=("id",),
)
ZONES = Table(
    "zones",
    "the geometry that runs used",
    (
        Column("sha256", "VARCHAR", "hash of the zone set", null=False),
        Column("id", "VARCHAR", "zone", null=False),
        Column("feature", "VARCHAR", "GeoJSON feature with all its properties", null=False),
    ),
)
META = Table(
    "meta",
    "what this file is",
    (
        Column("name", "VARCHAR", "setting", null=False),
        Column("value", "VARCHAR", "its value", null=False),
    ),
    key=("name",),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        INPUTS,
        SENTENCES,
        REJECTS,
        *_SAID,
        *COPIES.values(),
        PARTS,
        SEALED,
        HEARINGS,
        MARKS,
        TOUCHED,
        CHANGES,
        EVENTS,
        LEDGER,
        NOTES,
        RUNS,
        ARTEFACTS,
        ZONES,
        META,
    )
}
