"""Every page of the dashboard under axe-core: nothing serious, light and dark, on a desk and on a phone."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.accessibility import serious_faults
from tests.dashboard.chromium import HOW_TO_GET_IT, chromium
from tests.dashboard.samples import Answer, experiment, trained
from tests.embedded import embedded
from tests.experiments import CURE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("scheme", ["light", "dark"]),
    pytest.mark.parametrize("width", [1440, 390]),
]
if chromium() is None:
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)

KEY = "sesame"


@pytest.fixture(scope="module")
def cured(client: httpx.Client) -> Answer:
    return trained(client, experiment(name="cured", remedies=CURE))


@pytest.fixture(scope="module")
def running(client: httpx.Client, sick: Answer, cured: Answer) -> Iterator[Answer]:
    """One that goes on for longer than these tests; the others have ended, for there is one worker."""
    assert sick["state"] == cured["state"] == "succeeded"
    job = client.post("/v1/jobs", json=experiment(name="running", steps=300_000)).raise_for_status().json()
    yield job
    client.post(f"/v1/jobs/{job['id']}/cancel")


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that wants a key, and has no job."""
    settings = {"GRADCLINIC_API_KEYS": KEY}
    with embedded(tmp_path_factory.mktemp("locked") / "data", settings) as service:
        yield service.url


@pytest.fixture
def look(page: Page, width: int, scheme: str) -> Callable[..., Page]:
    """Goes to an address in the width and colours of the test, and waits for what shows that it is drawn."""

    def look(address: str, *there: str) -> Page:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        page.goto(address)
        for selector in there:
            expect(page.locator(selector).first).to_be_visible()
        return page

    return look


def _tables(page: Page) -> None:
    """Every picture as its table."""
    for button in page.get_by_role("button", name="Show as table").all():
        if button.is_visible():
            button.click()


@pytest.mark.usefixtures("running")
def test_the_jobs(look: Callable[..., Page]) -> None:
    assert serious_faults(look("/ui/", "tr[data-job]")) == []


def test_a_sick_job_and_its_tables(look: Callable[..., Page], sick: Answer) -> None:
    page = look(f"/ui/jobs/{sick['id']}?from=20&to=60", ".heatmap[data-layer]", ".finding", "#loss canvas")
    for summary in page.locator("details > summary").all():
        if summary.is_visible():
            summary.click()
    assert serious_faults(page) == []
    _tables(page)
    assert serious_faults(page) == []


def test_a_healthy_job(look: Callable[..., Page], cured: Answer) -> None:
    assert serious_faults(look(f"/ui/jobs/{cured['id']}", ".heatmap[data-layer]", "#loss canvas")) == []


def test_a_running_job(look: Callable[..., Page], running: Answer) -> None:
    page = look(f"/ui/jobs/{running['id']}", ".heatmap[data-layer]", ".job-head progress")
    assert serious_faults(page) == []


def test_two_jobs_side_by_side(look: Callable[..., Page], sick: Answer, cured: Answer) -> None:
    page = look(f"/ui/compare?a={sick['id']}&b={cured['id']}", ".heatmap[data-layer]", "#loss canvas")
    assert serious_faults(page) == []
    _tables(page)
    assert serious_faults(page) == []


def test_nothing_to_compare(look: Callable[..., Page]) -> None:
    assert serious_faults(look("/ui/compare", "h1")) == []


def test_a_new_job(look: Callable[..., Page]) -> None:
    page = look("/ui/new?example=deep-sigmoid", "h1")
    page.wait_for_load_state("networkidle")
    assert serious_faults(page) == []


def test_a_page_that_is_not_there(look: Callable[..., Page]) -> None:
    assert serious_faults(look("/ui/nowhere", "h1")) == []


def test_the_form_that_asks_for_a_key_and_a_list_without_jobs(
    look: Callable[..., Page], locked: str, faults: list[str]
) -> None:
    page = look(f"{locked}/ui/", "dialog")
    assert serious_faults(page) == []
    page.get_by_label("API key", exact=True).last.fill(KEY)
    page.locator("dialog button[type=submit]").click()
    expect(page.locator(".welcome")).to_be_visible()
    assert serious_faults(page) == []
    assert all("401" in fault for fault in faults)
    faults.clear()
