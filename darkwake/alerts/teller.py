"""Tells of new revisions of findings: from the ledger to the outbox, from the outbox to the channels.

One thread for each rule, so that a channel that hangs holds up no other.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkwake.alerts.outbox import Outbox, Revision
from darkwake.alerts.rules import Rule
from darkwake.alerts.send import Channel, channel
from darkwake.log import Said
from detectors.notes import Handling, handling_of

if TYPE_CHECKING:
    from ais.reader import Reader
    from detectors.vessel_lists import VesselLists

LOOK_S = 1.0  # between looks for messages whose time has come
_PAUSE_S = 0.05
_NEW = "SELECT seq, event_id, action, supersedes, event FROM ledger WHERE seq > $seq ORDER BY seq"
_AT = "SELECT seq, event_id FROM ledger WHERE seq = $seq"
_LAST = "SELECT seq, event_id FROM ledger ORDER BY seq DESC LIMIT 1"


def outbox_of(case: Path) -> Path:
    """Return where the outbox of a case lies: beside it."""
    return case.with_name(case.name.removesuffix(".duckdb") + ".alerts.sqlite")


class Teller:
    """Tells of what is found in a case.

    Attributes:
        outbox: What is to be told, and was.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        outbox: Path,
        lists: VesselLists,
        clock: Callable[[], datetime],
        say: Callable[[str], None],
    ) -> None:
        """Open the outbox and the channels.

        Raises:
            SettingsError: A channel cannot be used at all.
            OSError: The outbox cannot be used.
        """
        self._rules, self._lists, self._clock, self._say = rules, lists, clock, say
        self._channels = {rule.name: channel(rule) for rule in rules}
        self.outbox = Outbox(outbox)
        self._handled: Mapping[str, Handling] = {}
        self._stopping, self._news = threading.Event(), {rule.name: threading.Event() for rule in rules}
        self._threads = [
            threading.Thread(target=self._tell, args=(rule,), name=rule.name, daemon=True) for rule in rules
        ]

    def start(self, reader: Reader) -> None:
        """Begin; of a case that was not watched with alerts before, what stands in it already is no news."""
        looked = self.outbox.looked()
        if looked is None or (looked[0] and not _same(reader, looked)):
            last = reader.few(_LAST).to_pylist()
            self.outbox.start_at(*((last[0]["seq"], last[0]["event_id"]) if last else (0, "")))
        self.look(reader)  # a process that was killed may not have come to it
        for thread in self._threads:
            thread.start()

    def look(self, reader: Reader) -> None:
        """Put what is new in the ledger into the outbox; where that cannot be used, the next look does.

        What officers said of events is read too: it decides what is still to be told of them.
        """
        try:
            self._look(reader)
        except OSError as error:
            self._say(Said(f"alerts wait: {error}", "alerts", "error"))

    def _look(self, reader: Reader) -> None:
        self._handled = handling_of(reader)
        looked = self.outbox.looked()
        assert looked is not None
        rows = reader.few(_NEW, seq=looked[0]).to_pylist()
        if not rows:
            return
        events = self._listed(reader, [_event(row["event"]) for row in rows])
        revisions = [
            Revision(int(row["seq"]), str(row["action"]), event, list(row["supersedes"]))
            for row, event in zip(rows, events, strict=True)
        ]
        if self.outbox.fill(self._rules, revisions, self._now_us()):
            for news in self._news.values():
                news.set()

    def stop(self, patience_s: float) -> None:
        """End once what can be told is, or patience does; what then waits is told when a watch begins again."""
        end = time.monotonic() + patience_s
        while self.outbox.due(self._now_us()) and time.monotonic() < end:
            time.sleep(_PAUSE_S)
        self._stopping.set()
        for news in self._news.values():
            news.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(_PAUSE_S, end - time.monotonic()))
        if waiting := self.outbox.counts()["waiting"]:
            said = f"{waiting:,} alerts wait to be told; they are when the watch begins again"
            self._say(Said(said, "alerts", "warning"))
        if not any(thread.is_alive() for thread in self._threads):
            self.outbox.close()

    def _listed(self, reader: Reader, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        from detectors.list_matches import match_lists, with_matches

        return with_matches(events, match_lists(reader, self._lists))

    def _now_us(self) -> int:
        return round(self._clock().timestamp() * 1e6)

    def _tell(self, rule: Rule) -> None:
        """Send a rule's messages, one after another, until it is stopped."""
        send, failing = self._channels[rule.name], False
        while not self._stopping.is_set():
            self._news[rule.name].clear()
            try:
                message = self.outbox.next(rule, self._now_us(), self._handled)
                wrong = message and _sent(send, message, self._clock())
                if message and wrong:
                    self.outbox.failed(message, self._now_us())
                elif message:
                    self.outbox.sent(message, self._now_us())
            except OSError as error:  # a full disk, say
                message, wrong = None, str(error)
            if wrong and not failing:
                said = f"alerts of {rule.name} do not get through ({wrong}); they are tried again"
                self._say(Said(said, "alerts", "error", rule.name))
            elif failing and wrong == "":
                self._say(Said(f"alerts of {rule.name} get through again", "alerts", "info", rule.name))
            failing = failing if wrong is None else bool(wrong)
            if message is None:
                self._news[rule.name].wait(LOOK_S)


def _event(text: str) -> dict[str, Any]:
    """Return an event of the ledger with its times as `darkwake events --format json` writes them."""
    from detectors import iso

    event: dict[str, Any] = json.loads(text)
    return event | {key: event[key] and iso(datetime.fromisoformat(event[key])) for key in ("start", "end")}


def _sent(send: Channel, message: Any, now: datetime) -> str:
    """Send a message and return what went wrong; a channel of somebody else's may raise anything."""
    try:
        return send(message, now)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _same(reader: Reader, looked: tuple[int, str]) -> bool:
    """Say whether the ledger still has what was looked at last."""
    rows: Sequence[Mapping[str, Any]] = reader.few(_AT, seq=looked[0]).to_pylist()
    return bool(rows) and rows[0]["event_id"] == looked[1]
