"""The dashboard in a real browser, on a real service."""

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.chromium import HOW_TO_GET_IT, chromium
from tests.dashboard.samples import Answer, brightness, experiment, pixels_down_the_heatmap, trained

pytestmark = pytest.mark.browser
if chromium() is None:
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)

METRICS = {
    "grad_norm",
    "bias_grad_norm",
    "delta_norm",
    "grad_max",
    "weight_norm",
    "update_ratio",
    "activation_mean",
    "activation_std",
    "dead_fraction",
    "saturated_fraction",
}
PROBLEM = {"content-type": "application/problem+json"}


def open_job(page: Page, job: Answer, query: str = "") -> None:
    """The job's page with its heatmap painted."""
    page.goto(f"/ui/jobs/{job['id']}{query}")
    expect(page.locator(".heatmap[data-layer]")).to_be_visible()


@pytest.fixture
def long_job(client: httpx.Client) -> Iterator[Answer]:
    """A job that trains for longer than its test takes."""
    job = client.post("/v1/jobs", json=experiment(name="long run", steps=200_000)).raise_for_status().json()
    yield job
    client.post(f"/v1/jobs/{job['id']}/cancel")


def test_the_list_leads_to_the_job(page: Page, sick: Answer) -> None:
    page.goto("/ui/")
    row = page.locator(f'tr[data-job="{sick["id"]}"]')
    expect(row).to_contain_text("Vanishing gradient")
    expect(row).to_contain_text("Succeeded")
    row.get_by_role("link", name="deep sigmoid MLP").click()
    expect(page).to_have_url(re.compile(rf"/ui/jobs/{sick['id']}"))
    expect(page.get_by_role("heading", level=1)).to_have_text("deep sigmoid MLP")
    expect(page.locator(".verdict")).to_contain_text("Vanishing gradient")
    page.go_back()
    expect(row).to_be_visible()


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_the_list_filters_by_state(page: Page, sick: Answer, client: httpx.Client, state: str) -> None:
    page.goto("/ui/")
    page.get_by_role("link", name=state.capitalize()).click()
    expect(page).to_have_url(re.compile(rf"\?state={state}$"))
    wanted = client.get("/v1/jobs", params={"state": state, "limit": 50}).json()["data"]
    if wanted:
        expect(page.locator("tr[data-job]")).to_have_count(len(wanted))
    else:
        expect(page.get_by_text(f"No job is {state} right now.")).to_be_visible()
    assert page.locator("tr[data-job] .badge").all_inner_texts() == [state.capitalize()] * len(wanted)


def test_the_heatmap_darkens_towards_the_first_layer(page: Page, sick: Answer) -> None:
    open_job(page, sick)
    column = [brightness(pixel) for pixel in pixels_down_the_heatmap(page)]
    plot = column[6 : round(len(column) * 0.93)]
    assert max(plot[-10:]) > 150
    assert min(plot[:12]) < 60
    assert len({round(value) for value in plot}) > 10


def test_findings_are_told_in_words_and_point_into_the_heatmap(page: Page, sick: Answer) -> None:
    open_job(page, sick)
    finding = sick["diagnosis"]["findings"][0]
    card = page.locator(f'.finding[data-rule="{finding["rule"]}"]').first
    expect(card).to_contain_text(finding["explanation"])
    expect(card).to_contain_text("root cause")
    card.locator("summary").click()
    shown = json.loads("{" + card.locator("code").inner_text() + "}")["remedies"]
    assert shown == [{name: value for name, value in told.items() if value is not None} for told in finding["remedies"]]
    card.get_by_role("button", name="Show in the heatmap").click()
    heatmap = page.locator(".heatmap")
    expect(heatmap).to_have_attribute("data-layer", finding["layers"][0])
    expect(heatmap).to_have_attribute("data-step", str(finding["first_step"]))
    expect(heatmap).to_be_focused()


def test_keys_and_clicks_choose_layer_and_step(page: Page, sick: Answer, client: httpx.Client) -> None:
    layers = client.get(f"/v1/jobs/{sick['id']}/traces", params={"metric": "grad_norm"}).json()["layers"]
    open_job(page, sick)
    heatmap = page.locator(".heatmap")
    heatmap.focus()
    page.keyboard.press("Home")
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(heatmap).to_have_attribute("data-layer", layers[1])
    expect(heatmap).to_have_attribute("data-step", "2")
    expect(page.locator(".readout")).to_contain_text(f"{layers[1]} · step 2")
    expect(page.locator("#layer figcaption")).to_contain_text(layers[1])
    assert parse_qs(urlsplit(page.url).query) == {"layer": [layers[1]], "step": ["2"]}
    box = heatmap.bounding_box()
    assert box is not None
    heatmap.click(position={"x": box["width"] - 12, "y": 8})
    expect(heatmap).to_have_attribute("data-layer", layers[0])
    expect(heatmap).to_have_attribute("data-step", re.compile("^9[0-9]$"))


def test_a_deep_link_restores_metric_layer_and_step(page: Page, sick: Answer) -> None:
    open_job(page, sick, "?metric=delta_norm&layer=04+linear&step=17")
    expect(page.locator("#metric")).to_have_value("delta_norm")
    expect(page.locator(".readout")).to_contain_text("04 linear · step 17")
    names = page.locator("#metric option").evaluate_all("(options) => options.map((option) => option.value)")
    assert set(names) == METRICS


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_every_metric_has_a_picture_and_a_table(page: Page, sick: Answer, client: httpx.Client, metric: str) -> None:
    told = client.get(f"/v1/jobs/{sick['id']}/traces", params={"metric": metric, "max_points": 600}).json()
    open_job(page, sick, f"?metric={metric}")
    figure = page.locator("#heatmap")
    told_in_words = re.compile(f"of {len(told['layers'])} layers")
    expect(figure.locator("canvas[role=img]")).to_have_attribute("aria-label", told_in_words)
    figure.get_by_role("button", name="Show as table").click()
    table = figure.get_by_role("table")
    assert table.locator("tbody th").all_inner_texts() == told["layers"]
    first = float(table.locator("tbody td").first.inner_text())
    assert first == pytest.approx(told["values"][0][0], rel=1e-2, abs=1e-44)


def test_every_chart_is_described_and_has_a_table(page: Page, sick: Answer) -> None:
    open_job(page, sick)
    figures = page.locator("figure")
    expect(figures).to_have_count(7)
    expect(page.locator("#accuracy .u-legend")).to_be_visible()
    for figure in figures.all():
        expect(figure.locator("figcaption")).to_have_text(re.compile(r".+\."))
        expect(figure.locator("canvas[role=img]")).to_have_attribute("aria-label", re.compile(r".{20,}"))
        figure.get_by_role("button", name="Show as table").click()
        assert figure.get_by_role("table").locator("tbody tr").count() > 1


def test_a_running_job_is_followed_live_and_cancelled(page: Page, long_job: Answer) -> None:
    open_job(page, long_job)
    expect(page.locator(".link")).to_contain_text("Live")
    bar = page.locator(".job-head progress")
    before = float(bar.evaluate("(bar) => bar.value"))
    page.wait_for_function("(before) => document.querySelector('.job-head progress').value > before", arg=before)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".head-state")).to_have_text("Cancelled")
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()


def test_without_the_event_stream_the_page_polls(page: Page, client: httpx.Client, faults: list[str]) -> None:
    page.route("**/events", lambda route: route.fulfill(status=503, headers=PROBLEM, body='{"title": "No stream"}'))
    job = client.post("/v1/jobs", json=experiment(steps=20)).raise_for_status().json()
    open_job(page, job)
    expect(page.locator(".head-state")).to_have_text("Succeeded", timeout=60_000)
    assert all("503" in fault for fault in faults)
    faults.clear()


def test_names_are_text_and_never_markup(page: Page, client: httpx.Client) -> None:
    name = '<img src=x onerror="document.title=1"><b>bold</b>'
    job = trained(client, experiment(name=name, steps=2))
    open_job(page, job)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.goto("/ui/")
    expect(page.locator(f'tr[data-job="{job["id"]}"] a')).to_have_text(name)


def test_an_unknown_job_is_told_in_a_sentence(page: Page, faults: list[str]) -> None:
    page.goto("/ui/jobs/job_nobody")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such job")
    expect(page.get_by_role("link", name="Back to the jobs")).to_be_visible()
    assert all("404" in fault for fault in faults)
    faults.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_wider_than_the_screen(page: Page, sick: Answer, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    for path in ("/ui/", f"/ui/jobs/{sick['id']}", "/docs"):
        page.goto(path)
        page.wait_for_selector("table.jobs tr[data-job], .heatmap[data-layer], .opblock")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_docs_show_every_operation_under_the_strict_policy(page: Page, client: httpx.Client) -> None:
    answer = page.goto("/docs")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy + ";"
    assert "unsafe" not in policy
    paths = client.get("/openapi.json").json()["paths"]
    operations = sum(len(methods.keys() & {"get", "post", "put", "patch", "delete"}) for methods in paths.values())
    expect(page.locator(".opblock")).to_have_count(operations)
    page.locator(".opblock-get .opblock-summary-control").first.click()
    expect(page.locator(".opblock-body").first).to_be_visible()
