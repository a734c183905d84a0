"""What a user names as a source: its kind, where it is, and how it is to be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from ais.source import InputError

KINDS = (
    "udp",
    "tcp",
    "tcp-listen",
    "gpsd",
    "ws",
    "wss",
    "aisstream+ws",
    "aisstream+wss",
    "mqtt",
    "mqtts",
    "kafka",
    "file",
    "stdin",
)
_NETWORK = KINDS[:4]
_WEB = KINDS[4:8]
_FORMS = (
    ", ".join(f"{kind}://HOST:PORT" for kind in _NETWORK)
    + ", ws(s)://HOST/PATH, mqtt(s)://HOST/TOPIC, kafka://HOST/TOPIC, file:PATH or - for standard input"
)
_MOST_SPEED = 1e6
GPSD_PORT = 2947
KAFKA_PORT = 9092
MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class Address:
    """A source of lines.

    Attributes:
        kind: One of `KINDS`: udp and tcp-listen wait for senders, tcp and gpsd call a server.
        host: Where it is, for what comes over a network.
        port: Its port there.
        path: The file, for file.
        url: What to call, for WebSockets.
        topic: What to ask a broker for, for MQTT and Kafka.
        group: The group whose offsets are kept, for Kafka.
        user: Who asks; "" for nobody.
        password: Its password.
        speed: How many times as fast as it was recorded a file is read; None: as fast as it can be.
    """

    kind: str
    host: str = ""
    port: int = 0
    path: Path | None = None
    speed: float | None = None
    url: str = ""
    topic: str = ""
    group: str = ""
    user: str = ""
    password: str = ""

    @property
    def name(self) -> str:
        """A name fit for a folder, the same at every start."""
        if self.path is not None:
            return "file-" + (re.sub(r"[^A-Za-z0-9._-]+", "-", self.path.name) or "-")
        if self.kind == "stdin":
            return self.kind
        path = urlsplit(self.url).path if self.url else f"/{self.topic}" if self.topic else ""
        where = re.sub("[^A-Za-z0-9.]+", "-", f"{self.host}-{self.port}{path}")
        return f"{self.kind}-{where}".rstrip("-")

    @property
    def live(self) -> bool:
        """Whether a line without a receive time of its own was received just now."""
        return self.kind != "file"

    @classmethod
    def of(cls, text: str) -> Address:
        """Read what a user gave.

        Raises:
            InputError: It is no source that is known.
        """
        if text == "-":
            return cls("stdin")
        try:
            said = urlsplit(text)
            port = said.port
        except ValueError:
            raise InputError(f"{text} is no source: its port is no number from 1 to 65535; give {_FORMS}") from None
        options = dict(parse_qsl(said.query, keep_blank_values=True))
        if said.scheme == "file":
            return cls("file", path=_file(text, said.netloc + said.path), speed=_speed(text, options))
        if said.scheme in _WEB and said.hostname:
            port = port or (443 if said.scheme.endswith("wss") else 80)
            return cls(said.scheme, said.hostname, port, url=text.removeprefix("aisstream+"))
        if said.scheme in MQTT_PORTS and said.hostname:
            return _mqtt(text, said, port, options)
        if said.scheme == "kafka" and said.hostname:
            return _kafka(text, said, port, options)
        if said.scheme not in (*_NETWORK, *_WEB):
            raise InputError(f"{text} is no source that is known; give {_FORMS}")
        port = port or (GPSD_PORT if said.scheme == "gpsd" else None)
        if not said.hostname or not port:
            raise InputError(f"{text} lacks a host or a port; write it like {said.scheme}://127.0.0.1:10110")
        _only(text, options, ())
        return cls(said.scheme, said.hostname, port)


def _mqtt(text: str, said: SplitResult, port: int | None, options: dict[str, str]) -> Address:
    _only(text, options, ())
    topic = unquote(said.path.removeprefix("/")) + (f"#{said.fragment}" if "#" in text else "")
    if not topic:
        raise InputError(f"{text} lacks a topic; write it like {said.scheme}://{said.hostname}/ais/# in quotes")
    user, password = unquote(said.username or ""), unquote(said.password or "")
    host, port = str(said.hostname), port or MQTT_PORTS[said.scheme]
    return Address(said.scheme, host, port, topic=topic, user=user, password=password)


def _kafka(text: str, said: SplitResult, port: int | None, options: dict[str, str]) -> Address:
    _only(text, options, ("group",))
    topic = unquote(said.path.removeprefix("/"))
    if not topic:
        raise InputError(f"{text} lacks a topic; write it like kafka://{said.hostname}:9092/ais")
    group = options.get("group") or "darkwake"
    return Address("kafka", str(said.hostname), port or KAFKA_PORT, topic=topic, group=group)


def _file(text: str, name: str) -> Path:
    path = Path(name)
    if not name or not path.is_file():
        raise InputError(f"there is no file {name or text}; check the name")
    return path


def _speed(text: str, options: dict[str, str]) -> float | None:
    _only(text, options, ("speed",))
    if "speed" not in options:
        return None
    try:
        speed = float(options["speed"])
    except ValueError:
        speed = 0.0
    if not 0 < speed <= _MOST_SPEED:
        raise InputError(f"the speed of {text} is no number over 0; write it like file:day.nmea?speed=60")
    return speed


def _only(text: str, options: dict[str, str], known: tuple[str, ...]) -> None:
    for name in options:
        if name not in known:
            raise InputError(f"{text} has an option {name} that its kind does not know")
