"""TopoJSON, decoded: quantised, delta-coded arcs become rings of degrees.

Follows the TopoJSON specification 1.0 (sections 2.1.1 positions, 2.1.3 arcs, 2.1.4 arc indexes): each arc is a
running sum of integer steps, scaled and translated; an index ``~i`` means arc ``i`` reversed; arcs of a ring
share their end points. Only the two geometry types that coasts have, Polygon and MultiPolygon, are read. Units:
degrees of longitude and latitude, WGS84.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ring = npt.NDArray[np.float64]


class BadTopology(ValueError):
    """A file that is no quantised TopoJSON with the object that was asked for."""


class Topology:
    """The arcs of one TopoJSON document and the named polygons made of them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Decode all arcs of ``document``; raises BadTopology when it is no quantised topology."""
        try:
            scale, translate = document["transform"]["scale"], document["transform"]["translate"]
            self._arcs = [
                np.cumsum(np.array(arc, dtype=np.float64), axis=0) * scale + translate for arc in document["arcs"]
            ]
            self._objects: Mapping[str, Any] = document["objects"]
        except (KeyError, TypeError, ValueError) as error:
            raise BadTopology(
                f"the coast file is no quantised TopoJSON ({error!r}): give world-atlas countries-10m.json"
            ) from error

    def names(self, layer: str) -> list[str]:
        """Return the names of the features of a layer, in file order."""
        return [feature["properties"]["name"] for feature in self._layer(layer)]

    def polygons(self, layer: str, name: str | None = None) -> Iterator[list[Ring]]:
        """Yield each polygon of a layer (of the feature called ``name``, if given) as rings, the outer one first.

        Rings of fewer than four positions have collapsed in the quantisation and are left out.
        """
        for feature in self._layer(layer):
            if name is not None and feature.get("properties", {}).get("name") != name:
                continue
            polygons = [feature["arcs"]] if feature["type"] == "Polygon" else feature["arcs"]
            for polygon in polygons:
                rings = [self._ring(indexes) for indexes in polygon]
                if len(rings[0]) >= 4:
                    yield [ring for ring in rings if len(ring) >= 4]

    def _layer(self, layer: str) -> list[Mapping[str, Any]]:
        if layer not in self._objects:
            raise BadTopology(f"the coast file has no layer {layer!r}, only {sorted(self._objects)}")
        return [each for each in self._objects[layer]["geometries"] if each.get("type") in ("Polygon", "MultiPolygon")]

    def _ring(self, indexes: Sequence[int]) -> Ring:
        arcs = [self._arcs[index] if index >= 0 else self._arcs[~index][::-1] for index in indexes]
        return np.concatenate([arcs[0], *(arc[1:] for arc in arcs[1:])])
