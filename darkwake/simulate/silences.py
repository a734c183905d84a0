"""Ships that switch off where others are heard: off a port, in a transfer area, or on passage.

The set goes silent altogether, static reports too. The silence begins and ends within the site, whose residents keep
talking on either side of it, so that a receiver could have heard her.
"""

from __future__ import annotations

import numpy as np

from darkwake.simulate.places import Site
from darkwake.simulate.scene import Plant, Scene
from darkwake.simulate.traffic import arrive, coming, leave
from darkwake.simulate.voyage import UNDER_WAY


def dark(scene: Scene, site: Site, first: int, hours: float, *, returns: bool = True) -> int:
    """Plants a ship that comes to a site, is silent from step `first` for `hours`, and leaves it later.

    Half of them switch off while still coming in and on again under way out, the others at rest. One that does not
    return stays silent to the end.
    """
    rng, grid = scene.rng, scene.grid
    ship = scene.registry.make(
        "tanker" if rng.random() < 0.6 else "cargo",
        ais_class="A",
        mid=int(rng.choice(np.array([445, 667, 671, 457, 412]))),
    )
    last = first + grid.steps_in(hours)
    moving = bool(rng.random() < 0.5)
    lead = grid.steps_in(float(rng.uniform(0.04, 0.1)))
    arrival, departure = (first + lead, last - lead) if moving else (first - 2 * lead, last + 2 * lead)
    voyage = coming(scene, site.area, [site.entrance(scene.rng)], scene.spot(site), arrival)
    voyage.anchor((departure if returns else grid.steps) - voyage.step)
    if returns:
        leave(scene, voyage, site.area, [site.entrance(scene.rng)])
    index = scene.add(ship, voyage.track())
    scene.silences.setdefault(index, []).append((first, last if returns else grid.steps))
    near = "near a port" if site.near_port else "in open water"
    scene.plants.append(
        Plant(
            "gap",
            f"dark {near}" if returns else f"dark {near}, not back",
            (index,),
            first,
            last if returns else grid.steps,
        )
    )
    return index


def dark_passage(scene: Scene, out: Site, back: Site, first: int, hours: float) -> int:
    """Plants a ship that switches off at one site and on again at another, `hours` later.

    Raises:
        ValueError: she could not get there in that time at 14 knots.
    """
    grid = scene.grid
    ship = scene.registry.make("cargo", ais_class="A", mid=445)
    last = first + grid.steps_in(hours)
    lead = grid.steps_in(0.3)
    voyage = coming(scene, out.area, [out.entrance(scene.rng)], scene.spot(out), first - lead)
    voyage.anchor(2 * lead)
    arrive(scene, voyage, [out.entrance(scene.rng), back.entrance(scene.rng), scene.spot(back)], last - lead)
    voyage.anchor(2 * lead, status=UNDER_WAY)
    leave(scene, voyage, back.area, [back.entrance(scene.rng)])
    index = scene.add(ship, voyage.track())
    scene.silences.setdefault(index, []).append((first, last))
    scene.plants.append(Plant("gap", "dark passage", (index,), first, last))
    return index
