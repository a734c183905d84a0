"""A two-level grid: cell by cell, which zones hold it wholly, which not at all, whose boundary crosses it.

The world is cut into whole degrees; a degree that some boundary crosses is cut again into FINE x FINE cells. A
point then costs two table look-ups, and only points in a cell with a boundary need the exact test. Cells are
marked from the edges themselves (each cut into steps of at most half a cell, the cells around each step marked,
with a margin of 1e-9 degree), so a cell counts as clear of a boundary only if it is. Longitudes are in [-180,
180); shapes that reach 180 are unrolled first (see zones.turn). Units: degrees.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

FINE = 32
OUT, IN, EDGE = 0, 1, 2
_MARGIN = 1e-9

Codes = npt.NDArray[np.int32]
Points = npt.NDArray[np.float64]
States = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Grid:
    """The grid of a list of shapes.

    Attributes:
        coarse: (180 * 360,) code of each degree cell, or ``-1 - tile`` where it is cut again.
        tiles: (tiles, FINE * FINE) code of each fine cell.
        states: (shapes, codes) OUT, IN or EDGE of each shape in the cells of a code.
    """

    coarse: Codes
    tiles: Codes
    states: States

    def codes(self, lon: Points, lat: Points) -> Codes:
        """Return the code of each point's cell; ``lon`` in [-180, 180), ``lat`` in [-90, 90]."""
        x, y = lon + 180.0, lat + 90.0
        column, row = x.astype(np.int32), np.minimum(y.astype(np.int32), 179)
        code: Codes = self.coarse[row * 360 + column]
        cut = np.flatnonzero(code < 0)
        if len(cut):
            sub_x = ((x[cut] - column[cut]) * FINE).astype(np.int32)
            sub_y = np.minimum(((y[cut] - row[cut]) * FINE).astype(np.int32), FINE - 1)
            code[cut] = self.tiles[-1 - code[cut], sub_y * FINE + sub_x]
        return code


def make_grid(shapes: list[Any]) -> Grid:
    """Return the grid of unrolled shapes; memory grows with the degrees that boundaries cross, not with shapes."""
    coarse = np.zeros((len(shapes), 180 * 360), dtype=np.uint8)
    for index, shape in enumerate(shapes):
        if not shape.is_empty:
            coarse[index] = _coarse_states(shape)
    top = np.zeros(180 * 360, dtype=np.int32)
    for row in coarse:
        top = np.unique(top * 3 + row, return_inverse=True)[1].astype(np.int32)
    first = np.unique(top, return_index=True)[1]
    states = coarse[:, first]
    cut = np.flatnonzero((coarse == EDGE).any(axis=0))
    tiles = np.repeat(top[cut, None], FINE * FINE, axis=1)
    for index, shape in enumerate(shapes):
        own = np.flatnonzero(coarse[index, cut] == EDGE)
        if len(own):
            tiles[own], states = _recoded(tiles[own], states, index, _fine_states(shape, cut[own]))
    top[cut] = -1 - np.arange(len(cut), dtype=np.int32)
    return Grid(top, tiles, np.ascontiguousarray(states))


def _recoded(codes: Codes, states: States, index: int, state: States) -> tuple[Codes, States]:
    """Return the codes of cells in which the shape ``index`` takes ``state``, and the states with those codes added."""
    pairs, code = np.unique(codes.astype(np.int64) * 3 + state, return_inverse=True)
    added = states[:, pairs // 3]
    added[index] = pairs % 3
    return (code + states.shape[1]).astype(np.int32).reshape(codes.shape), np.concatenate([states, added], axis=1)


def _marked(shape: Any, per_degree: int) -> npt.NDArray[np.int64]:
    """Return the flat numbers of the cells of 1 / ``per_degree`` degree that a shape's boundary may touch."""
    steps = shapely.segmentize(shape.boundary, 0.5 / per_degree)
    xy, line = shapely.get_coordinates(shapely.get_parts(steps), return_index=True)
    same = line[1:] == line[:-1]
    one, two = xy[:-1][same], xy[1:][same]
    low, high = np.minimum(one, two) - _MARGIN, np.maximum(one, two) + _MARGIN
    columns = [np.floor((each[:, 0] + 180.0) * per_degree).astype(np.int64) for each in (low, high)]
    rows = [np.floor((each[:, 1] + 90.0) * per_degree).astype(np.int64) for each in (low, high)]
    width = 360 * per_degree
    rows = [np.clip(row, 0, 180 * per_degree - 1) for row in rows]
    found = [row * width + column for row in rows for column in columns]
    inside = [(column >= 0) & (column < width) for _ in rows for column in columns]
    return np.unique(np.concatenate([cell[keep] for cell, keep in zip(found, inside, strict=True)]))


def _coarse_states(shape: Any) -> States:
    """Return the state of every degree cell: EDGE where the boundary may touch it, else that of its centre."""
    state = np.full(180 * 360, OUT, dtype=np.uint8)
    west, south, east, north = np.floor(shape.bounds).astype(np.int64) + np.array([180, 90, 180, 90])
    columns, rows = np.arange(max(west, 0), min(east + 1, 360)), np.arange(south, min(north + 1, 180))
    cells = (rows[:, None] * 360 + columns[None, :]).ravel()
    state[cells] = shapely.contains_xy(shape, cells % 360 - 179.5, cells // 360 - 89.5)
    state[_marked(shape, 1)] = EDGE
    return state


def _fine_states(shape: Any, degrees: npt.NDArray[np.int64]) -> States:
    """Return (degrees, FINE * FINE) states of the fine cells of the given degree cells.

    Along a row, cells between two marked ones share their state, so only the first of each run is tested.
    """
    width = 360 * FINE
    marked = _marked(shape, FINE)
    of_degree = (marked // width // FINE) * 360 + marked % width // FINE
    at = np.minimum(np.searchsorted(degrees, of_degree), len(degrees) - 1)
    own = degrees[at] == of_degree
    marked, at = marked[own], at[own]
    state = np.zeros((len(degrees), FINE, FINE), dtype=np.uint8)
    state[at, marked // width % FINE, marked % width % FINE] = EDGE
    clear = state != EDGE
    first = clear.copy()
    first[:, :, 1:] &= ~clear[:, :, :-1]
    tile, row, column = np.nonzero(first)
    lon = degrees[tile] % 360 - 180 + (column + 0.5) / FINE
    lat = degrees[tile] // 360 - 90 + (row + 0.5) / FINE
    run = np.cumsum(first.reshape(len(degrees), -1).ravel()).reshape(state.shape) - 1
    tested = shapely.contains_xy(shape, lon, lat).astype(np.uint8)
    if len(tested):
        state[clear] = tested[run[clear]]
    return state.reshape(len(degrees), FINE * FINE)
