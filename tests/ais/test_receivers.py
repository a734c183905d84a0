"""Receivers' clocks: who is wrong, by how much, by whose word; and how it is put right."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ais.receivers import clock_errors
from ais.store import Store
from tests.ais.sentences import T0, Take, fix, rows, said


def base(t: int, late_s: int, station: str, mmsi: int = 4403001, sent_by: int = 0) -> list[str]:
    """A report of a base station, received by a clock that is late by so much; the station's own may be off too."""
    own = datetime.fromtimestamp(t + sent_by, UTC)
    moment = {"year": own.year, "month": own.month, "day": own.day, "hour": own.hour, "minute": own.minute}
    return said(t + late_s, station, msg_type=4, mmsi=mmsi, lon=125.0, lat=38.0, second=own.second, **moment)


def ship(late_s: dict[str, int], count: int = 20) -> list[str]:
    """Reports of a moving ship, each heard by several receivers."""
    return [
        fix(T0 + 60 * i + late, station=name, lon=125 + i / 1000, speed=9.0, second=(T0 + 60 * i) % 60)
        for i in range(count)
        for name, late in late_s.items()
    ]


def errors(store: Store) -> list[tuple[str | None, float, str, int]]:
    with store.reader() as reader:
        return [(one.station, one.ahead_s, one.against, one.witnesses) for one in clock_errors(reader)]


def test_base_stations_tell_whose_clock_is_wrong(store: Store, take: Take) -> None:
    stations = [(4403001, 0), (4403002, 0), (4403003, 7200)]  # the third is wrong itself
    lines = [
        line
        for i in range(10)
        for mmsi, sent_by in stations
        for station, late in (("good", 1), ("late", 45))
        for line in base(T0 + 60 * i, late, station, mmsi, sent_by)
    ]
    take(lines)
    assert errors(store) == [("late", 45.0, "base stations", 3)]


def test_other_receivers_tell_it_by_majority(store: Store, take: Take) -> None:
    take(ship({"a": 0, "b": 1, "c": -3600}))
    assert errors(store) == [("c", pytest.approx(-3600, abs=1), "other receivers", 2)]


def test_of_two_receivers_base_stations_have_the_last_word(store: Store, take: Take) -> None:
    lines = ship({"a": 0, "b": 50})
    take(lines, "ships.nmea")
    assert [station for station, *_ in errors(store)] == ["a", "b"]
    take([*lines, *(line for i in range(6) for line in base(T0 + 60 * i, 0, "a"))], "more.nmea")
    with store.reader() as reader:
        assert [one.station for one in clock_errors(reader, 2)] == ["b"]


def test_good_clocks_and_few_reports_are_not_reported(store: Store, take: Take) -> None:
    take(ship({"a": 0, "b": 20}), "good.nmea")
    take([line for i in range(4) for line in base(T0 + 60 * i, 90, "few")], "few.nmea")
    assert errors(store) == []


def test_an_offset_puts_it_right(store: Store, take: Take) -> None:
    take(ship({"a": 0}), "a.nmea")
    take(ship({"b": 45}), "b.nmea", clock_offset_s=-45.0)
    assert errors(store) == []
    assert rows(store, "SELECT DISTINCT clock_offset_s FROM inputs ORDER BY 1") == [(-45.0,), (0.0,)]
    assert rows(store, "SELECT count(*) FROM position_copies") == [(20,)]  # the same reports, now at the same times
    assert rows(store, "SELECT epoch_ms(min(t)) // 1000 FROM positions") == [(T0,)]
