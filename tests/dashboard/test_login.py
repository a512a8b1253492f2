"""The dashboard of a service with keys, in a real browser: logging in, what the browser keeps, what others can do."""

import json
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.dashboard.accessibility import serious_faults
from tests.dashboard.chromium import HOW_TO_GET_IT, chromium
from tests.dashboard.samples import experiment
from tests.embedded import embedded

pytestmark = pytest.mark.browser
if chromium() is None:
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)

KEY = "open sesame 4711"
WITH_KEY = {"Authorization": f"Bearer {KEY}"}
_KEPT = "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])"
_COMMAND = """(url) => {
    const form = document.createElement("form");
    form.method = "POST";
    form.action = url;
    document.body.append(form);
    form.submit();
}"""


@pytest.fixture(scope="module")
def service_url() -> Iterator[str]:
    """A whole service that asks for a key; the page's fixture opens its pages on it."""
    settings = {"GRADCLINIC_API_KEYS": f"another,{KEY}"}
    with tempfile.TemporaryDirectory(prefix="gc-key-") as folder, embedded(Path(folder) / "data", settings) as service:
        yield service.url


@pytest.fixture
def api(service_url: str) -> Iterator[httpx.Client]:
    """A client with the key in a header."""
    with httpx.Client(base_url=service_url, headers=WITH_KEY, timeout=90) as client:
        yield client


@pytest.fixture
def refusals(faults: list[str]) -> Callable[[int], None]:
    """Forgets refusals of one status, and nothing else."""

    def forget(status: int) -> None:
        assert faults
        told = re.compile(rf"(.*status of )?{status} ")
        faults[:] = [fault for fault in faults if not told.match(fault)]

    return forget


@pytest.fixture
def foreign_site() -> Iterator[str]:
    """The address of a page of another origin, on this machine: to a browser it is the same site on another port."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>other</title><link rel=icon href='data:,'>")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Empty) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def key_field(page: Page) -> Locator:
    """Where the key is asked for."""
    return page.get_by_role("dialog").get_by_label("API key", exact=True)


def log_in(page: Page, key: str = KEY) -> None:
    """Answers the form by keyboard alone."""
    expect(key_field(page)).to_be_focused()
    page.keyboard.insert_text(key)
    page.keyboard.press("Enter")


def test_a_key_is_asked_for_once_and_nothing_in_the_page_keeps_it(page: Page) -> None:
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if "/v1/" in request.url else None)
    page.goto("/ui/")
    expect(page.get_by_role("dialog")).to_have_accessible_name("This service needs an API key")
    # Nothing is asked before, so that no refusal stands in anybody's console.
    assert sent == []
    page.keyboard.press("Escape")
    log_in(page, f"  {KEY} ")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    expect(page.get_by_text("No jobs yet")).to_be_visible()
    expect(page.locator(".welcome pre")).to_contain_text("authorization: Bearer YOUR_KEY")
    [cookie] = page.context.cookies()
    assert cookie["httpOnly"] is True
    assert cookie["sameSite"] == "Strict"
    assert "sesame" not in cookie["value"]
    assert "sesame" not in page.evaluate(_KEPT)
    assert cookie["value"] not in page.evaluate(_KEPT)
    page.reload()
    expect(page.get_by_text("No jobs yet")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert sent
    assert all("authorization" not in request.headers for request in sent)


def test_a_wrong_key_is_refused_in_the_form_with_a_sentence(page: Page, refusals: Callable[[int], None]) -> None:
    page.goto("/ui/")
    log_in(page, "wrong")
    expect(page.get_by_role("alert")).to_have_text("The service does not know this key. Check it and try again.")
    refusals(401)
    expect(key_field(page)).to_have_value("wrong")
    # It is selected, so that the next try replaces it.
    log_in(page)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_job_is_submitted_and_watched_live_with_the_cookie(page: Page) -> None:
    page.goto("/ui/new?example=deep-sigmoid")
    log_in(page)
    expect(page.locator(".status-line")).to_have_text("Ready to run")
    with page.expect_response("**/events") as followed:
        page.get_by_role("button", name="Run").click()
    assert followed.value.status == 200
    assert followed.value.headers["content-type"].startswith("text/event-stream")
    expect(page.locator(".head-state")).to_have_text("Succeeded", timeout=60_000)
    expect(page.locator(".verdict")).to_contain_text("Vanishing gradient")
    expect(page.locator(".heatmap[data-layer]")).to_be_visible()


def test_logging_out_forgets_the_session_and_the_drafts(page: Page) -> None:
    page.goto("/ui/new?example=deep-sigmoid")
    log_in(page)
    expect(page.locator(".status-line")).to_have_text("Ready to run")
    page.get_by_label("Experiment as JSON").fill('{"name": "secret"}')
    page.goto("/ui/")
    expect(page.get_by_role("link", name="New experiment").first).to_be_visible()
    assert "secret" in page.evaluate(_KEPT)
    with page.expect_navigation():
        page.get_by_role("button", name="Log out").click()
    expect(key_field(page)).to_be_visible()
    assert page.context.cookies() == []
    assert "secret" not in page.evaluate(_KEPT)
    expect(page.get_by_role("button", name="Log out")).to_have_count(0)


def test_a_session_that_ends_is_renewed_where_the_reader_is(page: Page, refusals: Callable[[int], None]) -> None:
    page.goto("/ui/new?example=deep-sigmoid")
    log_in(page)
    expect(page.locator(".status-line")).to_have_text("Ready to run")
    page.context.clear_cookies()
    text = page.get_by_label("Experiment as JSON")
    text.fill(text.input_value().replace('"seed": 0', '"seed": 5'))
    expect(page.get_by_role("dialog")).to_have_accessible_name("Your session has ended")
    refusals(401)
    log_in(page)
    expect(page.locator(".status-line")).to_have_text("Ready to run")
    assert json.loads(text.input_value())["training"]["seed"] == 5
    expect(page.get_by_role("button", name="Log out")).to_have_count(1)


def test_too_many_tries_are_told_in_the_form(page: Page, refusals: Callable[[int], None]) -> None:
    problem = {"title": "Too many requests", "detail": "At most 3 per 1 minute are admitted; ask again in 12 s."}
    page.goto("/ui/")
    expect(key_field(page)).to_be_visible()
    page.route(
        "**/ui/session",
        lambda route: route.fulfill(status=429, content_type="application/problem+json", body=json.dumps(problem)),
    )
    log_in(page)
    expect(page.get_by_role("alert")).to_have_text(problem["detail"])
    refusals(429)


def test_a_page_of_another_origin_commands_nothing(
    page: Page, api: httpx.Client, foreign_site: str, refusals: Callable[[int], None]
) -> None:
    job = api.post("/v1/jobs", json=experiment(name="long run", steps=200_000)).raise_for_status().json()
    page.goto("/ui/")
    log_in(page)
    expect(page.locator(f'tr[data-job="{job["id"]}"]')).to_be_visible()
    cancel = str(api.base_url.join(f"/v1/jobs/{job['id']}/cancel"))
    page.goto(foreign_site)
    with page.expect_response("**/cancel") as answered:
        page.evaluate(_COMMAND, cancel)
    # The browser did send the cookie: to it the other port is the same site.
    assert "gradclinic=" in answered.value.request.all_headers()["cookie"]
    assert answered.value.status == 403
    expect(page.locator("body")).to_contain_text("/problems/not-same-origin")
    refusals(403)
    assert api.get(f"/v1/jobs/{job['id']}").json()["cancel_requested_at"] is None
    page.goto(f"/ui/jobs/{job['id']}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".head-state")).to_have_text(re.compile("Cancelled"), timeout=60_000)


@pytest.mark.parametrize("width", [1440, 390])
def test_everybody_can_log_in(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/ui/")
    expect(key_field(page)).to_be_visible()
    assert serious_faults(page) == []
    log_in(page)
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
