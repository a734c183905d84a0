"""Where findings stand: the events as they are, every revision of them, and the runs that made them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ais.counts import SEAL
from ais.reader import Reader, arrow
from ais.schema import TABLES
from detectors.event import Event, Reach, to_us

if TYPE_CHECKING:
    import duckdb

    from zones import Zone, ZoneSet

_PUBLIC = "id, kind, mmsi, start_t, end_t, lon, lat, score, zones, evidence, reasons"


@dataclass(frozen=True)
class Kept:
    """An event as the ledger has it: its row, and all that was read for it."""

    row: Mapping[str, Any]
    reach: Reach


def _us(value: datetime | None) -> int | None:
    return None if value is None else to_us(value)


def _naive(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None)


def _as_row(event: Event, detector: str) -> dict[str, Any]:
    """Return the row of table ``events`` for an event."""
    return {
        "id": event.id,
        "detector": detector,
        "kind": event.kind,
        "mmsi": list(event.mmsi),
        "start_t": _naive(event.start),
        "end_t": _naive(event.end),
        "lon": event.lon,
        "lat": event.lat,
        "score": event.score,
        "zones": list(event.zones),
        "evidence": json.dumps(event.evidence, ensure_ascii=False),
        "reasons": list(event.reasons),
        "reads_from": pa.scalar(event.reach.reads_from, pa.timestamp("us")).as_py(),
        "reads_to": pa.scalar(event.reach.reads_to, pa.timestamp("us")).as_py(),
    }


def kept_events(con: duckdb.DuckDBPyConnection, detector: str) -> list[Kept]:
    """Return a detector's events as they stand."""
    rows = arrow(con, "SELECT * FROM events WHERE detector = $name", {"name": detector}).to_pylist()
    found = []
    for row in rows:
        reads_from = to_us(row["reads_from"])
        found.append(Kept(row, Reach(reads_from, _us(row["reads_to"]))))
    return found


def _said(row: Mapping[str, Any]) -> str:
    """Return the text of a revision: the row's public part."""
    return json.dumps(public(row), ensure_ascii=False, default=lambda t: t.isoformat())


def _differ(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Say whether the public parts of two rows may differ: most do not, and their text need not be made."""
    return any(old[name] != new[name] for name in _PUBLIC.split(", "))


def _overlaps(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Say whether two events of a kind share a ship and a time."""
    if old["kind"] != new["kind"] or not set(old["mmsi"]) & set(new["mmsi"]):
        return False
    old_open, new_open = old["end_t"] is None, new["end_t"] is None
    begins_before = new_open or old["start_t"] < new["end_t"]
    return bool(begins_before and (old_open or new["start_t"] < old["end_t"]))


def replace_events(
    con: duckdb.DuckDBPyConnection, run_id: int, detector: str, old: Sequence[Kept], new: Sequence[Event]
) -> None:
    """Put new events in the place of old ones, with a ledger row for each that is new, revised or withdrawn.

    Raises:
        ValueError: Two new events have one id: the detector's key does not tell them apart.
    """
    rows = {event.id: _as_row(event, detector) for event in new}
    if len(rows) != len(new):
        seen: set[str] = set()
        twice = next(event for event in new if event.id in seen or seen.add(event.id))  # type: ignore[func-returns-value]
        raise ValueError(f"detector {detector} yielded two events with id {twice.id} ({twice.kind} {twice.mmsi})")
    before = {kept.row["id"]: kept.row for kept in old}
    withdrawn = {name: row for name, row in before.items() if name not in rows}
    revisions: list[tuple[str, str, list[str], str]] = [
        (name, "withdrawn", [], _said(row)) for name, row in sorted(withdrawn.items())
    ]
    for name, row in sorted(rows.items()):
        if name not in before:
            took = sorted(gone for gone, gone_row in withdrawn.items() if _overlaps(gone_row, row))
            revisions.append((name, "new", took, _said(row)))
        elif _differ(before[name], row) and _said(before[name]) != _said(row):
            revisions.append((name, "revised", [], _said(row)))
    _delete(con, list(before))
    _insert(con, "events", [rows[name] for name in sorted(rows)])
    _write(con, run_id, revisions)


def revise(con: duckdb.DuckDBPyConnection, run_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows of events in the place of those with the same ids, with a ledger row for each."""
    _delete(con, [row["id"] for row in rows])
    _insert(con, "events", [dict(row) for row in rows])
    _write(con, run_id, [(row["id"], "revised", [], _said(row)) for row in rows])


def _write(con: duckdb.DuckDBPyConnection, run_id: int, revisions: Sequence[tuple[str, str, list[str], str]]) -> None:
    """Append revisions to the ledger."""
    last = con.execute("SELECT coalesce(max(seq), 0) FROM ledger").fetchall()[0][0]
    names = ("seq", "run_id", "event_id", "action", "supersedes", "event")
    ledger = [dict(zip(names, (last + n, run_id, *said), strict=True)) for n, said in enumerate(revisions, 1)]
    _insert(con, "ledger", ledger)


def _delete(con: duckdb.DuckDBPyConnection, ids: list[str]) -> None:
    if ids:
        con.register("gone_ids", pa.table({"id": ids}))
        con.execute("DELETE FROM events WHERE id IN (SELECT id FROM gone_ids)")
        con.unregister("gone_ids")


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Append rows to a table in one columnar batch."""
    if rows:
        con.register("new_rows", pa.Table.from_pylist(rows, schema=TABLES[table].arrow_schema()))
        con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM new_rows")
        con.unregister("new_rows")


def record_run(con: duckdb.DuckDBPyConnection, run: dict[str, Any]) -> None:
    """Keep what a run did."""
    _insert(con, "runs", [run])


def record_zones(con: duckdb.DuckDBPyConnection, zones: ZoneSet) -> None:
    """Keep the geometry that runs use, once per zone set."""
    known = con.execute("SELECT count(*) FROM zones WHERE sha256 = ?", [zones.sha256]).fetchall()[0][0]
    if not known:
        rows = [{"sha256": zones.sha256, "id": zone.id, "feature": feature_of(zone)} for zone in zones.zones]
        _insert(con, "zones", rows)


def feature_of(zone: Zone) -> str:
    """Return a zone as the text of a GeoJSON feature with all that is known of it."""
    properties = {field.name: getattr(zone, field.name) for field in dataclasses.fields(zone)}
    geometry = properties.pop("geometry")
    properties["edges"] = [dataclasses.asdict(edge) for edge in zone.edges]
    feature = {"type": "Feature", "id": zone.id, "properties": properties, "geometry": geometry}
    return json.dumps(feature, ensure_ascii=False, default=str)


def not_looked_at(reader: Reader) -> str | None:
    """Say what detection has not looked at in a case: all of it, some kinds, or rows that came since; None if nothing.

    "No events" of a case that nobody looked through would clear ships wrongly.
    """
    from detectors.contract import discover

    sql = f"SELECT detector, max(change_id) AS seen FROM runs WHERE detector <> '{SEAL}' GROUP BY detector"
    runs = reader.query(sql).to_pylist()
    if not runs:
        return "Nothing was looked for: no detection has been run on this case."
    last = reader.query("SELECT coalesce(max(id), 0) AS id FROM changes")["id"][0].as_py()
    ran = {run["detector"] for run in runs}
    said = []
    if never := sorted(set(discover()) - ran):
        said.append(f"Never run on this case: {', '.join(never)}.")
    if behind := sorted(run["detector"] for run in runs if run["seen"] < last):
        said.append(f"Rows came in that {', '.join(behind)} has not looked at yet.")
    return " ".join(said) or None


def zones_of_last_run(reader: Reader) -> ZoneSet | None:
    """Return the zones that the last run used, as the case keeps them; None where nothing ran yet.

    A case is handed over as one file: its lines must be there without the zone files that it was judged by.
    """
    sql = f"SELECT zones_sha256 AS sha256 FROM runs WHERE detector <> '{SEAL}' ORDER BY id DESC LIMIT 1"
    last = reader.query(sql)["sha256"].to_pylist()
    return kept_zones(reader, str(last[0])) if last else None


def kept_zones(reader: Reader, sha256: str) -> ZoneSet:
    """Return a zone set as the case keeps it; empty where it does not."""
    from zones import ZoneSet

    rows = reader.query("SELECT feature FROM zones WHERE sha256 = $sha256 ORDER BY rowid", sha256=sha256)
    zones = tuple(_zone(json.loads(str(text))) for text in rows["feature"].to_pylist())
    return ZoneSet(zones, "as kept in the case", sha256)


def _zone(feature: Mapping[str, Any]) -> Zone:
    """Return the zone of a kept feature."""
    from zones import Edge, Zone

    properties = dict(feature["properties"])
    for name in ("valid_from", "valid_to"):
        properties[name] = properties[name] and datetime.fromisoformat(properties[name])
    for name in ("source", "disagrees_with"):
        properties[name] = tuple(properties[name])
    courses = [
        edge | {"coordinates": tuple(tuple((lon, lat) for lon, lat in course) for course in edge["coordinates"])}
        for edge in properties.pop("edges")
    ]
    return Zone(**properties, edges=tuple(Edge(**edge) for edge in courses), geometry=feature["geometry"])


def public(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event row under its public keys, times as aware UTC datetimes, evidence as a mapping."""
    end = row["end_t"]
    return {
        "id": row["id"],
        "kind": row["kind"],
        "mmsi": list(row["mmsi"]),
        "start": row["start_t"].replace(tzinfo=UTC),
        "end": end.replace(tzinfo=UTC) if end else None,
        "lon": row["lon"],
        "lat": row["lat"],
        "score": row["score"],
        "zones": list(row["zones"]),
        "evidence": json.loads(row["evidence"]),
        "reasons": list(row["reasons"]),
    }


def read_events(
    reader: Reader, *, kind: str | None = None, mmsi: int | None = None, zone: str | None = None
) -> list[dict[str, Any]]:
    """Return the events of a case, sorted by start and id, optionally of one kind, ship or zone.

    Each is a dict of exactly the public keys; ``start`` and ``end`` are aware UTC datetimes, ``end`` None while open.
    """
    where, params = ["true"], dict[str, object]()
    for name, value, condition in (
        ("kind", kind, "kind = $kind"),
        ("mmsi", mmsi, "list_contains(mmsi, $mmsi)"),
        ("zone", zone, "list_contains(zones, $zone)"),
    ):
        if value is not None:
            where.append(condition)
            params[name] = value
    table = reader.query(f"SELECT {_PUBLIC} FROM events WHERE {' AND '.join(where)} ORDER BY start_t, id", **params)
    return [public(row) for row in table.to_pylist()]
