"""A watch that keeps a day: what goes, what stays, what is refused, and that events after the seal are a replay's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ais.counts import reports, status
from ais.feeds.spool import Spool
from ais.fields import CLASS_A
from ais.ingest import IngestOptions, ingest
from ais.inputs import inputs_of
from ais.seal import seal_us
from ais.source import Input
from ais.store import Store
from bench.feed import _decimal, _rows, _sealed, encoded
from darkwake.case import Case
from darkwake.keep import Keep
from darkwake.watch import _MEMORY, Watch, _Taking
from detectors import detect, discover
from detectors.retention import move_seal
from soak.fresh import fresh, passing
from tests.ais.sentences import fix, said
from tests.detectors.cases import HOUR, defaults, insert, rows_of
from tests.detectors.test_scope import calm
from zones import load_zones

KINDS = {name: discover()[name]() for name in ("gap", "zone_presence")}
ZONES = load_zones()
DAY_0 = datetime(2026, 6, 1, tzinfo=UTC)
T0 = round(DAY_0.timestamp())
DAY_S = 86_400
SEALED_US = (T0 + DAY_S) * 1_000_000
ONE_DAY = Keep(hours=24, spool_hours=24 * 365)
SHIPS, EVERY_S = 40, 180


def feed(start_s: int, stop_s: int, every_s: int = EVERY_S) -> list[bytes]:
    """Lines of ships at sea: most sail to and fro, some are silent at noon, two meet in the afternoon, one lies in."""
    rng = np.random.default_rng(start_s)
    t = np.arange(T0 + start_s, T0 + stop_s, every_s).repeat(SHIPS)
    ship = np.tile(np.arange(SHIPS), len(t) // SHIPS)
    hour = (t - T0) % DAY_S / 3600
    t = t + ship % every_s
    phase = 2 * np.pi * (hour / 12 + ship / SHIPS)
    lon = 122.0 + 0.02 * ship + 0.1 * np.sin(phase) + rng.normal(0, 2e-5, len(t))
    lat = 36.0 + 0.03 * (ship % 10) + 0.1 * np.cos(phase) + rng.normal(0, 2e-5, len(t))
    speed, course = np.full(len(t), 3.0), np.degrees(np.arctan2(0.8 * np.cos(phase), -np.sin(phase))) % 360
    meeting = (ship < 2) & (hour > 14) & (hour < 18)
    pair = ship < 2  # nobody else is near where they meet
    lon[pair] = 123.2 + (0.0008 + 0.02 * np.clip(np.abs(hour[pair] - 16) - 2, 0, 8)) * (2 * ship[pair] - 1)
    lat[pair], speed[meeting] = 37.2 + rng.normal(0, 2e-5, int(pair.sum())), 0.2
    lies = ship == 2
    lon[lies], lat[lies], speed[lies] = 124.9, 38.58, 0.1
    heard = (ship % 10 != 5) | (hour < 13) | (hour > 20)
    n = int(heard.sum())
    numbers: dict[str, Any] = {name: np.zeros(n, np.int64) for name in CLASS_A.numbers}
    numbers |= {
        "msg_type": np.full(n, 1),
        "mmsi": 412_000_000 + ship[heard],
        "lon": np.rint(lon[heard] * 600_000).astype(np.int64),
        "lat": np.rint(lat[heard] * 600_000).astype(np.int64),
        "speed": np.rint(speed[heard] * 10).astype(np.int64),
        "course": np.rint(course[heard] * 10).astype(np.int64) % 3600,
        "second": t[heard] % 60,
    }
    payload, fill = encoded(CLASS_A, numbers, 168, rng)
    tags = _sealed(rb"\*", b"s:r,c:", _decimal(t[heard], 10))
    return _rows(*tags, b"\\", *_sealed(b"!*", b"AIVDM,1,1,,A,", payload, b",%d" % fill))


class Live:
    """A watch whose clock is set by hand."""

    def __init__(self, folder: Path, keep: Keep) -> None:
        self.now, self.said = DAY_0, list[str]()
        self.watch = Watch(
            folder / "live.duckdb",
            folder / "live.spool",
            [],
            ZONES,
            KINDS,
            "test",
            lambda: self.now,
            self.said.append,
            keep=keep,
        )
        self.spool = self.watch._spools["udp"] = Spool(self.watch.spool, "udp")
        case = self.watch.case
        self.store = Store.open(case) if case.exists() else fresh(case)
        self.taking = _Taking(self.watch, self.store)

    def take(self, lines: list[bytes], seconds: float, *, detects: bool = True) -> None:
        """Let lines come at a time, and all be done that is to be done with them."""
        self.now = DAY_0 + timedelta(seconds=seconds)
        for line in lines:
            self.spool.append(line, round(self.now.timestamp() * 1e6))
        self.spool.flush()
        with self.store.filling(_MEMORY):
            while self.taking._caught_up():
                if detects:
                    self.taking._detect()
                else:
                    self.taking._let_go(self.now)

    def close(self) -> None:
        """End it."""
        for follower in self.taking._followers.values():
            follower.pause()
        self.taking._followers.clear()
        self.store.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.store.con.execute(sql).fetchall()


def laws(store: Store) -> None:
    with store.reader() as reader:
        for one in reports(reader):
            assert one.lines == one.stored + one.other + one.duplicates + sum(one.rejects.values()), one


def from_seal(store: Store, sealed: int) -> list[dict[str, Any]]:
    """Events for which nothing before the seal was read, with all that is kept of them."""
    sql = "SELECT * FROM events WHERE reads_from >= make_timestamp($sealed) ORDER BY id"
    with store.reader() as reader:
        return reader.query(sql, sealed=sealed).to_pylist()


def replay(store: Store, given: Iterator[object], now: datetime) -> None:
    for one in given:
        assert isinstance(one, Input), one
        ingest(store, one, IngestOptions(), now=now)
    detect(store, ZONES, detectors=KINDS, now=now, version="test")


def test_a_day_that_is_kept_stays_a_day(tmp_path: Path) -> None:
    live = Live(tmp_path, ONE_DAY)
    sizes = []
    for stop in range(DAY_S // 2, 5 * DAY_S + 1, DAY_S // 2):
        live.take(feed(stop - DAY_S // 2, stop), stop, detects=stop > 4 * DAY_S or stop % DAY_S == 0)
        if stop % DAY_S == 0:
            live.store.checkpoint()
            sizes.append(live.watch.case.stat().st_size)
    laws(live.store)
    sealed = seal_us(live.store.con)
    assert sealed is not None
    kept = from_seal(live.store, sealed)
    passing(live.store).close()
    with passing(fresh(tmp_path / "again.duckdb")) as store:
        replay(store, inputs_of(live.watch.spool), live.now)
        assert from_seal(store, sealed) == kept
    assert {event["kind"] for event in kept} == {"gap"}
    assert len(kept) == SHIPS // 10
    assert max(sizes) <= 1.3 * sizes[0], sizes


@pytest.mark.parametrize("seed", [105, 108])
def test_events_after_the_seal_are_those_of_everything(tmp_path: Path, seed: int) -> None:
    """Rows a tenth of which come late, a seal that moves now and then, against one pass over all that was accepted."""
    rng = np.random.default_rng(seed)
    tables = rows_of(calm(seed))
    times = {name: rows["t"].to_numpy().view(np.int64) for name, rows in tables.items()}
    comes = {
        name: t + np.where(rng.random(len(t)) < 0.1, rng.uniform(0, 6 * HOUR, len(t)), 0) for name, t in times.items()
    }
    low, high = (int(edge(np.concatenate(list(comes.values())))) for edge in (np.min, np.max))
    edges = np.linspace(low, high + 1, int(rng.integers(4, 7)))
    sealed, accepted = 0, []
    with passing(fresh(tmp_path / "live.duckdb")) as store:
        for start, stop in pairwise(edges):
            batch = {
                name: rows.take(np.flatnonzero((comes[name] >= start) & (comes[name] < stop) & (times[name] >= sealed)))
                for name, rows in tables.items()
            }
            accepted.append(batch)
            insert(store, batch)
            found = detect(store, ZONES, detectors=defaults(), now=DAY_0, version="test")
            assert found.horizon is not None
            to_us = round(found.horizon.timestamp() * 1e6) - int(rng.choice([120, 200])) * HOUR
            move_seal(store, to_us, now=DAY_0, version="test")
            sealed = seal_us(store.con) or 0
        live = from_seal(store, sealed)
    with passing(fresh(tmp_path / "whole.duckdb")) as store:
        insert(store, {name: pa.concat_tables([batch[name] for batch in accepted]) for name in tables})
        detect(store, ZONES, detectors=defaults(), now=DAY_0, version="test")
        assert from_seal(store, sealed) == live
    assert len(live) > 2
    assert sealed > low


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of a small feed with copies, parts, rejects and an open silence, sealed after the first."""
    folder = tmp_path_factory.mktemp("sealed")
    live = Live(folder, ONE_DAY)
    for start, stop in pairwise(hour * 3600 for hour in (0, 6, 12, 24, 42, 48)):
        lines = feed(start, stop)[::20]
        t = T0 + stop
        lines += [line.encode() for line in said(t, "a", msg_type=5, mmsi=412_000_900, shipname="KUM PU", ship_type=70)]
        lines += [
            line.encode() for line in (fix(t, mmsi=412_000_901), fix(t + 3, mmsi=412_000_901), "!AIVDM,1,1,,A,1,0*00")
        ]
        if stop < DAY_S / 2:
            lines.append(fix(t, mmsi=412_000_902).encode())
        if stop == 42 * 3600:
            lines.append(fix(t, mmsi=412_000_906).encode())
        live.take(lines, stop, detects=stop in (DAY_S, 42 * 3600, 2 * DAY_S))
    assert seal_us(live.store.con) == SEALED_US
    live.close()
    return folder


@pytest.fixture
def sealed(two_days: Path, tmp_path: Path) -> Iterator[Live]:
    """A watch that goes on with those two days."""
    shutil.copytree(two_days, tmp_path, dirs_exist_ok=True)
    live = Live(tmp_path, ONE_DAY)
    live.now = DAY_0 + timedelta(days=2)
    yield live
    live.close()


def test_what_goes_is_counted_and_what_comes_late_is_refused(sealed: Live) -> None:
    live = sealed
    laws(live.store)
    one = live.rows("SELECT count(*) FROM sentences")[0][0]
    late = [fix(T0 + DAY_S - 1, mmsi=412_000_903), *said(T0 + 3600, "a", msg_type=5, mmsi=412_000_904, shipname="X")]
    live.take([line.encode() for line in [*late, fix(T0 + DAY_S, mmsi=412_000_905)]], 2 * DAY_S + 1)
    laws(live.store)
    with live.store.reader() as reader:
        first, *_, last = reports(reader)
        assert last.rejects["too late"] == len(late) == 3
        assert first.rejects == {"checksum": 2}
        assert status(reader)["seal"] == "2026-06-02T00:00:00Z"
    raw = live.rows("SELECT raw FROM rejects WHERE reason = 'too late' ORDER BY line")
    assert [text.decode() for (text,) in raw] == late
    assert live.rows("SELECT DISTINCT mmsi FROM positions WHERE mmsi IN (412000903, 412000905)") == [(412_000_905,)]
    assert live.rows("SELECT DISTINCT mmsi FROM identities") == [(412_000_900,)]
    before = f"t < make_timestamp({SEALED_US})"
    assert live.rows(f"SELECT max(n) FROM (SELECT count(*) AS n FROM heard WHERE {before} GROUP BY mmsi)") == [(1,)]
    assert not live.rows("SELECT 1 FROM sentences WHERE input_id = 1")
    assert one >= 1


def test_an_event_that_is_open_when_the_seal_comes_says_so(sealed: Live) -> None:
    live = sealed
    ended = live.rows("SELECT end_t, reasons FROM events WHERE kind = 'gap' AND mmsi = [412000902]")
    assert len(ended) == 1
    assert ended[0][0] is not None
    assert any("it went on at 2026-06-0" in reason for reason in ended[0][1])
    said = live.rows(
        "SELECT action FROM ledger WHERE event_id = (SELECT id FROM events WHERE kind = 'gap' AND mmsi = [412000902])"
    )
    assert said == [("new",), ("revised",)]
    fixes = live.rows("SELECT count(*) FROM positions WHERE mmsi = 412000902")
    live.take([fix(T0 + 2 * DAY_S + 60, mmsi=412_000_902).encode()], 2 * DAY_S + 60)
    assert live.rows("SELECT end_t, reasons FROM events WHERE kind = 'gap' AND mmsi = [412000902]") == ended
    assert live.rows("SELECT count(*) FROM positions WHERE mmsi = 412000902") == [(fixes[0][0] + 1,)]


def test_a_sealed_case_is_verified_as_far_as_it_goes(sealed: Live) -> None:
    live = sealed
    live.close()
    case = Case(live.watch.case)
    done = case.verify()
    assert not done.differences, [one.text for one in done.differences]
    assert any("seal of 2026-06-02 00:00" in note for note in done.notes)
    assert done.events > 0
    with Store.open(case.path) as store:
        store.con.execute("UPDATE events SET score = 0.99 WHERE reads_from = (SELECT max(reads_from) FROM events)")
        store.con.execute("UPDATE ledger SET event = replace(event, '0.2', '0.3') WHERE action = 'new'")
    assert case.verify().counts.keys() == {"events", "ledger"}
    case.forget("live.spool/udp/2026-06-01.nmea")
    assert case.status()["seal"] is not None
    assert {one["name"] for one in case.status()["inputs"]} == {
        "live.spool/udp/2026-06-02.nmea",
        "live.spool/udp/2026-06-03.nmea",
    }
    with Store.open(case.path) as store:
        laws(store)
        assert store.con.execute(
            "SELECT count(*) FROM events WHERE kind = 'gap' AND mmsi = [412000902]"
        ).fetchall() == [(1,)]


def test_days_of_the_spool_go_with_the_data_or_by_their_own_age(tmp_path: Path) -> None:
    for name, keep, left in (("data", Keep(hours=24), 2), ("own", Keep(spool_hours=48), 3), ("all", Keep(), 4)):
        (tmp_path / name).mkdir()
        live = Live(tmp_path / name, keep)
        for stop in range(DAY_S // 2, 4 * DAY_S, DAY_S):
            live.take(
                [fix(T0 + stop - 60 * n, mmsi=412_000_001).encode() for n in range(9, -1, -1)], stop, detects=False
            )
        assert len(live.spool.files()) == left
        laws(live.store)
        passing(live.store).close()


def test_the_size_that_is_kept_moves_the_seal(tmp_path: Path) -> None:
    live = Live(tmp_path, Keep(size=4_000_000))
    for stop in range(6 * 3600, 2 * DAY_S, 6 * 3600):
        live.take(feed(stop - 6 * 3600, stop, 60), stop, detects=False)
    assert live.watch.case.stat().st_size < 6_000_000
    assert (T0 + DAY_S // 2) * 1_000_000 < (seal_us(live.store.con) or 0) < (T0 + 2 * DAY_S) * 1_000_000
    laws(live.store)
    passing(live.store).close()


def test_what_to_keep_is_said_in_days_and_bytes() -> None:
    assert Keep.of("30d", "20GB", "8w") == Keep(720, 20_000_000_000, 1344)
    assert Keep.of(None, None, None) == Keep()
    for age, size, spool in (("30", None, None), (None, "20", None), (None, None, "0d")):
        with pytest.raises(ValueError, match="is not understood; write it like"):
            Keep.of(age, size, spool)
