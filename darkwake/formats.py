"""Events as a terminal table, CSV, GeoJSON or Parquet; JSON, the reference form, is `detectors.to_json`.

Names and texts come from radios and from users' files: a cell that a spreadsheet would run as a formula gets a leading
apostrophe, and a terminal gets plain characters only. GeoJSON and Parquet carry the text as it is.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from darkwake.say import plain, table

if TYPE_CHECKING:
    import pyarrow as pa

Records = Sequence[Mapping[str, Any]]
Names = Mapping[int, str]
About = Mapping[str, str]
NOTHING: About = {}

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def time_text(value: datetime | None) -> str | None:
    """Return a UTC time like 2022-11-10T02:09:52Z; None stays None (an open event)."""
    from detectors import iso

    return None if value is None else iso(value)


def as_table(events: Records, names: Names, width: int | None) -> str:
    """Return the events as aligned text, a line each: what, when to the minute, how sure, which ships, where, why.

    Where a ship of any is on a list, a column names it and the last one says which list, its date and how it matched.
    """
    marked = any(event["evidence"].get("listed") for event in events)
    rows = []
    for event in events:
        matches = event["evidence"].get("listed", [])
        ships = ", ".join(f"{names[mmsi]} ({mmsi})" if mmsi in names else str(mmsi) for mmsi in event["mmsi"])
        rows.append(
            [
                event["id"],
                event["kind"],
                f"{event['start']:%Y-%m-%d %H:%M}",
                f"{event['end']:%Y-%m-%d %H:%M}" if event["end"] else "open",
                f"{event['score']:.2f}",
                *(
                    [" ".join(str(mmsi) for mmsi in dict.fromkeys(match["mmsi"] for match in matches))]
                    if marked
                    else []
                ),
                ships,
                f"{event['lat']:.4f} {event['lon']:.4f}",
                event["reasons"][0] if event["reasons"] else "",
                *([listed_text(matches)] if marked else []),
            ]
        )
    head = ["id", "kind", "start (UTC)", "end", "score", "ships", "lat lon", "first reason"]
    if marked:
        head = [*head[:5], "listed", *head[5:], "which list, how"]
    return table(rows, head, width)


def listed_text(matches: Sequence[Mapping[str, Any]]) -> str:
    """Return an event's matches with lists in words, parted by ` | `: list, its date, how it matched, when said."""
    from detectors.list_matches import in_words

    return " | ".join(f"{match['mmsi']}: {in_words(match)}" for match in matches)


def as_csv(events: Records, names: Names, about: About = NOTHING) -> str:
    """Return the events as CSV: lists are joined with `;`, evidence is one JSON cell, no cell is a formula."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    columns = "id kind mmsi names start end lon lat score zones reasons evidence listed"
    write([*columns.split(), *about])
    for event in events:
        cells = [
            event["id"],
            event["kind"],
            ";".join(str(mmsi) for mmsi in event["mmsi"]),
            _joined(plain(names.get(mmsi, "")) for mmsi in event["mmsi"]),
            time_text(event["start"]),
            time_text(event["end"]),
            event["lon"],
            event["lat"],
            event["score"],
            _joined(event["zones"]),
            _joined(event["reasons"], "; "),
            json.dumps(event["evidence"]),
            plain(listed_text(event["evidence"].get("listed", []))),
            *map(plain, about.values()),
        ]
        write([inert(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue()


def _joined(parts: Iterable[str], by: str = ";") -> str:
    """Return parts in one cell, each inert for itself: where `;` parts the cells of a spreadsheet, each begins one."""
    return by.join(inert(part) for part in parts)


def as_geojson(events: Records, about: About = NOTHING) -> str:
    """Return the events as a GeoJSON FeatureCollection of points (RFC 7946), the other keys as properties."""
    features = []
    for event in events:
        rest = {key: value for key, value in event.items() if key not in ("lon", "lat", "id")}
        rest |= {"start": time_text(event["start"]), "end": time_text(event["end"])}
        point = {"type": "Point", "coordinates": [event["lon"], event["lat"]]}
        features.append({"type": "Feature", "id": event["id"], "geometry": point, "properties": rest})
    return json.dumps({"type": "FeatureCollection", **about, "features": features}, indent=1)


def as_arrow(events: Records) -> pa.Table:
    """Return the events as an Arrow table; evidence is JSON text, because its keys differ by kind."""
    import pyarrow as pa

    time = pa.timestamp("us", tz="UTC")
    schema = pa.schema(
        {
            "id": pa.string(),
            "kind": pa.string(),
            "mmsi": pa.list_(pa.uint32()),
            "start": time,
            "end": time,
            "lon": pa.float64(),
            "lat": pa.float64(),
            "score": pa.float64(),
            "zones": pa.list_(pa.string()),
            "evidence": pa.string(),
            "reasons": pa.list_(pa.string()),
        }
    )
    rows = [{**event, "evidence": json.dumps(event["evidence"])} for event in events]
    return pa.Table.from_pylist(rows, schema=schema)


def inert(text: str) -> str:
    """Return a cell that no spreadsheet runs (OWASP, CSV injection)."""
    return "'" + text if text.startswith(_FORMULA) else text


def table_csv(table: pa.Table, about: About = NOTHING) -> bytes:
    """Return a table as CSV whose texts are plain and no formulas, with what it is about in its last columns."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pc_csv

    columns: dict[str, Any] = {}
    for name in table.column_names:
        column: Any = table[name]
        if pa.types.is_timestamp(column.type):
            column = pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
        elif pa.types.is_string(column.type):
            column = _inert_column(column)
        columns[name] = column
    for name, value in about.items():
        columns[name] = pa.array([inert(plain(value))] * table.num_rows, pa.string())
    out = io.BytesIO()
    pc_csv.write_csv(pa.table(columns), out)
    return out.getvalue()


def _inert_column(column: Any) -> Any:
    """Return a column of texts, each made plain and inert once however often it stands there."""
    import pyarrow as pa

    kept = column.combine_chunks().dictionary_encode()
    safe = [text if text is None else inert(plain(text)) for text in kept.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(kept.indices, pa.array(safe, pa.string())).cast(pa.string())


def as_parquet(table: pa.Table, about: About = NOTHING) -> bytes:
    """Return a table as Parquet, with what it is about in the file's metadata."""
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(dict(about)), out)
    return out.getvalue()
