"""What a service manager is told (sd_notify): ready, alive, stopping; nothing where none asked."""

from __future__ import annotations

import os
import socket


def notify(what: str) -> None:
    """Tell the service manager, for example ``READY=1``."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sending:
        try:
            sending.connect("\0" + address[1:] if address[0] == "@" else address)
            sending.sendall(what.encode())
        except OSError:
            return  # it went away: nothing of ours hangs on it


def watchdog_s() -> float | None:
    """Return how often the service manager wants a sign of life, seconds; None where it does not."""
    text = os.environ.get("WATCHDOG_USEC", "")
    asked = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(text) / 2e6 if asked and text.isdecimal() and int(text) else None
