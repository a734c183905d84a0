"""Live equals replay: a hundred seeds in one process; three take real transports in `front/test_transports.py`."""

from __future__ import annotations

import json

import pytest

from soak.seeds import TRAFFICS, tried


@pytest.mark.parametrize("number", range(5))
def test_a_watch_finds_what_a_run_finds(number: int) -> None:
    """Ten ways in which the same traffic comes; those that lost lines, and two more, against a run on their spool."""
    seeds = range(2 * number * TRAFFICS, 2 * (number + 1) * TRAFFICS)
    found = {seed: tried(seed, on_spool=seed % 50 == 0, brief=seed % 20 != 19) for seed in seeds}
    assert {seed: one.wrong for seed, one in found.items() if one.wrong} == {}
    assert sum(one.watches for one in found.values()) > len(seeds)
    assert any(one.revised for one in found.values())
    assert {name for one in found.values() for name in one.expected} == {"source", "spool"}
    assert len({event["kind"] for one in found.values() for event in json.loads(one.events)}) > 1
