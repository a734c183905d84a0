"""What every detector must keep, whichever file of the package defines it."""

import dataclasses
import json

import numpy as np
import pyarrow as pa
import pytest

from ais.store import Store
from detectors import SettingError, detect, discover, read_events, to_json
from detectors.event import JSON_KEYS
from tests.detectors.cases import NOW, defaults, insert, rows_of, still
from tests.detectors.test_scope import calm, traffic

NAMES = sorted(discover())


def run(path, zones, name, batches):
    with Store.open(path) as store:
        for batch in batches:
            insert(store, batch)
        detect(store, zones, detectors=defaults(name), now=NOW, version="test")
        return read_events(store.reader())


@pytest.mark.parametrize("name", NAMES)
def test_is_one_documented_frozen_dataclass(name):
    kind = discover()[name]
    assert kind.__doc__
    assert "Score" in kind.__doc__
    assert dataclasses.fields(kind)
    for field in dataclasses.fields(kind):
        assert field.metadata["doc"], field.name
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind().memory_h = 1.0


def test_a_kind_has_one_owner():
    kinds = [kind for detector in discover().values() for kind in detector.kinds]
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_nothing_out(tmp_path, zones, name):
    assert run(tmp_path / "a.duckdb", zones, name, []) == []


@pytest.mark.parametrize("name", NAMES)
def test_one_row_is_no_trouble(tmp_path, zones, name):
    events = run(tmp_path / "a.duckdb", zones, name, [rows_of([still(412000101, 124.9, 38.58, 0, 0)])])
    # one fix inside lines is a presence; it makes no silence and no meeting
    assert {event["kind"] for event in events} == ({"zone_presence"} if name == "zone_presence" else set())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", [traffic, calm])
def test_order_of_rows_is_nothing(tmp_path, zones, name, make):
    tables = rows_of(make(7))
    rng = np.random.default_rng(0)
    mixed = {key: rows.take(pa.array(rng.permutation(rows.num_rows))) for key, rows in tables.items()}
    first = run(tmp_path / "a.duckdb", zones, name, [tables])
    assert to_json(first) == to_json(run(tmp_path / "b.duckdb", zones, name, [mixed]))
    assert first


@pytest.mark.parametrize("name", NAMES)
def test_a_row_said_twice_is_nothing(tmp_path, zones, name):
    # The store drops true duplicates; a detector must stand two fixes of one instant all the same.
    tables = rows_of(traffic(7))
    once = run(tmp_path / "a.duckdb", zones, name, [tables])
    twice = run(tmp_path / "b.duckdb", zones, name, [tables, {"positions": tables["positions"]}])

    def core(events):
        return [(e["kind"], e["mmsi"], e["start"], e["end"]) for e in events]

    assert core(once) == core(twice)


@pytest.mark.parametrize("name", NAMES)
def test_nulls_are_no_trouble(tmp_path, zones, name):
    ships = traffic(7)
    for ship in ships:
        ship.sog_kn, ship.nav_status = None, None
    events = run(tmp_path / "a.duckdb", zones, name, [rows_of(ships)])
    assert events
    for event in events:  # what is unknown is null, never NaN
        json.dumps(event, allow_nan=False, default=str)


@pytest.mark.parametrize("name", NAMES)
def test_events_keep_their_form(tmp_path, zones, name):
    for event in run(tmp_path / "a.duckdb", zones, name, [rows_of(traffic(7))]):
        assert tuple(event) == JSON_KEYS
        assert event["kind"] in discover()[name].kinds
        assert event["mmsi"] == sorted(event["mmsi"])
        assert 0 <= event["score"] <= 1
        assert event["end"] is None or event["end"] > event["start"]
        assert event["reasons"]
        assert all(zone in zones for zone in event["zones"])


# Zones do not move with the ships; test_zone_presence.py crosses 180 degrees in its own zone.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "zone_presence"])
@pytest.mark.parametrize("shift", [55.1, 180.0 - 124.9, -124.9])
def test_no_seam_in_longitude(tmp_path, zones, name, shift):
    """The same ships elsewhere on their parallel: the seam at 180 degrees and the prime meridian change nothing."""
    ships = [ship for ship in traffic(11) if len(ship.minutes)]
    lat = 10.0  # open ocean at either place, without a port or zone

    def at(lon_shift):
        moved = [
            dataclasses.replace(s, lat=s.lat - 38.58 + lat, lon=(s.lon + lon_shift + 180) % 360 - 180) for s in ships
        ]
        folder = tmp_path / f"{lon_shift}"
        folder.mkdir(exist_ok=True)
        return [
            (e["kind"], e["mmsi"], e["start"], e["end"])
            for e in run(folder / "a.duckdb", zones, name, [rows_of(moved)])
        ]

    assert sorted(at(shift)) == sorted(at(-160.0))


@pytest.mark.parametrize("name", NAMES)
def test_midnight_is_no_seam(tmp_path, zones, name):
    ships = traffic(11)

    def at(hours):
        moved = [
            dataclasses.replace(s, minutes=s.minutes + hours * 60, talks=[t + hours * 60 for t in s.talks])
            for s in ships
        ]
        path = tmp_path / f"{hours}.duckdb"
        events = run(path, zones, name, [rows_of(moved)])
        return [(e["kind"], e["mmsi"], e["start"].timestamp() - hours * 3600) for e in events]

    assert sorted(at(0)) == sorted(at(24)) == sorted(at(48))


def test_settings_that_make_no_sense_are_refused(tmp_path, zones):
    gap = discover()["gap"]
    with Store.open(tmp_path / "a.duckdb") as store:
        for wrong in (gap(min_hours=-1.0), gap(min_hours=float("nan"))):
            with pytest.raises(SettingError, match=r"gap\.min_hours"):
                detect(store, zones, detectors={"gap": wrong}, now=NOW, version="test")
