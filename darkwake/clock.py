"""The only clock of the project: everywhere else time is an argument, so that replay equals live."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)
