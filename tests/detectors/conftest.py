import pytest

from zones import ZoneSet, load_zones


@pytest.fixture(scope="session")
def zones() -> ZoneSet:
    return load_zones()
