"""The depth profile: theory and its band, and another job laid over it."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.chromium import HOW_TO_GET_IT, chromium
from tests.dashboard.figures import Row, open_table, rows_of, same
from tests.dashboard.samples import Answer, experiment, trained
from tests.experiments import CURE, activation, body, linear

pytestmark = pytest.mark.browser
if chromium() is None:
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)


@pytest.fixture(scope="module")
def cured(client: httpx.Client) -> Answer:
    return trained(client, experiment(name="the cured one", remedies=CURE))


def profile(page: Page, job: Answer, query: str, column: str) -> list[Row]:
    """The table of the profile, once it has that column."""
    page.goto(f"/ui/jobs/{job['id']}{query}")
    open_table(page, "profile")
    expect(page.locator("#profile .figure-table th", has_text=column)).to_be_visible()
    return rows_of(page, "profile")


def trace(client: httpx.Client, job: Answer, **query: object) -> Answer:
    answer: Answer = client.get(f"/v1/jobs/{job['id']}/traces", params=query).raise_for_status().json()  # type: ignore[arg-type]
    return answer


def test_theory_is_scaled_to_the_last_layer_at_step_0(page: Page, sick: Answer, client: httpx.Client) -> None:
    rows = profile(page, sick, "?metric=delta_norm&step=50", "theory")
    theory = {row["layer"]: row for row in client.get(f"/v1/jobs/{sick['id']}/theory").json()["layers"]}
    first = trace(client, sick, metric="delta_norm", from_step=0, to_step=0)
    scale = first["values"][first["layers"].index(list(theory)[-1])][0]
    assert [row["layer"] for row in rows] == first["layers"]
    for row in rows:
        told = theory[row["layer"]]
        for column, field in (("theory", "delta_norm_ratio"), ("2.5 %", "low"), ("97.5 %", "high")):
            assert same(row[column], told[field] * scale), (row, column)
        assert same(row["step 0"], told["measured"] * scale)
    agreeing = sum(bool(row["agrees"]) for row in theory.values())
    expect(page.locator("#profile figcaption")).to_contain_text(f"{agreeing} of {len(theory)} layers lie in its band")


def test_theory_speaks_of_the_backward_signal_only(page: Page, sick: Answer) -> None:
    rows = profile(page, sick, "?metric=grad_norm", "step 0")
    assert set(rows[0]) == {"layer", "step 0", f"step {sick['progress']['step'] - 1}"}


def test_without_a_prediction_the_reason_is_given(page: Page, client: httpx.Client) -> None:
    zero = {"scheme": "constant", "value": 0.0}
    job = trained(client, body(linear(16), activation("tanh"), linear(10), init=zero))
    page.goto(f"/ui/jobs/{job['id']}?metric=delta_norm")
    reason = client.get(f"/v1/jobs/{job['id']}/theory").json()["layers"][0]["reason"]
    expect(page.locator("#profile figcaption")).to_contain_text(f"No theory: {reason}.")
    expect(page.locator("#profile .u-legend")).not_to_contain_text("theory")


def test_another_job_is_picked_and_laid_over(page: Page, sick: Answer, cured: Answer, client: httpx.Client) -> None:
    page.goto(f"/ui/jobs/{sick['id']}?step=50")
    expect(page.locator("#over option", has_text="the cured one")).to_be_attached()
    page.locator("#over").select_option(cured["id"])
    expect(page.locator("#profile .u-legend")).to_contain_text("the cured one")
    query = parse_qs(urlsplit(page.url).query)
    assert query["over"] == [cured["id"]]
    open_table(page, "profile")
    other = trace(client, cured, metric="grad_norm", from_step=50, to_step=50)
    values = dict(zip(other["layers"], (row[0] for row in other["values"]), strict=True))
    for row in rows_of(page, "profile"):
        assert same(row["the cured one, step 50"], values[row["layer"]]), row
    page.locator("#over").select_option("")
    expect(page.locator("#profile .figure-table th", has_text="the cured one")).to_have_count(0)
    assert "over" not in parse_qs(urlsplit(page.url).query)


def test_the_job_laid_over_shows_its_nearest_step_and_is_matched_by_depth(
    page: Page, sick: Answer, client: httpx.Client
) -> None:
    named = body(
        linear(16, name="in"),
        activation("tanh"),
        linear(10, name="out"),
        training={"steps": 30},
        name="named otherwise",
    )
    job = trained(client, named)
    rows = profile(page, sick, f"?step=90&over={job['id']}", "named otherwise, step 29")
    last = trace(client, job, metric="grad_norm", from_step=29, to_step=29)
    expected = {"00 linear": last["values"][0][0], "02 linear": last["values"][1][0]}
    for row in rows:
        assert same(row["named otherwise, step 29"], expected.get(row["layer"])), row


def test_a_click_and_the_arrow_keys_choose_a_layer(page: Page, sick: Answer) -> None:
    page.goto(f"/ui/jobs/{sick['id']}?layer=00+linear&step=3")
    plot = page.locator("#profile .plot")
    expect(plot.locator("canvas")).to_be_visible()
    plot.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".heatmap")).to_have_attribute("data-layer", "04 linear")
    expect(page).to_have_url(re.compile("layer=04\\+linear"))
    page.keyboard.press("End")
    expect(page.locator(".heatmap")).to_have_attribute("data-layer", "40 linear")
    page.locator("#layer .plot").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".heatmap")).to_have_attribute("data-step", "4")
    page.keyboard.press("Home")
    expect(page.locator(".heatmap")).to_have_attribute("data-step", "0")
