"""Thinning never hides a silence, an end or a doubt, and keeps real fixes only."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from maps import tracks as tracks_module
from maps.shapes import draw, thin
from maps.tracks import NO_SOG, UNHEARD_S, read_tracks
from tests.maps.cases import T0, case, crowd, fix, meeting, source

SHIP = 412000001


def test_every_fix_is_kept_where_there_is_room(tmp_path: Path) -> None:
    with case(tmp_path / "c.duckdb", meeting()) as reader:
        tracks = read_tracks(reader, [412000001, 445000002, 999])
        rows = reader.query("SELECT epoch(t)::BIGINT AS t FROM positions WHERE mmsi = 412000001 ORDER BY positions.t")
    assert tracks.ships == (412000001, 445000002)
    assert tracks.step_s == 0
    assert sum(tracks.counts) == tracks.fixes == len(tracks.t_s)
    assert tracks.t_s[: tracks.counts[0]].tolist() == rows["t"].to_pylist()


def test_thinning_keeps_ends_silences_and_both_their_fixes(tmp_path: Path) -> None:
    minutes = [*np.arange(0, 60, 0.1), *np.arange(100, 160, 0.1)]
    rows = [fix(SHIP, m / 60, 124 + m / 1000, 38, line=i) for i, m in enumerate(minutes, 1)]
    with case(tmp_path / "c.duckdb", {"inputs": [source()], "positions": rows}) as reader:
        tracks = read_tracks(reader, [SHIP], max_fixes=100)
    kept = (tracks.t_s - tracks.t_s[0]) / 60
    assert tracks.step_s == 120
    assert len(kept) <= 100
    assert tracks.fixes == len(rows)
    assert {0.0, 100.0} <= set(kept.tolist())
    assert kept[-1] == pytest.approx(159.9, abs=0.05)
    assert np.isclose(kept, 59.9, atol=0.05).any()
    silent = np.flatnonzero(tracks.flags & 1)
    assert kept[silent].tolist() == [100.0]
    real = {round(124 + m / 1000, 5) for m in minutes}
    assert {round(lon / 1e5, 5) for lon in tracks.lon.tolist()} <= real


def test_a_silence_is_longer_than_the_limit_not_as_long(tmp_path: Path) -> None:
    hours = UNHEARD_S / 3600
    rows = [fix(SHIP, 0, 124, 38), fix(SHIP, hours, 124, 38), fix(SHIP, 2 * hours + 0.001, 124, 38)]
    with case(tmp_path / "c.duckdb", {"positions": rows}) as reader:
        assert (read_tracks(reader, [SHIP]).flags & 1).tolist() == [0, 0, 1]


def test_doubted_fixes_are_carried_apart(tmp_path: Path) -> None:
    rows = [fix(SHIP, h / 10, 124 + h / 100, 38, sog_kn=None if h == 3 else 7.25) for h in range(6)]
    rows[2] |= {"lon": 170.0}
    at = {"mmsi": SHIP, "t": T0 + timedelta(hours=0.2), "input_id": 1, "line": rows[2]["line"]}
    mark = {**at, "track": 1, "flags": 1}
    with case(tmp_path / "c.duckdb", {"positions": rows, "marks": [mark]}) as reader:
        tracks = read_tracks(reader, [SHIP])
    assert (tracks.flags & 2).tolist() == [0, 0, 2, 0, 0, 0]
    assert tracks.sog.tolist() == [72, 72, 72, NO_SOG, 72, 72]
    bounds = tracks.bounds
    assert bounds is not None
    assert bounds[2] < 125


def test_the_limit_holds_for_a_crowd(tmp_path: Path) -> None:
    with case(tmp_path / "c.duckdb", crowd(30, 400)) as reader:
        tracks = read_tracks(reader, range(412000000, 412000030), max_fixes=3000)
        assert sum(tracks.counts) <= 3000
        assert read_tracks(reader, []).bounds is None
    assert tracks.step_s in tracks_module.STEPS_S


def test_a_very_fine_shape_does_not_blunt_the_others() -> None:
    turn = np.linspace(0, 2 * np.pi, 9000)
    fine = {"type": "Polygon", "coordinates": [np.stack([125 + np.cos(turn), 38 + np.sin(turn)], axis=1).tolist()]}
    plain = {"type": "LineString", "coordinates": [[124 + i / 1000, 38] for i in range(50)]}
    drawn = draw([fine, plain], max_vertices=800)
    assert drawn.lengths[1] == 50
    assert sum(drawn.lengths) <= 800
    assert drawn.tolerance_deg == 0.01


def test_drawings_keep_their_ends_and_their_limit() -> None:
    turn = np.linspace(0, 2 * np.pi, 5000)
    ring = np.stack([125 + np.cos(turn), 38 + np.sin(turn)], axis=1)
    lean = thin(ring, 0.01)
    assert len(lean) < 900
    assert lean[0].tolist() == ring[0].tolist()
    assert lean[-1].tolist() == ring[-1].tolist()
    drawn = draw(
        [{"type": "Polygon", "coordinates": ring[None].tolist()}, {"type": "Point", "coordinates": [1, 2]}, {}],
        max_vertices=1000,
    )
    assert sum(drawn.lengths) <= 1000
    assert drawn.parts == [[["area", 0, 1]], [["point", 1, 1]], []]
