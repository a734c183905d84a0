"""A finished scenario: its sentences and its truth, and how they are made from a scene."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from darkwake.simulate.broadcast import broadcast, joined
from darkwake.simulate.log import Log
from darkwake.simulate.radio import Heard, breathing, receive
from darkwake.simulate.scene import Scene
from darkwake.simulate.ships import Ship
from darkwake.simulate.truth import truth


@dataclass(frozen=True)
class Scenario:
    """Labelled traffic: what receivers recorded, and what really happened (JSON-ready, see `truth`)."""

    name: str
    seed: int
    log: Log
    truth: dict[str, object]

    @property
    def lines(self) -> int:
        """Sentences in the NMEA file."""
        return self.log.lines

    @property
    def judged(self) -> set[str]:
        """Kinds for which the truth is complete."""
        kinds = self.truth["kinds"]
        return set(kinds) if isinstance(kinds, list) else set()

    def write_nmea(self, path: str | Path) -> None:
        """Writes the tag-blocked sentences."""
        self.log.write(path)

    def write_truth(self, path: str | Path) -> None:
        """Writes the truth as JSON."""
        Path(path).write_text(json.dumps(self.truth, indent=1) + "\n", encoding="utf-8")


def record(scene: Scene) -> Log:
    """Broadcasts every ship of a scene and keeps what the receivers hear."""
    radio = scene.radio()
    factor = breathing(scene.rng, radio, int(scene.grid.steps / 120) + 1)
    reports, owners, copies, base = [], [], [], 0
    for i, (ship, track) in enumerate(zip(scene.ships, scene.tracks, strict=True)):
        rng = np.random.default_rng([scene.seed, i])
        blind = [(scene.epoch(a), scene.epoch(b)) for a, b in scene.blind.get(i, [])]
        sent = broadcast(rng, scene.grid, ship, track, blind)
        for a, b in scene.silences.get(i, []):
            sent = sent.take((sent.t < scene.epoch(a)) | (sent.t >= scene.epoch(b)))
        if i in scene.laden:
            step, draught_m = scene.laden[i]
            typed = (sent.draught > 0) & (sent.t >= scene.epoch(step))
            sent = replace(sent, draught=np.where(typed, round(draught_m * 10), sent.draught))
        kept_as = replace(radio, keep_s=scene.keeps.get(i, radio.keep_s))
        heard = receive(rng, kept_as, factor, scene.grid.epoch_s, sent, ship.ais_class == "A")
        kept, index = np.unique(heard.report, return_inverse=True)
        reports.append(sent.take(kept))
        owners.append(np.full(len(kept), i))
        copies.append(Heard(index + base, heard.station, heard.epoch_s))
        base += len(kept)
    together = Heard(*(np.concatenate([getattr(c, name) for c in copies]) for name in Heard.__dataclass_fields__))
    told = tuple(_unsized(ship) if i in scene.unsized else ship for i, ship in enumerate(scene.ships))
    return Log(told, joined(reports), np.concatenate(owners), together, tuple(s.name for s in scene.stations))


def _unsized(ship: Ship) -> Ship:
    """The ship as her static data tell it when nobody has typed her dimensions."""
    return replace(ship, to_bow_m=0, to_stern_m=0, to_port_m=0, to_starboard_m=0)


def finish(scene: Scene) -> Scenario:
    """The scenario of a scene."""
    log = record(scene)
    if "incursion" in scene.judged and any(ship.ship_type == 30 for ship in scene.ships):
        from zones import load_zones  # only fleets need geometry, and it is slow to load

        return Scenario(scene.name, scene.seed, log, truth(scene, log, load_zones()))
    return Scenario(scene.name, scene.seed, log, truth(scene, log, None))
