"""`darkwake watch` as a process: real sockets, signals and kills; its events are those of a run on its spool."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import paho.mqtt.client as mqtt
import pytest
from confluent_kafka import Producer
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as websocket_server

from tests.front.front_door import ROOT, Run
from tests.test_any_split import feed

SECONDS = 60.0
_PATH = f"{os.environ.get('PATH')}:/usr/sbin"
GPSD, MOSQUITTO = shutil.which("gpsd", path=_PATH), shutil.which("mosquitto", path=_PATH)
PLAIN = """
import sys
from darkwake.cli import main
main(sys.argv[1:])
"""
FAILING = (
    """
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
"""
    + PLAIN
)  # the first time that a batch is to be taken in, the case fails


@pytest.fixture
def sent() -> list[str]:
    rng = np.random.default_rng(77)
    messages = feed(rng)
    return [line for i in rng.permutation(len(messages)) for line in messages[i]]


@contextmanager
def watching(folder: Path, *sources: str, code: str = PLAIN, key: str = "") -> Iterator[subprocess.Popen[str]]:
    """A watch in another process, for the block."""
    command = [sys.executable, "-c", code, "watch", *sources, "--case", str(folder / "live.duckdb")]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "AISSTREAM_API_KEY": key},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: str, true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, f"waited for: {what}"
        time.sleep(0.05)


def says(process: subprocess.Popen[str], text: str) -> None:
    """Wait until a line of the watch's log has a text."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"it never said: {text}")


def spooled(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("live.spool/*/*.*"))


def taken(cli: Run, folder: Path) -> int:
    said = cli("status", "--case", folder / "live.duckdb", "--json")
    return sum(one["lines"] for one in json.loads(said.out)["inputs"]) if said.code == 0 else 0


def events(cli: Run, case: Path) -> str:
    said = cli("events", "--case", case, "--format", "json")
    assert said.code == 0, said.err
    return said.out


def same_as_a_run(cli: Run, folder: Path) -> None:
    """The events of the watch, which has ended, are those of a run on its spool; there are some."""
    assert cli("run", folder / "live.spool", "--case", folder / "replay.duckdb").code == 0
    found = events(cli, folder / "live.duckdb")
    assert found == events(cli, folder / "replay.duckdb")
    assert len(json.loads(found)) > 2


def drained(process: subprocess.Popen[str]) -> str:
    """Stop a watch; it ends by itself with all that came; returns the rest of its log."""
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    return err


def test_feeds_over_sockets_are_found_as_a_replay_finds_them(cli: Run, tmp_path: Path, sent: list[str]) -> None:
    """A server that hangs up in the middle of a line, a sender that connects, datagrams; copies among them."""
    third = len(sent) // 3
    udp, listen = free_port(socket.SOCK_DGRAM), free_port()
    with socket.create_server(("127.0.0.1", 0)) as server:
        tcp = server.getsockname()[1]
        sources = [f"tcp://127.0.0.1:{tcp}", f"tcp-listen://127.0.0.1:{listen}", f"udp://127.0.0.1:{udp}"]
        with watching(tmp_path, *sources) as process:
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
    same_as_a_run(cli, tmp_path)
    assert "may grow" in cli("status", "--case", tmp_path / "live.duckdb").out


def test_a_watch_that_is_killed_goes_on(cli: Run, tmp_path: Path, sent: list[str]) -> None:
    given = tmp_path / "given.nmea"
    given.write_text("".join(f"{line}\n" for line in sent))
    half = tmp_path / "half.nmea"
    with watching(tmp_path, "-", f"file:{given}?speed=1") as process:
        assert process.stdin is not None
        process.stdin.write("".join(f"{line}\n" for line in sent[: len(sent) // 2]))
        process.stdin.flush()
        says(process, "up to")
        process.kill()
    half.write_text("".join(f"{line}\n" for line in sent[len(sent) // 2 :]))
    with watching(tmp_path, "-", f"file:{given}") as process:
        out, err = process.communicate(half.read_text(), timeout=SECONDS)  # both sources end, and with them the watch
        assert process.returncode == 0, err
        assert not out
    same_as_a_run(cli, tmp_path)
    assert cli("run", given, "--case", tmp_path / "source.duckdb").code == 0
    assert events(cli, tmp_path / "source.duckdb") == events(cli, tmp_path / "live.duckdb")


@pytest.mark.skipif(GPSD is None, reason="gpsd is missing")
def test_gpsd_is_a_source(cli: Run, tmp_path: Path) -> None:
    lines = "!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\r\n" * 3
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        command = [str(GPSD), "-N", "-n", "-S", str(port), f"tcp://127.0.0.1:{receiver.getsockname()[1]}"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as daemon:
            try:
                client, _ = receiver.accept()
                with client, watching(tmp_path, f"gpsd://127.0.0.1:{port}") as process:
                    says(process, "connected")

                    def heard() -> bool:
                        client.sendall(lines.encode())
                        return any(b"!AIVDM" in path.read_bytes() for path in tmp_path.glob("live.spool/*/*.nmea"))

                    until("a sentence in the spool", heard)
                    drained(process)
            finally:
                daemon.terminate()
    ships = json.loads(cli("status", "--case", tmp_path / "live.duckdb", "--json").out)["vessels"]
    assert ships == 1


def test_a_websocket_that_breaks_off_talks_rubbish_and_comes_again(cli: Run, tmp_path: Path, sent: list[str]) -> None:
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
        with watching(tmp_path, address, key="secret") as process:
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
    same_as_a_run(cli, tmp_path)


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """A mosquitto that keeps all it is given; yields its port."""
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
    with subprocess.Popen([str(MOSQUITTO), "-c", str(config)], stderr=subprocess.DEVNULL) as process:
        try:
            yield port
        finally:
            process.terminate()


def publish(port: int, texts: list[str]) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(200)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for sent in [client.publish("ais/korea", text, qos=1) for text in texts]:
        sent.wait_for_publish(SECONDS)
    client.disconnect()
    client.loop_stop()


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is missing")
def test_nothing_of_a_broker_is_lost_in_a_kill(cli: Run, tmp_path: Path, sent: list[str]) -> None:
    given = tmp_path / "given.nmea"
    given.write_text("".join(f"{line}\n" for line in sent))
    third = len(sent) // 3
    with broker(tmp_path) as port:
        address = f"mqtt://127.0.0.1:{port}/ais/#"
        with watching(tmp_path, address) as process:
            says(process, "connected")
            time.sleep(0.5)  # the subscription is on its way
            publish(port, sent[:third])
            until("some in the spool", lambda: spooled(tmp_path) > 0)
            process.kill()
        publish(port, sent[third : 2 * third])  # while nobody watches
        with watching(tmp_path, address) as process:
            publish(port, sent[2 * third :])
            until("all in the spool", lambda: spooled(tmp_path) >= len(sent))
            drained(process)
        with watching(tmp_path, address) as process:
            says(process, "connected")
            time.sleep(1.0)  # all is acknowledged: nothing comes again
            before = spooled(tmp_path)
            drained(process)
            assert spooled(tmp_path) == before
    same_as_a_run(cli, tmp_path)
    assert cli("run", given, "--case", tmp_path / "source.duckdb").code == 0
    assert events(cli, tmp_path / "source.duckdb") == events(cli, tmp_path / "live.duckdb")


def test_nothing_of_a_topic_is_lost_in_a_kill(cli: Run, tmp_path: Path, sent: list[str]) -> None:
    given = tmp_path / "given.nmea"
    given.write_text("".join(f"{line}\n" for line in sent))
    third = len(sent) // 3
    producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "none:1", "log_level": 0})
    (broker,) = producer.list_topics(timeout=SECONDS).brokers.values()  # of the cluster that the producer carries

    def produce(lines: list[str]) -> None:
        for line in lines:
            producer.produce("ais", line.encode())
        assert producer.flush(SECONDS) == 0

    produce(sent[:third])
    address = f"kafka://{broker.host}:{broker.port}/ais"
    with watching(tmp_path, address) as process:
        until("some in the spool", lambda: spooled(tmp_path) > 0)
        process.kill()
    produce(sent[third:])
    with watching(tmp_path, address) as process:
        until("all in the spool", lambda: spooled(tmp_path) >= len(sent))
        drained(process)
    same_as_a_run(cli, tmp_path)
    assert cli("run", given, "--case", tmp_path / "source.duckdb").code == 0
    assert events(cli, tmp_path / "source.duckdb") == events(cli, tmp_path / "live.duckdb")


def test_json_over_a_socket(cli: Run, tmp_path: Path) -> None:
    line = '{"class":"AIS","device":"x","channel":"A","type":1,"mmsi":440000001,"lon":124.5,"lat":38.1,"speed":0.1}'
    port = free_port()
    with watching(tmp_path, f"tcp-listen://127.0.0.1:{port}") as process:
        says(process, "listening")
        with socket.create_connection(("127.0.0.1", port)) as sender:
            sender.sendall(f"{line}\n$GPGGA,1*00\n{line[:50]}\n".encode())
        until("three lines in the spool", lambda: spooled(tmp_path) == 3)
        drained(process)
    inputs = json.loads(cli("status", "--case", tmp_path / "live.duckdb", "--json").out)["inputs"]
    assert [(one["name"][-4:], one["lines"], one["positions"]) for one in inputs] == [("json", 2, 1), ("nmea", 1, 0)]


def test_a_case_that_fails_is_opened_again(cli: Run, tmp_path: Path, sent: list[str]) -> None:
    with watching(tmp_path, "-", code=FAILING) as process:
        assert process.stdin is not None
        process.stdin.write("".join(f"{line}\n" for line in sent))
        process.stdin.flush()
        says(process, "the disk of the case is full; it is tried again")
        until("all lines in the case", lambda: taken(cli, tmp_path) == len(sent))
        drained(process)
    same_as_a_run(cli, tmp_path)


def test_lines_without_times_get_the_time_at_which_they_come(cli: Run, tmp_path: Path) -> None:
    line = "!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24"
    with watching(tmp_path, "-") as process:
        before = time.time()
        _, err = process.communicate(f"{line}\n", timeout=SECONDS)
        assert process.returncode == 0, err
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
def test_a_source_that_is_none_is_told(tmp_path: Path, sources: list[str], why: str) -> None:
    with watching(tmp_path, *sources) as process:
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (1, "")
    assert why in err
    assert "Traceback" not in err
