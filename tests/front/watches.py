"""What the tests of the watch share: watches as processes, what they have taken in so far, and what it must equal."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
from confluent_kafka import Producer

from ais.ingest import IngestOptions, ingest
from ais.inputs import inputs_of
from ais.reader import Reader
from ais.source import Input
from darkwake.clock import now
from detectors import detect, read_events, to_json
from soak.forked import Forked, Forks
from soak.fresh import fresh, passing
from soak.seeds import DETECTORS, SEAS
from soak.watched import lines_of
from tests.front.front_door import Run

SECONDS = 120.0
# What comes is looked through to its end, however slow the machine: the watch's own limits are for its users.
_PATIENT = f"""
import darkwake.watch as watch
watch.END_S = watch.LAST_TAKE_S = {SECONDS}
"""
_ONE_THREAD = """
import ais.store
ais.store._CONFIG["threads"] = 1
"""
_PATH = f"{os.environ.get('PATH')}:/usr/sbin"
GPSD, MOSQUITTO = shutil.which("gpsd", path=_PATH), shutil.which("mosquitto", path=_PATH)


def watching(
    forks: Forks, folder: Path, *sources: str, code: str = "", key: str = "", all_threads: bool = False
) -> AbstractContextManager[Forked]:
    """A watch in another process, for the block; told to end, it takes the time that it needs.

    DuckDB has one thread in it, as in the tests' own process, unless it is to have all.
    """
    words = ("watch", *sources, "--case", folder / "live.duckdb")
    first = _PATIENT + ("" if all_threads else _ONE_THREAD) + code
    return forks.working(folder, *words, code=first, env={"AISSTREAM_API_KEY": key})


def drained(process: Forked) -> str:
    """Stop a watch; it ends by itself with all that came; returns its log."""
    process.send_signal(signal.SIGTERM)
    assert process.ended(SECONDS)
    assert process.code == 0, process.log
    return process.log


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: str, true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, f"waited for: {what}"
        time.sleep(0.1)


def spooled(folder: Path, kind: str = "") -> int:
    """Return how many lines the spool has, of all sources or of those of a kind."""
    return sum(path.read_bytes().count(b"\n") for path in folder.glob(f"live.spool/{kind}*/????-??-??.*"))


def sentences(lines: Iterable[str]) -> set[str]:
    """Return when each of some tag-blocked lines was heard, and its sentence: the spool may name a station before."""
    return {" ".join(re.findall(r"(?<=c:)[\d.]+|![^!]+$", line.rstrip())) for line in lines}


def spooled_lines(folder: Path, kind: str) -> list[str]:
    """Return the lines that the spool has of sources of a kind."""
    return [
        line
        for path in folder.glob(f"live.spool/{kind}*/????-??-??.*")
        for line in path.read_text(errors="replace").splitlines()
    ]


def taken(folder: Path) -> int:
    """Return how many lines the case has, whatever they are; 0 where it cannot be told just now."""
    return lines_of(folder / "live.duckdb")


def events(cli: Run, case: Path) -> str:
    said = cli("events", "--case", case, "--format", "json")
    assert said.code == 0, said.err
    return said.out


def run(cli: Run, given: Path) -> str:
    """Return the events of a run on a file or a folder, but for its report."""
    case = given.with_suffix(".replay.duckdb")
    assert cli("ingest", given, "--case", case).code == 0
    assert cli("detect", "--case", case).code == 0
    return events(cli, case)


def found_by(case: Path) -> str:
    """Return the events of a case that nobody holds, read without the command line."""
    with Reader.open(case) as reader:
        return to_json(read_events(reader))


def replayed(given: Path) -> str:
    """Return what a run on a file or a folder finds: the same, in this process, in a case that nobody opens again."""
    with passing(fresh(given.with_suffix(".replay.duckdb"))) as store:
        for one in inputs_of(given):
            if isinstance(one, Input):
                ingest(store, one, IngestOptions(), now=now())
            else:
                assert not one.wrong, one
        detect(store, SEAS, detectors=DETECTORS, now=now(), version="replay")
        with store.reader() as reader:
            return to_json(read_events(reader))


def same_as_a_run(folder: Path) -> str:
    """The events of the watch, which has ended, are those of a run on its spool; there are some; returns them."""
    found = found_by(folder / "live.duckdb")
    assert found == replayed(folder / "live.spool")
    assert len(json.loads(found)) > 2
    return found


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """A broker that keeps all it is given; yields its port."""
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
    with subprocess.Popen([str(MOSQUITTO), "-c", str(config)], stderr=subprocess.DEVNULL) as process:
        try:
            until("the broker", lambda: _answers(port))
            yield port
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def publish(port: int, topic: str, texts: list[str]) -> None:
    """Hand messages over to a broker, all of which it has then."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(200)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for sent in [client.publish(topic, text, qos=1) for text in texts]:
        sent.wait_for_publish(SECONDS)
    client.disconnect()
    client.loop_stop()


class Cluster:
    """A cluster that speaks Kafka's protocol, carried by the producer that writes to it."""

    def __init__(self) -> None:
        self._producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "none:1", "log_level": 0})
        (broker,) = self._producer.list_topics(timeout=SECONDS).brokers.values()
        self.address = f"kafka://{broker.host}:{broker.port}"

    def produce(self, topic: str, texts: list[str]) -> None:
        """Hand records over, all of which it has then."""
        for text in texts:
            self._producer.produce(topic, text.encode())
        assert self._producer.flush(SECONDS) == 0
