"""Cargo signs: what a static report tells, and what it does not."""

import re
import time

import pytest

from detectors import cargo

# GlobalFishingWatch/paper-industrial-activity, detector/assets/ranked_matches.sql.j2, lines 14-25; there the last one
# has `*` for `+`.
PUBLISHED = (
    r"(.*)([\s]+[0-9]+%)$", r"[0-9]\.[0-9]V", r"(.*)[@]+([0-9]+V[0-9]?)$", "BOUY", "BUOY", "NET MARK", "NETMARK",
    "NETFISHING", "NET FISHING", r"^[0-9]+\-[0-9]*$",
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "word"),
    [(80, "tanker"), (89, "tanker"), (70, "cargo"), (33, "dredger"), (30, "fishing"), (31, "tug"), (52, "tug"),
     (50, "pilot"), (60, "passenger"), (0, None), (10, None), (100, None), (-5, None), (None, None)],
)  # fmt: skip
def test_types_in_words(code, word):
    assert cargo.ship_class(code) == word


def test_who_met_names_tankers_first_and_the_unknown_last():
    assert cargo.who_met(["tanker", "tanker"]) == "tanker with tanker"
    assert cargo.who_met(["dredger", "cargo"]) == cargo.who_met(["cargo", "dredger"]) == "cargo with dredger"
    assert cargo.who_met([None, "tug", "tanker"]) == "tanker with tug and ship of unknown type"
    assert cargo.who_met([]) == ""


# Published full and ballast draughts: a VLCC 333 m long (22.5 m full, 9-10 m ballast), an Aframax of 244 m (14.9 m),
# a product tanker of 110 m (6.7 m), a coaster of 82 m (5.3 m) and a coastal tanker of 60 m (4.1 m).
@pytest.mark.parametrize(
    ("draught", "code", "length", "said"),
    [(22.5, 80, 333, "laden"), (8.6, 80, 333, "in ballast"), (14.9, 80, 244, "laden"), (6.7, 82, 110, "laden"),
     (4.1, 82, 110, "in ballast"), (4.9, 82, 110, None), (5.3, 70, 82, "laden"), (4.1, 80, 60, "laden"),
     (2.3, 80, 60, "in ballast"), (6.7, 60, 110, None), (6.7, None, 110, None), (6.7, 80, None, None),
     (None, 80, 110, None), (25.5, 80, 110, None), (0.0, 80, 110, None), (2.0, 80, 20, None)],
)  # fmt: skip
def test_laden_or_in_ballast(draught, code, length, said):
    assert cargo.laden_or_ballast(draught, code, length) == said


def test_no_draught_is_laden_and_less_is_not_in_ballast_of_one_ship():
    for length in range(cargo.SHORTEST_M, cargo.LONGEST_M + 1):
        said = [cargo.laden_or_ballast(d / 10, 80, length) for d in range(1, 256)]
        assert "laden" not in said[: said.index("laden")] + said[: said.index("in ballast")]
        last_light = len(said) - 1 - said[::-1].index("in ballast")
        assert said.index("laden") - last_light >= 3, f"{length} m: 0.3 m must lie between"


def test_draught_change_is_said_with_its_caveat():
    assert cargo.draught_change(4.1, 6.0) == 1.9
    assert cargo.draught_change(6.0, 4.1) == -1.9
    assert cargo.draught_change(4.1, 4.5) == 0.0
    assert cargo.draught_change(4.1, 4.6) == 0.5
    assert cargo.draught_change(None, 4.6) is cargo.draught_change(4.6, None) is None
    assert cargo.draught_words(4.1, 4.5) is cargo.draught_words(None, 9.0) is None
    assert (
        cargo.draught_words(6.0, 4.1)
        == "draught said as 6 m before and 4.1 m after (-1.9 m), as typed by hand on board"
    )


@pytest.mark.parametrize(
    "name",
    ["LYY 88  85%", "12.1V", "NETBUOY", "ABC@12V3", "bouy 7", "NET MARK 3", "NETMARK", "NET FISHING", "NETFISHING9",
     "1234-56", "-", "-1", "HAI FENG 7", "BUOYANT SPIRIT", "TANKER 50", "", "12-34-56", "A 100%X"],
)  # fmt: skip
def test_gear_is_named_as_published(name):
    assert cargo.is_gear(name, None) == any(re.search(pattern, name, re.IGNORECASE) for pattern in PUBLISHED)


def test_a_ship_of_length_is_no_buoy_and_a_tiny_thing_is():
    assert cargo.is_gear("NETBUOY 1", 4)
    assert not cargo.is_gear("BUOYANT SPIRIT", 120)
    assert not cargo.is_gear("SEA STAR", 4)
    assert cargo.is_gear("81234567", 2)
    assert cargo.is_gear("WANG BIAO 7", 1)
    assert cargo.is_gear(None, 2)
    assert not cargo.is_gear(None, None)
    assert not cargo.is_gear("渔船一", 0)
    assert cargo.is_gear("1234-56@@@@ ", None)


@pytest.mark.parametrize("name", [" 1" * 500_000, "@1" * 500_000, "9" * 1_000_000, " " * 1_000_000, "@" * 1_000_000])
def test_a_hostile_name_takes_no_time(name):
    started = time.process_time()
    assert not cargo.is_gear(name, None)
    cargo.is_service(None, name)
    assert time.process_time() - started < 1.0


def test_service_craft():
    assert cargo.is_service(52, None)
    assert cargo.is_service(50, "PILOT 3")
    assert cargo.is_service(80, "Sea Bunker 9")
    assert not cargo.is_service(56, "NAVI")
    assert not cargo.is_service(None, None)
