"""Tracks: one fix per ship and instant whatever the order of rows, and places between real fixes only."""

import numpy as np
import pyarrow as pa
import pytest

from detectors.tracks import Tracks


def rows(values):
    schema = pa.schema(
        [
            ("mmsi", pa.uint32()),
            ("track", pa.uint64()),
            ("t", pa.timestamp("us")),
            ("lon", pa.float64()),
            ("lat", pa.float64()),
            ("sog_kn", pa.float32()),
            ("cog_deg10", pa.int16()),
            ("heading_deg", pa.int16()),
        ]
    )
    full = [(*value, *([-1] * (len(schema.names) - len(value)))) for value in values]
    return pa.Table.from_pylist([dict(zip(schema.names, value, strict=True)) for value in full], schema=schema)


@pytest.mark.parametrize("seed", range(20))
def test_the_least_fix_of_an_instant_is_kept(seed):
    rng = np.random.default_rng(seed)
    values = [
        (
            int(rng.integers(1, 3)),
            int(rng.integers(0, 2)) * (2**63 + 5),
            int(rng.integers(0, 6)),
            float(rng.integers(0, 3)),
            float(rng.integers(0, 3)),
            None if rng.random() < 0.3 else float(rng.integers(0, 3)),
        )
        for _ in range(int(rng.integers(1, 60)))
    ]
    expected = {}
    for mmsi, track, t, *rest in sorted(values, key=lambda v: (*v[:5], np.inf if v[5] is None else v[5])):
        expected.setdefault((mmsi, track, t), rest)
    mixed = [values[i] for i in rng.permutation(len(values))]
    tracks = Tracks.of(rows(sorted(mixed, key=lambda v: v[:3])))
    found = {
        (int(tracks.mmsi[tracks.ship[i]]), int(tracks.track[tracks.ship[i]]), int(tracks.t[i])): [
            float(tracks.lon[i]),
            float(tracks.lat[i]),
            None if np.isnan(tracks.sog_kn[i]) else float(tracks.sog_kn[i]),
        ]
        for i in range(len(tracks))
    }
    assert found == expected
    for k in range(len(tracks.mmsi)):
        assert (np.diff(tracks.t[tracks.offsets[k] : tracks.offsets[k + 1]]) > 0).all()


def test_places_lie_between_real_fixes_at_most_a_gap_apart():
    tracks = Tracks.of(
        rows([(1, 0, 0, 179.9, 10.0, None), (1, 0, 100, -179.9, 11.0, None), (1, 0, 1000, 0.0, 0.0, None)])
    )
    lon, lat, known = tracks.position_at(0, np.array([-5, 0, 25, 50, 100, 500, 1000, 1001]), 100)
    assert known.tolist() == [False, True, True, True, True, False, True, False]
    assert lon[2:4] == pytest.approx([179.95, -180.0])
    assert lat[2:4] == pytest.approx([10.25, 10.5])
