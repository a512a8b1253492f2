"""One layer: its band, its steps beside its weights, its histogram; and the curves that only some jobs have."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.chromium import HOW_TO_GET_IT, chromium
from tests.dashboard.figures import Row, number, open_table, rows_of, same
from tests.dashboard.samples import Answer, trained
from tests.experiments import body

pytestmark = pytest.mark.browser
if chromium() is None:
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)

LAYER = "00 linear"


@pytest.fixture(scope="module")
def long(client: httpx.Client) -> Answer:
    """A job of more steps than a picture has columns; clipped, and scheduled."""
    training = {"steps": 1500, "clip_grad_norm": 0.2, "lr_schedule": {"name": "cosine", "warmup_steps": 100}}
    return trained(client, body(training=training, name="long, clipped, scheduled"))


def table(page: Page, job: Answer, figure: str, query: str = f"?layer={LAYER}&step=700") -> list[Row]:
    page.goto(f"/ui/jobs/{job['id']}{query}")
    open_table(page, figure)
    expect(page.locator(f"#{figure} .figure-table tbody tr").nth(1)).to_be_visible()
    return rows_of(page, figure)


@pytest.mark.parametrize(("figure", "metric"), [("layer", "grad_norm"), ("update-ratio", "update_ratio")])
def test_a_point_of_several_steps_has_a_band(
    page: Page, long: Answer, client: httpx.Client, figure: str, metric: str
) -> None:
    rows = table(page, long, figure)
    for column, agg in (("mean", "mean"), ("smallest", "min"), ("largest", "max")):
        query: Answer = {"metric": metric, "layers": LAYER, "max_points": 600, "agg": agg}
        told = client.get(f"/v1/jobs/{long['id']}/traces", params=query).json()
        assert told["bucket_steps"] > 1
        values = dict(zip(told["steps"], told["values"][0], strict=True))
        for row in rows:
            assert same(row[column], values[int(number(row["step"]) or 0)]), (row, column)


def test_the_lines_follow_the_zoom_of_the_heatmap(page: Page, long: Answer) -> None:
    table(page, long, "layer", f"?layer={LAYER}&step=303&from=300&to=340")
    expect(page.locator("#layer .figure-table th", has_text="largest")).to_have_count(0)
    assert [row["step"] for row in rows_of(page, "layer")] == [str(step) for step in range(300, 340)]
    open_table(page, "loss")
    assert {int(row["step"]) for row in rows_of(page, "loss")} <= set(range(300, 340))
    open_table(page, "profile")
    expect(page.locator("#profile .figure-table th", has_text="step 303")).to_be_visible()


def test_single_steps_have_no_band(page: Page, sick: Answer) -> None:
    rows = table(page, sick, "layer", f"?layer={LAYER}&step=7")
    assert list(rows[0]) == ["step", "value", "non-finite"]
    expect(page.locator("#update-ratio figcaption")).to_contain_text("About 1e-3 is usual")


@pytest.mark.parametrize(("layer", "step"), [("00 linear", 0), ("40 linear", 50)])
def test_the_histogram_is_the_service_s(page: Page, sick: Answer, client: httpx.Client, layer: str, step: int) -> None:
    told = client.get(f"/v1/jobs/{sick['id']}/histograms", params={"layer": layer, "step": step}).json()
    rows = table(page, sick, "histogram", f"?layer={layer}&step={step}")
    shown = [int(number(row["entries"]) or 0) for row in rows]
    bins = [entry["count"] for entry in told["bins"]]
    assert shown == [told["zeros"], *bins, told["nonfinite"], told["underflow_float16"]]
    edges = [float(row[column]) for row in rows[1:-2] for column in ("log10 from", "log10 to")]
    assert edges == pytest.approx([entry[edge] for entry in told["bins"] for edge in ("lo", "hi")], abs=1e-3)
    caption = page.locator("#histogram figcaption")
    expect(caption).to_contain_text(f"of {layer} at step {told['step']}")
    expect(caption).to_contain_text(
        f"{100 * told['underflow_float16'] / told['entries']:.1f} % would be lost to float16"
    )


def test_the_histogram_follows_the_selection(page: Page, sick: Answer) -> None:
    page.goto(f"/ui/jobs/{sick['id']}?layer=00+linear&step=0")
    caption = page.locator("#histogram figcaption")
    expect(caption).to_contain_text("of 00 linear at step 0")
    page.locator(".heatmap").focus()
    page.keyboard.press("ArrowDown")
    expect(caption).to_contain_text("of 02 linear at step 0")
    page.keyboard.press("End")
    expect(caption).to_contain_text(f"of 02 linear at step {sick['progress']['step'] - 1}")


def test_a_layer_without_parameters_has_no_histogram(page: Page, sick: Answer) -> None:
    page.goto(f"/ui/jobs/{sick['id']}?layer=01+activation&step=0&metric=saturated_fraction")
    expect(page.locator("#layer figcaption")).to_contain_text("01 activation")
    expect(page.locator("#histogram")).to_have_count(0)


def test_clipping_and_schedule_have_curves(page: Page, long: Answer, client: httpx.Client) -> None:
    rows = table(page, long, "clipping")
    for column, metric in (("before clipping", "grad_norm"), ("after clipping", "grad_norm_clipped")):
        told = client.get(f"/v1/jobs/{long['id']}/curves", params={"metric": metric, "agg": "mean"}).json()
        values = dict(zip(told["steps"], told["values"][0], strict=True))
        for row in rows:
            assert same(row[column], values[int(number(row["step"]) or 0)]), (row, column)
    assert any(number(row["after clipping"]) != number(row["before clipping"]) for row in rows)
    open_table(page, "rate")
    rates = [number(row["learning rate"]) or 0.0 for row in rows_of(page, "rate")]
    assert rates[0] < max(rates) > rates[-1]


def test_without_clipping_and_schedule_there_are_no_such_curves(page: Page, sick: Answer) -> None:
    page.goto(f"/ui/jobs/{sick['id']}")
    expect(page.locator("#accuracy .u-legend")).to_be_visible()
    expect(page.locator("#clipping, #rate, #time")).to_have_count(0)
