"""A webhook's server: keeps what came, answers as told, slowly if asked."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class Hook:
    """A server at work; a context manager.

    Attributes:
        url: Where it listens.
        came: Headers and payload of each request, in their order.
        at: When each came, by the performance counter.
        answers: Status of the next answers; 204 once they are used up.
        wait_s: How long it takes to answer.
    """

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.at: list[float] = []
        self.answers: list[int] = []
        self.wait_s = 0.0
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = self.rfile.read(int(self.headers["content-length"]))
                hook.at.append(time.perf_counter())
                hook.came.append(({key.lower(): value for key, value in self.headers.items()}, payload))
                time.sleep(hook.wait_s)
                with contextlib.suppress(OSError):
                    self.send_response(hook.answers.pop(0) if hook.answers else 204)
                    self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self._server.server_port}/in?x=1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def keys(self) -> Counter[str]:
        """Return how often each message's key came."""
        return Counter(json.loads(payload)["key"] for _, payload in self.came)
