"""From a finding to the run of its remedy, and back to the comparison."""

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.chromium import HOW_TO_GET_IT, chromium
from tests.dashboard.samples import Answer, experiment, trained
from tests.experiments import CURE

pytestmark = pytest.mark.browser
if chromium() is None:
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)


def offer(page: Page, job: Answer) -> Locator:
    """The dialog with the remedies of the job's first finding, once it says what they change."""
    page.goto(f"/ui/jobs/{job['id']}")
    page.get_by_role("button", name="Try a remedy…").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".diff tbody tr").first).to_be_visible()
    return dialog


def changes(dialog: Locator) -> list[list[str]]:
    rows: list[list[str]] = dialog.locator(".diff tbody").evaluate(
        "(body) => [...body.rows].map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return rows


def prescribed(job: Answer) -> list[Answer]:
    remedies = job["diagnosis"]["findings"][0]["remedies"]
    return [{name: value for name, value in remedy.items() if value is not None} for remedy in remedies]


def job_in(page: Page, client: httpx.Client, other_than: Answer) -> Answer:
    """The job that the page has moved on to."""
    expect(page).not_to_have_url(re.compile(f"/ui/jobs/{other_than['id']}"))
    found = re.search(r"/ui/jobs/(job_[0-9a-z]+)", page.url)
    assert found
    job: Answer = client.get(f"/v1/jobs/{found[1]}").raise_for_status().json()
    return job


def test_a_remedy_is_shown_as_a_diff_and_run_and_compared(page: Page, sick: Answer, client: httpx.Client) -> None:
    dialog = offer(page, sick)
    relu, he, *_ = prescribed(sick)
    assert changes(dialog) == [["01 activation to 39 activation (20 layers)", "sigmoid", "relu"]]
    expect(dialog).to_contain_text("00 linear gets")
    dialog.get_by_label("initialization (he)").check()
    expect(dialog.locator(".diff tbody tr")).to_have_count(2)
    assert changes(dialog)[1] == ["network.init", "xavier", "he"]
    dialog.get_by_role("button", name="Run with these 2 remedies").click()
    made = job_in(page, client, sick)
    assert made["name"] == f"{sick['name']} + relu + he"
    assert made["labels"] == sick["labels"] | {"remedy_of": sick["id"]}
    told = [{name: value for name, value in one.items() if value is not None} for one in made["experiment"]["remedies"]]
    assert told == [relu, he]
    for part in ("network", "data", "training"):
        assert made["experiment"][part] == sick["experiment"][part]
    expect(page.get_by_role("heading", level=1)).to_have_text(made["name"])
    expect(page.get_by_role("dialog")).to_have_count(0)
    compare = page.get_by_role("link", name="Compare with the original")
    expect(compare).to_have_attribute("href", f"/ui/compare?a={sick['id']}&b={made['id']}")
    expect(page.locator(".head-state")).to_have_text("Succeeded", timeout=60_000)
    expect(page.locator("#profile .u-legend")).to_contain_text(sick["name"])
    expect(page.locator("#profile figcaption")).to_contain_text("Laid over it")


def test_a_second_remedy_of_a_kind_edits_what_was_found_ill(page: Page, client: httpx.Client) -> None:
    remedies = [*CURE[:2], {"kind": "learning_rate", "lr": 50}]
    job = trained(client, experiment(name="too fast", remedies=remedies))
    slower = next(remedy for remedy in prescribed(job) if remedy["kind"] == "learning_rate")
    dialog = offer(page, job)
    for box in dialog.locator(".remedy-choice input").all():
        box.uncheck()
    dialog.get_by_label("learning rate").check()
    expect(dialog.locator(".diff tbody tr")).to_have_count(1)
    rate = job["resolved"]["training"]["optimizer"]["lr"]
    assert changes(dialog) == [["training.optimizer.lr", f"{rate:g}", f"{rate * slower['factor']:g}"]]
    dialog.get_by_role("button", name="Run with this remedy").click()
    made = job_in(page, client, job)
    assert made["resolved"]["training"]["optimizer"]["lr"] == pytest.approx(rate * slower["factor"])
    assert made["resolved"]["network"] == job["resolved"]["network"]
    assert made["name"] == "too fast + lr × 0.1"


def test_pressing_again_after_a_lost_answer_makes_no_second_job(
    page: Page, sick: Answer, client: httpx.Client, faults: list[str]
) -> None:
    lost: list[str] = []

    def lose(route: object) -> None:
        if route.request.method == "POST" and not lost:  # type: ignore[attr-defined]
            answer = route.fetch()  # type: ignore[attr-defined]
            lost.append(answer.json()["id"])
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    dialog = offer(page, sick)
    page.route("**/v1/jobs", lose)
    run = dialog.get_by_role("button", name="Run with this remedy")
    run.click()
    expect(dialog.get_by_role("alert")).to_contain_text("The service does not answer")
    run.click()
    made = job_in(page, client, sick)
    assert [made["id"]] == lost
    assert all("ERR_FAILED" in fault for fault in faults)
    faults.clear()


def test_what_the_service_refuses_is_told_and_cannot_be_run(page: Page, sick: Answer, faults: list[str]) -> None:
    detail = "There is nothing to act on."
    problem = {"content-type": "application/problem+json"}
    page.route("**/v1/preflight", lambda route: route.fulfill(
        status=422, headers=problem, json={"title": "Nothing to do", "detail": detail, "errors": []}
    ))  # fmt: skip
    page.goto(f"/ui/jobs/{sick['id']}")
    page.get_by_role("button", name="Try a remedy…").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_have_text(detail)
    expect(dialog.get_by_role("button", name="Run with this remedy")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert all("422" in fault for fault in faults)
    faults.clear()


def test_without_a_choice_nothing_runs(page: Page, sick: Answer) -> None:
    dialog = offer(page, sick)
    dialog.locator(".remedy-choice input").first.uncheck()
    expect(dialog).to_contain_text("Choose at least one.")
    expect(dialog.get_by_role("button", name="Run with this remedy")).to_be_disabled()


def test_a_key_jumps_from_finding_to_finding(page: Page, sick: Answer) -> None:
    page.goto(f"/ui/jobs/{sick['id']}?step=50")
    expect(page.locator(".heatmap[data-layer]")).to_be_visible()
    page.keyboard.press("f")
    finding = sick["diagnosis"]["findings"][0]
    expect(page.locator(".finding[data-picked]")).to_have_attribute("data-rule", finding["rule"])
    expect(page.locator(".heatmap")).to_have_attribute("data-step", str(finding["first_step"]))
    expect(page.locator("#metric")).to_have_value("delta_norm")
