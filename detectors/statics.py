"""What ships said of themselves around an event: name, type, dimensions and draught, from their static reports.

An event reads static reports within `SPAN_H` of it only: it depends on a bounded span of time, and what a ship is
called next year changes nothing of what she was called then. Ships that share a number share its static reports too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from detectors.geo import US_H, Floats, Ints

if TYPE_CHECKING:
    from detectors.view import View

SPAN_H = 24.0
SPAN_US = int(SPAN_H * US_H)
_SIDES = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
_COLUMNS = ("name", "ship_type", *_SIDES, "draught_m")


@dataclass(frozen=True)
class Said:
    """What a ship said of herself most often in a span; None where she did not.

    Attributes:
        name: Name as sent.
        ship_type: ITU code 1-99.
        sides_m: Antenna to bow, stern, port and starboard, metres.
    """

    name: str | None = None
    ship_type: int | None = None
    sides_m: tuple[int, int, int, int] | None = None

    @property
    def length_m(self) -> int | None:
        """Bow to stern; None where only one of the two is said."""
        return None if self.sides_m is None else (self.sides_m[0] + self.sides_m[1]) or None

    @property
    def beam_m(self) -> int | None:
        """Side to side."""
        return None if self.sides_m is None else (self.sides_m[2] + self.sides_m[3]) or None


@dataclass(frozen=True)
class Statics:
    """Static reports of some ships, by ship and time.

    Attributes:
        mmsi: Ships, ascending, shape (s,).
        offsets: Reports of ship i are ``offsets[i]:offsets[i + 1]``.
        t: us since 1970.
        columns: name, ship_type, the four sides and draught_m of each report, None where not said.
    """

    mmsi: Ints
    offsets: Ints
    t: Ints
    columns: dict[str, npt.NDArray[np.object_]]

    @classmethod
    def read(cls, view: View, ships: Iterable[int], from_us: int, to_us: int) -> Statics:
        """Read what ships said from `SPAN_H` before a span of time to as long after, but not beyond the horizon."""
        wanted = pa.table({"mmsi": pa.array(sorted(set(ships)), pa.uint32())})
        low, high = from_us - SPAN_US, min(to_us + SPAN_US, view.horizon_us)
        rows = view.query(
            f"""
            SELECT mmsi, epoch_us(t) AS t_us, {", ".join(_COLUMNS)} FROM identities SEMI JOIN wanted USING (mmsi)
            WHERE t BETWEEN make_timestamp({low}) AND make_timestamp({high}) ORDER BY ALL
            """,
            wanted=wanted,
        )
        number = rows["mmsi"].to_numpy().astype(np.int64)
        mmsi, starts = np.unique(number, return_index=True)
        columns = {name: np.array(rows[name].to_pylist(), object) for name in _COLUMNS}
        return cls(mmsi, np.append(starts, len(number)), rows["t_us"].to_numpy(), columns)

    def said(self, mmsi: int, from_us: int, to_us: int) -> Said:
        """Return what a ship said most often within `SPAN_H` of a span; of equally frequent values the least."""
        part = self._part(mmsi, from_us - SPAN_US, to_us + SPAN_US)
        if part.start == part.stop:
            return Said()
        name, ship_type = (_most(self.columns[column][part]) for column in ("name", "ship_type"))
        sides = zip(*(self.columns[side][part] for side in _SIDES), strict=True)
        return Said(name, ship_type, _most(tuple(v or 0 for v in one) if any(one) else None for one in sides))

    def sides_at(self, mmsi: int, t: Ints) -> Floats:
        """Return the sides that hold at given times, shape (n, 4), NaN where none were said within `SPAN_H`.

        Those said last before a time, else those said first after it: they hang on what lies around that time alone.
        """
        part = self._part(mmsi, int(t.min(initial=0)) - SPAN_US, int(t.max(initial=0)) + SPAN_US)
        if part.start == part.stop:
            return np.full((len(t), 4), np.nan)
        sides = np.array([self.columns[side][part] for side in _SIDES]).T
        rows = np.flatnonzero([any(one) for one in sides])
        if not len(rows) or not len(t):
            return np.full((len(t), 4), np.nan)
        said_t = self.t[part][rows]
        metres = np.nan_to_num(sides[rows].astype(np.float64))
        before = np.searchsorted(said_t, t, "right") - 1
        after = np.minimum(before + 1, len(said_t) - 1)
        low = np.maximum(before, 0)
        fresh = (before >= 0) & (t - said_t[low] <= SPAN_US)
        soon = (said_t[after] >= t) & (said_t[after] - t <= SPAN_US)
        found: Floats = np.where(fresh[:, None], metres[low], np.where(soon[:, None], metres[after], np.nan))
        return found

    def greatest_m(self, mmsi: int) -> float:
        """Return the greatest distance of an antenna from a corner of its hull, by all that was said; 0 for nothing."""
        part = self._part(mmsi, -(1 << 62), 1 << 62)
        if part.start == part.stop:
            return 0.0
        far = [max((v or 0) for v in self.columns[side][part]) for side in _SIDES]
        return float(np.hypot(max(far[:2]), max(far[2:])))

    def draughts_m(self, mmsi: int, from_us: int, to_us: int) -> tuple[float | None, float | None]:
        """Return the last draught said before a span, and the last one said after it, within `SPAN_H` of it."""
        before, after = (from_us - SPAN_US, from_us), (to_us, to_us + SPAN_US)
        return self._last_draught(mmsi, *before), self._last_draught(mmsi, *after)

    def _last_draught(self, mmsi: int, from_us: int, to_us: int) -> float | None:
        part = self._part(mmsi, from_us, to_us)
        said = [(t, v) for t, v in zip(self.t[part], self.columns["draught_m"][part], strict=True) if v is not None]
        return round(float(max(said)[1]), 1) if said else None

    def _part(self, mmsi: int, from_us: int, to_us: int) -> slice:
        at = int(np.searchsorted(self.mmsi, mmsi))
        if at == len(self.mmsi) or self.mmsi[at] != mmsi:
            return slice(0, 0)
        low, high = int(self.offsets[at]), int(self.offsets[at + 1])
        t = self.t[low:high]
        return slice(low + int(np.searchsorted(t, from_us, "left")), low + int(np.searchsorted(t, to_us, "right")))


def _most(values: Iterable[Any]) -> Any:
    """Return the value that is there most often, None if there is none; of equally frequent ones the least."""
    counts = Counter(value for value in values if value is not None)
    return min(counts, key=lambda value: (-counts[value], value)) if counts else None
