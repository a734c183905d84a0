"""The report counts what was taken for gear and left out."""

from pathlib import Path

from maps.gear import gear_caveats, gear_count
from tests.maps.cases import case, fix, identity, source


def test_gear_is_counted_and_what_sails_is_none(tmp_path: Path) -> None:
    said = [
        identity(1, name="NET MARK 7"),
        identity(2, name="1234-56"),
        identity(2, 3, name="1234-56"),
        identity(3, to_bow_m=1, to_stern_m=1),
        identity(4, name="BUOY TENDER", to_bow_m=20, to_stern_m=20),  # a ship by her length
        identity(5, name="NETMARK"),  # and one by her speed
        identity(6, name="SEA STAR"),
        identity(7),
    ]
    fast = [fix(5, hours, 123.0, 36.5, sog_kn=9.0) for hours in (1, 2, 3)]
    slow = [fix(1, 1, 123.0, 36.5, sog_kn=9.0)]
    tables = {"inputs": [source()], "identities": said, "positions": [*fast, *slow]}
    with case(tmp_path / "case.duckdb", tables) as reader:
        assert gear_count(reader) == 3
        ((_, text),) = gear_caveats(reader)
        assert text.startswith("3 numbers say by a name or a size that they are net buoys")
    with case(tmp_path / "none.duckdb", {"inputs": [source()], "identities": said[6:]}) as reader:
        assert gear_caveats(reader) == []
