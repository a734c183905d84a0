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
from ais.feeds.lines import Splitter, Stamp
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
    mqtt, loop = _library(), asyncio.get_running_loop()
    name = "darkwake-" + blake2b(str(spool.resolve()).encode(), digest_size=8).hexdigest()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False, manual_ack=True)
    stamps: dict[str, Stamp] = {}
    ended = False

    def say(text: str) -> None:
        if not ended:
            loop.call_soon_threadsafe(hooks.say, f"{address.name}: {text}")

    def on_connect(_: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        if reason.is_failure:
            say(f"the broker refuses ({reason}); it is tried on")
            return
        say("connected")
        client.subscribe(address.topic, qos=1)

    def on_disconnect(_: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        say(f"closed ({reason})")

    def on_message(_: Any, __: Any, message: Any) -> None:
        if message.topic not in stamps and len(stamps) >= _MOST_TOPICS:
            stamps.clear()
        stamp = stamps.setdefault(message.topic, Stamp(message.topic))
        splitter, now = Splitter(), hooks.clock()
        for line in splitter.lines(message.payload) + splitter.end():
            stamped = stamp.stamped(line, now)
            while not hooks.offer(stamped):
                if ended:
                    return
                time.sleep(_ROOM_S)  # the broker waits meanwhile
        hooks.flushed(partial(client.ack, message.mid, message.qos))

    client.on_connect, client.on_disconnect, client.on_message = on_connect, on_disconnect, on_message
    client.reconnect_delay_set(int(FIRST_PAUSE_S), int(LONGEST_PAUSE_S))
    if address.user:
        client.username_pw_set(address.user, address.password)
    if address.kind == "mqtts":
        client.tls_set()
    client.connect_async(address.host, address.port, keepalive=_KEEPALIVE_S)
    client.loop_start()
    try:
        await asyncio.Event().wait()
    finally:
        ended = True
        # What is on the disk is acknowledged before the watch leaves; the rest is sent again to the next one.
        with contextlib.suppress(OSError):
            await asyncio.to_thread(hooks.settle)
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)


def _library() -> ModuleType:
    with contextlib.suppress(ImportError):
        from paho.mqtt import client

        return client
    raise InputError("MQTT needs the package paho-mqtt; install darkwake[live]")
