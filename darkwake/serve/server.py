"""Runs the interface in a thread of its own, so that what a browser asks for holds up no feed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from darkwake.settings import SettingsError

if TYPE_CHECKING:
    from darkwake.serve.app import Live
    from darkwake.watch import Watch
    from detectors.vessel_lists import VesselLists

TOKEN_LETTERS = 16  # least length of a token
_CONNECTIONS = 300  # beyond it a connection is answered 503 at once
_HEADER_BYTES = 16_384
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def bound(text: str) -> tuple[socket.socket, str]:
    """Return a listening socket for `HOST:PORT` (or `PORT`, on loopback) and the host.

    Raises:
        SettingsError: It is no address, or cannot be listened on.
    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdecimal() or int(port) > 65_535:
        raise SettingsError(f"--serve {text}: write it as HOST:PORT, for example 127.0.0.1:8470")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise SettingsError(f"--serve {text}: {error.strerror or error}; choose another address") from None
    return listening, host


def live_of(watch: Watch, lists: Callable[[], VesselLists]) -> Live:
    """Return what the interface of a watch is made from, given what returns the lists that ships are held against.

    Raises:
        SettingsError: The extra `serve` is not installed.
    """
    try:
        from darkwake.serve.watching import live_of
    except ImportError:
        raise SettingsError('--serve needs more: pip install "darkwake[serve]"') from None
    return live_of(watch, lists)


class Server:
    """Serves until it is stopped.

    Attributes:
        url: Where the page is.
    """

    def __init__(self, live: Live, address: str, token: str) -> None:
        """Take the address.

        Args:
            live: What is shown.
            address: ``HOST:PORT``.
            token: What a visitor must show; may be empty on the loopback only.

        Raises:
            SettingsError: The address cannot be used, or lacks a token; or the extra `serve` is not installed.
        """
        import uvicorn

        from darkwake.serve.access import Access, is_loopback
        from darkwake.serve.app import application
        from darkwake.serve.protocol import Hurried

        self._live = live
        self._socket, host = bound(address)
        if not token and not is_loopback(host):
            self._socket.close()
            raise SettingsError(
                f"--serve {address} can be reached by others: set a token as DARKWAKE_TOKEN in the environment"
            )
        if token and len(token) < TOKEN_LETTERS:
            self._socket.close()
            raise SettingsError(f"DARKWAKE_TOKEN is too short: at least {TOKEN_LETTERS} letters")
        names = frozenset() if token else _LOOPBACK_NAMES
        config = uvicorn.Config(
            Access(application(live), names, token),
            log_config=None,
            access_log=False,
            lifespan="on",
            server_header=False,
            proxy_headers=False,
            ws="none",
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=_HEADER_BYTES,
            http=Hurried,
        )
        self._server = uvicorn.Server(config)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}/"
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="serving", daemon=True
        )

    def start(self) -> None:
        """Begin; visitors are answered when it returns."""
        self._thread.start()
        while self._thread.is_alive() and not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """End: streams are ended, what is being answered has a second."""
        self._server.should_exit = True
        self._live.end()
        if self._thread.is_alive():
            self._thread.join(5.0)
        self._socket.close()
