"""What an alert says: plain text of the finding, with nothing in it that a channel could take for more than text.

Ships choose their names. What a radio said could be a link, a mention of everybody, or markup of the channel: letters,
digits and the plainest punctuation stay, every other ASCII sign becomes its full-width look-alike, which reads the same
and does nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from darkwake.alerts.outbox import Message
from darkwake.say import plain

_KST = timezone(timedelta(hours=9))
_PLAINEST = set(" ,;()'+-.:/%")
_REASONS, _LONGEST = 6, 300
_HEADS = {"new": "", "revised": "Revised: ", "withdrawn": "Withdrawn: "}


def inert(text: str) -> str:
    """Return a radio's text on one line such that no channel reads markup, a link or a mention in it."""
    kept = []
    for char in plain(text)[:_LONGEST]:
        dead = char.isascii() and not char.isalnum() and char not in _PLAINEST
        kept.append(chr(ord(char) + 0xFEE0) if dead else char)
    # A link needs "://" or a dot between letters: the one becomes full-width, in the other a space stands.
    return "".join(kept).replace("://", "：//").replace("www.", "www. ")


def title(message: Message) -> str:
    """Return the first line: what was observed, of which ships, how sure."""
    from maps.kinds import describe

    event = message.event
    ships = " and ".join(str(one) for one in event["mmsi"][:4]) + (" and others" if len(event["mmsi"]) > 4 else "")
    label = describe([event["kind"]])[0]["label"]
    return f"{_HEADS[message.action]}{', '.join(filter(None, (label, ships)))}, score {event['score']:.2f}"


def body(message: Message) -> str:
    """Return the text: when, where, why and what speaks against it, and which events it corrects."""
    from detectors.list_matches import in_words
    from maps.kinds import describe
    from maps.words import position

    event = message.event
    end = _time(event["end"]) if event["end"] else "open"
    lines = [f"From {_time(event['start'])} to {end}", f"At {position(event['lon'], event['lat'])}"]
    if event["evidence"].get("source"):
        lines.append(f"Source: {inert(event['evidence']['source'])}")
    if event["zones"]:
        lines.append(f"Zones: {inert(', '.join(event['zones']))}")
    lines += [inert(f"On a list: {in_words(one)}") for one in event["evidence"].get("listed") or ()]
    if message.action == "withdrawn":
        lines.insert(0, "This event no longer stands: later data changed what is known. It is taken back.")
    else:
        reasons = event["reasons"]
        lines += [inert(text) for text in reasons[:_REASONS]]
        lines += [inert(text) for text in reasons[_REASONS:] if text.startswith("innocent explanation")]
        lines.append(describe([event["kind"]])[0]["unseen"])
    if message.supersedes:
        lines.append(f"In place of what was told as {', '.join(message.supersedes)}")
    lines.append(f"Event {event['id']}, revision {message.revision}. A lead to be checked; it accuses nobody.")
    return "\n".join(lines)


def _time(text: str) -> str:
    at = datetime.fromisoformat(text)
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({at.astimezone(_KST):%H:%M} KST)"
