"""What all tests share: one browser for the session, repeatable hypothesis runs, skips that fail where none may be."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from ais import store
from soak.forked import Forks

CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

# Two of these processes work side by side: a second thread of DuckDB in each takes a fifth more processor time for
# small cases and is no faster. Commands run as processes of their own have all threads, and so do tests of threads.
store._CONFIG["threads"] = 1


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Yield a headless Chromium of the system; skip where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Yield what starts commands as processes of their own, at once."""
    with Forks() as forks:
        yield forks


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run on any skip where DARKWAKE_NO_SKIPS=1 is set (continuous integration)."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("DARKWAKE_NO_SKIPS") == "1" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_report_header() -> str | None:
    """Say that skips fail here."""
    return "every skip is a failure" if os.environ.get("DARKWAKE_NO_SKIPS") == "1" else None
