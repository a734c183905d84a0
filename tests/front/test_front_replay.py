"""`darkwake replay`: what it writes, and what it says where there is nothing to play."""

from pathlib import Path

from tests.front.front_door import Run


def test_a_replay_is_one_file_of_the_ships_asked_for(cli: Run, case: Path, tmp_path: Path) -> None:
    page = tmp_path / "replay.html"
    ran = cli("replay", "--case", case, "--mmsi", 412000001, "--to", "2023-01-02T01:00Z", "-o", page)
    assert (ran.code, ran.out) == (0, f"Replay: {page}\n")
    text = page.read_text(encoding="utf-8")
    assert '"mmsi":412000001' in text
    assert '"mmsi":445000002' in text  # whom it met
    assert "https://unpkg" not in text


def test_nothing_to_play_is_said_and_nothing_is_written(cli: Run, case: Path, tmp_path: Path) -> None:
    page = tmp_path / "replay.html"
    ran = cli("replay", "--case", case, "--mmsi", 999999999, "-o", page)
    assert ran.code == 1
    assert "no position of these ships in this span" in ran.err
    ran = cli("replay", "--case", case, "--from", "2023-01-02", "--to", "2023-01-01", "-o", page)
    assert ran.code == 2
    assert "--from must lie before --to" in ran.err
    assert not page.exists()
