"""Settings: a key or a value that nobody understands is an error that says which, where, and what was perhaps meant."""

from pathlib import Path

import pytest

from darkwake.settings import Settings, SettingsError, load
from tests.front.front_door import Run, is_one_sentence, snapshot


def test_a_file_sets_thresholds_and_set_lies_over_it(tmp_path: Path) -> None:
    path = tmp_path / "darkwake.toml"
    path.write_text('zones = ["mine.geojson"]\n[rendezvous]\nmax_distance_m = 600\nmin_hours = 3\n', encoding="utf-8")
    settings = load(path).with_sets(["rendezvous.min_hours=4", "gap.min_hours=12.5"])
    made = settings.make()
    assert settings.zones == (tmp_path / "mine.geojson",)
    assert (made["rendezvous"].max_distance_m, made["rendezvous"].min_hours) == (600, 4)
    assert made["gap"].min_hours == 12.5


def test_without_a_file_all_is_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None) == Settings()
    (tmp_path / "darkwake.toml").write_text("[gap]\nmin_hours = 7\n", encoding="utf-8")
    assert load(None).make(["gap"])["gap"].min_hours == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rendezvus]\nmin_hours = 2", "did you mean 'rendezvous'?"),
        ("[rendezvous]\nmin_hour = 2", "did you mean 'min_hours'?"),
        ('[rendezvous]\nmin_hours = "two"', "rendezvous.min_hours = 'two': a number is needed"),
        ("[rendezvous]\nmin_hours = true", "rendezvous.min_hours"),
        ("[rendezvous]\nmin_hours = nan", "finite"),
        ("rendezvous = 3", "[rendezvous]"),
        ("[ingest]\ntimezone = 'UTC'", "did you mean 'time_zone'?"),
        ("zones = 'mine.geojson'", "zones"),
        ("[gap\n", "is not TOML"),
    ],
)
def test_what_nobody_understands_is_an_error(text: str, said: str, tmp_path: Path, cli: Run, case: Path) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    before = snapshot(cli, case)
    shown = cli("detect", "--case", case, "--config", "mine.toml")
    assert is_one_sentence(shown), shown
    assert "mine.toml" in shown.err
    assert said in shown.err
    assert snapshot(cli, case) == before


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--set", "gap.min_hourz=1"], "did you mean 'min_hours'?"),
        (["--set", "gap.min_hours=soon"], "gap.min_hours"),
        (["--set", "gap=1"], "detector.field=value"),
        (["--only", "gaps"], "did you mean 'gap'?"),
        (["--from", "yesterday"], "2022-11-10T02:09:52Z"),
        (["--from", "2023-01-02", "--to", "2023-01-01"], "later"),
    ],
)
def test_a_wrong_option_is_wrong_usage(option: list[str], said: str, cli: Run, case: Path) -> None:
    before = snapshot(cli, case)
    shown = cli("detect", "--case", case, *option)
    assert shown.code == 2
    assert said in shown.err
    assert "Traceback" not in shown.err
    assert snapshot(cli, case) == before


def test_a_span_looks_again_and_finds_the_same(cli: Run, case: Path) -> None:
    before = snapshot(cli, case)
    said = cli("detect", "--case", case, "--from", "2023-01-01T23:00", "--to", "2023-01-02T00:00:00Z")
    assert said.code == 0, said.err
    assert snapshot(cli, case) == before


def test_a_misspelt_command_names_its_nearest(cli: Run) -> None:
    said = cli("evnts")
    assert said.code == 2
    assert "there is no command 'evnts'; did you mean 'events'?" in said.err
