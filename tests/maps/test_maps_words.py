"""Words, numbers and names as a reader meets them."""

import pytest

from maps import words
from maps.backdrop import REGION, box_around, coast, names, ports, widened
from maps.content import split_reasons
from maps.kinds import describe
from maps.ships import type_name
from maps.zone_groups import GROUPS, group
from zones import load_zones


def test_evidence_reads_with_labels_and_units() -> None:
    rows = words.evidence_rows(
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


def test_no_summary_accuses() -> None:
    texts = [kind["means"] + kind["unseen"] for kind in describe(["gap", "rendezvous", "incursion", "zone_presence"])]
    for kind in ("gap", "rendezvous", "incursion", "zone_presence", "brand_new"):
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
