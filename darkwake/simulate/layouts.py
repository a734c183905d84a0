"""Field layouts of the AIS messages that simulated ships send: types 1, 3, 5, 18 and 24.

Source: ITU-R M.1371-5, annex 8, in the order of its tables. Values are raw, as on the air: longitude and latitude
in 1/10,000 minute, speed in 0.1 knot, course in 0.1 degree, draught in 0.1 m.
Left out on purpose: long-range, binary, safety and base station messages, which no ship here sends.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from darkwake.simulate.bits import Field, text_fields

Columns = Mapping[str, NDArray[np.int64]]
Texts = Mapping[str, NDArray[np.bytes_]]

#: The default radio state of types 1 and 18, whose content no detector reads.
RADIO_SOTDMA = 49152
RADIO_CS = 917510


def class_a(msg_type: int, c: Columns) -> list[Field]:
    """Types 1 and 3, 168 bits: scheduled, and polled or special, class A position reports."""
    return [
        Field(6, msg_type),
        Field(2, 0),
        Field(30, c["mmsi"]),
        Field(4, c["status"]),
        Field(8, c["rot"]),
        Field(10, c["sog"]),
        Field(1, c["accurate"]),
        Field(28, c["lon"]),
        Field(27, c["lat"]),
        Field(12, c["cog"]),
        Field(9, c["heading"]),
        Field(6, c["second"]),
        Field(2, 0),
        Field(3, 0),
        Field(1, c["raim"]),
        Field(19, RADIO_SOTDMA),
    ]


def class_b(c: Columns) -> list[Field]:
    """Type 18, 168 bits: class B position report of a carrier-sense unit without display."""
    return [
        Field(6, 18),
        Field(2, 0),
        Field(30, c["mmsi"]),
        Field(8, 0),
        Field(10, c["sog"]),
        Field(1, c["accurate"]),
        Field(28, c["lon"]),
        Field(27, c["lat"]),
        Field(12, c["cog"]),
        Field(9, c["heading"]),
        Field(6, c["second"]),
        Field(2, 0),
        Field(1, 1),
        Field(1, 0),
        Field(1, 1),
        Field(1, 1),
        Field(1, 1),
        Field(1, 0),
        Field(1, c["raim"]),
        Field(20, RADIO_CS),
    ]


def static_a(c: Columns, texts: Texts) -> list[Field]:
    """Type 5, 424 bits: static and voyage data of class A."""
    return [
        Field(6, 5),
        Field(2, 0),
        Field(30, c["mmsi"]),
        Field(2, 0),
        Field(30, c["imo"]),
        *text_fields(texts["callsign"], 7),
        *text_fields(texts["name"], 20),
        Field(8, c["ship_type"]),
        *_dimensions(c),
        Field(4, 1),
        Field(4, c["eta_month"]),
        Field(5, c["eta_day"]),
        Field(5, c["eta_hour"]),
        Field(6, c["eta_minute"]),
        Field(8, c["draught"]),
        *text_fields(texts["destination"], 20),
        Field(1, 0),
        Field(1, 0),
    ]


def static_b_name(c: Columns, texts: Texts) -> list[Field]:
    """Type 24 part A, 160 bits: the name of a class B ship."""
    return [Field(6, 24), Field(2, 0), Field(30, c["mmsi"]), Field(2, 0), *text_fields(texts["name"], 20)]


def static_b_ship(c: Columns, texts: Texts) -> list[Field]:
    """Type 24 part B, 168 bits: type, vendor, call sign and dimensions of a class B ship."""
    vendor = text_fields(np.full(len(c["mmsi"]), b"SIM"), 3)
    return [
        Field(6, 24),
        Field(2, 0),
        Field(30, c["mmsi"]),
        Field(2, 1),
        Field(8, c["ship_type"]),
        *vendor,
        Field(4, 1),
        Field(20, 1),
        *text_fields(texts["callsign"], 7),
        *_dimensions(c),
        Field(4, 1),
        Field(2, 0),
    ]


def _dimensions(c: Columns) -> list[Field]:
    return [
        Field(9, c["to_bow"]),
        Field(9, c["to_stern"]),
        Field(6, c["to_port"]),
        Field(6, c["to_starboard"]),
    ]
