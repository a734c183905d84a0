"""A feed of a Kafka topic in a consumer group: offsets are committed once the lines before them are on the disk.

A record is one or more lines. What was not committed comes again after a kill, and its copies collapse like any
others.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import Any

from ais.feeds.address import Address
from ais.feeds.lines import Stamp, lines_of
from ais.feeds.network import Hooks, again
from ais.source import InputError

_POLL_MS, _RECORDS = 500, 2_000
_COMMIT_S = 10.0
_SESSION_MS = 6_000  # the least that brokers allow: so long a watch waits for the place of one that was killed


async def run_kafka(address: Address, hooks: Hooks) -> None:
    """Take the records of a topic, from the group's offsets on, until it is cancelled.

    Args:
        address: A broker, the topic and the group.
        hooks: What takes the lines.

    Raises:
        InputError: The package that speaks the protocol is not installed.
    """
    consumer_of, error_of = _library()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what matters of it is told by us

    async def receive() -> tuple[int, str]:
        consumer = consumer_of(
            address.topic, bootstrap_servers=f"{address.host}:{address.port}", group_id=address.group,
            enable_auto_commit=False, auto_offset_reset="earliest", session_timeout_ms=_SESSION_MS,
            heartbeat_interval_ms=_SESSION_MS // 4,
        )  # fmt: skip
        try:
            await consumer.start()
            hooks.say(f"{address.name}: connected")
            return await _receive(consumer)
        except error_of as error:
            raise OSError(str(error) or type(error).__name__) from None
        finally:
            with contextlib.suppress(error_of, OSError):
                await asyncio.to_thread(hooks.settle)  # what is on the disk is committed before the consumer leaves
                await asyncio.sleep(0)
                await consumer.stop()

    async def _receive(consumer: Any) -> tuple[int, str]:
        loop, stamp, received = asyncio.get_running_loop(), Stamp(address.topic), 0
        while True:
            offsets = {}
            for partition, records in (await consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS)).items():
                for record in records:
                    now = hooks.clock()
                    for line in lines_of(record.value or b""):
                        await hooks.put(stamp.stamped(line, now))
                    received += 1
                    offsets[partition] = record.offset + 1
            if offsets:
                hooks.flushed(partial(_commit, loop, consumer, offsets))

    await again(address, hooks, receive)


def _commit(loop: asyncio.AbstractEventLoop, consumer: Any, offsets: dict[Any, int]) -> None:
    """Commit offsets from another thread; where that fails their records come again."""
    with contextlib.suppress(Exception):
        asyncio.run_coroutine_threadsafe(consumer.commit(offsets), loop).result(_COMMIT_S)


def _library() -> tuple[Any, type[Exception]]:
    with contextlib.suppress(ImportError):
        from aiokafka import AIOKafkaConsumer
        from aiokafka.errors import KafkaError

        return AIOKafkaConsumer, KafkaError
    raise InputError("Kafka needs the package aiokafka; install darkwake[kafka]")
