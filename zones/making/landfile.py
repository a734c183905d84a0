"""The shipped land as whole, delta-coded steps: the region in full with owners, the rest of the world simplified.

``land.json.gz`` is ``{"quantum_deg", "region", "world_quantum_deg", "owners": {code: [polygon]}, "world":
[polygon]}`` where a polygon is a list of rings and a ring ``[x0, y0, dx1, dy1, ...]`` in whole quanta (the
closing position left out); ``zones.land`` reads it.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from zones.making.coast import REGION, Coast
from zones.making.plane import polygons_of

QUANTUM_DEG = 1e-5
WORLD_QUANTUM_DEG = 1e-3
_WORLD_TOLERANCE_DEG = 0.01
_WORLD_LEAST_DEG2 = 2e-4


def write_land(path: Path, coast: Coast) -> None:
    """Write the land file; the bytes depend on the coast alone."""
    document = {
        "quantum_deg": QUANTUM_DEG,
        "region": REGION,
        "world_quantum_deg": WORLD_QUANTUM_DEG,
        "owners": {code: _coded(shape, QUANTUM_DEG) for code, shape in coast.owners.items()},
        "world": [polygon for shape in coast.world for polygon in _coded(_coarse(shape), WORLD_QUANTUM_DEG)],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    path.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))


def _coarse(shape: Any) -> Any:
    region = shapely.box(*REGION)
    outside = shape.difference(region) if shape.intersects(region) else shape
    lean = polygons_of(shapely.make_valid(shapely.simplify(outside, _WORLD_TOLERANCE_DEG)))
    return shapely.MultiPolygon([part for part in shapely.get_parts(lean) if part.area >= _WORLD_LEAST_DEG2])


def _coded(shape: Any, quantum: float) -> list[list[list[int]]]:
    exact = shapely.set_precision(shape, quantum)
    parts = [part for part in shapely.get_parts(exact) if part.geom_type == "Polygon" and not part.is_empty]
    return [[_steps(ring, quantum) for ring in (part.exterior, *part.interiors)] for part in parts]


def _steps(ring: Any, quantum: float) -> list[int]:
    whole = np.rint(shapely.get_coordinates(ring)[:-1] / quantum).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return [int(step) for step in steps.ravel()]
