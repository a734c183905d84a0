"""A spool that grows is the input that it becomes: rows, counts, raw lines and events, however it came and was cut."""

from __future__ import annotations

import hashlib
import math
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest

from ais.counts import reports
from ais.feeds.follow import Follower, Growing
from ais.feeds.spool import Spool, packed
from ais.ingest import IngestOptions, ingest
from ais.inputs import inputs_of
from ais.sentences import blocks
from ais.source import Input
from ais.store import Store
from darkwake.case import Case
from darkwake.watch import LAST_TAKE_S, Watch, _Taking
from detectors import detect, discover, read_events, to_json
from soak.alike import differences, prints
from soak.fresh import fresh, passing
from tests.test_any_split import feed
from zones import load_zones

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NOW_US = round(NOW.timestamp() * 1e6)
KINDS, SEAS = {name: kind() for name, kind in discover().items()}, load_zones()


def found(store: Store) -> str:
    detect(store, SEAS, detectors=KINDS, now=NOW, version="test")
    with store.reader() as reader:
        return to_json(read_events(reader))


@pytest.mark.parametrize("seed", [1])
def test_events_are_those_of_the_whole_spool(tmp_path: Path, seed: int) -> None:
    """Lines of one or more feeds in random pieces, with detection in between and the process started anew."""
    rng, random = np.random.default_rng(1_000 + seed), Random(seed)
    messages = feed(rng)
    if seed % 2:
        messages = [messages[i] for i in rng.permutation(len(messages))]
    spools = [Spool(tmp_path / "spool", name) for name in ("a", "b")[: 1 + seed % 3 % 2]]
    store = fresh(tmp_path / "live.duckdb")
    followers: dict[Path, Follower] = {}

    def catch_up() -> None:
        for spool in spools:
            for path in spool.files():
                if path not in followers:
                    followers[path] = Follower(store, Growing(path, f"{spool.name}/{path.name}"), NOW)
                followers[path].growing.end = spool.flushed(path)
                while followers[path].step():
                    pass

    for message in messages:
        spool = random.choice(spools)
        for line in message:
            spool.append(line.encode(), NOW_US)
        if random.random() < 0.02:
            spool.flush()
            catch_up()
            if random.random() < 0.2:
                found(store)
            if random.random() < 0.3:
                store.close()
                store = Store.open(tmp_path / "live.duckdb")
                followers.clear()
    for spool in spools:
        spool.flush()
    catch_up()
    live = found(store)
    for follower in followers.values():
        follower.finish()
    with store.reader() as reader:
        counted = [(one.name, one.lines, one.stored, one.duplicates, one.rejects) for one in reports(reader)]
        whole = {b"".join(raw for _, raw in blocks(reader, number)) for number in range(1, len(spools) + 1)}
        assert whole == {path.read_bytes() for spool in spools for path in spool.files()}
    passing(store).close()
    with passing(fresh(tmp_path / "replay.duckdb")) as replay:
        again = []
        for spool in spools:
            (path,) = spool.files()
            report = ingest(replay, path, IngestOptions(), now=NOW)
            again.append((f"{spool.name}/{path.name}", report.lines))
        assert found(replay) == live
        with replay.reader() as reader:
            assert [one[1:] for one in sorted(counted)] == [
                (one.lines, one.stored, one.duplicates, one.rejects) for one in reports(reader)
            ]
    assert live.count('"kind"') > 2


def test_a_follower_that_starts_anew_goes_on(tmp_path: Path) -> None:
    lines = [line for message in feed(np.random.default_rng(5)) for line in message]
    spool, cuts = Spool(tmp_path, "udp"), (0, 200, 201, 700, len(lines))
    seen = {}
    for name, restarts in (("once", False), ("anew", True)):
        for path in spool.files():
            path.unlink()
        spool = Spool(tmp_path, "udp")
        case = tmp_path / f"{name}.duckdb"
        store = fresh(case)
        follower = None
        for start, end in pairwise(cuts):
            for line in lines[start:end]:
                spool.append(line.encode(), NOW_US)
            spool.flush()
            (path,) = spool.files()
            if follower is None or restarts:
                store.close()
                store = Store.open(case)
                follower = Follower(store, Growing(path, "udp"), NOW)
            follower.growing.end = spool.flushed(path)
            assert follower.step()
            assert not follower.step()
        assert follower is not None
        follower.finish()
        store.close()
        seen[name] = prints(case)
    assert differences(tmp_path / "anew.duckdb", seen["once"]) == []


def test_raw_lines_are_packed_when_there_are_many_or_nothing_comes(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "udp")
    with passing(fresh(tmp_path / "case.duckdb")) as store:
        follower = None
        for number, kept in enumerate(([], [], [3], [3])):
            spool.append(b"$GPGGA,1*00", NOW_US)
            spool.flush()
            (path,) = spool.files()
            follower = follower or Follower(store, Growing(path, "udp"), NOW)
            follower.growing.end = spool.flushed(path)
            assert follower.step()
            if number == 2:
                follower.pause()
                follower.pause()
            with store.reader() as reader:
                assert [raw.count(b"\n") for _, raw in blocks(reader, 1)] == kept


def test_a_day_is_whole_once_the_next_has_begun(tmp_path: Path) -> None:
    lines = [line for message in feed(np.random.default_rng(5)) for line in message]
    said: list[str] = []
    watch = Watch(tmp_path / "case.duckdb", tmp_path, [], SEAS, KINDS, "test", lambda: NOW, said.append)
    spool = watch._spools["udp"] = Spool(tmp_path, "udp")
    for number, day in enumerate((0, 1, 0)):  # the clock is set back at last
        for line in lines[number::3]:
            spool.append(line.encode(), NOW_US + day * 86_400_000_000)
    spool.flush()
    with fresh(watch.case) as store:
        taking = _Taking(watch, store)
        assert taking._caught_up()
        assert not taking._caught_up()
        assert not _Taking(watch, store)._caught_up()  # a process that starts anew
        with store.reader() as reader:
            first, second = reports(reader)
        assert (first.complete, second.complete) == (True, False)
        assert first.lines + second.lines == len(lines)
        path, other = spool.files()
        assert first.sha256 == hashlib.sha256(packed(path).read_bytes()).hexdigest()
        assert not path.exists()
        assert other.read_bytes().count(b"\n") == second.lines == len(lines[1::3]) + len(lines[2::3])
    done = Case(watch.case).verify()
    assert not done.differences
    assert done.inputs == 1


COLUMNS = "name, sha256, bytes, plain_sha256, format, lines, other, first_t, last_t"


@pytest.mark.parametrize("broken", ["nothing", "begun", "renamed", "kept"])
def test_a_packed_day_is_the_input_that_a_replay_finds(tmp_path: Path, broken: str) -> None:
    """Whatever a kill left: a half-written packed file, or both files, the case having the day or not."""
    lines = [line.encode() for message in feed(np.random.default_rng(5)) for line in message]
    folder, said = tmp_path / "sea.spool", list[str]()
    spool = Spool(folder, "udp")
    for number, day in enumerate((0, 1)):
        for line in lines[number::2]:
            spool.append(line, NOW_US + day * 86_400_000_000)
    spool.flush()
    path, _ = spool.files()
    plain = path.read_bytes()
    if broken == "begun":
        path.with_name(f".{path.name}.zst.new").write_bytes(b"half")
    elif broken == "renamed":
        spool.pack(path, lambda: False)
    watch = Watch(tmp_path / "case.duckdb", folder, [], SEAS, KINDS, "test", lambda: NOW, said.append)
    watch._spools["udp"] = spool
    with passing(fresh(watch.case)) as store:
        assert _Taking(watch, store)._caught_up()
        if broken == "kept":  # the case has the day, and the plain file did not go
            path.write_bytes(plain)
        _Taking(watch, store)._caught_up()
        live = store.con.execute(f"SELECT {COLUMNS} FROM inputs WHERE complete").fetchall()
        with store.reader() as reader:
            (first, _) = reports(reader)
    assert [one.name for one in spool.folder.iterdir() if one.name.startswith(path.name)] == [packed(path).name]
    with passing(fresh(tmp_path / "again.duckdb")) as store:
        for one in inputs_of(folder):
            assert isinstance(one, Input)
            ingest(store, one, IngestOptions(), now=NOW)
        with store.reader() as reader:
            same = reports(reader)[0]
        assert (same.stored, same.duplicates, same.rejects) == (first.stored, first.duplicates, first.rejects)
        again = store.con.execute(f"SELECT {COLUMNS} FROM inputs WHERE name = ?", [first.name]).fetchall()
    assert first.name == f"sea.spool/udp/{path.name}"
    assert again == [(*live[0][:4], "nmea", *live[0][5:])]
    spool.unpack(path)
    assert path.read_bytes() == plain
    left_out = [str(one) for one in inputs_of(folder) if not isinstance(one, Input)]
    assert len(left_out) == 1
    assert "lies beside it" in left_out[0]


def test_a_packed_day_that_the_case_lacks_is_taken_in(tmp_path: Path) -> None:
    lines = [line.encode() for message in feed(np.random.default_rng(5)) for line in message]
    spool = Spool(tmp_path / "spool", "udp")
    for number, day in enumerate((0, 1)):
        for line in lines[number::2]:
            spool.append(line, NOW_US + day * 86_400_000_000)
    spool.flush()
    path, _ = spool.files()
    done = spool.pack(path, lambda: False)
    assert done is not None
    assert spool.pack(path, lambda: True) is None
    spool.settle(path)
    watch = Watch(tmp_path / "a.duckdb", tmp_path / "spool", [], SEAS, KINDS, "test", lambda: NOW, print)
    watch._spools["udp"] = spool
    with passing(fresh(watch.case)) as store:
        _Taking(watch, store)._caught_up()
        rows = store.con.execute("SELECT complete, sha256, bytes, lines FROM inputs ORDER BY id").fetchall()
    assert rows == [(True, *done[:2], len(lines[::2])), (False, "", 0, len(lines[1::2]))]
    assert not path.exists()


def test_what_a_watch_does_not_come_to_waits_for_the_next(tmp_path: Path) -> None:
    lines = [line.encode() for message in feed(np.random.default_rng(5)) for line in message]
    spool = Spool(tmp_path / "spool", "udp")
    for line in lines:
        spool.append(line, NOW_US)
    spool.flush()
    watch = Watch(tmp_path / "a.duckdb", tmp_path / "spool", [], SEAS, KINDS, "test", lambda: NOW, print)
    watch._spools["udp"] = spool
    with passing(fresh(watch.case)) as store:
        taking = _Taking(watch, store)
        watch._told_at = time.monotonic() - LAST_TAKE_S
        assert not taking._caught_up()
        assert taking._left_bytes() == sum(len(line) + 1 for line in lines)
        watch._told_at = math.inf
        assert taking._caught_up()
        assert not taking._left_bytes()
        with store.reader() as reader:
            assert [one.lines for one in reports(reader)] == [len(lines)]
