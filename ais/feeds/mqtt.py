"""A feed of an MQTT broker: QoS 1 in a session that the broker keeps, so that nothing is lost between two watches.

A message is acknowledged once its lines are on the disk; what was not is sent again by the broker, and its copies
collapse like any others. A message is one or more lines.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from functools import partial
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import Any

from ais.feeds.address import Address
from ais.feeds.lines import Stamp, lines_of
from ais.feeds.network import FIRST_PAUSE_S, LONGEST_PAUSE_S, Hooks
from ais.source import InputError

_KEEPALIVE_S = 30
_ROOM_S = 0.1  # between two looks for room in the spool
_MOST_TOPICS = 1_000  # whose stamps are kept


async def run_mqtt(address: Address, hooks: Hooks, spool: Path) -> None:
    """Take what a broker has of a topic, until it is cancelled.

    Args:
        address: The broker and the topic.
        hooks: What takes the lines.
        spool: Folder of the feed's spool: the session is this folder's.

    Raises:
        InputError: The package that speaks the protocol is not installed.
    """
    mqtt = _library()
    name = "darkwake-" + blake2b(str(spool.resolve()).encode(), digest_size=8).hexdigest()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False, manual_ack=True)
    client.reconnect_delay_set(int(FIRST_PAUSE_S), int(LONGEST_PAUSE_S))
    if address.user:
        client.username_pw_set(address.user, address.password)
    if address.kind == "mqtts":
        client.tls_set()
    session = _Session(address, hooks, client)
    client.connect_async(address.host, address.port, keepalive=_KEEPALIVE_S)
    client.loop_start()
    try:
        await asyncio.Event().wait()
    finally:
        session.ended = True
        # What is on the disk is acknowledged before the watch leaves; the rest is sent again to the next one.
        with contextlib.suppress(OSError):
            await asyncio.to_thread(hooks.settle)
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)


class _Session:
    """What is done with what the broker says; all but its making happens in the client's own thread.

    Attributes:
        ended: The watch leaves: nothing more is told, and no room is waited for.
    """

    def __init__(self, address: Address, hooks: Hooks, client: Any) -> None:
        self.ended = False
        self._address, self._hooks, self._client = address, hooks, client
        self._loop = asyncio.get_running_loop()
        self._stamps: dict[str, Stamp] = {}
        self._told = ""
        client.on_connect, client.on_disconnect, client.on_message = self._connected, self._closed, self._received
        client.on_connect_fail = self._failed

    def _say(self, text: str) -> None:
        """Tell a change of state, once."""
        if not self.ended and text != self._told:
            self._told = text
            self._loop.call_soon_threadsafe(self._hooks.say, f"{self._address.name}: {text}")

    def _connected(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        if reason.is_failure:
            self._say(f"the broker refuses ({reason}); it is tried on")
            return
        self._say("connected")
        self._client.subscribe(self._address.topic, qos=1)

    def _failed(self, _: Any, __: Any) -> None:
        self._say("no connection; it is tried on")

    def _closed(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        self._say(f"closed ({reason})")

    def _received(self, _: Any, __: Any, message: Any) -> None:
        if message.topic not in self._stamps and len(self._stamps) >= _MOST_TOPICS:
            self._stamps.clear()
        stamp, now = self._stamps.setdefault(message.topic, Stamp(message.topic)), self._hooks.clock()
        for line in lines_of(message.payload):
            stamped = stamp.stamped(line, now)
            while not self._hooks.offer(stamped):
                if self.ended:
                    return
                time.sleep(_ROOM_S)  # the broker waits meanwhile
        self._hooks.flushed(partial(self._client.ack, message.mid, message.qos))


def _library() -> ModuleType:
    with contextlib.suppress(ImportError):
        from paho.mqtt import client

        return client
    raise InputError("MQTT needs the package paho-mqtt; install darkwake[live]")
