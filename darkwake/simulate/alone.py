"""One ship alone, slow or adrift at sea: the visible half of a meeting, or a ship with a reason of her own.

The partner of a one-sided meeting is silent throughout and so not in the data at all; what can be seen is that a
ship stopped where nothing is, and that her crew typed another draught afterwards.
"""

from __future__ import annotations

from typing import Literal

from darkwake.simulate.calls import Rest, call, come, go
from darkwake.simulate.pairs import merchant
from darkwake.simulate.path import Point
from darkwake.simulate.places import Site
from darkwake.simulate.scene import Decoy, Plant, Scene, around
from darkwake.simulate.voyage import FISHING, UNDER_WAY


def loiterer(scene: Scene, site: Site, first: int, hours: float, how: Rest) -> int:
    """Plants a ship that lies at sea for hours and is deeper or lighter by 1-3 m afterwards; gives her index."""
    ship, last = merchant(scene, 80, 140), first + scene.grid.steps_in(hours)
    index = scene.add(ship, call(scene, site, scene.spot(site, 4_000.0), first, last, how))
    change = float(scene.rng.uniform(1.0, 3.0)) * (1.0 if scene.rng.random() < 0.5 else -1.0)
    draught = ship.draught_m + change if ship.draught_m + change > 1.0 else ship.draught_m - change
    scene.laden[index] = (last, round(draught, 1))
    scene.plants.append(Plant("loitering", "alone, another draught after", (index,), first, last))
    return index


def crawler(scene: Scene, site: Site, first: int, hours: float, speed_kn: float, label: str) -> int:
    """Plants a ship that steams slowly across a site's waters to and fro; a trawler if the label says so."""
    fishing: Literal["fishing", "cargo"] = "fishing" if "trawler" in label else "cargo"
    start, last = scene.spot(site, 4_000.0), first + scene.grid.steps_in(hours)
    voyage = come(scene, site, start, first)
    away = around(start, speed_kn * hours * 1852.0 / 2.0, float(scene.rng.uniform(0.0, 360.0)))
    status = FISHING if fishing == "fishing" else UNDER_WAY
    voyage.sail([away, start], speed_kn, steps=last - voyage.step, status=status)
    index = scene.add(scene.registry.make(fishing, ais_class="A"), go(scene, voyage, site))
    scene.decoys.append(Decoy(label, (index,), first, last, start, speed_kn * hours / 2.0))
    return index


def waiting(
    scene: Scene, site: Site, first: int, hours: float, how: Rest, label: str, spot: Point | None = None
) -> int:
    """Plants a ship that lies for a while and goes on as she was."""
    spot, last = spot or scene.spot(site, 4_000.0), first + scene.grid.steps_in(hours)
    index = scene.add(merchant(scene), call(scene, site, spot, first, last, how))
    scene.decoys.append(Decoy(label, (index,), first, last, spot, 3.0))
    return index
