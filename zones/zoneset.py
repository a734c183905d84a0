"""Which zones hold a point at a time: exact for arrays of any size, at millions of points a second.

A point on a zone's boundary is not inside it. Lines and points hold nothing. Longitudes may be any number of
degrees and are taken modulo 360; a latitude beyond 90, or a NaN, is inside nothing. Validity is semi-open:
``valid_from <= t < valid_to``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from zones.model import Zone

_CHUNK = 1 << 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ZoneSet:
    """Zones in a fixed order, with their lookup.

    Attributes:
        zones: the zones; rows of ``inside`` follow this order.
        version: the version of the shipped zones, with a mark when the user's own were added.
        sha256: hash of the files that the zones came from.
    """

    zones: tuple[Zone, ...]
    version: str = ""
    sha256: str = ""
    _row: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_row", {zone.id: row for row, zone in enumerate(self.zones)})
        if len(self._row) != len(self.zones):
            raise ValueError("two zones of a set share an id; give each zone an id of its own")

    @cached_property
    def features(self) -> Mapping[str, str]:
        """Each zone, by its id, as the text of a GeoJSON feature with all that is known of it."""
        return {zone.id: _feature(zone) for zone in self.zones}

    def __getitem__(self, zone_id: str) -> Zone:
        if zone_id not in self._row:
            raise KeyError(f"no zone is called {zone_id!r}; known are {', '.join(self._row)}")
        return self.zones[self._row[zone_id]]

    def __len__(self) -> int:
        return len(self.zones)

    def __contains__(self, zone_id: object) -> bool:
        return zone_id in self._row

    def inside(
        self,
        lon: npt.ArrayLike,
        lat: npt.ArrayLike,
        t: npt.ArrayLike | None = None,
        ids: Sequence[str] | None = None,
    ) -> npt.NDArray[np.bool_]:
        """Tell for each zone and point whether the zone holds the point.

        Args:
            lon: (n,) degrees, any turn.
            lat: (n,) degrees.
            t: (n,) or one time: int64 microseconds since 1970 UTC, or datetime64; None asks about the shapes only.
            ids: the zones to ask about, in this order; None for all, in the order of ``zones``.

        Returns:
            (zones, n) bool.

        Raises:
            KeyError: an id is not known.
            ValueError: ``lon`` and ``lat`` differ in shape.
        """
        x, y = np.atleast_1d(np.asarray(lon, dtype=np.float64)), np.atleast_1d(np.asarray(lat, dtype=np.float64))
        if x.shape != y.shape or x.ndim != 1:
            raise ValueError(f"lon {x.shape} and lat {y.shape} differ in shape; give two arrays of one length")
        chosen = list(self.zones) if ids is None else [self[name] for name in ids]
        result = np.zeros((len(chosen), len(x)), dtype=np.bool_)
        for start in range(0, len(x), _CHUNK):
            part = slice(start, start + _CHUNK)
            self._fill(result[:, part], x[part], y[part], [self._row[zone.id] for zone in chosen])
        if t is not None:
            _keep_valid(result, chosen, t)
        return result

    def ids_at(self, lon: float, lat: float, t_us: int | None = None) -> tuple[str, ...]:
        """Return the ids of the zones that hold a point; ``t_us`` in microseconds since 1970 UTC, None for any."""
        held = self.inside([lon], [lat], None if t_us is None else [t_us])[:, 0]
        return tuple(zone.id for zone, is_in in zip(self.zones, held, strict=True) if is_in)

    def _fill(self, result: npt.NDArray[np.bool_], lon: Any, lat: Any, rows: list[int]) -> None:
        """Set ``result`` (zones asked, n) for one chunk of points."""
        import shapely

        from zones.grid import EDGE, IN

        good = np.isfinite(lon) & (np.abs(lat) <= 90.0)
        x = np.where(good, lon, 0.0)
        x = np.where((x >= -180.0) & (x < 180.0), x, (x + 180.0) % 360.0 - 180.0)
        x = np.where(x >= 180.0, -180.0, x)
        y = np.where(good, lat, 0.0)
        shapes, grid = self._lookup
        code = grid.codes(x, y)
        exact = np.flatnonzero((grid.states == EDGE).any(axis=0)[code] & good)
        for out, row in zip(result, rows, strict=True):
            state = grid.states[row]
            out[:] = (state == IN)[code]
            near = exact[(state == EDGE)[code[exact]]]
            if len(near):
                out[near] = shapely.contains_xy(shapes[row], x[near], y[near])
        result[:, ~good] = False

    @cached_property
    def _lookup(self) -> tuple[list[Any], Any]:
        """The unrolled, prepared shapes by row (empty for lines and points), and their grid."""
        import shapely
        from shapely.geometry import shape

        from zones.grid import make_grid
        from zones.turn import unrolled

        shapes = [unrolled(shape(dict(zone.geometry))) if zone.is_area else shapely.Polygon() for zone in self.zones]
        shapely.prepare(shapes)
        return shapes, make_grid(shapes)


def _keep_valid(result: npt.NDArray[np.bool_], zones: list[Zone], t: npt.ArrayLike) -> None:
    """Clear the points of ``result`` at which a zone does not hold."""
    times = np.asarray(t)
    if times.dtype.kind == "M":
        times = times.astype("datetime64[us]").astype(np.int64)
    for row, zone in zip(result, zones, strict=True):
        if zone.valid_from is not None:
            row &= times >= _microseconds(zone.valid_from)
        if zone.valid_to is not None:
            row &= times < _microseconds(zone.valid_to)


def _microseconds(moment: datetime) -> int:
    age = moment - _EPOCH
    return (age.days * 86_400 + age.seconds) * 1_000_000 + age.microseconds


def _feature(zone: Zone) -> str:
    properties = {one.name: getattr(zone, one.name) for one in fields(zone)}
    geometry = properties.pop("geometry")
    properties["edges"] = [asdict(edge) for edge in zone.edges]
    feature = {"type": "Feature", "id": zone.id, "properties": properties, "geometry": geometry}
    return json.dumps(feature, ensure_ascii=False, default=str)
