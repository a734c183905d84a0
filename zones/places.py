"""Ports and anchorages, and the nearest of them to each position.

Ports: NGA World Port Index 2023 (public domain), 304 of East Asia, to the arc-minute. Anchorages: Global
Fishing Watch (Apache-2.0), 31,343 of East Asia; none lies in the DPRK, since they are learned from AIS.
Distances are along the sphere in metres; longitudes may be any turn.
"""

import csv
import functools
import gzip
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zones.nearest import Nearest
from zones.sphere import Floats, unit_vectors

DATA = Path(__file__).parent / "data"
PORTS_FILE = DATA / "world_port_index_east_asia.csv"
ANCHORAGES_FILE = DATA / "gfw_anchorages_east_asia.csv.gz"

_ISO3 = {
    "China": "CHN", "Hong Kong": "HKG", "Japan": "JPN", "Macau": "MAC", "North Korea": "PRK", "Taiwan": "TWN",
    "Northern Mariana Islands": "MNP", "Philippines": "PHL", "Russia": "RUS", "South Korea": "KOR", "Vietnam": "VNM",
}  # fmt: skip

Texts = tuple[str, ...]
Indexes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ports:
    """Ports as columns of one length; ``country`` in ISO 3166 alpha-3, ``size`` the Index's word, degrees."""

    name: Texts
    country: Texts
    lon: Floats
    lat: Floats
    size: Texts
    locode: Texts

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Anchorages:
    """Anchorages as columns of one length; ``country`` in ISO 3166 alpha-3, degrees."""

    name: Texts
    country: Texts
    lon: Floats
    lat: Floats

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Places:
    """Ports and anchorages with their search."""

    ports: Ports
    anchorages: Anchorages
    _found: dict[Any, tuple[Nearest, Indexes]] = field(default_factory=dict, repr=False, compare=False)

    def near_port(self, lon: npt.ArrayLike, lat: npt.ArrayLike, radius_m: float, country: str | None = None) -> Indexes:
        """Return for each point the index of the nearest port within ``radius_m`` metres, or -1.

        Args:
            lon: (n,) degrees, any turn.
            lat: (n,) degrees.
            radius_m: greatest distance, metres.
            country: ISO 3166 alpha-3 to look among that country's ports only.
        """
        return self._near("ports", self.ports, lon, lat, radius_m, country)

    def near_anchorage(
        self, lon: npt.ArrayLike, lat: npt.ArrayLike, radius_m: float, country: str | None = None
    ) -> Indexes:
        """Return the index of the nearest anchorage to each point, or -1; arguments as ``near_port``."""
        return self._near("anchorages", self.anchorages, lon, lat, radius_m, country)

    def port_name(self, index: int) -> str | None:
        """Return a port's name, or None for -1."""
        return self.ports.name[index] if index >= 0 else None

    def anchorage_name(self, index: int) -> str | None:
        """Return an anchorage's name, or None for -1."""
        return self.anchorages.name[index] if index >= 0 else None

    def _near(
        self, kind: str, of: Ports | Anchorages, lon: Any, lat: Any, radius_m: float, country: str | None
    ) -> Indexes:
        if (kind, country) not in self._found:
            keep = [row for row, code in enumerate(of.country) if country in (None, code)]
            rows = np.array(keep, dtype=np.int64)
            self._found[kind, country] = Nearest(unit_vectors(of.lon[rows], of.lat[rows])), rows
        nearest, rows = self._found[kind, country]
        at = nearest.within(lon, lat, radius_m)
        return np.where(at >= 0, rows[at], -1) if len(rows) else at


@functools.cache
def load_places() -> Places:
    """Return the shipped ports and anchorages; read once."""
    rows = list(csv.DictReader(io.StringIO(PORTS_FILE.read_text(encoding="utf-8"))))
    ports = Ports(
        name=tuple(row["Main Port Name"].strip() for row in rows),
        country=tuple(_ISO3[row["Country Code"]] for row in rows),
        lon=_column(rows, "Longitude"),
        lat=_column(rows, "Latitude"),
        size=tuple(row["Harbor Size"].strip() for row in rows),
        locode=tuple(row["UN/LOCODE"].replace(" ", "") for row in rows),
    )
    text = gzip.decompress(ANCHORAGES_FILE.read_bytes()).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    anchorages = Anchorages(
        name=tuple(" ".join(filter(None, (row["label"].strip(), row["sublabel"].strip()))) for row in rows),
        country=tuple(row["iso3"] for row in rows),
        lon=_column(rows, "lon"),
        lat=_column(rows, "lat"),
    )
    return Places(ports, anchorages)


def _column(rows: list[dict[str, Any]], key: str) -> Floats:
    return np.array([float(row[key]) for row in rows])
