"""What can be done with a job, and the small print about it."""

import io
import re

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.chromium import HOW_TO_GET_IT, chromium
from tests.dashboard.samples import Answer, experiment, trained
from tests.experiments import CURE, body

pytestmark = pytest.mark.browser
if chromium() is None:
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)


def fact(page: Page, name: str) -> str:
    """What the panel says behind that word."""
    term = page.locator(".job-rail .facts dt", has_text=re.compile(f"^{name}$"))
    return term.locator("xpath=following-sibling::dd[1]").inner_text()


def test_a_job_is_deleted_only_when_asked_twice(page: Page, client: httpx.Client) -> None:
    job = trained(client, body(name="to be deleted", training={"steps": 2}))
    page.goto(f"/ui/jobs/{job['id']}")
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete this job?")
    expect(dialog).to_contain_text("to be deleted")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert client.get(f"/v1/jobs/{job['id']}").status_code == 200
    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile("/ui/$"))
    assert client.get(f"/v1/jobs/{job['id']}").status_code == 404


def test_a_job_can_be_edited_and_exported(page: Page, sick: Answer) -> None:
    page.goto(f"/ui/jobs/{sick['id']}")
    expect(page.get_by_role("link", name="Edit and run again")).to_have_attribute("href", f"/ui/new?from={sick['id']}")
    menu = page.locator(".menu")
    menu.locator("summary").click()
    told = menu.get_by_role("link").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")
    assert told == [f"/v1/jobs/{sick['id']}/export?format={name}" for name in ("csv", "npz", "tensorboard")]
    with page.expect_download() as saved:
        menu.get_by_role("link", name="NPZ").click()
    assert saved.value.suggested_filename.endswith(".npz")
    assert np.load(io.BytesIO(saved.value.path().read_bytes())).files
    menu.locator("summary").press("Escape")
    expect(menu).not_to_have_attribute("open", "")


def test_an_original_has_nothing_to_compare_with(page: Page, sick: Answer) -> None:
    page.goto(f"/ui/jobs/{sick['id']}")
    expect(page.get_by_role("link", name="Edit and run again")).to_be_visible()
    expect(page.get_by_role("link", name="Compare with the original")).to_have_count(0)


def test_remedies_are_told_with_their_rates_and_the_target_with_its_step(page: Page, client: httpx.Client) -> None:
    remedies = [*CURE[:2], {"kind": "learning_rate", "factor": 0.5}]
    training = experiment()["training"] | {"target": {"metric": "accuracy", "value": 0.2}}
    job = trained(client, experiment(remedies=remedies) | {"training": training})
    page.goto(f"/ui/jobs/{job['id']}")
    expect(page.locator(".job-rail .facts").last).to_contain_text("learning rate (× 0.5)")
    assert job["result"]["target_reached"] is True
    assert fact(page, "Target") == f"accuracy 0.2: reached at step {job['result']['target_step']}"


def test_an_early_stop_is_told_with_its_reason(page: Page, client: httpx.Client) -> None:
    job = trained(client, experiment(steps=3000, on_finding="stop"))
    assert job["result"]["stopped_by"] == "vanishing_gradient"
    page.goto(f"/ui/jobs/{job['id']}")
    expect(page.locator(".head-facts")).to_contain_text("stopped early")
    assert fact(page, "Stopped early") == f"after {job['result']['stopped_at']:,} steps: vanishing gradient"


def test_uploaded_data_is_called_by_its_name(page: Page, client: httpx.Client) -> None:
    rows = "\n".join(f"{x / 40},{(40 - x) / 40},{x % 2}" for x in range(40))
    file = {"file": ("points.csv", f"a,b,label\n{rows}\n".encode(), "text/csv")}
    dataset = client.post("/v1/datasets", files=file, data={"name": "forty points", "target": "label"})
    source = dataset.raise_for_status().json()["source"]
    job = trained(client, body(source=source, training={"steps": 3}))
    page.goto(f"/ui/jobs/{job['id']}")
    expect(page.locator(".job-rail .facts").last).to_contain_text("forty points")


def test_deep_links_survive_a_reload(page: Page, sick: Answer) -> None:
    page.goto(f"/ui/jobs/{sick['id']}?metric=update_ratio&layer=38+linear&step=12")
    for _ in range(2):
        expect(page.locator("#metric")).to_have_value("update_ratio")
        expect(page.locator(".readout")).to_contain_text("38 linear · step 12")
        page.reload()


def test_the_help_tells_the_keys_of_the_page(page: Page, sick: Answer) -> None:
    page.goto(f"/ui/jobs/{sick['id']}")
    expect(page.locator(".heatmap[data-layer]")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Show the next finding")
