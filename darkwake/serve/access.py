"""Who gets in: a token where it is not the machine's own loopback, and bounds on what a visitor may ask for.

Pure ASGI, before the application: a request is refused by its headers alone, and a body beyond the bound is not read.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 65_536
BODY_S = 10.0  # until all of a body has come
MAX_STREAMS, MAX_STREAMS_OF_ONE = 100, 20
COOKIE = "darkwake"
LOGIN, STREAM = "/login", "/api/v1/stream"
OPEN = frozenset({LOGIN, "/healthz"})  # without a token: neither says anything of ships
_SAFE = {"GET", "HEAD"}
_CSP = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # under no-referrer, browsers do not say where a form comes from
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
    "cache-control": "no-store",
}


def csp(nonce: str) -> str:
    """Return the content security policy of a page whose own inline parts carry a nonce."""
    return _CSP.format(nonce=nonce)


def is_loopback(host: str) -> bool:
    """Say whether an address that is listened on is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass
class Access:
    """Guards an application.

    Attributes:
        app: The application.
        hosts: Names under which it may be called, lower case, without port; empty for any (a token is asked for then).
        token: What a visitor must show; empty for nothing.
    """

    app: App
    hosts: frozenset[str]
    token: str
    _streams: dict[str, int] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}

        async def safe(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                more = _HEADERS | {"content-security-policy": csp("")}
                message["headers"] = [
                    *message["headers"],
                    *((name.encode(), text.encode()) for name, text in more.items() if name.encode() not in there),
                ]
            await send(message)

        refused = self._refused(scope, headers)
        if refused:
            await _answer(safe, *refused)
        elif scope["path"] == LOGIN and self.token:
            await self._login(scope, headers, receive, safe)
        elif scope["path"] == STREAM:
            await self._stream(scope, receive, safe)
        else:
            await self.app(scope, _bounded(receive), safe)

    def _refused(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        """Return the status and the sentence of a refusal."""
        if self.hosts and _host(headers.get("host", "")) not in self.hosts:
            return 421, "this name is not served here; call it by the address that it listens on"
        said = headers.get("content-length", "0")
        if not said.isdecimal() or int(said[:20]) > MAX_BODY_BYTES:
            return 413, f"a request may have {MAX_BODY_BYTES:,} bytes"
        if scope["method"] not in _SAFE:
            origin = headers.get("origin")
            if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
                return 403, "this request comes from another page"
            if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return 403, "this request comes from another page"
        if self.token and scope["path"] not in OPEN and not self._shown(headers):
            if scope["path"] == "/" and "text/html" in headers.get("accept", ""):
                return 303, LOGIN
            return 401, "a token is needed: sign in at /login, or send it as Authorization: Bearer"
        return None

    def _shown(self, headers: dict[str, str]) -> bool:
        """Say whether the token was shown: in the header or the cookie, never in the address."""
        kind, _, sent = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._right(sent.strip())
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self._pass().encode())

    def _right(self, sent: str) -> bool:
        return hmac.compare_digest(sent.encode(), self.token.encode())

    def _pass(self) -> str:
        """Return what the cookie holds: made from the token, from which that cannot be had."""
        return hmac.new(self.token.encode(), b"cookie", "sha256").hexdigest()

    async def _login(self, scope: Scope, headers: dict[str, str], receive: Receive, send: Send) -> None:
        """Show the form, or take the token and hand out the cookie."""
        if scope["method"] != "POST":
            await _page(send, 200, "")
            return
        sent = parse_qs((await _body(_bounded(receive))).decode("utf-8", "replace")).get("token", [""])[0]
        if not self._right(sent):
            await _page(send, 401, "That is not the token.")
            return
        secure = "; Secure" if scope.get("scheme") == "https" or headers.get("x-forwarded-proto") == "https" else ""
        cookie = f"{COOKIE}={self._pass()}; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200{secure}"
        await _answer(send, 303, "/", (b"set-cookie", cookie.encode()))

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a stream on while there are few enough of them, of this visitor and in all."""
        visitor = str((scope.get("client") or ("?",))[0])
        if sum(self._streams.values()) >= MAX_STREAMS or self._streams.get(visitor, 0) >= MAX_STREAMS_OF_ONE:
            await _answer(
                send, 503, "there are as many open streams as there may be; close one", (b"retry-after", b"30")
            )
            return
        self._streams[visitor] = self._streams.get(visitor, 0) + 1
        try:
            await self.app(scope, _bounded(receive), send)
        finally:
            self._streams[visitor] -= 1
            if not self._streams[visitor]:
                del self._streams[visitor]


def _host(value: str) -> str:
    return (urlsplit(f"//{value}").hostname or "").lower()


def _bounded(receive: Receive) -> Receive:
    """Return a receiver that gives up on a body beyond the bound, whatever length was said, or one that takes long."""
    came, end = 0, asyncio.get_running_loop().time() + BODY_S
    whole = False

    async def bounded() -> MutableMapping[str, Any]:
        nonlocal came, whole
        try:
            async with asyncio.timeout_at(None if whole else end):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        came += len(message.get("body", b""))
        whole = whole or not message.get("more_body")
        if came > MAX_BODY_BYTES:
            return {"type": "http.disconnect"}
        return message

    return bounded


async def _body(receive: Receive) -> bytes:
    """Return a request's body; what was disconnected is empty."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Send, status: int, text: str, *more: tuple[bytes, bytes]) -> None:
    """Answer with a sentence as JSON; of a redirection the text is where to.

    Who is refused is let go: a connection that is kept would stand in the way of others.
    """
    headers = [(b"content-type", b"application/json"), *more]
    if status >= 400:
        headers.append((b"connection", b"close"))
    if status == 303:
        headers.append((b"location", text.encode()))
    body = json.dumps({"error": text} if status >= 400 else {}).encode()
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _page(send: Send, status: int, said: str) -> None:
    """Show the form that asks for the token."""
    body = (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>darkwake</title><h1>darkwake</h1><p>{said}</p>"
        "<form method=post action=/login><label>Token <input name=token type=password autocomplete=current-password"
        " autofocus></label> <button>Sign in</button></form>"
    ).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": body})
