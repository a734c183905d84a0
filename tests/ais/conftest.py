from collections.abc import Iterator
from pathlib import Path

import pytest

from ais.store import Store
from tests.ais.sentences import Take, taker


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "case.duckdb") as opened:
        yield opened


@pytest.fixture
def take(store: Store, tmp_path: Path) -> Take:
    return taker(store, tmp_path)
