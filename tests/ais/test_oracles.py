"""Our decoder held against gpsdecode, aiscat, pyais and what was put in; every difference is named and explained."""

import dataclasses
import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from tests.ais import oracles
from tests.ais.disagreements import DISAGREEMENTS, name
from tests.ais.readings import GENERATED, Difference, Reading, differences, readings

ROOT = Path(__file__).resolve().parents[2]
NO_GPSDECODE = "no gpsdecode here: apt-get install gpsd-clients"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> list[Reading]:
    return readings(tmp_path_factory.mktemp("oracles"))


@pytest.mark.parametrize("oracle", ["sent", "aiscat", "pyais", "gpsd"])
def test_every_disagreement_is_named_and_explained(read: list[Reading], oracle: str) -> None:
    if oracle == "gpsd" and oracles.GPSDECODE is None:
        pytest.skip(NO_GPSDECODE)
    found = [one for reading in read for one in differences(reading, oracle)]
    unnamed = [one for one in found if name(one) is None]
    assert unnamed == [], f"{len(unnamed)} differences are of no kind that tests/ais/disagreements.py names"
    for reading in read:  # both directions are in `found`; here, that there was something to compare
        if oracle in reading.theirs:
            assert len(reading.ours.keys() & reading.theirs[oracle].keys()) >= 0.9 * len(reading.ours), reading.name


def test_what_was_put_in_comes_out_but_for_numbers_without_a_meaning(read: list[Reading]) -> None:
    (made,) = (reading for reading in read if reading.name == GENERATED)
    kinds = Counter(message["type"] for message in made.ours.values())
    assert sorted(kinds) == list(range(1, 28))
    assert made.ours.keys() == made.theirs["sent"].keys()
    known = {"Numbers without a meaning", "A day that there is not"}
    assert {one and one.name for one in map(name, differences(made, "sent"))} <= known


def test_a_wrong_value_would_be_no_named_disagreement(read: list[Reading]) -> None:
    reading = read[0]
    line, message = next((line, message) for line, message in reading.ours.items() if message.get("speed"))
    for field, wrong in {"speed": 99.9, "mmsi": 1, "place": (1.0, 2.0), "course": None, "second": 7}.items():
        told = reading.theirs["aiscat"] | {line: message | {field: wrong}}
        altered = dataclasses.replace(reading, theirs={"aiscat": told})
        (found,) = (one for one in differences(altered, "aiscat") if (one.line, one.field) == (line, field))
        assert name(found) is None, field
    missing = dataclasses.replace(reading, theirs={"aiscat": {}})
    assert all(name(one) is None for one in differences(missing, "aiscat") if one.kind in (1, 5, 18, 27))


def test_every_named_disagreement_happens(read: list[Reading]) -> None:
    def happens(found: list[Difference]) -> set[str]:
        return {one.name for one in map(name, found) if one is not None}

    seen = happens([one for reading in read for oracle in reading.theirs for one in differences(reading, oracle)])
    assert seen >= {one.name for one in DISAGREEMENTS if not one.ours}


def test_the_page_is_what_the_decoders_say(read: list[Reading]) -> None:
    if oracles.GPSDECODE is None:
        pytest.skip(NO_GPSDECODE)
    kept = (ROOT / "docs" / "decoders.md").read_text(encoding="utf-8")
    if f"gpsdecode {oracles.gpsd_version()}," not in kept:
        return  # another gpsd may differ in other places; each is still of a named kind, as the tests above assert
    spec = importlib.util.spec_from_file_location("make_decoders", ROOT / "docs" / "make_decoders.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert kept == maker.page(read), "docs/decoders.md is behind the code: run python docs/make_decoders.py"
