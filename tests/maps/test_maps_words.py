"""Words, numbers and names as a reader meets them."""

from pathlib import Path

import pytest

import maps
from detectors import discover
from maps import words
from maps.backdrop import REGION, box_around, coast, names, ports, widened
from maps.content import split_reasons
from maps.kinds import describe
from maps.rows import evidence_rows
from maps.ships import type_name
from maps.zone_groups import GROUPS, group
from zones import load_zones


def test_evidence_reads_with_labels_and_units() -> None:
    rows = evidence_rows(
        {
            "distance_median_m": 1234.6,
            "start_lon": 124.5,
            "start_lat": -38.25,
            "end_lon": None,
            "end_lat": None,
            "observed_fraction": 0.5,
            "sog_median_a_kn": 0.31,
            "entry_seen": False,
            "start_zones": ["z", "other"],
            "port": None,
            "fishing_reason": None,
            "hours": None,
            "draught_change_m": 2.0,
            "series": [],
        },
        {"z": "Zone of that id"},
    )
    assert rows == [
        ["Median distance", "1,235 m"],
        ["Position at start", "38°15.00′S 124°30.00′E"],
        ["Position at end", "not known"],
        ["Share of stay observed", "50 %"],
        ["Median speed, first ship", "0.31 kn"],
        ["Entry seen", "no"],
        ["Start zones", "Zone of that id, other"],
        ["Port", "none"],
        ["Duration", "not known"],
        ["Draught change", "2 m"],
    ]


@pytest.mark.parametrize(
    ("lon", "lat", "text"),
    [
        (124.9999999, 38.0, "38°00.00′N 125°00.00′E"),
        (-0.5, -0.25, "00°15.00′S 000°30.00′W"),
        (181.0, 0.0, "00°00.00′N 179°00.00′W"),
    ],
)
def test_positions_carry_over_and_wrap(lon: float, lat: float, text: str) -> None:
    assert words.position(lon, lat) == text


def test_what_ships_said_is_a_line_for_each() -> None:
    ships = [
        {"mmsi": 412000101, "name": "SEA {{ 7 }}", "class": "tanker", "length_m": 110, "beam_m": 16,
         "draught_before_m": 4.1, "draught_after_m": 6.0, "gear": False},
        {"mmsi": 5, "name": None, "class": None, "length_m": None, "beam_m": None, "draught_before_m": None,
         "draught_after_m": None, "gear": True},
    ]  # fmt: skip
    members = [{"mmsi": 412000101, "from": "2024-03-05T06:00:00Z", "to": "2024-03-05T09:30:00.5Z"}, {"mmsi": 5}]
    one = {"name": "A", "class": "cargo", "length_m": 90, "beam_m": None, "laden_before": "laden", "laden_after": None}
    rows = evidence_rows(
        {
            "ships": ships,
            "members": members,
            "ship": one,
            "nav_status": 5,
            "silent_before_minutes": None,
            "masked": None,
        },
        {},
    )
    assert rows == [
        ["As the ships said then", ["412000101: SEA {{ 7 }}, tanker, 110 × 16 m, draught 4.1 m before, 6 m after",
                                    "000000005: gear by its name or size"]],
        ["Each ship's time in it", ["412000101: 2024-03-05 06:00 to 2024-03-05 09:30 UTC", "000000005: nothing"]],
        ["As the ship said then", ["A, cargo, 90 × ? m, laden"]],
        ["Status sent most", "5 moored"],
        ["Longest silence in the day before", "not heard then"],
        ["Learned place where ships lie", "none"],
    ]  # fmt: skip


def test_a_meeting_is_summed_with_its_raft_and_its_other_contacts() -> None:
    evidence = {"distance_median_m": 41, "ships": [{}, {}, {}], "contacts_48h_count": 6, "contacts_48h_hours": 3.5}
    said = words.summary("rendezvous", 4.0, evidence, "")
    assert said.startswith("A raft of 3 ships, the first two within 41 m (median) for 4.0 h: consistent with")
    assert said.endswith("One of 6 contacts of these ships within 48 h, 3.5 h together.")
    assert "for 5.0 h: consistent with waiting" in words.summary("loitering", 5.0, {"spread_m": 300}, "")
    assert words.summary("loitering", None, {}, "").startswith("A ship slow at sea to the end of the data: consistent")


KINDS = sorted(kind for detector in discover().values() for kind in detector.kinds)


def test_every_kind_has_words_a_colour_and_a_shape_that_the_page_draws() -> None:
    described = describe([*KINDS, "new_one", "newer_one", "newest_one"])
    assert all(kind["means"] for kind in described if not kind["kind"].startswith("new"))
    assert len({kind["colour"] for kind in described}) == len({kind["shape"] for kind in described}) == len(KINDS) + 3
    drawn = (Path(maps.__file__).parent / "page" / "symbols.js").read_text(encoding="utf-8")
    assert all(f'case "{kind["shape"]}"' in drawn for kind in described if kind["shape"] != "circle")


def test_no_summary_accuses() -> None:
    texts = [kind["means"] + kind["unseen"] for kind in describe(KINDS)]
    for kind in (*KINDS, "brand_new"):
        texts += [words.summary(kind, hours, {}, "") for hours in (None, 3.0)]
    for text in texts:
        assert not {"illegal", "violat", "guilt", "smuggl", "crime"} & set(text.lower().split())
    assert "consistent with" in words.summary("rendezvous", 6.0, {"distance_median_m": 61}, "")
    assert words.summary("gap", None, {"verdict": "cannot be assessed"}, "").endswith(": cannot be assessed.")


def test_kinds_differ_in_colour_and_shape_and_new_ones_get_their_own() -> None:
    described = describe(["gap", "rendezvous", "incursion", "zone_presence", "loitering", "spoofed_track"])
    assert len({kind["colour"] for kind in described}) == 6
    assert len({kind["shape"] for kind in described}) == 6
    assert described[-1]["label"] == "Spoofed track"


def test_reasons_part_by_the_word_they_begin_with() -> None:
    parted = split_reasons(
        ["for: near", "Against: far", "innocent explanations: tugs", "note: open", "odd: one", "bare"]
    )
    assert parted == {
        "pro": ["near"],
        "con": ["far", "innocent explanations: tugs"],
        "notes": ["open", "odd: one", "bare"],
    }


def test_type_codes_say_what_they_are() -> None:
    assert (type_name(30), type_name(84), type_name(5)) == ("fishing", "tanker", "not in the standard")


def test_boxes_take_the_short_way_round() -> None:
    assert box_around([]) is None
    assert box_around([(124.0, 38.0)]) == (124.0, 38.0, 124.0, 38.0)
    box = box_around([(179.0, 10.0), (-178.0, 12.0), (178.5, 11.0)])
    assert box == pytest.approx((178.5, 10.0, 182.0, 12.0))
    west, south, east, north = widened((124.0, 38.0, 124.0, 38.0))
    assert (east - west, north - south) == pytest.approx((0.5, 0.5))


def test_the_backdrop_reaches_over_180_and_stays_small() -> None:
    sets = coast((178.0, -20.0, 184.0, -14.0), [(179.0, -17.0), (-178.0, -17.0)])["sets"]
    assert isinstance(sets, list)
    assert len(sets) > 1
    assert all(item["box"][0] < item["box"][2] for item in sets)
    whole = coast((-170.0, -60.0, 170.0, 70.0), [])["sets"]
    assert isinstance(whole, list)
    assert whole[0]["box"][2] - whole[0]["box"][0] == 360
    assert any(name[0] == "Nampo" and name[3] == 2 for name in ports(REGION))
    assert any(name[0] == "Korea Bay" for name in names(REGION))


def test_every_shipped_zone_has_a_group_that_fits() -> None:
    groups = {zone.id: GROUPS[group(zone.kind)].name for zone in load_zones().zones}
    assert groups["prk_territorial_sea_12nm"] == "Territorial sea"
    assert groups["sts_cho_do_sok_do"].startswith("Transfer")
    assert groups["nll_west"].startswith("Control")
    assert groups["prk_military_zone_west"].startswith("Claimed")
    assert [item for item, name in groups.items() if name == "Other zones"] == ["gfw_park2020_study_area"]
