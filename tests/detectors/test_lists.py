"""Lists of vessels: what is shipped, whose rows are understood, and who matches: every listed ship and no other."""

import csv
import random
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.flag_state import flag_of
from detectors.imo import check_digit_right, check_digits_right, imo_verdict
from detectors.list_matches import Match, _edits, in_words, match_lists, with_matches
from detectors.vessel_lists import BadList, VesselLists, load_vessel_lists
from tests.maps.cases import Row, case, identity, source

SHIPPED = load_vessel_lists()


def matched(
    path: Path, identities: Iterable[Row], lists: VesselLists = SHIPPED, **told: object
) -> dict[int, list[Match]]:
    with case(path / "case.duckdb", {"inputs": [source(**told)], "identities": list(identities)}) as reader:
        return match_lists(reader, lists)


def user_list(path: Path, text: str) -> VesselLists:
    file = path / "mine.csv"
    file.write_bytes(text.encode())
    made = load_vessel_lists([file])
    return VesselLists(made.rows[len(SHIPPED.rows) :], made.notes)


def test_check_digits_are_those_of_published_ships() -> None:
    """8528864, 8514045, 9074729: tankers of OFAC's advisory of 2018; 7625811 and 7605811 show what it cannot catch."""
    for imo in (8528864, 8514045, 9074729, 7625811, 7605811):
        assert check_digit_right(imo)
        assert imo_verdict(imo) == "check digit right"
        assert not any(check_digit_right(imo // 10 * 10 + last) for last in range(10) if last != imo % 10)
    for imo in (0, -9074729, 19074729, 10**30):
        assert not check_digit_right(imo)
    assert imo_verdict(9074728) == imo_verdict(123) == "check digit wrong"
    assert imo_verdict(12345678) == "no IMO number: not seven digits"


def test_the_check_digits_of_many_are_those_of_each_written_out() -> None:
    numbers = np.array([*range(9_074_000, 9_075_000), *range(1, 300), 0, -5, 99_999_999])
    slow = [
        0 < n < 10**7 and sum(int(d) * w for d, w in zip(f"{n:07d}", range(7, 1, -1), strict=False)) % 10 == n % 10
        for n in numbers.tolist()
    ]
    assert check_digits_right(numbers).tolist() == slow


@pytest.mark.parametrize(
    ("mmsi", "said"),
    [
        (412000001, "China (People's Republic of) (by number, 412)"),
        (445123456, "DPRK: Democratic People's Republic of Korea (by number, 445)"),
        (374000001, "Panama (Republic of) (by number, 374)"),
        (200123456, "no flag: 200 is not in the table of assigned digits"),
        (984451234, "DPRK: Democratic People's Republic of Korea (by number, 445); a craft's number of a parent ship"),
        (994451234, "DPRK: Democratic People's Republic of Korea (by number, 445); an aid to navigation's number"),
        (111445001, "DPRK: Democratic People's Republic of Korea (by number, 445); a search-and-rescue aircraft's"),
        (44512345, "DPRK: Democratic People's Republic of Korea (by number, 445); a group's number"),
        (4451234, "DPRK: Democratic People's Republic of Korea (by number, 445); a coast station's number"),
        (844512345, "DPRK: Democratic People's Republic of Korea (by number, 445); a handheld radio's number"),
        (970445123, "an AIS-SART's number, not a ship's"),
        (972445123, "a man-overboard device's number, not a ship's"),
        (974445123, "an EPIRB's number, not a ship's"),
        (144512345, "not a ship's MMSI"),
        (0, "not a ship's MMSI"),
        (2_000_000_000, "not a ship's MMSI"),
    ],
)
def test_a_number_says_its_flag(mmsi: int, said: str) -> None:
    assert str(flag_of(mmsi)).startswith(said)
    assert flag_of(mmsi).dprk == said.startswith("DPRK")


def test_the_shipped_lists_are_whole_and_their_dates_say_what_they_are() -> None:
    ofac = [row for row in SHIPPED.rows if row.list == "OFAC SDN" and row.part.startswith("DPRK")]
    eu = [row for row in SHIPPED.rows if row.list == "EU 2017/1509" and row.part.startswith("Annex X")]
    assert (len(ofac), len(eu), len(SHIPPED.rows)) == (105, 74, 179)
    assert all(row.imo and check_digit_right(row.imo) for row in SHIPPED.rows)
    assert {row.dated for row in ofac} == {"list published on 2026-03-20, which is not the day of designation"}
    assert {row.dated for row in eu} >= {"listed on 2016-03-02", "listed on 2022-12-12"}
    text = files("detectors").joinpath("data/dprk_vessels.csv").read_text(encoding="utf-8").splitlines()
    unnumbered = [row["name"] for row in csv.DictReader(text) if not row["imo"] and not row["mmsi"]]
    assert unnumbered == ["MIN NING DE YOU 078"]
    assert "Ryong Gun Bong" in next(row for row in eu if row.imo == 8606173).names


def test_every_listed_ship_among_180_is_matched_and_no_other(tmp_path: Path) -> None:
    random.seed(4)
    names = {row.imo: row.names[0] for row in SHIPPED.rows}
    ships: dict[int, Row] = {}
    slips = {}
    for place, (imo, name) in enumerate(names.items()):
        slips[412_000_000 + place] = place % 3
        ships[412_000_000 + place] = {"imo": imo, "name": misspelt(name.upper(), place % 3)}
    petrel = next(row for row in SHIPPED.rows if row.mmsi == 620233000)
    decoys: list[tuple[int, Row]] = [
        (620233000, {"name": "PETREL"}),  # its MMSI, a name that is not the same
        (341985000, {}),  # an MMSI alone
        (445539001, {"name": "TONG SAN 2", "imo": 9074729}),  # a name alone, with another ship's IMO number
        (413000001, {"imo": petrel.imo // 10 * 10 + (petrel.imo + 1) % 10, "name": "PETREL 8"}),  # type: ignore[operator]
    ]
    listed = {row.imo for row in SHIPPED.rows}
    others = (imo for imo in range(9_400_000, 9_500_000) if check_digit_right(imo) and imo not in listed)
    all_names = [row.names[0].upper() for row in SHIPPED.rows]
    while len(ships) + len(decoys) < 180:
        mmsi = 414_000_000 + len(decoys)
        decoys.append((mmsi, {"imo": next(others), "name": all_names[len(decoys)]}))
    random_order = [identity(mmsi, **said) for mmsi, said in [*ships.items(), *decoys]]
    random.shuffle(random_order)
    found = matched(tmp_path, random_order)
    assert len(random_order) == 180
    assert set(found) == set(ships)
    for mmsi, matches in found.items():
        assert [match.listed for match in matches] == [row for row in SHIPPED.rows if row.imo == ships[mmsi]["imo"]]
        assert {match.by for match in matches} == {"imo"}
        assert min(match.letters for match in matches if match.letters is not None) == slips[mmsi]
        nearest = min(matches, key=lambda match: match.letters or 0)
        assert ("the name differs by" in nearest.how) == (slips[mmsi] > 0)
        assert nearest.as_json()["name_differs"] == (slips[mmsi] > 0)


def misspelt(name: str, letters: int) -> str:
    """Return a name with so many letters changed to one that it does not have."""
    for place in range(letters):
        at = [i for i, letter in enumerate(name) if letter.isalnum()][place]
        name = f"{name[:at]}{'Q' if 'Q' not in name[at] else 'X'}{name[at + 1 :]}"
    return name


@pytest.mark.parametrize("name", ["PETREL 8", "petrel8", " Petrel-8.", "PETREL  8"])
def test_an_mmsi_matches_together_with_its_name(name: str, tmp_path: Path) -> None:
    match = matched(tmp_path, [identity(620233000, 1, name=name), identity(620233000, 3, name="OTHER")])[620233000][0]
    assert (match.by, match.listed.imo, match.letters) == ("mmsi_name", 9562233, 0)
    assert f"by MMSI 620233000 with the name {name}; the list has IMO 9562233, sent was none" == match.how
    assert match.first_t == match.last_t, "when that name was said, not when the ship was heard"


def test_the_numbers_of_an_input_that_are_no_mmsis_match_nothing(tmp_path: Path) -> None:
    said = [identity(620233000, name="PETREL 8"), identity(7, imo=9562233)]
    assert set(matched(tmp_path, said, mmsi_like=False)) == {7}


def test_a_match_holds_over_the_whole_history_and_says_when(tmp_path: Path) -> None:
    said = [
        identity(5, 1, imo=9562233, name="PETREL 8"),
        identity(5, 9, imo=9562233, name="SEA FLOWER"),
        identity(5, 20, imo=9074729, name="SEA FLOWER"),
        identity(6, 2, imo=9562233),
        identity(8, 2, imo=9562233, name="SEA FLOWER"),
    ]
    found = matched(tmp_path, said)
    words = {mmsi: in_words(matches[0].as_json()) for mmsi, matches in found.items()}
    assert words[5] == (
        "EU 2017/1509, Annex XIV.B, transportation restrictions (listed on 2017-10-03), by IMO number 9562233 and "
        "name; said 2024-03-05 07:00 to 2024-03-05 15:00 UTC"
    )
    assert words[6].endswith("by IMO number 9562233; no name was sent with it; said 2024-03-05 08:00 UTC")
    assert "the name differs: sent SEA FLOWER, listed PETREL 8" in words[8]


def test_a_name_that_ais_cuts_at_20_characters_is_the_listed_one(tmp_path: Path) -> None:
    match = matched(tmp_path, [identity(5, imo=8133530, name="JANG JA SAN CHONG NY")])[5][0]
    assert match.listed.names[0] == "JANG JA SAN CHONG NYON HO"
    assert match.letters == 0


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    rows = 'IMO,Name,mmsi,date\nIMO 9074729,EMBER TERN,,2024-01-05\n,"SKUA, HAZEL",445000002,\n9074729.0,,,\n'
    lists = user_list(tmp_path, "\ufeff" + rows)
    assert lists.notes == ()
    assert [(row.imo, row.mmsi, row.list, row.dated) for row in lists.rows] == [
        (9074729, None, "mine", "dated 2024-01-05 in the list"),
        (None, 445000002, "mine", "no date given"),
        (9074729, None, "mine", "no date given"),
    ]
    found = matched(tmp_path, [identity(1, imo=9074729), identity(445000002, name="SKUA HAZEL")], lists)
    assert {mmsi: len(matches) for mmsi, matches in found.items()} == {1: 2, 445000002: 1}
    assert user_list(tmp_path, "imo;name\n9074729;A\n").rows[0].imo == 9074729
    assert user_list(tmp_path, "mmsi\tname\n445000002\tA\n").rows[0].mmsi == 445000002


def test_rows_not_understood_are_counted_by_reason(tmp_path: Path) -> None:
    text = (
        "imo,mmsi,name\n9074728,,WRONG DIGIT\n9074729,12,BAD MMSI\nabc,445000002,KEPT BY MMSI\n,445000003,\n,,NAME\n"
        "\n,,\n9074729\n"
    )
    lists = user_list(tmp_path, text)
    assert [(row.imo, row.mmsi) for row in lists.rows] == [(9074729, None), (None, 445000002), (9074729, None)]
    assert lists.notes[0].endswith(
        "mine.csv: not understood: 2 x IMO number without a right check digit, 1 x MMSI that is no number of nine "
        "digits, 2 x neither an IMO number nor an MMSI with a name"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "has no column imo, nor mmsi with name"),
        (b"ship,flag\nA,B\n", "has no column imo, nor mmsi with name"),
        (b"imo,name\n", "it has no rows"),
        (b"imo,name\n1,A\n", r"none of its rows names a ship \(1 x IMO number without a right check digit\)"),
        (b"imo,name\n9074729,\xff\xfe\n", r"is not UTF-8 text \(byte 17\)"),
        (b'imo,name\n9074729,"' + b"A" * 200_000 + b'"\n', "is no CSV: field larger than field limit"),
        (b"\x00\x01\x02", "has no column imo"),
    ],
)
def test_a_bad_list_is_said_in_a_sentence(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_bytes(data)
    with pytest.raises(BadList, match=said):
        load_vessel_lists([tmp_path / "bad.csv"])


def test_a_missing_list_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadList, match="there is no list"):
        load_vessel_lists([tmp_path / "none.csv"])
    with pytest.raises(BadList, match="is a folder"):
        load_vessel_lists([tmp_path])


@given(st.text("ABC", max_size=6), st.text("ABC", max_size=6))
def test_letters_apart_are_those_of_the_slow_definition(one: str, other: str) -> None:
    def slow(a: str, b: str) -> int:
        if not a or not b:
            return len(a) + len(b)
        return min(slow(a[1:], b) + 1, slow(a, b[1:]) + 1, slow(a[1:], b[1:]) + (a[0] != b[0]))

    assert _edits(one, other) == slow(one, other)


@pytest.mark.parametrize("name", ["", "@@@", "   ", "A" * 100_000, "\u202e\x00", "{{ 7*7 }}", "№ⅧＡ"])
def test_odd_names_neither_match_nor_break(name: str, tmp_path: Path) -> None:
    lists = user_list(tmp_path, "mmsi,name\n445000002,GOOD\n")
    assert matched(tmp_path, [identity(445000002, name=name)], lists) == {}


def test_a_name_of_signs_alone_on_a_list_matches_no_name_of_signs(tmp_path: Path) -> None:
    lists = user_list(tmp_path, "mmsi,name\n445000002,***\n")
    assert matched(tmp_path, [identity(445000002, name="---")], lists) == {}


def test_events_of_listed_ships_say_so_and_others_stay_as_they_are(tmp_path: Path) -> None:
    found = matched(tmp_path, [identity(5, imo=9562233, name="PETREL 8")])
    events = [{"mmsi": [5, 9], "evidence": {"hours": 2}}, {"mmsi": [9], "evidence": {"hours": 3}}]
    with_lists = with_matches(events, found)
    assert with_lists[1] == events[1]
    assert events[0]["evidence"] == {"hours": 2}, "the caller's events are left alone"
    assert with_lists[0]["evidence"]["hours"] == 2
    assert [(match["mmsi"], match["by"], match["said_from"]) for match in with_lists[0]["evidence"]["listed"]] == [
        (5, "imo", "2024-03-05T06:00:00Z")
    ]
