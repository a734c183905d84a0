"""Tracks and zones for other programs: tables for CSV and Parquet, and GeoJSON (RFC 7946).

A line of GeoJSON joins received positions of one ship, and breaks where more than UNHEARD_S lies between two of them
and at 180 degrees; doubted fixes and those of another ship with the same number are in no line, and counted. The tables
hold every position, with its doubts as the bits of `ais.flags`.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ais.reader import Reader
from detectors.event import iso_all
from maps.tracks import FIRST_US, LAST_US, UNHEARD_S
from zones import ZoneSet
from zones.show import zone_json

_TRACKS = """
SELECT p.mmsi, p.t, p.lon, p.lat, p.sog_kn, p.cog_deg, p.heading_deg, p.nav_status, coalesce(m.flags, 0) AS flags,
    p.station, i.name AS input, p.line
FROM positions AS p JOIN inputs AS i ON i.id = p.input_id
LEFT JOIN marks AS m ON m.mmsi = p.mmsi AND m.t = p.t AND m.input_id = p.input_id AND m.line = p.line
WHERE (len($ships::BIGINT[]) = 0 OR list_contains($ships::BIGINT[], p.mmsi))
    AND p.t BETWEEN make_timestamp($from_us) AND make_timestamp($to_us)
ORDER BY p.mmsi, p.t, p.input_id, p.line
"""


def tracks_table(
    reader: Reader, ships: Sequence[int] = (), *, from_us: int = FIRST_US, to_us: int = LAST_US
) -> pa.Table:
    """Return every position of these ships (all if there are none) in a span; times are UTC."""
    rows = reader.query(_TRACKS, ships=list(ships), from_us=from_us, to_us=to_us)
    place = rows.schema.get_field_index("t")
    return rows.set_column(place, "t", rows["t"].cast(pa.timestamp("us", "UTC")))


def tracks_geojson(table: pa.Table, names: Mapping[int, str], about: Mapping[str, str]) -> str:
    """Return the tracks of a table as a FeatureCollection: a feature for each unbroken run of a ship's positions."""
    mmsi, lon, lat = (np.asarray(table[name].to_numpy()) for name in ("mmsi", "lon", "lat"))
    t_us = np.asarray(table["t"].cast(pa.int64()).to_numpy())
    sure = np.asarray(table["flags"].to_numpy()) == 0
    edges = np.flatnonzero(np.diff(mmsi, prepend=-1, append=-1)) if len(mmsi) else np.empty(0, dtype=np.int64)
    features: list[dict[str, object]] = []
    for first, end in pairwise(edges.tolist()):
        rows = first + np.flatnonzero(sure[first:end])
        said = {"mmsi": int(mmsi[first]), "name": names.get(int(mmsi[first])), "left_out": end - first - len(rows)}
        features += [_run(run, said, t_us, lon, lat) for run in _runs(rows, t_us, lon)]
    return json.dumps({"type": "FeatureCollection", **about, "features": features}, ensure_ascii=False)


def _runs(
    rows: npt.NDArray[np.int64], t_us: npt.NDArray[np.int64], lon: npt.NDArray[np.float64]
) -> list[npt.NDArray[np.int64]]:
    """Return rows in runs without a silence and on one side of 180 degrees."""
    broken = (np.diff(t_us[rows]) > UNHEARD_S * 1_000_000) | (np.abs(np.diff(lon[rows])) > 180)
    return [run for run in np.split(rows, np.flatnonzero(broken) + 1) if len(run)]


def _run(
    run: npt.NDArray[np.int64],
    said: Mapping[str, object],
    t_us: npt.NDArray[np.int64],
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
) -> dict[str, object]:
    places = np.stack([lon[run], lat[run]], axis=1).tolist()
    shape = {"type": "LineString", "coordinates": places} if len(places) > 1 else _point(places[0])
    return {"type": "Feature", "geometry": shape, "properties": {**said, "times": iso_all(t_us[run])}}


def _point(place: list[float]) -> dict[str, object]:
    return {"type": "Point", "coordinates": place}


def zones_geojson(zones: ZoneSet, about: Mapping[str, str]) -> str:
    """Return zones as a FeatureCollection that `darkwake detect --zones` takes."""
    features = [zone_json(zone) for zone in zones.zones]
    for feature in features:
        feature["properties"]["id"] = feature["id"]
    return json.dumps({"type": "FeatureCollection", **about, "features": features}, ensure_ascii=False)


def zones_table(zones: ZoneSet) -> pa.Table:
    """Return zones as a table: lists are JSON, and so is the geometry."""
    rows = []
    for zone in zones.zones:
        feature = zone_json(zone)
        shown = {
            key: json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
            for key, value in feature["properties"].items()
        }
        rows.append({"id": zone.id, **shown, "geometry": json.dumps(feature["geometry"])})
    return pa.Table.from_pylist(rows)
