"""Alerts: what is told to whom, once; an outbox that survives a kill; text that does nothing in any channel."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ais.store import Store
from darkwake.alerts.outbox import FIRST_RETRY_S, HOUR_US, LAST_RETRY_S, Message, Outbox, Revision
from darkwake.alerts.rules import Rule, check_zones, read_rules
from darkwake.alerts.send import channel
from darkwake.alerts.teller import Teller
from darkwake.alerts.words import body, inert, title
from darkwake.settings import SettingsError
from detectors.notes import Handling
from detectors.vessel_lists import VesselLists
from soak.alerts import faults, killed
from soak.forked import Forks
from soak.hook import Hook
from tests.front.front_door import ROOT, Run
from tests.test_any_split import feed
from zones import load_zones

NOW = datetime(2026, 5, 1, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "id": "00aa00aa00aa00aa",
    "kind": "rendezvous",
    "mmsi": [412000001, 445000002],
    "start": "2026-05-01T00:00:00Z",
    "end": None,
    "lon": 124.9,
    "lat": 38.5,
    "score": 0.82,
    "zones": ["sts_cho_do_sok_do"],
    "evidence": {"hours": 3.0},
    "reasons": ["for: tanker with tanker", *["note: more"] * 9, "innocent explanation: bunkering"],
}
RULE = Rule("watch", to="webhook+http://localhost/")


def event(**changed: Any) -> dict[str, Any]:
    return EVENT | changed


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(tmp_path / "a.alerts.sqlite")
    yield made
    made.close()


def told(outbox: Outbox, rule: Rule = RULE, now_us: int = 1_000) -> list[tuple[str, int]]:
    """Send all that is to be sent; return what kind each was, and its revision."""
    found = []
    while message := outbox.next(rule, now_us):
        found.append((message.action, message.revision))
        outbox.sent(message, now_us)
    return found


def test_an_event_is_told_once_corrected_and_taken_back(outbox: Outbox) -> None:
    for seq, action, what, said in (
        (1, "new", event(), [("new", 1)]),
        (2, "revised", event(evidence={"hours": 4.0}), []),  # it merely grew
        (3, "revised", event(end="2026-05-01T06:00:00Z"), [("revised", 3)]),
        (4, "revised", event(end="2026-05-01T06:00:00Z", score=0.3), [("revised", 4)]),
        (5, "withdrawn", event(), [("withdrawn", 5)]),
        (6, "new", event(), [("new", 6)]),
    ):
        outbox.fill([RULE], [Revision(seq, action, what)], 0)
        assert told(outbox) == said, seq
        assert outbox.looked() == (seq, EVENT["id"])


def test_what_was_never_told_is_not_taken_back(outbox: Outbox) -> None:
    rule = Rule("high", to="webhook+http://localhost/", min_score=0.5)
    outbox.fill([rule], [Revision(1, "new", event(score=0.4)), Revision(2, "withdrawn", event(score=0.4))], 0)
    outbox.fill([rule], [Revision(3, "new", event()), Revision(4, "withdrawn", event())], 0)
    outbox.fill([rule], [Revision(5, "new", event()), Revision(6, "revised", event(score=0.4))], 0)
    assert told(outbox, rule) == []
    outbox.fill([rule], [Revision(7, "revised", event())], 0)
    assert told(outbox, rule) == [("new", 7)]


def test_an_event_in_anothers_place_is_one_message(outbox: Outbox) -> None:
    other = event(id="00bb00bb00bb00bb", score=0.1)
    rule = Rule("high", to="webhook+http://localhost/", min_score=0.5)
    outbox.fill([rule], [Revision(1, "new", event())], 0)
    assert told(outbox, rule) == [("new", 1)]
    outbox.fill([rule], [Revision(2, "withdrawn", event()), Revision(3, "new", other, [EVENT["id"]])], 0)
    message = outbox.next(rule, 0)
    assert message is not None
    assert (message.action, message.revision, message.supersedes) == ("revised", 3, [EVENT["id"]])
    assert EVENT["id"] in body(message)
    assert told(outbox, rule) == [("revised", 3)]


def test_a_false_alarm_is_told_of_no_more_unless_it_gets_worse(outbox: Outbox) -> None:
    handled = {EVENT["id"]: Handling(verdict="false alarm")}
    for seq, action, what, said in (
        (1, "new", event(), "new"),
        (2, "revised", event(end="2026-05-01T06:00:00Z"), None),
        (3, "revised", event(score=0.5), None),
        (4, "revised", event(score=0.95), "revised"),
        (5, "revised", event(score=0.95, evidence={"listed": [{"mmsi": 1}]}), "revised"),
        (6, "revised", event(score=0.2), None),
        (7, "withdrawn", event(), "withdrawn"),
    ):
        outbox.fill([RULE], [Revision(seq, action, what)], 0)
        message = outbox.next(RULE, 0, handled)
        assert (message and message.action) == said, seq
        if message:
            outbox.sent(message, 0)
    other = event(id="00bb00bb00bb00bb", score=0.1)
    outbox.fill([RULE], [Revision(8, "new", event())], 0)
    assert told(outbox) == [("new", 8)]
    outbox.fill([RULE], [Revision(9, "withdrawn", event()), Revision(10, "new", other, [EVENT["id"]])], 0)
    assert outbox.next(RULE, 0, handled | {other["id"]: Handling(verdict="false alarm")}) is not None


def test_a_snoozed_event_is_told_of_once_that_is_over(outbox: Outbox) -> None:
    over = datetime(2026, 5, 1, 2, tzinfo=UTC)
    before_us, after_us = round(over.timestamp() * 1e6) - 1, round(over.timestamp() * 1e6)
    handled = {EVENT["id"]: Handling(snoozed_until=over)}
    outbox.fill([RULE], [Revision(1, "new", event())], 0)
    assert told(outbox) == [("new", 1)]
    outbox.fill([RULE], [Revision(2, "revised", event(end="2026-05-01T06:00:00Z"))], 0)
    outbox.fill([RULE], [Revision(3, "new", event(id="00bb00bb00bb00bb"))], 0)
    outbox.fill([RULE], [Revision(4, "revised", event(end="2026-05-01T07:00:00Z"))], 0)
    message = outbox.next(RULE, before_us, handled)
    assert message is not None
    assert message.revision == 3  # another event does not wait behind it
    outbox.sent(message, before_us)
    assert outbox.next(RULE, before_us, handled) is None
    message = outbox.next(RULE, after_us, handled)
    assert message is not None
    assert (message.action, message.revision) == ("revised", 4)


def test_a_message_under_way_is_followed_by_what_became_of_it(outbox: Outbox) -> None:
    outbox.fill([RULE], [Revision(1, "new", event())], 0)
    first = outbox.next(RULE, 0)
    assert first is not None
    outbox.fill([RULE], [Revision(2, "revised", event(end="2026-05-01T06:00:00Z"))], 0)
    outbox.sent(first, 0)
    assert told(outbox) == [("revised", 2)]


def test_a_channel_that_fails_is_tried_ever_later_also_for_later_words(outbox: Outbox) -> None:
    now, waits = 0, []
    for seq in range(1, 12):
        outbox.fill([RULE], [Revision(seq, "new" if seq == 1 else "revised", event(score=seq / 20))], now)
        message = outbox.next(RULE, now)
        assert message is not None
        waits.append(outbox.failed(message, now))
        outbox.fill([RULE], [Revision(100 + seq, "revised", event(score=seq / 30))], now)
        assert outbox.next(RULE, now + (waits[-1] - 1) * 1_000_000) is None
        now += waits[-1] * 1_000_000
    assert waits[0] == FIRST_RETRY_S
    assert waits == sorted(waits)
    assert waits[-1] == LAST_RETRY_S


def test_more_than_the_rule_allows_waits_for_the_next_hour(outbox: Outbox) -> None:
    rule = Rule("few", to="webhook+http://localhost/", per_hour=2)
    outbox.fill([rule], [Revision(k, "new", event(id=f"{k:016x}")) for k in (1, 2, 3)], 0)
    assert told(outbox, rule, now_us=10) == [("new", 1), ("new", 2)]
    assert outbox.counts() == {"waiting": 1, "sent": 2, "outdated": 0}
    assert told(outbox, rule, now_us=10 + HOUR_US) == [("new", 3)]


@pytest.mark.parametrize(
    ("asked", "matches"),
    [
        ({}, True),
        ({"kinds": ("rendezvous",)}, True),
        ({"kinds": ("gap",)}, False),
        ({"zones": ("sts_cho_do_sok_do", "elsewhere")}, True),
        ({"zones": ("elsewhere",)}, False),
        ({"mmsi": (445000002,)}, True),
        ({"mmsi": (1,)}, False),
        ({"min_score": 0.82}, True),
        ({"min_score": 0.83}, False),
        ({"listed": True}, False),
    ],
)
def test_what_a_rule_asks_for(asked: dict[str, Any], matches: bool) -> None:
    assert Rule("one", to="x://", **asked).matches(EVENT) is matches


def test_a_listed_ship_is_asked_for_by_the_evidence() -> None:
    assert Rule("one", to="x://", listed=True).matches(event(evidence={"listed": [{"mmsi": 412000001}]}))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"to": "json://x"}, "name is needed"),
        ({"name": "a b", "to": "json://x"}, "name is needed"),
        ({"name": "a"}, "either to or to_env"),
        ({"name": "a", "to": "json://x", "to_env": "X"}, "either to or to_env"),
        ({"name": "a", "to": "nowhere"}, "is no URL"),
        ({"name": "a", "to": "json://x", "kind": ["gap"]}, "no setting 'kind'; did you mean 'kinds'"),
        ({"name": "a", "to": "json://x", "kinds": ["gaps"]}, "no kind 'gaps'; did you mean 'gap'"),
        ({"name": "a", "to": "json://x", "min_score": 2}, "between 0 and 1"),
        ({"name": "a", "to": "json://x", "min_score": "high"}, "a number is needed"),
        ({"name": "a", "to": "json://x", "per_hour": 0}, "at least 1"),
    ],
)
def test_a_rule_that_would_never_tell_is_refused(table: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read_rules([table], "darkwake.toml")


def test_rules_are_refused_by_the_command_before_anything_is_watched(cli: Run, tmp_path: Path) -> None:
    for table, said in (
        ('name = "a"\nto = "json://x"\nzones = ["nowhere"]', "no zone 'nowhere'"),
        ('name = "a"\nto_env = "DARKWAKE_TEST_UNSET"', "which is empty"),
        ('name = "a"\nto = "nosuchservice://x"', "Apprise knows no such address"),
    ):
        (tmp_path / "darkwake.toml").write_text(f"[[alerts]]\n{table}\n")
        answer = cli("watch", "udp://127.0.0.1:10110", "--case", "c.duckdb", "--config", "darkwake.toml")
        assert answer.code == 1
        assert said in answer.err
        assert not (tmp_path / "c.duckdb").exists()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as made:
        yield made


def waited(true: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_webhook_is_signed_and_tried_again_with_the_same_key(
    hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("darkwake.alerts.outbox.FIRST_RETRY_S", 0)
    monkeypatch.setenv("HOOK", f"webhook+{hook.url}")
    monkeypatch.setenv("HOOK_KEY", "whsec_" + base64.b64encode(b"k" * 24).decode())
    hook.answers = [500, 302]
    rule, said = Rule("watch", to_env="HOOK", secret_env="HOOK_KEY"), list[str]()
    teller = Teller([rule], tmp_path / "a.alerts.sqlite", VesselLists(()), lambda: NOW, said.append)
    with Store.open(tmp_path / "a.duckdb") as store:
        teller.start(store.reader())
        row = [1, 1, EVENT["id"], "new", [], json.dumps(EVENT)]
        store.con.execute("INSERT INTO ledger BY POSITION VALUES (?, ?, ?, ?, ?, ?)", row)
        teller.look(store.reader())
        waited(lambda: teller.outbox.counts()["sent"] == 1)
        teller.stop(1.0)
    assert hook.keys() == {f"{EVENT['id']}.1": 3}
    headers, payload = hook.came[-1]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + payload
    right = base64.b64encode(hmac.new(b"k" * 24, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{right}"
    assert json.loads(payload)["event"] == EVENT
    assert "it answered 500" in said[0]
    assert said[1:] == ["alerts of watch get through again"]


def test_what_stood_in_a_case_before_is_no_news_and_a_channel_that_hangs_holds_up_no_other(
    hook: Hook, tmp_path: Path
) -> None:
    hook.wait_s = 3.0
    row = "INSERT INTO ledger BY POSITION VALUES (?, 1, ?, 'new', [], ?)"
    with Hook() as other, Store.open(tmp_path / "a.duckdb") as store:
        rules = [Rule("slow", to=f"webhook+{hook.url}"), Rule("quick", to=f"webhook+{other.url}")]
        store.con.execute(row, [1, EVENT["id"], json.dumps(EVENT)])
        teller = Teller(rules, tmp_path / "a.alerts.sqlite", VesselLists(()), lambda: NOW, print)
        teller.start(store.reader())
        for k in (2, 3):
            one = event(id=f"{k:016x}")
            store.con.execute(row, [k, one["id"], json.dumps(one)])
        teller.look(store.reader())
        waited(lambda: len(other.came) == 2, 2.5)
        teller.stop(0.0)
    assert set(other.keys()) == {f"{k:016x}.{k}" for k in (2, 3)}


def test_apprise_takes_an_alert_for_any_of_its_channels(hook: Hook) -> None:
    send = channel(Rule("any", to=hook.url.replace("http", "json")))
    assert send(Message("any", "new", EVENT, [], 7, 0), NOW) == ""
    said = json.loads(hook.came[0][1])
    assert said["title"] == "Meeting at sea, 412000001 and 445000002, score 0.82"
    assert "innocent explanation: bunkering" in said["message"]
    assert "01:00" not in said["message"]
    assert "2026-05-01 00:00 UTC (09:00 KST)" in said["message"]


HOSTILE = [
    "<script>alert(1)</script>",
    "@everyone",
    "[here](http://evil)",
    "*b* _i_ `code` ~s~ |t|",
    "<!channel> <@U1>",
    "https://evil.example/x",
    "www.evil.example",
    "=cmd|'/c calc'!A0",
    "\x1b[2J\u202egnp.exe\x00\n\nSent by: admin",
    "{{7*7}} {% x %} ${x}",
    "# head\n> quote",
    "\\u003cb\\u003e",
    "&lt;b&gt;",
    "A" * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_ship_calls_itself_does_nothing(text: str) -> None:
    reasons = [f"for: says {text}"]
    what = event(reasons=reasons, evidence={}, zones=[text])
    said = title(Message("watch", "new", what, [], 1, 0)) + "\n" + body(Message("watch", "new", what, [], 1, 0))
    assert not set('<>@[]*_`~|&{}#=\\"!$^\x1b\u202e\x00') & set(said)
    assert "://" not in said
    assert "www." not in said.replace("www. ", "")
    assert len(said) < 1_500
    assert "\nSent by" not in said


def test_letters_of_all_scripts_stay() -> None:
    assert inert("평양 2 / HAN-BADA (7)") == "평양 2 / HAN-BADA (7)"


def test_a_watch_killed_while_it_tells_forgets_none_and_repeats_at_most_what_was_under_way(
    hook: Hook, forks: Forks, tmp_path: Path
) -> None:
    lines = [line for message in feed(np.random.default_rng(77)) for line in message]
    (tmp_path / "feed.nmea").write_text("\n".join(lines) + "\n")
    hook.wait_s = 0.1
    kills = 3
    events = killed(forks, tmp_path, hook, [f"file:{tmp_path}/feed.nmea"], kills, 0.3)
    assert list(faults(hook, events, kills)) == []
    assert len(events) > 2 * kills
    assert len(hook.came) > 2 * kills


def test_the_page_names_every_key_and_its_example_is_read() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {one.name for one in fields(Rule)}
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    rules = read_rules(tomllib.loads(example)["alerts"], "the page")
    assert [rule.name for rule in rules] == ["transfers", "our-list"]
    check_zones(rules, {zone.id for zone in load_zones().zones})
