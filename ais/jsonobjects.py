"""Objects that AIS-catcher, gpsd and aisstream.io write, one message each, told apart and brought to one set of names.

Sources: AIS-catcher's JSON-decoding page, gpsd_json(5), aisstream's ais-message-models. Receive time: AIS-catcher's
`rxuxtime`, else `toa` (seconds since 1970), `rxtime` (YYYYMMDDHHMMSS) or `timestamp` (but not of types 4, 6, 8 and 11,
where it is a part of the message); aisstream's `time_utc`. gpsd's own objects have none.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from ais.clock import to_us
from ais.framing import MILLISECONDS_FROM

_TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T ]?(\d\d):?(\d\d):?(\d\d)(?:[.,](\d+))?\s*"
    r"(?:Z|UTC|(?:([+-])(\d\d):?(\d\d)(?: [A-Z]{3,4})?))?"
)
_ETA = re.compile(r"(\d\d)-(\d\d)[T ](\d\d):(\d\d)")
_SENSOR = 4.733  # degrees a minute to what is sent: 4.733 times the root (M.1371-5 table 48)
_TURNS = {"nan": -128, "n/a": -128, "fastright": 127, "fastleft": -127}
_STATIONS = (4, 11)
_SAY_TIME = (4, 6, 8, 11)
_WITH_SECOND = (1, 2, 3, 4, 9, 11, 18, 19, 21)


class Fields(msgspec.Struct, gc=False):
    """The fields of a message by the names of AIS-catcher and gpsd; anything may stand in any of them."""

    type: Any = None
    mmsi: Any = None
    repeat: Any = None
    status: Any = None
    turn: Any = None
    speed: Any = None
    accuracy: Any = None
    lon: Any = None
    lat: Any = None
    course: Any = None
    heading: Any = None
    second: Any = None
    raim: Any = None
    imo: Any = None
    callsign: Any = None
    shipname: Any = None
    shiptype: Any = None
    to_bow: Any = None
    to_stern: Any = None
    to_port: Any = None
    to_starboard: Any = None
    draught: Any = None
    destination: Any = None
    eta: Any = None
    year: Any = None
    month: Any = None
    day: Any = None
    hour: Any = None
    minute: Any = None
    part: Any = None


def _named(name: str) -> Any:
    return msgspec.field(default=None, name=name)


class Body(Fields):
    """The fields of a message as aisstream names them; it leaves numbers as sent but for places, speeds and courses."""

    type: Any = _named("MessageID")
    mmsi: Any = _named("UserID")
    repeat: Any = _named("RepeatIndicator")
    status: Any = _named("NavigationalStatus")
    turn: Any = _named("RateOfTurn")
    speed: Any = _named("Sog")
    accuracy: Any = _named("PositionAccuracy")
    lon: Any = _named("Longitude")
    lat: Any = _named("Latitude")
    course: Any = _named("Cog")
    heading: Any = _named("TrueHeading")
    second: Any = _named("Timestamp")
    raim: Any = _named("Raim")
    imo: Any = _named("ImoNumber")
    callsign: Any = _named("CallSign")
    shipname: Any = _named("Name")
    shiptype: Any = _named("Type")
    draught: Any = _named("MaximumStaticDraught")
    destination: Any = _named("Destination")
    eta: Any = _named("Eta")
    year: Any = _named("UtcYear")
    month: Any = _named("UtcMonth")
    day: Any = _named("UtcDay")
    hour: Any = _named("UtcHour")
    minute: Any = _named("UtcMinute")
    utc_second: Any = _named("UtcSecond")
    valid: Any = _named("Valid")
    dimension: Any = _named("Dimension")
    report_a: Any = _named("ReportA")
    report_b: Any = _named("ReportB")


class Object(Fields, rename={"kind": "class", "message": "Message", "message_type": "MessageType"}):
    """One object of a line, of any of the writers."""

    kind: Any = None
    scaled: Any = True
    channel: Any = None
    nmea: Any = None
    rxuxtime: Any = None
    toa: Any = None
    rxtime: Any = None
    timestamp: Any = None
    turn_unscaled: Any = None
    partno: Any = None
    station_id: Any = None
    stationid: Any = None
    msgs: list[Object] | None = None
    error: Any = None
    message_type: Any = None
    message: dict[str, Body | bool | int | float | str | list[Any] | None] | None = None
    MetaData: Any = None
    Metadata: Any = None


decode = msgspec.json.Decoder(Object | list[Object]).decode


def body_of(found: Object) -> Body | None:
    """Return the message in an object of aisstream's, brought to our names, or None where there is none."""
    bodies = found.message or {}
    body = bodies.get(str(found.message_type)) or next(iter(bodies.values()), None)
    if not isinstance(body, Body):
        return None
    if body.mmsi is None:
        body.mmsi = _item(meta_of(found), "MMSI")
    if body.type in _STATIONS:
        body.second = body.utc_second
    if body.dimension is not None:
        _sides(body, body.dimension)
    if body.eta is not None:
        body.month, body.day, body.hour, body.minute = (
            _item(body.eta, name) for name in ("Month", "Day", "Hour", "Minute")
        )
    return body


def parts_of_body(body: Body) -> list[int]:
    """Return which parts of a type 24 of aisstream's there are, with their fields put in place."""
    parts = []
    if _item(body.report_a, "Valid"):
        body.shipname = _item(body.report_a, "Name")
        parts.append(0)
    if _item(body.report_b, "Valid"):
        body.shiptype, body.callsign = _item(body.report_b, "ShipType"), _item(body.report_b, "CallSign")
        _sides(body, _item(body.report_b, "Dimension"))
        parts.append(1)
    return parts


def parts_of(found: Object) -> list[int]:
    """Return which parts of a type 24 there are: gpsd writes both as one when it has both."""
    has_b = (found.callsign, found.shiptype, found.to_bow)
    return [0] * (found.shipname is not None) + [1] * any(value is not None for value in has_b)


def settle(found: Object) -> None:
    """Bring the odd fields of AIS-catcher and gpsd to numbers: turn, time of arrival, a station's own time."""
    if found.turn_unscaled is not None:
        found.turn = found.turn_unscaled
    elif found.scaled and found.turn is not None:
        found.turn = _turn(found.turn)
    if found.type == 5 and found.month is None and isinstance(found.eta, str) and (eta := _ETA.match(found.eta)):
        found.month, found.day, found.hour, found.minute = map(int, eta.groups())
    if found.type in _STATIONS and found.year is None and isinstance(found.timestamp, str):
        at = _TIME.match(found.timestamp)
        if at is not None:
            found.year, found.month, found.day, found.hour, found.minute, found.second = map(int, at.groups()[:6])


def time_of(found: Object) -> int | str | None:
    """Return when an object was received in UTC microseconds, None where it does not say, or why that is no time."""
    for value in (found.rxuxtime, found.toa):
        if value is not None:
            return _epoch(value)
    if found.rxtime is not None:
        return _written(found.rxtime)
    if found.timestamp is not None and found.type not in _SAY_TIME:
        return _written(found.timestamp)
    said = _item(meta_of(found), "time_utc")
    return None if said is None else _written(said)


def second_of(fields: Fields) -> int | None:
    """Return a message's own UTC second, or None where it has none."""
    second = fields.second if fields.type in _WITH_SECOND else None
    return second if type(second) is int and 0 <= second < 60 else None


def meta_of(found: Object) -> Any:
    """Return what aisstream says beside a message."""
    return found.MetaData if found.MetaData is not None else found.Metadata


def _epoch(value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e15:
        return "time"
    return round(value * (1_000 if value >= MILLISECONDS_FROM else 1_000_000))


def _written(value: object) -> int | str:
    """Return the time of a text, or of digits written as a number."""
    text = str(value).strip()
    second = _second(text[:19]) if len(text) > 19 and text[19] == "." and text.endswith(" +0000 UTC") else None
    if second is not None and (fraction := text[20:-10]).isdecimal():
        return second + int(fraction[:6].ljust(6, "0"))
    found = _TIME.fullmatch(text)
    if found is None:
        return "time"
    fraction, sign, hours, minutes = found.groups()[6:]
    try:
        year, month, day, hour, minute, whole = map(int, found.groups()[:6])
        second = to_us(datetime(year, month, day, hour, minute, whole, tzinfo=UTC))
    except (ValueError, OverflowError):
        return "time"
    away = (int(hours) * 60 + int(minutes)) * 60_000_000 if sign else 0
    return second + int((fraction or "0")[:6].ljust(6, "0")) - (away if sign != "-" else -away)


@lru_cache(4096)
def _second(text: str) -> int | None:
    """Return the time of a text down to the second, as aisstream writes it."""
    try:
        return to_us(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
    except ValueError:
        return None


def _turn(turn: object) -> object:
    """Return a rate of turn as sent, from degrees a minute or gpsd's words."""
    if isinstance(turn, str) and turn in _TURNS:
        return _TURNS[turn]
    try:
        degrees = float(turn)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    if degrees in (-128, -127, 127):  # AIS-catcher's for what is no rate; no rate as sent rounds to these
        return degrees
    return math.copysign(round(_SENSOR * math.sqrt(abs(degrees))), degrees) if math.isfinite(degrees) else None


def _sides(body: Body, dimension: object) -> None:
    body.to_bow, body.to_stern, body.to_port, body.to_starboard = (_item(dimension, name) for name in "ABCD")


def _item(of: object, name: str) -> Any:
    return of.get(name) if isinstance(of, dict) else None
