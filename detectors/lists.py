"""Lists of ships that detectors consult.

Known fishing vessels: Global Fishing Watch's list for 2018 (see ``data/SOURCES.md``). An MMSI may have changed hands
since: membership is a lead, named as such in every event that rests on it.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from detectors.geo import Bools, Ints

_LEAST_MMSI = 100_000_000  # lesser numbers on the list are no ship's: they are net buoys or mistyped


@cache
def _known_fishing() -> Ints:
    packed = files("detectors").joinpath("data/fishing_mmsi_2018.txt.gz").read_bytes()
    numbers = np.unique(np.array(gzip.decompress(packed).split(), dtype=np.int64))
    return numbers[numbers >= _LEAST_MMSI]


@dataclass(frozen=True)
class Lists:
    """The lists that come with the package."""

    @property
    def fishing(self) -> Ints:
        """MMSIs of known fishing vessels, ascending."""
        return _known_fishing()

    def is_fishing(self, mmsi: Ints) -> Bools:
        """Say of each MMSI whether it is on the fishing list."""
        at = np.minimum(np.searchsorted(self.fishing, mmsi), len(self.fishing) - 1)
        return np.asarray(self.fishing[at] == mmsi)
