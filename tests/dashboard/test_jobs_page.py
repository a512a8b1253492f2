"""The list of jobs in a real browser: filters, order, keys, deep links."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.dashboard.chromium import HOW_TO_GET_IT, chromium
from tests.dashboard.samples import Answer, experiment, trained

pytestmark = pytest.mark.browser
if chromium() is None:
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)

SMALL = {"layers": [{"kind": "linear", "out_features": 10}]}
PROBLEM = {"content-type": "application/problem+json"}


def small(**changes: object) -> Answer:
    """An experiment that takes no time, healthy or not."""
    return experiment(network=SMALL, remedies=[], **{"steps": 4, **changes})


@pytest.fixture(scope="module")
def shelf(client: httpx.Client) -> list[Answer]:
    """Five short jobs that only this module's filters find, oldest first."""
    bodies = [
        small(name=f"shelf {name}", labels={"shelf": "yes", "row": row}, steps=steps)
        for name, row, steps in [
            ("apple", "1", 4),
            ("Pear", "1", 40),
            ("fig", "2", 12),
            ("kiwi", "2", 20),
            ("plum", "2", 8),
        ]
    ]
    return [trained(client, body) for body in bodies]


@pytest.fixture
def long_job(client: httpx.Client) -> Iterator[Answer]:
    """A job that trains for longer than its test takes."""
    job = client.post("/v1/jobs", json=experiment(name="shelf endless", steps=200_000)).raise_for_status().json()
    yield job
    client.post(f"/v1/jobs/{job['id']}/cancel")


@pytest.fixture
def pile(client: httpx.Client) -> Iterator[list[str]]:
    """The names of more jobs than the list loads at once; gone after the test, for they fill other lists too."""
    names = [f"pile {number:02}" for number in range(53)]
    body = small(labels={"pile": "high"}, steps=1)
    ids = [client.post("/v1/jobs", json=body | {"name": name}).raise_for_status().json()["id"] for name in names]
    yield names
    for job_id in ids:
        client.get(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=60"})
        client.delete(f"/v1/jobs/{job_id}").raise_for_status()


def names(page: Page) -> list[str]:
    """Of the jobs that are shown, from top to bottom."""
    return page.locator("tr[data-job] .job-name").all_inner_texts()


def open_shelf(page: Page, query: str = "") -> None:
    """The jobs of the shelf, loaded."""
    page.goto(f"/ui/?label=shelf%3Ayes{query}")
    expect(page.locator("tr[data-job]").first).to_be_visible()


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_the_name_is_searched_while_typing_and_kept_in_the_address(page: Page, shelf: list[Answer]) -> None:
    page.goto("/ui/")
    expect(page.locator("tr[data-job]").first).to_be_visible()
    page.get_by_role("searchbox").fill("SHELF p")
    expect(page.locator("tr[data-job]")).to_have_count(2)
    assert names(page) == ["shelf plum", "shelf Pear"]
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.locator(".list-coverage")).to_have_text("All 2 jobs that match.")
    assert query_of(page) == {"q": ["SHELF p"]}
    page.reload()
    expect(page.locator("tr[data-job]")).to_have_count(2)
    expect(page.get_by_role("searchbox")).to_have_value("SHELF p")


def test_a_label_filters_by_a_click_by_typing_and_by_the_address(page: Page, shelf: list[Answer]) -> None:
    open_shelf(page)
    expect(page.locator("tr[data-job]")).to_have_count(5)
    page.locator(f'tr[data-job="{shelf[0]["id"]}"]').get_by_role("button", name="row:1").click()
    expect(page.locator("tr[data-job]")).to_have_count(2)
    assert query_of(page) == {"label": ["shelf:yes", "row:1"]}
    page.get_by_role("button", name="Remove the filter row:1").click()
    expect(page.locator("tr[data-job]")).to_have_count(5)
    search = page.get_by_role("searchbox")
    search.fill("row:2")
    search.press("Enter")
    expect(page.locator("tr[data-job]")).to_have_count(3)
    expect(search).to_have_value("")
    assert query_of(page) == {"label": ["shelf:yes", "row:2"]}
    page.go_back()
    expect(page.locator("tr[data-job]")).to_have_count(5)


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [
        ("Job", "ascending", "descending"),
        ("Duration", "descending", "ascending"),
        ("Loss", "ascending", "descending"),
        ("Accuracy", "descending", "ascending"),
    ],
)
def test_headings_sort_both_ways(page: Page, shelf: list[Answer], heading: str, first: str, second: str) -> None:
    values = {
        "Job": lambda job: job["name"].lower(),
        "Loss": lambda job: job["result"]["loss"],
        "Accuracy": lambda job: job["result"]["accuracy"],
        "Duration": _seconds,
    }
    open_shelf(page)
    cell = page.get_by_role("columnheader", name=heading)
    for direction in (first, second):
        cell.get_by_role("button").click()
        expect(cell).to_have_attribute("aria-sort", direction)
        order = page.locator("tr[data-job]").evaluate_all("(rows) => rows.map((row) => row.dataset.job)")
        told = [values[heading](next(job for job in shelf if job["id"] == job_id)) for job_id in order]
        assert told == sorted(told, reverse=direction == "descending")
    assert query_of(page)["sort"] == [
        ("-" if second == "descending" else "") + ("name" if heading == "Job" else heading.lower())
    ]
    page.reload()
    expect(page.get_by_role("columnheader", name=heading)).to_have_attribute("aria-sort", second)


def _seconds(job: Answer) -> float:
    moments = [datetime.fromisoformat(job[name]) for name in ("started_at", "finished_at")]
    return (moments[1] - moments[0]).total_seconds()


def test_verdicts_are_offered_as_they_are_and_filter(page: Page, sick: Answer, shelf: list[Answer]) -> None:
    page.goto("/ui/?show=400")
    expect(page.locator(f'tr[data-job="{sick["id"]}"]')).to_be_visible()
    page.get_by_label("Filter by verdict").select_option("vanishing_gradient")
    expect(page.locator(f'tr[data-job="{shelf[0]["id"]}"]')).to_have_count(0)
    assert set(page.locator("tr[data-job] .verdict-word").all_inner_texts()) == {"Vanishing gradient"}
    expect(page.locator(".list-coverage")).to_have_text(re.compile(r"^\d+ of all \d+ jobs\.$"))
    assert query_of(page) == {"verdict": ["vanishing_gradient"], "show": ["400"]}
    page.goto("/ui/?verdict=overfitting&label=shelf:yes")
    expect(page.get_by_text("None of the 5 jobs loaded has the verdict “Overfitting”.")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.locator("tr[data-job]").nth(5)).to_be_visible()
    assert query_of(page) == {}


def test_short_pages_are_put_together(page: Page, shelf: list[Answer]) -> None:
    """The service is real; only its pages are cut short, so that a few jobs fill many."""

    def cut(route: Route) -> None:
        address = httpx.URL(route.request.url).copy_merge_params({"limit": "2"})
        route.continue_(url=str(address))

    page.route("**/v1/jobs?*", cut)
    open_shelf(page, "&sort=name")
    expect(page.locator("tr[data-job]")).to_have_count(5)
    assert names(page) == ["shelf apple", "shelf fig", "shelf kiwi", "shelf Pear", "shelf plum"]
    page.unroute("**/v1/jobs?*")


def test_more_is_loaded_on_demand_and_said_honestly(page: Page, pile: list[str]) -> None:
    page.goto("/ui/?label=pile:high&sort=name")
    expect(page.locator("tr[data-job]")).to_have_count(50)
    expect(page.locator(".list-coverage")).to_have_text(
        "In order among the 50 newest that match; there are older jobs."
    )
    assert "pile 00" not in names(page)
    page.get_by_role("button", name="Load 50 more").click()
    expect(page.locator("tr[data-job]")).to_have_count(53)
    expect(page.locator(".list-coverage")).to_have_text("All 53 jobs that match.")
    assert names(page) == pile
    expect(page.get_by_role("button", name="Load 50 more")).to_be_hidden()
    assert query_of(page)["show"] == ["100"]
    page.reload()
    expect(page.locator("tr[data-job]")).to_have_count(53)


def test_two_jobs_are_chosen_and_compared(page: Page, shelf: list[Answer]) -> None:
    open_shelf(page)
    apple, pear, fig = (shelf[place]["id"] for place in (0, 1, 2))
    for job_id in (apple, pear, fig):
        page.locator(f'tr[data-job="{job_id}"]').get_by_role("checkbox").check()
    bar = page.get_by_role("region", name="Comparison")
    expect(bar).to_contain_text("shelf apple")
    expect(bar).to_contain_text("shelf fig")
    expect(bar).not_to_contain_text("shelf Pear")
    expect(page.locator(f'tr[data-job="{pear}"]').get_by_role("checkbox")).not_to_be_checked()
    page.reload()
    expect(page.locator(f'tr[data-job="{fig}"]').get_by_role("checkbox")).to_be_checked()
    bar.get_by_role("link", name="Compare").click()
    expect(page).to_have_url(re.compile(rf"/ui/compare\?a={apple}&b={fig}"))


def test_the_keyboard_finds_opens_and_compares(page: Page, shelf: list[Answer]) -> None:
    open_shelf(page, "&sort=name")
    expect(page.locator("tr[data-job]")).to_have_count(5)
    for key in "jjxkx":
        page.keyboard.press(key)
    expect(page.locator("tr[data-picked=A] .job-name")).to_have_text("shelf fig")
    expect(page.locator("tr[data-picked=B] .job-name")).to_have_text("shelf apple")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="shelf fig")).to_be_focused()
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    # Nothing fires while somebody types.
    page.keyboard.type("jxc?")
    expect(search).to_have_value("jxc?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    search.fill("")
    expect(page.locator("tr[data-job]")).to_have_count(5)
    page.locator("h1").click()
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile(r"/ui/compare\?a=job_"))
    page.go_back()
    expect(page.locator("tr[data-job]")).to_have_count(5)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("shelf apple")


def test_the_question_mark_explains_the_keys(page: Page, shelf: list[Answer]) -> None:
    open_shelf(page)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("Compare the two chosen jobs")
    page.keyboard.press("j")
    expect(page.locator(".job-name:focus")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(dialog).to_be_visible()


def test_a_running_job_moves_without_taking_the_keyboard(page: Page, shelf: list[Answer], long_job: Answer) -> None:
    page.goto("/ui/?q=shelf&sort=state")
    row = page.locator(f'tr[data-job="{long_job["id"]}"]')
    expect(row).to_contain_text("Running")
    assert names(page)[0] == "shelf endless"
    row.evaluate("(row) => { row.mark = true; row.querySelector('.badge').mark = true; }")
    row.get_by_role("link").focus()
    bar = row.locator("progress")
    before = float(bar.evaluate("(bar) => bar.value"))
    page.wait_for_function("(before) => document.querySelector('tr[data-job] progress').value > before", arg=before)
    expect(row.get_by_role("link")).to_be_focused()
    # The same elements: nothing was drawn anew, so that nothing flickers.
    assert row.evaluate("(row) => row.mark && row.querySelector('.badge').mark")
    page.request.post(f"/v1/jobs/{long_job['id']}/cancel")
    expect(row).to_contain_text("Cancelled")
    expect(row.get_by_role("link")).to_be_focused()


def test_a_new_job_appears_and_a_deleted_one_goes(page: Page, shelf: list[Answer], client: httpx.Client) -> None:
    page.goto("/ui/?q=shelf")
    expect(page.locator("tr[data-job]").first).to_be_visible()
    job = trained(client, small(name="shelf guest"))
    row = page.locator(f'tr[data-job="{job["id"]}"]')
    expect(row).to_contain_text("Succeeded")
    client.delete(f"/v1/jobs/{job['id']}").raise_for_status()
    expect(row).to_have_count(0)


def test_a_service_that_fails_is_told_and_comes_back(page: Page, shelf: list[Answer], faults: list[str]) -> None:
    page.route(
        "**/v1/jobs?*", lambda route: route.fulfill(status=503, headers=PROBLEM, body=json.dumps({"title": "Busy"}))
    )
    page.goto("/ui/")
    expect(page.get_by_role("alert")).to_have_text("Busy")
    page.unroute("**/v1/jobs?*")
    expect(page.locator("tr[data-job]").first).to_be_visible()
    expect(page.locator(".notice.critical")).to_be_hidden()
    assert all("503" in fault for fault in faults)
    faults.clear()


def test_an_empty_clinic_shows_the_first_step(page: Page) -> None:
    empty = {"data": [], "has_more": False, "next_cursor": None}
    page.route("**/v1/jobs?*", lambda route: route.fulfill(json=empty))
    page.goto("/ui/")
    expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_be_hidden()
    expect(page.get_by_role("link", name="New experiment")).to_have_attribute("href", "/ui/new")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 800, 1440])
def test_nothing_is_wider_than_the_screen(page: Page, shelf: list[Answer], width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    picked = "".join(f"&pick={job['id']}" for job in shelf[:2])
    open_shelf(page, picked)
    expect(page.get_by_role("region", name="Comparison")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
