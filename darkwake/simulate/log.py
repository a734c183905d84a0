"""What the receivers of a scenario recorded, and its file of sentences.

Copies are in order of receive time, then ship, message, station; a file is written in blocks, each message type of a
block encoded at once. The same scenario gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from darkwake.simulate import layouts
from darkwake.simulate.bits import Field, pack
from darkwake.simulate.broadcast import TYPE_24A, TYPE_24B, Ints, Reports
from darkwake.simulate.radio import Heard
from darkwake.simulate.sentences import Bytes, Envelope, frame
from darkwake.simulate.ships import Ship

#: Copies encoded at a time: some 10 MB of byte matrix.
BLOCK = 50_000


@dataclass(frozen=True)
class Log:
    """Reports (by ship), the copies of them that were heard, and the names of the stations."""

    ships: tuple[Ship, ...]
    reports: Reports
    ship: Ints
    heard: Heard
    stations: tuple[str, ...]

    @property
    def lines(self) -> int:
        """Lines of the file: one for each copy, two for a static report of class A."""
        return len(self.heard.report) + int(np.count_nonzero(self.reports.kind[self.heard.report] == 5))

    def blocks(self) -> Iterator[bytes]:
        """The file, some 50,000 messages at a time."""
        order = self._order()
        two = np.cumsum(self.reports.kind[self.heard.report[order]] == 5)
        table, names = _ship_columns(self.ships)
        for start in range(0, len(order), BLOCK):
            rows = order[start : start + BLOCK]
            yield self._block(rows, two[start : start + BLOCK], table, names)

    def write(self, path: str | Path) -> None:
        """Writes the sentences to a file."""
        with Path(path).open("wb") as out:
            for block in self.blocks():
                out.write(block)

    def _order(self) -> Ints:
        report = self.heard.report
        mmsi = np.array([s.mmsi for s in self.ships], dtype=np.int64)[self.ship[report]]
        return np.lexsort((self.heard.station, self.reports.kind[report], mmsi, self.heard.epoch_s))

    def _block(self, rows: Ints, group: Ints, table: dict[str, Ints], names: dict[str, NDArray[np.bytes_]]) -> bytes:
        report = self.heard.report[rows]
        kind = self.reports.kind[report]
        lines_before = np.cumsum(1 + (kind == 5)) - (1 + (kind == 5))
        made: list[tuple[Ints, Bytes]] = []
        stations = np.array([s.encode() for s in self.stations])
        for one in np.unique(kind):
            at = np.flatnonzero(kind == one)
            payload, fill = pack(
                _fields(int(one), self.reports.take(report[at]), self.ship[report[at]], table, names), len(at)
            )
            envelope = Envelope(
                station=stations[self.heard.station[rows[at]]],
                epoch_s=self.heard.epoch_s[rows[at]],
                channel=report[at] % 2,
                sequence=group[at] % 10,
                group=group[at],
            )
            made += [(lines_before[at] + i, line) for i, line in enumerate(frame(payload, fill, envelope))]
        page = np.zeros((int(lines_before[-1] + 1 + (kind[-1] == 5)), max(m.shape[1] for _, m in made)), dtype=np.uint8)
        for at, matrix in made:
            page[at, : matrix.shape[1]] = matrix
        shown: Bytes = page[page != 0]
        return bytes(shown.tobytes())


def _fields(
    kind: int, r: Reports, ship: Ints, table: dict[str, Ints], names: dict[str, NDArray[np.bytes_]]
) -> list[Field]:
    columns = {name: values[ship] for name, values in table.items()}
    if kind in (5, TYPE_24A, TYPE_24B):
        columns["draught"] = r.draught
        texts = {name: values[ship] for name, values in names.items()}
        return {5: layouts.static_a, TYPE_24A: layouts.static_b_name, TYPE_24B: layouts.static_b_ship}[kind](
            columns, texts
        )
    flag = np.ones(len(r.t), dtype=np.int64)
    columns |= {
        "lon": r.lon,
        "lat": r.lat,
        "sog": r.sog,
        "cog": r.cog,
        "heading": r.heading,
        "rot": r.rot,
        "status": r.status,
        "second": np.floor(r.t).astype(np.int64) % 60,
        "accurate": flag,
        "raim": flag * 0,
    }
    return layouts.class_b(columns) if kind == 18 else layouts.class_a(kind, columns)


def _ship_columns(ships: tuple[Ship, ...]) -> tuple[dict[str, Ints], dict[str, NDArray[np.bytes_]]]:
    def ints(values: list[int]) -> Ints:
        return np.array(values, dtype=np.int64)

    table = {
        "mmsi": ints([s.mmsi for s in ships]),
        "imo": ints([s.imo for s in ships]),
        "ship_type": ints([s.ship_type for s in ships]),
        "to_bow": ints([s.to_bow_m for s in ships]),
        "to_stern": ints([s.to_stern_m for s in ships]),
        "to_port": ints([s.to_port_m for s in ships]),
        "to_starboard": ints([s.to_starboard_m for s in ships]),
        # Not available, as ITU-R M.1371 has it: many crews never type an ETA.
        "eta_month": ints([0] * len(ships)),
        "eta_day": ints([0] * len(ships)),
        "eta_hour": ints([24] * len(ships)),
        "eta_minute": ints([60] * len(ships)),
    }
    names = {
        "name": np.array([s.name.encode() for s in ships]),
        "callsign": np.array([s.callsign.encode() for s in ships]),
        "destination": np.array([s.destination.encode() for s in ships]),
    }
    return table, names
