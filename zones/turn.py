"""Shapes moved by whole turns of longitude, so that the 180th meridian is no seam."""

from typing import Any

import numpy as np
import shapely


def turned(shapes: Any, degrees: float) -> list[Any]:
    """Return shapes moved east by ``degrees`` of longitude."""
    return list(shapely.transform(np.atleast_1d(shapes), lambda xy: xy + np.array([degrees, 0.0])))


def unrolled(shape: Any) -> Any:
    """Return a shape such that every point with longitude in [-180, 180) can be tested against it as it is.

    A shape within (-180, 180) is its own; one that reaches or crosses a 180th meridian is joined with its
    copies one turn west and east and cut to [-181, 181], which heals the seam of shapes cut at 180.
    """
    west, _, east, _ = shape.bounds
    if west > -180.0 and east < 180.0:
        return shape
    turns = [each for degrees in (-360.0, 0.0, 360.0) for each in turned(shape, degrees)]
    return shapely.union_all(turns).intersection(shapely.box(-181.0, -90.0, 181.0, 90.0))
