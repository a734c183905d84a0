"""Zones and coast as a page carries them: rings of 1e-5 degree, drawn a little coarser than they are.

A vertex that lies within a tolerance of the last one kept is left out of the drawing (only there: detection uses the
exact geometry). Where all shapes together have more vertices than a drawing may, those with more than their share are
thinned further, step by step through TOLERANCES_DEG, so that a very fine shape does not blunt the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maps.pack import pack
from maps.tracks import DEGREE

TOLERANCES_DEG = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05)  # 22 m to 5.5 km

Ring = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """Shapes of one drawing.

    Attributes:
        parts: Per shape its parts: `[form, first ring, rings]`, form being `area`, `line` or `point`.
        lengths: Vertices of each ring.
        packed: Longitudes and latitudes of all rings, packed.
        tolerance_deg: The greatest tolerance that a shape needed.
    """

    parts: list[list[list[object]]]
    lengths: list[int]
    packed: dict[str, object]
    tolerance_deg: float

    def as_json(self) -> dict[str, object]:
        """Return what the page reads."""
        return {"parts": self.parts, "lengths": self.lengths, "at": self.packed}


def draw(geometries: Sequence[Mapping[str, object]], *, max_vertices: int) -> Drawn:
    """Return GeoJSON geometries as rings to draw."""
    shapes = [list(_pieces(geometry)) for geometry in geometries]
    rings = [[ring for _, pieces in shape for ring in pieces] for shape in shapes]
    lean, tolerance = _lean(rings, max_vertices)
    kept = [ring for shape in lean for ring in shape]
    parts: list[list[list[object]]] = []
    first = 0
    for shape in shapes:
        listed: list[list[object]] = []
        for form, pieces in shape:
            listed.append([form, first, len(pieces)])
            first += len(pieces)
        parts.append(listed)
    every = np.concatenate(kept) if kept else np.empty((0, 2))
    whole = np.rint(every * DEGREE).astype(np.int64)
    return Drawn(parts, [len(ring) for ring in kept], pack([whole[:, 0], whole[:, 1]]), tolerance)


def _lean(shapes: list[list[Ring]], max_vertices: int) -> tuple[list[list[Ring]], float]:
    """Return the shapes thinned until all fit, and the greatest tolerance used."""
    share = max_vertices / max(1, len(shapes))
    used = TOLERANCES_DEG[0]
    lean = [[thin(ring, used) for ring in shape] for shape in shapes]
    for tolerance in TOLERANCES_DEG[1:]:
        sizes = [sum(map(len, shape)) for shape in lean]
        if sum(sizes) <= max_vertices:
            break
        used = tolerance
        lean = [
            [thin(ring, tolerance) for ring in shape] if size > share else shape
            for shape, size in zip(lean, sizes, strict=True)
        ]
    return lean, used


def _pieces(geometry: Mapping[str, object]) -> Iterator[tuple[str, list[Ring]]]:
    kind, at = str(geometry.get("type")), geometry.get("coordinates")
    if kind == "GeometryCollection":
        members = geometry.get("geometries")
        for member in members if isinstance(members, list | tuple) else ():
            yield from _pieces(member)
    elif not isinstance(at, list | tuple) or not at:
        return
    elif kind == "Point":
        yield "point", [_ring([at])]
    elif kind == "MultiPoint":
        yield "point", [_ring([point]) for point in at]
    elif kind == "LineString":
        yield "line", [_ring(at)]
    elif kind == "MultiLineString":
        yield "line", [_ring(line) for line in at]
    elif kind == "Polygon":
        yield "area", [_ring(ring) for ring in at]
    elif kind == "MultiPolygon":
        for polygon in at:
            yield "area", [_ring(ring) for ring in polygon]


def _ring(points: Sequence[Sequence[float]]) -> Ring:
    return np.asarray([point[:2] for point in points], dtype=np.float64).reshape(-1, 2)


def thin(ring: Ring, tolerance: float) -> Ring:
    """Return the ring without vertices nearer than the tolerance (degrees) to the last kept; its ends stay."""
    if len(ring) < 5:
        return ring
    keep = [0]
    lon, lat = ring[:, 0].tolist(), ring[:, 1].tolist()
    last = 0
    for i in range(1, len(lon) - 1):
        if abs(lon[i] - lon[last]) + abs(lat[i] - lat[last]) >= tolerance:
            keep.append(i)
            last = i
    return ring[[*keep, len(lon) - 1]]
