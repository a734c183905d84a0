"""`darkwake watch` as a process: real sockets, signals and kills; its events are those of a run on its spool."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as websocket_server

from soak.forked import Forks
from tests.ais.sentences import said
from tests.front.front_door import Run
from tests.front.watches import (
    GPSD,
    SECONDS,
    drained,
    events,
    found_by,
    free_port,
    replayed,
    run,
    same_as_a_run,
    sentences,
    spooled,
    spooled_lines,
    taken,
    until,
    watching,
)
from tests.test_any_split import T0, feed

FAILING = """
from ais.feeds.follow import Follower
from ais.store import CaseError
step, calls = Follower.step, []
def failing(self):
    if self.growing.end:
        calls.append(self)
        if len(calls) == 1:
            raise CaseError("the disk of the case is full")
    return step(self)
Follower.step = failing
"""  # the first time that a batch is to be taken in, the case fails

SLOW = """
import sys
import darkwake.watch as watch
from detectors.gap import Gap
watch.END_S, watch.LAST_TAKE_S = 0.5, 0.3
def find(self, view, find=Gap.find):
    if view.con.execute("SELECT count(*) FROM positions").fetchall()[0][0]:
        print("it takes long", file=sys.stderr, flush=True)
        view.con.execute("SELECT count(DISTINCT hash(range)) FROM range(1_000_000_000_000)")
    return find(self, view)
Gap.find = find
"""  # one detector takes hours

KILLED = """
import os, signal, detectors
detect = detectors.detect
def killed(store, *given, **more):
    if store.con.execute("FROM positions LIMIT 1").fetchall():
        os.kill(os.getpid(), signal.SIGKILL)
    return detect(store, *given, **more)
detectors.detect = killed
"""  # at the first detection with something to look at


@pytest.fixture
def sent() -> list[str]:
    rng = np.random.default_rng(77)
    messages = feed(rng)
    return [line for i in rng.permutation(len(messages)) for line in messages[i]]


def test_feeds_over_sockets_are_found_as_a_replay_finds_them(
    cli: Run, forks: Forks, tmp_path: Path, sent: list[str]
) -> None:
    """A server that hangs up in the middle of a line, a sender that connects, datagrams; copies among them."""
    third = len(sent) // 3
    udp, listen = free_port(socket.SOCK_DGRAM), free_port()
    with socket.create_server(("127.0.0.1", 0)) as server:
        tcp = server.getsockname()[1]
        sources = [f"tcp://127.0.0.1:{tcp}", f"tcp-listen://127.0.0.1:{listen}", f"udp://127.0.0.1:{udp}"]
        with watching(forks, tmp_path, *sources, all_threads=True) as process:
            client, _ = server.accept()
            with client:
                client.sendall("".join(f"{line}\r\n" for line in sent[:third])[:-20].encode())
            client, _ = server.accept()  # it comes again
            with client:
                client.sendall("".join(f"{line}\n" for line in sent[third - 1 : 2 * third]).encode())
                with socket.create_connection(("127.0.0.1", listen)) as sender:
                    sender.sendall("".join(f"{line}\n" for line in sent[2 * third :]).encode())
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    for line in sent[::7]:
                        sender.sendto(f"{line}\n".encode(), ("127.0.0.1", udp))
                        time.sleep(0.0005)
                count = third + (2 * third - third + 1) + len(sent) - 2 * third + len(sent[::7])
                until("all lines in the spool", lambda: spooled(tmp_path) >= count)
                assert cli("status", "--case", tmp_path / "live.duckdb").code == 0  # while it is written to
                log = drained(process)
    assert "closed by the other side" in log
    found = events(cli, tmp_path / "live.duckdb")
    assert found == run(cli, tmp_path / "live.spool")
    assert len(json.loads(found)) > 2
    assert "may grow" in cli("status", "--case", tmp_path / "live.duckdb").out


def test_a_feed_that_goes_silent_is_an_outage_and_no_ships_gap(forks: Forks, tmp_path: Path) -> None:
    """It is lost for seven hours of the data's time, while another goes on; one of its ships is not heard again."""

    def heard(station: str, ships: int, *spells: tuple[int, int]) -> str:
        steps = sorted(minute for low, high in spells for minute in range(low, high, 4))
        told = ((T0 + 60 * m + k, k) for m in steps for k in range(ships))
        base, lon = (412000500, 150.0) if station == "north" else (445000500, 160.0)
        lines = (
            said(t, station, mmsi=base + k, lon=lon + 0.1 * k, lat=30.0, speed=9.0, second=t % 60) for t, k in told
        )
        return "".join(f"{line}\n" for message in lines for line in message)

    parts = (heard("north", 4, (0, 120)), (0, 540)), (heard("north", 3, (540, 660)), (540, 668))
    server = socket.create_server(("127.0.0.1", 0))
    with server, watching(forks, tmp_path, f"tcp://127.0.0.1:{server.getsockname()[1]}", "-") as process:
        for north, south in parts:
            client, _ = server.accept()
            with client:
                client.sendall(north.encode())
                process.give(heard("south", 1, south))
        until("all lines in the spool", lambda: spooled(tmp_path) >= 30 * 4 + 30 * 3 + 167)
        drained(process)
    found = found_by(tmp_path / "live.duckdb")
    assert found == replayed(tmp_path / "live.spool")
    (outage,) = [event for event in json.loads(found) if event["kind"] in ("outage", "gap")]
    assert (outage["kind"], outage["evidence"]["source"], outage["evidence"]["hours"]) == ("outage", "north", 7.07)


def test_a_watch_that_is_killed_goes_on(forks: Forks, tmp_path: Path, sent: list[str]) -> None:
    given = tmp_path / "given.nmea"
    given.write_text("".join(f"{line}\n" for line in sent))
    half = len(sent) // 2
    with watching(forks, tmp_path, "-", f"file:{given}?speed=1") as process:
        process.give("".join(f"{line}\n" for line in sent[:half]))
        process.says("up to")
        process.kill()
    with watching(forks, tmp_path, "-", f"file:{given}") as process:
        process.give("".join(f"{line}\n" for line in sent[half:]))
        process.give_end()
        assert process.ended(SECONDS)  # both sources end, and with them the watch
        assert process.code == 0, process.log
        assert not process.out
    assert same_as_a_run(tmp_path) == replayed(given)


def test_what_was_taken_in_before_a_kill_is_looked_at(forks: Forks, tmp_path: Path, sent: list[str]) -> None:
    given = tmp_path / "given.nmea"
    given.write_text("".join(f"{line}\n" for line in sent))
    for code, left in ((KILLED, -9), (KILLED, -9), ("", 0)):  # nothing is left to be read when the last one begins
        with watching(forks, tmp_path, f"file:{given}", code=code) as process:
            assert process.ended(SECONDS)
            assert process.code == left, process.log
    assert "on from byte" in process.log
    assert found_by(tmp_path / "live.duckdb") == replayed(given)


@pytest.mark.skipif(GPSD is None, reason="gpsd is missing")
def test_gpsd_is_a_source(cli: Run, forks: Forks, tmp_path: Path) -> None:
    lines = "!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\r\n" * 3
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        command = [str(GPSD), "-N", "-n", "-S", str(port), f"tcp://127.0.0.1:{receiver.getsockname()[1]}"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as daemon:
            try:
                client, _ = receiver.accept()
                with client, watching(forks, tmp_path, f"gpsd://127.0.0.1:{port}") as process:
                    process.says("connected")

                    def heard() -> bool:
                        client.sendall(lines.encode())
                        return any(b"!AIVDM" in path.read_bytes() for path in tmp_path.glob("live.spool/*/*.nmea"))

                    until("a sentence in the spool", heard)
                    drained(process)
            finally:
                daemon.terminate()
    ships = json.loads(cli("status", "--case", tmp_path / "live.duckdb", "--json").out)["vessels"]
    assert ships == 1


def test_a_websocket_that_breaks_off_talks_rubbish_and_comes_again(
    forks: Forks, tmp_path: Path, sent: list[str]
) -> None:
    """Closed by 1011, cut without a word (1006), then a good one; the server is told key and box each time."""
    third, hellos = len(sent) // 3, []

    def serve(connection: ServerConnection) -> None:
        hellos.append(json.loads(connection.recv()))
        number = len(hellos) - 1
        if number == 0:
            connection.send(b"\0\xff rubbish\n")
            connection.send("\n".join(sent[:third]))
            connection.close(1011, "overloaded")
        elif number == 1:
            connection.send("\n".join(sent[third : 2 * third]))
            connection.socket.shutdown(socket.SHUT_RDWR)
        else:
            connection.send("\n".join(sent[2 * third :]))
            with contextlib.suppress(ConnectionClosed):
                connection.recv()

    with websocket_server(serve, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"aisstream+ws://127.0.0.1:{server.socket.getsockname()[1]}/v0/stream"
        with watching(forks, tmp_path, address, "--only", "gap", key="secret") as process:
            until("all lines in the spool", lambda: spooled(tmp_path) == len(sent) + 1)
            log = drained(process)
        server.shutdown()
        thread.join()
    assert "1011" in log
    assert [one["APIKey"] for one in hellos] == ["secret"] * 3
    ((south, west), (north, east)) = hellos[0]["BoundingBoxes"][0]
    assert south < 37.5 < 39 < north
    assert west < 124 < 128 < east
    assert "secret" not in log
    assert sentences(sent) < sentences(spooled_lines(tmp_path, "aisstream"))


def test_json_over_a_socket(cli: Run, forks: Forks, tmp_path: Path) -> None:
    line = '{"class":"AIS","device":"x","channel":"A","type":1,"mmsi":440000001,"lon":124.5,"lat":38.1,"speed":0.1}'
    port = free_port()
    with watching(forks, tmp_path, f"tcp-listen://127.0.0.1:{port}") as process:
        process.says("listening")
        with socket.create_connection(("127.0.0.1", port)) as sender:
            sender.sendall(f"{line}\n$GPGGA,1*00\n{line[:50]}\n".encode())
        until("three lines in the spool", lambda: spooled(tmp_path) == 3)
        drained(process)
    inputs = json.loads(cli("status", "--case", tmp_path / "live.duckdb", "--json").out)["inputs"]
    assert [(one["name"][-4:], one["lines"], one["positions"]) for one in inputs] == [("json", 2, 1), ("nmea", 1, 0)]


def test_a_case_that_fails_is_opened_again(forks: Forks, tmp_path: Path, sent: list[str]) -> None:
    with watching(forks, tmp_path, "-", code=FAILING) as process:
        process.give("".join(f"{line}\n" for line in sent))
        process.says("the disk of the case is full; it is tried again")
        until("all lines in the case", lambda: taken(tmp_path) == len(sent))
        drained(process)
    same_as_a_run(tmp_path)


def test_a_watch_that_is_told_to_end_cuts_off_what_takes_long(forks: Forks, tmp_path: Path, sent: list[str]) -> None:
    with watching(forks, tmp_path, "-", code=SLOW) as process:
        process.give("".join(f"{line}\n" for line in sent))
        process.says("it takes long")
        until("all lines in the spool", lambda: spooled(tmp_path) == len(sent))
        began = time.monotonic()
        log = drained(process)
        assert time.monotonic() - began < 10
    assert "what came last is not looked through yet" in log
    assert found_by(tmp_path / "live.duckdb") == "[]\n"
    with watching(forks, tmp_path, "-") as process:  # nothing more comes
        process.says("up to")
        drained(process)
    same_as_a_run(tmp_path)


def test_lines_without_times_get_the_time_at_which_they_come(cli: Run, forks: Forks, tmp_path: Path) -> None:
    line = "!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24"
    with watching(forks, tmp_path, "-") as process:
        before = time.time()
        process.give(f"{line}\n")
        process.give_end()
        assert process.ended(SECONDS)
        assert process.code == 0, process.log
    (row,) = json.loads(cli("status", "--case", tmp_path / "live.duckdb", "--json").out)["inputs"]
    assert (row["lines"], row["stored"]) == (1, 1)
    stamp = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(before))
    assert row["first_t"][:15] == stamp[:15]


@pytest.mark.parametrize(
    ("sources", "why"),
    [
        (["udp://127.0.0.1"], "lacks a host or a port"),
        (["-", "-"], "named twice"),
        (["udp://192.0.2.1:10110"], "cannot be listened on"),
        (["aisstream+ws://127.0.0.1:9/x"], "AISSTREAM_API_KEY"),
    ],
)
def test_a_source_that_is_none_is_told(forks: Forks, tmp_path: Path, sources: list[str], why: str) -> None:
    with watching(forks, tmp_path, *sources) as process:
        assert process.ended(SECONDS)
        assert (process.code, process.out) == (1, "")
        assert why in process.log
        assert "Traceback" not in process.log
