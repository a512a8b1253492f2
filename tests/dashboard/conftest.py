"""A real Chromium, and pages that remember everything that went wrong in them."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Response, expect, sync_playwright

from tests.dashboard.chromium import chromium
from tests.dashboard.samples import EXPERIMENT, Answer, trained

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
# Milliseconds; a page is ready in a tenth of a second, but a busy machine may take its time.
_PATIENCE = 30_000
_TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=chromium(), args=_FLAGS)
    yield opened
    opened.close()


@pytest.fixture
def faults() -> list[str]:
    """What the test's pages complained of. A test that provokes a complaint empties it."""
    return []


@pytest.fixture
def page(browser: Browser, service_url: str, faults: list[str]) -> Iterator[Page]:
    """An empty page 1440 wide; a console error, a broken policy or an HTTP error in it fails the test."""
    context = browser.new_context(base_url=service_url, viewport={"width": 1440, "height": 1000})
    context.add_init_script(_TELL_VIOLATIONS)
    context.set_default_timeout(_PATIENCE)
    expect.set_options(timeout=_PATIENCE)
    opened = context.new_page()

    def tell(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            faults.append(message.text)

    def check(answer: Response) -> None:
        if answer.status >= 400:
            faults.append(f"{answer.status} {answer.url}")

    opened.on("console", tell)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("response", check)
    yield opened
    context.close()
    assert faults == []


@pytest.fixture(scope="session")
def client(service_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service_url, timeout=90) as opened:
        yield opened


@pytest.fixture(scope="session")
def sick(client: httpx.Client) -> Answer:
    """Twenty sigmoid layers, trained to the end: a gradient that vanishes."""
    return trained(client, EXPERIMENT)
