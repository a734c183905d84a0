"""kill -9 of a watch at random moments while it tells a webhook what it finds: none is lost, one may be repeated.

The feed is a recording, read at a pace at which it lasts through all kills; the webhook takes its time. What it was
told last must be what stands in the end, and of each kill at most the message under way came again, with its key.
"""

from __future__ import annotations

import json
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from darkwake.alerts.outbox import Outbox, is_news
from darkwake.alerts.teller import outbox_of
from soak.forked import Forks
from soak.hook import Hook
from soak.live import START_S, sentences

KILLS = 100
SHIPS, EVERY_S = 200, 600
SILENT_S = 8 * 3_600
LATE_S = 7_200  # after a silence, when a line from the middle of some comes
_SEA = (119.5, 124.0, 32.0, 37.0)  # west, east, south, north: clear of North Korea's waters
LIFE_S = 2.0  # a watch lives longer than it takes to tell something by up to so much
ANSWER_S = 0.05
DAY_S = 86_400
TIME_LIMIT_S = 300.0
# Where nothing is told, it is looked for after a moment.
IMPATIENT = "from darkwake.alerts import teller\nteller.LOOK_S = 0.02\n"


def run(folder: Path, kills: int = KILLS) -> Iterator[str]:
    """Yield what is wrong; print the figures."""
    given = folder / "day.nmea"
    with Forks() as forks, Hook() as hook:
        given.write_bytes(b"".join(feed()))
        hook.wait_s = ANSWER_S
        speed = DAY_S / (3 * kills * LIFE_S)  # a watch lives as long as it takes to tell something, and some more
        words = (f"file:{given}?speed={speed:g}", "--only", "gap")
        events = killed(forks, folder, hook, words, kills, LIFE_S)
        keys = hook.keys()
        repeated = sum(keys.values()) - len(keys)
        print(
            f"{kills} kills: {len(events):,} events stand; {len(keys):,} messages were told, {repeated:,} of them again"
        )
        yield from faults(hook, events, kills)


def feed() -> list[bytes]:
    """Return the lines of a day, in the order in which they come, of ships each of which is silent for hours once.

    Of every third a line from the middle of its silence comes after it: what was told is taken back.
    """
    chance = np.random.default_rng(5)
    mmsi = np.repeat(412_000_000 + np.arange(SHIPS), DAY_S // EVERY_S)
    t = START_S + np.tile(np.arange(0, DAY_S, EVERY_S), SHIPS) + mmsi % EVERY_S
    silent = START_S + chance.integers(2 * 3_600, 13 * 3_600, SHIPS)
    began = np.repeat(silent, DAY_S // EVERY_S)
    heard = (t < began) | (t > began + SILENT_S)
    late = np.arange(0, SHIPS, 3)
    ships = np.concatenate([mmsi[heard], 412_000_000 + late])
    said = np.concatenate([t[heard], silent[late] + SILENT_S // 2])
    came = np.concatenate([t[heard], silent[late] + SILENT_S + LATE_S])
    order = np.argsort(came, kind="stable")
    return sentences(ships[order], said[order], box=_SEA)


def killed(
    forks: Forks, folder: Path, hook: Hook, words: Sequence[str], kills: int, life_s: float
) -> list[Mapping[str, Any]]:
    """Kill watches while they tell a webhook, let one end that has told all; returns the events that stand.

    Args:
        forks: Starts the watches.
        folder: Of their case.
        hook: The webhook.
        words: What they watch, a recording, and options.
        kills: How many.
        life_s: How long a watch lives at most after it has told something.
    """
    chance, case = random.Random(5), folder / "live.duckdb"
    rule = f'[[alerts]]\nname = "all"\nto = "webhook+{hook.url}"\nper_hour = 1000000\n'
    (folder / "darkwake.toml").write_text(rule, encoding="utf-8")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        endless = f"udp://127.0.0.1:{probe.getsockname()[1]}"
    whole = ("watch", *words, endless, "--case", case, "--config", folder / "darkwake.toml")
    for _ in range(kills):
        with forks.working(folder, *whole, code=IMPATIENT) as watch:
            _until(partial(_more, hook, len(hook.came)))
            time.sleep(chance.uniform(0, life_s))
            watch.kill()
    hook.wait_s = 0.0
    told = False
    while not told:  # one that has more to tell than it has patience at its end tells the rest when it begins again
        with forks.working(folder, *whole, code=IMPATIENT) as watch:
            watch.says("read to its end", 3 * TIME_LIMIT_S)
            watch.send_signal(signal.SIGTERM)  # it ends with all that came looked through
            if not watch.ended() or watch.code:
                raise RuntimeError(f"the watch failed: {watch.log[-500:]}")
        told = _all_told(case)
    found: list[Mapping[str, Any]] = json.loads(forks.run(folder, "events", "--case", case, "--format", "json"))
    return found


def faults(hook: Hook, events: list[Mapping[str, Any]], kills: int) -> Iterator[str]:
    """Yield what is wrong with what a webhook was told, by the events that stand."""
    last: dict[str, Mapping[str, Any]] = {}
    gone: set[str] = set()
    for _, payload in hook.came:
        said = json.loads(payload)
        last[said["event"]["id"]] = said
        gone.update(said["supersedes"])
    standing = {str(one["id"]): one for one in events}
    if not standing:
        yield "there are no events"
    if lost := [name for name in standing if name not in last or last[name]["action"] == "withdrawn"]:
        yield f"{len(lost)} events were told to nobody: {lost[:3]}"
    if old := [name for name, one in standing.items() if name in last and is_news(last[name]["event"], one)]:
        yield f"of {len(old)} events the last word was not told: {old[:3]}"
    still = [name for name, said in last.items() if said["action"] != "withdrawn" and name not in gone | set(standing)]
    if still:
        yield f"{len(still)} events were told and not taken back: {still[:3]}"
    keys = hook.keys()
    if (repeated := sum(keys.values()) - len(keys)) > kills:
        yield f"{repeated} messages came again in {kills} kills"


def _more(hook: Hook, before: int) -> bool:
    return len(hook.came) > before


def _all_told(case: Path) -> bool:
    """Say whether all that is in the ledger has been looked at and told."""
    outbox = Outbox(outbox_of(case))
    try:
        return outbox.counts()["waiting"] == 0 and outbox.looked() not in (None, (0, ""))
    finally:
        outbox.close()


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + TIME_LIMIT_S
    while not true():
        if time.monotonic() > end:
            raise RuntimeError("the watch came to nothing")
        time.sleep(0.02)
