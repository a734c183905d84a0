"""The channels of alerts: a signed webhook of the user's own, or any that Apprise knows.

A webhook's request follows Standard Webhooks (standardwebhooks.com): `webhook-id` is the message's key, the same at
each try, `webhook-signature` the HMAC-SHA256 over id, time and body with the user's key. Only an answer of 2xx is taken
for receipt; redirects are not followed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import json
from collections.abc import Callable
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from darkwake.alerts.outbox import Message
from darkwake.alerts.rules import Rule
from darkwake.alerts.words import body, title
from darkwake.settings import SettingsError

TIMEOUT_S = 10.0
Channel = Callable[[Message, datetime], str]


def channel(rule: Rule) -> Channel:
    """Return what sends a rule's messages: told a message and the time, it returns what went wrong, empty for nothing.

    Raises:
        SettingsError: The channel cannot be used at all.
    """
    if rule.is_webhook:
        address, key = urlsplit(rule.address.removeprefix("webhook+")), _secret(rule)
        if not address.hostname:
            raise SettingsError(f"alerts: {rule.name}: its webhook's URL names no host")
        return lambda message, now: _post(address, key, message, now)
    return _apprise(rule)


def _secret(rule: Rule) -> bytes:
    if not rule.key:
        return b""
    try:
        return base64.b64decode(rule.key.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise SettingsError(f"alerts: {rule.name}: the key in {rule.secret_env} is not base64") from None


def content(message: Message) -> dict[str, object]:
    """Return a webhook's message: the key, what it is, the event as JSON and as text."""
    return {
        "key": message.key,
        "rule": message.rule,
        "action": message.action,
        "revision": message.revision,
        "supersedes": list(message.supersedes),
        "event": message.event,
        "title": title(message),
        "text": body(message),
    }


def signature(key: bytes, name: str, seconds: int, payload: bytes) -> str:
    """Return the value of `webhook-signature`."""
    signed = hmac.new(key, f"{name}.{seconds}.".encode() + payload, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _post(address: SplitResult, key: bytes, message: Message, now: datetime) -> str:
    payload = json.dumps(content(message)).encode()
    seconds = int(now.timestamp())
    headers = {"content-type": "application/json", "webhook-id": message.key, "webhook-timestamp": str(seconds)}
    if key:
        headers["webhook-signature"] = signature(key, message.key, seconds, payload)
    secure = address.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    con = kind(str(address.hostname), address.port, timeout=TIMEOUT_S)
    try:
        con.request("POST", path, payload, headers)
        answer = con.getresponse()
        answer.read(1 << 16)
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        con.close()
    return "" if 200 <= answer.status < 300 else f"it answered {answer.status}"


def _apprise(rule: Rule) -> Channel:
    try:
        import apprise
    except ImportError:
        raise SettingsError(
            f'alerts: {rule.name} needs Apprise: pip install "darkwake[alerts]"; a webhook+https:// address does not'
        ) from None
    sender = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False, secure_logging=True))
    if not sender.add(rule.address):
        raise SettingsError(f"alerts: {rule.name}: Apprise knows no such address; see its list of services")

    def send(message: Message, now: datetime) -> str:
        kind = apprise.NotifyType.INFO if message.action == "withdrawn" else apprise.NotifyType.WARNING
        sent = sender.notify(
            body=body(message),
            title=title(message),
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
            interpret_escapes=False,
        )
        return "" if sent else "the service did not take it"

    return send
