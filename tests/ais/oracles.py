"""Readers that know nothing of ours, and what they say of the same lines in our words and units.

gpsdecode (gpsd's decoder, a program) gets the whole input with a marker sentence after each line, so that each of its
answers has a line; aiscat (AIS-catcher's decoder) is fed line by line; pyais gets the sentences of one message at a
time, put together by `plain_messages`; of generated messages there is also what was put in. What a reader marks as not
available, by leaving it out or by the very value that ITU-R M.1371-5 gives for it, is None here; every other value is
left as it says it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import xor
from typing import Any

import pyais

Message = dict[str, Any]
"""Field to value; a field that the reader does not give is not there, one that it gives as not available is None."""
Heard = dict[int, Message]
"""Messages by the line that made them whole."""

GPSDECODE = shutil.which("gpsdecode")
SIDES = ("to_bow", "to_stern", "to_port", "to_starboard")
ALWAYS = ("type", "mmsi", "channel")
_ALL = ("place", "speed", "course", "accuracy", "raim", "repeat")
_CLASS_A = (*_ALL, "status", "turn", "heading", "second")
_PART_B = ("callsign", "shiptype", *SIDES)
SAYS: dict[int, tuple[str, ...]] = {
    **dict.fromkeys((1, 2, 3), _CLASS_A),
    **dict.fromkeys((4, 11), ("place", "said_t")),
    5: ("imo", "name", *_PART_B, "draught", "destination", "eta"),
    9: (*_ALL, "second"),
    18: (*_ALL, "heading", "second"),
    19: (*_ALL, "heading", "second", "name", "shiptype", *SIDES),
    21: ("place",),
    24: ("name", *_PART_B),
    27: (*_ALL, "status"),
}
"""Type to the fields that are compared beside `ALWAYS`."""

_MARK = re.compile(rb"\$PDWK,(\d+)\*")
_SENTENCE = re.compile(rb"![A-Z]{2}VD[MO],(\d),(\d),(\d?),(\w?),([^,]*),(\d)(?:\*..)?")
_CHECKED = re.compile(rb"(.*\*[0-9A-Fa-f]{2}).*", re.DOTALL)
_NAMES = {"shipname": "name", "ship_type": "shiptype", "msg_type": "type"}
_NOTHING = {
    **{"heading": 511, "status": 15, "turn": -128, "second": 60, "imo": 0, "shiptype": 0},
    **dict.fromkeys(("name", "callsign", "destination"), ""),
}


def gpsd(lines: Iterable[bytes]) -> Heard:
    """What gpsdecode says of the lines."""
    assert GPSDECODE is not None
    data = b"".join(line + b"\n" + _mark(number) for number, line in enumerate(lines, 1))
    # Unscaled: numbers as sent. Halves of type 24 apart. Verbose: it repeats the sentences, our markers among them.
    done = subprocess.run([GPSDECODE, "-j", "-u", "-s", "-v"], input=data, capture_output=True, check=True, timeout=60)
    found: Heard = {}
    waiting: Message | None = None
    for line in done.stdout.splitlines():
        mark = _MARK.match(line)
        if line.startswith(b'{"class":"AIS"'):
            waiting = _of_gpsd(json.loads(line, strict=False))
        elif mark and waiting is not None:
            found[int(mark[1])], waiting = waiting, None
    return found


def sent(values: Mapping[str, Any]) -> Message:
    """What was put into a generated message; a text ends before its first @ and without spaces."""
    return _of_raw(
        {name: value.split("@")[0].rstrip(" ") if isinstance(value, str) else value for name, value in values.items()}
    )


def gpsd_version() -> str:
    """The version of gpsdecode."""
    assert GPSDECODE is not None
    done = subprocess.run([GPSDECODE, "-V"], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).split()[-1]


def aiscat(lines: Iterable[bytes]) -> Heard:
    """What aiscat says of the lines, cut after their last checksum: it takes none that goes on."""
    import aiscat as module

    decoder = module.Decoder()
    found: Heard = {}
    for number, line in enumerate(lines, 1):
        decoder.feed(_CHECKED.sub(rb"\1", line) + b"\n")
        while (message := decoder.next()) is not None:
            if "type" in message:  # else of an empty payload
                found[number] = _of_aiscat(message)
    return found


def by_pyais(lines: Iterable[bytes]) -> Heard:
    """What pyais says of the messages of the lines."""
    found: Heard = {}
    for number, sentences in plain_messages(lines):
        try:
            found[number] = _of_pyais(pyais.decode(*sentences).asdict(enum_as_int=True))
        except pyais.exceptions.AISBaseException:
            continue
    return found


def plain_messages(lines: Iterable[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """The bare sentences of each message, with its last line: the latest part of each number, in order."""
    parts: dict[tuple[bytes, ...], dict[int, bytes]] = {}
    for number, line in enumerate(lines, 1):
        look = _SENTENCE.search(line)
        if look is None or line.startswith(b"#"):
            continue
        if look[1] == b"1":
            yield number, [look[0]]
            continue
        mine = parts.setdefault((look[1], look[3], look[4]), {})
        mine[int(look[2])] = look[0]
        if len(mine) == int(look[1]):
            yield number, [mine[part] for part in sorted(mine)]
            mine.clear()


def payload_of(sentences: Iterable[bytes]) -> str:
    """The bits of a message's sentences."""
    bits = ""
    for look in filter(None, map(_SENTENCE.search, sentences)):
        part = "".join(f"{(char - 48 if char < 88 else char - 56) & 63:06b}" for char in look[5])
        bits += part[: len(part) - int(look[6])]
    return bits


def _mark(number: int) -> bytes:
    body = f"PDWK,{number}"
    return f"${body}*{reduce(xor, body.encode()):02X}\n".encode()


def _common(said: Message) -> Message:
    """What all three say alike, by our names."""
    message = {_NAMES.get(name, name): value for name, value in said.items()}
    message |= {name: bool(message[name]) for name in ("accuracy", "raim") if name in message}
    message |= {name: None for name, nothing in _NOTHING.items() if message.get(name) == nothing}
    if not any(message.get(side) for side in SIDES):
        message |= {side: None for side in SIDES if side in message}
    return message


def _only(message: Message) -> Message:
    """Those fields of a message that are compared for its type."""
    names = (*ALWAYS, *SAYS.get(message["type"], ()))
    return {name: value for name, value in message.items() if name in names}


def _place(lon: float | None, lat: float | None) -> tuple[float, float] | None:
    """A place in degrees, None where one of the two is not available; 180 is -180."""
    if lon is None or lat is None or lon == 181 or lat == 91:
        return None
    return (-180.0 if lon == 180 else lon), lat


def _eta(month: int, day: int, hour: int, minute: int) -> str | None:
    lacks = not month or not day or hour == 24 or minute == 60
    return None if lacks else f"{month:02}-{day:02} {hour:02}:{minute:02}"


def _said_t(year: int, month: int, day: int, hour: int, minute: int, second: int) -> str | None:
    lacks = not year or not month or not day or hour == 24 or minute == 60 or second == 60
    return None if lacks else f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"


def _numbers(text: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", text)]


def _of_gpsd(said: Message) -> Message:
    if "eta" in said:
        said |= zip(("month", "day", "hour", "minute"), _numbers(said["eta"]), strict=True)
    if "timestamp" in said and said["type"] in (4, 11):
        said |= zip(("year", "month", "day", "hour", "minute", "second"), _numbers(said["timestamp"]), strict=True)
    if "callsign" in said and said["type"] == 24:
        said.pop("shipname", None)  # which it puts in from an earlier part A of that ship, --split24 or not
    return _of_raw(said)


def _of_raw(said: Message) -> Message:
    """A message of numbers as sent."""
    kind = said["type"]
    message = _common(said)
    if "place" in SAYS.get(kind, ()):
        unit = 600 if kind == 27 else 600_000
        message["place"] = _place(said["lon"] / unit, said["lat"] / unit)
    if "speed" in SAYS.get(kind, ()):
        nothing, unit = {9: (1023, 1), 27: (63, 1)}.get(kind, (1023, 10))
        message["speed"] = None if said["speed"] == nothing else said["speed"] / unit
        nothing, unit = (511, 1) if kind == 27 else (3600, 10)
        message["course"] = None if said["course"] == nothing else said["course"] / unit
    if kind == 5:
        eta = [said[name] for name in ("month", "day", "hour", "minute")]
        message |= {"draught": said["draught"] / 10 or None, "eta": _eta(*eta)}
    if kind in (4, 11):
        message["said_t"] = _said_t(*(said[name] for name in ("year", "month", "day", "hour", "minute", "second")))
    return _only(message)


def _of_aiscat(said: Message) -> Message:
    """aiscat leaves out what is not available."""
    kind = said["type"]
    message = _common(said)
    message["turn"] = None if said.get("turn_unscaled") == -128 else said.get("turn_unscaled")
    message["channel"] = None if said["channel"] == "?" else said["channel"]
    if kind in (1, 2, 3, 9, 18, 19, 27, 4, 11, 21):
        message = dict.fromkeys(SAYS[kind]) | message | {"place": _place(said.get("lon"), said.get("lat"))}
    if kind == 5:
        message = dict.fromkeys(SAYS[kind]) | message
        message |= {
            "draught": said.get("draught") or None,
            "eta": _eta(*_numbers(said["eta"])) if "eta" in said else None,
        }
    if kind == 24:
        message = dict.fromkeys(("name",) if said["partno"] == 0 else _PART_B) | message
    if kind in (4, 11):
        message["said_t"] = _said_t(*_numbers(said["timestamp"])) if "timestamp" in said else None
    return _only(message)


def _of_pyais(said: Message) -> Message:
    """pyais turns the rate of turn into whole degrees a minute and so loses it as sent: it is left out."""
    kind = said["msg_type"]
    message = _common({name: value for name, value in said.items() if name != "turn"})
    if "place" in SAYS.get(kind, ()):
        message["place"] = _place(said["lon"], said["lat"])
    if "speed" in SAYS.get(kind, ()):
        no_speed, no_course = {9: (1023, 360), 27: (63, 511)}.get(kind, (102.3, 360))
        message["speed"] = None if said["speed"] == no_speed else said["speed"]
        message["course"] = None if said["course"] == no_course else said["course"]
    if kind == 5:
        eta = [said[name] for name in ("month", "day", "hour", "minute")]
        message |= {"draught": said["draught"] or None, "eta": _eta(*eta)}
    if kind in (4, 11):
        message["said_t"] = _said_t(*(said[name] for name in ("year", "month", "day", "hour", "minute", "second")))
    return _only(message)
