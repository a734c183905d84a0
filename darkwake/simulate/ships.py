"""Ships of a scenario: numbers, names, sizes, equipment. All are invented.

An MMSI has the country digits of a real flag (MID, ITU) so that flags can be tested, and a serial number that the
scenario counts up; names are of birds and stones. Sizes follow ordinary coasters, tankers, trawlers and tugs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

#: Flags that sail here, as MIDs: China, ROK, DPRK, Panama, Sierra Leone, Togo, Mongolia, Russia, Hong Kong.
MERCHANT_MIDS = (412, 413, 440, 441, 445, 371, 667, 671, 457, 273, 477)
_FIRST = ("AMBER", "BASALT", "CORAL", "DUSKY", "EMBER", "FLINT", "GARNET", "HAZEL", "INDIGO", "JASPER", "LUNAR", "ONYX")
_SECOND = ("HERON", "PETREL", "TERN", "CRANE", "GANNET", "PLOVER", "EGRET", "SKUA", "FULMAR", "AVOCET", "AUKLET")
_PORTS = ("DALIAN", "INCHEON", "QINGDAO", "NAMPO", "DANDONG", "BUSAN", "VOSTOCHNY", "CHONGJIN", "WEIHAI", "ORDER")

Kind = Literal["cargo", "tanker", "fishing", "tug"]


@dataclass(frozen=True)
class Ship:
    """One ship as her static data tell it, and how her set behaves.

    Dimensions in metres from the antenna. `course_at_rest`: whether the set sends a course when she lies still
    (else 360, not available). `gyro`: whether it sends a heading.
    """

    mmsi: int
    imo: int
    name: str
    callsign: str
    ship_type: int
    ais_class: Literal["A", "B"]
    to_bow_m: int
    to_stern_m: int
    to_port_m: int
    to_starboard_m: int
    draught_m: float
    destination: str
    course_at_rest: bool
    gyro: bool

    @property
    def length_m(self) -> int:
        """Length over all."""
        return self.to_bow_m + self.to_stern_m

    @property
    def beam_m(self) -> int:
        """Breadth."""
        return self.to_port_m + self.to_starboard_m

    @property
    def antenna_forward_m(self) -> float:
        """Metres from the middle of the hull forward to the antenna (negative: aft)."""
        return self.length_m / 2.0 - self.to_bow_m

    @property
    def antenna_right_m(self) -> float:
        """Metres from the middle of the hull to starboard to the antenna."""
        return self.to_port_m - self.beam_m / 2.0


def imo_number(serial: int) -> int:
    """A seven-digit IMO number with a right check digit for a six-digit serial."""
    digits = [int(d) for d in f"{serial:06d}"]
    return serial * 10 + sum(d * w for d, w in zip(digits, range(7, 1, -1), strict=True)) % 10


class Registry:
    """Gives out ships, each with a number and a name of its own, in an order fixed by the seed."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Starts counting at a serial that the seed chooses."""
        self._rng = rng
        self._serial = 10_000 + int(rng.integers(0, 60_000))

    def make(
        self,
        kind: Kind,
        *,
        ais_class: Literal["A", "B"] | None = None,
        length_m: int | None = None,
        mid: int | None = None,
    ) -> Ship:
        """A ship of a kind; what is not given is drawn."""
        rng = self._rng
        self._serial += int(rng.integers(1, 9))
        low, high, code = {
            "cargo": (60, 150, 70),
            "tanker": (60, 130, 80),
            "fishing": (24, 42, 30),
            "tug": (24, 36, 52),
        }[kind]
        length = length_m or int(rng.integers(low, high + 1))
        beam = max(6, round(length * (0.155 if kind in ("cargo", "tanker") else 0.24)))
        stern = max(4, round(length * float(rng.uniform(0.12, 0.25) if length > 50 else rng.uniform(0.4, 0.6))))
        port = beam // 2 + int(rng.integers(-1, 2))
        flag = mid or int(412 if kind == "fishing" else rng.choice(np.array(MERCHANT_MIDS)))
        chosen = ais_class or ("B" if kind == "fishing" and rng.random() < 0.6 else "A")
        name = f"{rng.choice(np.array(_FIRST))} {rng.choice(np.array(_SECOND))} {self._serial % 1000}"
        return Ship(
            mmsi=flag * 1_000_000 + 900_000 + self._serial,
            imo=0 if chosen == "B" else imo_number(900_000 + self._serial),
            name=name,
            callsign=f"S{self._serial % 100_000:05d}",
            ship_type=code,
            ais_class=chosen,
            to_bow_m=length - stern,
            to_stern_m=stern,
            to_port_m=port,
            to_starboard_m=beam - port,
            draught_m=round(length * 0.045 + 0.6, 1),
            destination=str(rng.choice(np.array(_PORTS))),
            course_at_rest=bool(rng.random() < 0.8),
            gyro=chosen == "A" and bool(rng.random() < 0.9),
        )
