"""Two jobs on one colour scale, in a real browser."""

import copy
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.chromium import HOW_TO_GET_IT, chromium
from tests.dashboard.samples import EXPERIMENT, Answer, brightness, experiment, trained

pytestmark = pytest.mark.browser
if chromium() is None:
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)

CURE = [
    {"kind": "activation", "function": "relu"},
    {"kind": "initialization", "scheme": "he"},
    {"kind": "optimizer", "name": "adam", "lr": 0.001},
]
_PIXELS_DOWN = """(canvas) => {
    const brush = canvas.getContext("2d");
    const rows = brush.getImageData(Math.round(canvas.width * 0.6), 0, 1, canvas.height).data;
    return Array.from({length: canvas.height}, (_, y) => [...rows.slice(4 * y, 4 * y + 4)]);
}"""


@pytest.fixture(scope="module")
def cured(client: httpx.Client) -> Answer:
    """The sick network with the remedies that cure it."""
    return trained(client, experiment(name="cured MLP", remedies=CURE))


@pytest.fixture(scope="module")
def shallow(client: httpx.Client) -> Answer:
    """Six sigmoid layers instead of twenty, trained twice as long at another rate."""
    body = copy.deepcopy(EXPERIMENT) | {"name": "shallow MLP"}
    body["network"]["layers"][0]["times"] = 6
    body["training"] |= {"steps": 200, "optimizer": {"name": "sgd", "lr": 0.5}}
    return trained(client, body)


@pytest.fixture
def long_job(client: httpx.Client) -> Iterator[Answer]:
    """A job that trains for longer than its test takes."""
    job = client.post("/v1/jobs", json=experiment(name="endless run", steps=200_000)).raise_for_status().json()
    yield job
    client.post(f"/v1/jobs/{job['id']}/cancel")


def half(page: Page, letter: str) -> Locator:
    """One of the two heatmaps, with its heading and its readout."""
    return page.locator(f'.pair-half[data-side="{letter}"]')


def compare(page: Page, a: Answer, b: Answer, query: str = "") -> None:
    """The page of both, with their heatmaps painted."""
    page.goto(f"/ui/compare?a={a['id']}&b={b['id']}{query}")
    for letter in "ab":
        expect(half(page, letter).locator(".heatmap[data-layer]")).to_be_visible()


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def _rows(page: Page, client: httpx.Client, letter: str, job: Answer) -> list[tuple[float, float, float]]:
    """Least and largest value of each layer, and how bright its row is painted."""
    values = client.get(f"/v1/jobs/{job['id']}/traces", params={"metric": "grad_norm"}).json()["values"]
    column: list[list[int]] = half(page, letter).locator("canvas[role=img]").evaluate(_PIXELS_DOWN)
    # Below a margin of 4 pixels, each layer of twenty or so is 20 pixels high.
    rows = [brightness(column[4 + 20 * place + 8]) for place in range(len(values))]
    return [(min(row), max(row), bright) for row, bright in zip(values, rows, strict=True)]


def test_a_colour_means_the_same_in_both(page: Page, client: httpx.Client, sick: Answer, cured: Answer) -> None:
    compare(page, sick, cured)
    ill, well = _rows(page, client, "a", sick), _rows(page, client, "b", cured)
    assert max(bright for *_, bright in ill) - min(bright for *_, bright in ill) > 100
    # Where every value of one row is below every value of another, it is darker, whichever picture either is in.
    pairs = [(low, high) for low in ill for high in well if low[1] < high[0]]
    assert len(pairs) > 200
    assert all(low[2] < high[2] for low, high in pairs)
    expect(page.locator("#heatmaps .legend")).to_have_count(1)


def test_verdicts_figures_and_findings_stand_side_by_side(page: Page, sick: Answer, cured: Answer) -> None:
    compare(page, sick, cured)
    expect(page.locator('.side-head[data-side="a"]')).to_contain_text("Vanishing gradient")
    expect(page.locator('.side-head[data-side="b"] .verdict-word')).to_have_text(
        cured["diagnosis"]["verdict"].replace("_", " ").capitalize()
    )
    expect(page.locator(".headline")).to_contain_text("vanishing gradient is gone")
    expect(page.locator('[data-fate="gone"] [data-rule="vanishing_gradient"]')).to_be_visible()
    row = page.locator("#results tr", has_text="Accuracy").first
    better = row.locator("td[data-better]")
    expect(better).to_have_count(1)
    expect(better).to_contain_text(f"{100 * cured['result']['accuracy']:.1f} %")
    expect(row.locator("td").nth(1)).to_have_attribute("data-better", "")
    # Steps are neither good nor bad.
    expect(page.locator("#results tr", has_text="Steps").locator("td[data-better]")).to_have_count(0)


def test_the_experiments_are_compared_setting_by_setting(
    page: Page, sick: Answer, cured: Answer, shallow: Answer
) -> None:
    compare(page, sick, cured)
    paths = page.locator("#changes tbody th")
    expect(paths).to_have_text(["remedies.activation", "remedies.initialization", "remedies.optimizer"])
    expect(page.locator("#changes tbody tr").first.locator("td")).to_have_text(["–", "relu, saturating"])
    compare(page, sick, shallow)
    expect(paths).to_have_text(["network.layers[0].times", "training.optimizer.lr", "training.steps"])
    expect(page.locator("#changes tbody td")).to_have_text(["20", "6", "0.1", "0.5", "100", "200"])


def test_what_was_put_in_between_does_not_shift_the_rest(page: Page, sick: Answer, client: httpx.Client) -> None:
    body = copy.deepcopy(EXPERIMENT) | {"name": "one more layer"}
    body["training"]["steps"] = 4
    body["network"]["layers"][1:1] = [{"kind": "linear", "out_features": 32}, {"kind": "dropout", "p": 0.25}]
    compare(page, sick, trained(client, body))
    expect(page.locator("#changes tbody th")).to_have_text(
        ["network.layers[1]", "network.layers[2]", "training.steps"], use_inner_text=True
    )
    expect(page.locator("#changes tbody tr").nth(1).locator("td")).to_have_text(["–", "dropout (p 0.25)"])


def test_the_same_experiment_twice_has_no_difference(page: Page, sick: Answer) -> None:
    compare(page, sick, sick)
    expect(page.locator("#changes")).to_contain_text("Both sides are the same job.")
    expect(page.locator(".headline")).to_contain_text("vanishing gradient stayed; nothing is new")


def test_the_selection_is_one_and_kept_in_the_address(page: Page, sick: Answer, cured: Answer) -> None:
    compare(page, sick, cured)
    first, second = (half(page, letter).locator(".heatmap") for letter in "ab")
    first.focus()
    for key in ("Home", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
    layer = first.get_attribute("data-layer")
    assert layer is not None
    expect(second).to_have_attribute("data-layer", layer)
    expect(second).to_have_attribute("data-step", "1")
    expect(half(page, "b").locator(".readout")).to_contain_text(f"{layer} · step 1")
    expect(page.locator("#layer figcaption")).to_contain_text(layer)
    wanted = {"layer": [layer], "step": ["1"]}
    assert {name: query_of(page)[name] for name in wanted} == wanted
    page.reload()
    expect(first).to_have_attribute("data-layer", layer)
    expect(second).to_have_attribute("data-step", "1")


def test_the_zoom_is_one(page: Page, sick: Answer, cured: Answer) -> None:
    compare(page, sick, cured)
    first, second = (half(page, letter).locator(".heatmap") for letter in "ab")
    first.focus()
    page.keyboard.press("+")
    expect(second).not_to_have_attribute("data-from", "0")
    for name in ("data-from", "data-end"):
        told = first.get_attribute(name)
        assert told is not None
        expect(second).to_have_attribute(name, told)
    second.focus()
    page.keyboard.press("0")
    expect(first).to_have_attribute("data-from", "0")


def test_zooming_shows_every_step_of_both(page: Page, client: httpx.Client) -> None:
    one_layer = {"layers": [{"kind": "linear", "out_features": 10}]}
    long, short = (
        trained(client, experiment(name=f"{steps} steps", network=one_layer, steps=steps)) for steps in (1500, 1300)
    )
    compare(page, long, short, "&step=700&layer=00+linear")
    readouts = [half(page, letter).locator(".readout") for letter in "ab"]
    for readout in readouts:
        expect(readout).to_contain_text(re.compile("steps 69[0-9] to 70[0-9]|steps 700 to 70[0-9]"))
    half(page, "b").locator(".heatmap").focus()
    for _ in range(4):
        page.keyboard.press("+")
    for readout, job in zip(readouts, (long, short), strict=True):
        expect(readout).to_contain_text("00 linear · step 700 · ")
        exact = client.get(
            f"/v1/jobs/{job['id']}/traces", params={"metric": "grad_norm", "from_step": 700, "to_step": 700}
        ).json()["values"][0][0]
        assert float(readout.locator("b").last.inner_text()) == pytest.approx(exact, rel=1e-3)
    told = readouts[1].locator("b").last.inner_text()
    page.get_by_role("button", name="Swap A and B").click()
    expect(half(page, "a").locator(".pair-name")).to_have_text("1300 steps")
    expect(readouts[0].locator("b").last).to_have_text(told)


def test_swapping_swaps_everything_and_can_be_undone(page: Page, sick: Answer, cured: Answer) -> None:
    compare(page, sick, cured)
    page.get_by_role("button", name="Swap A and B").click()
    expect(half(page, "a").locator(".pair-name")).to_have_text("cured MLP")
    expect(page.locator('[data-fate="new"] [data-rule="vanishing_gradient"]')).to_be_visible()
    assert query_of(page)["a"] == [cured["id"]]
    page.go_back()
    expect(half(page, "a").locator(".pair-name")).to_have_text(sick["name"])
    page.keyboard.press("s")
    expect(half(page, "a").locator(".pair-name")).to_have_text("cured MLP")


def test_networks_of_different_depth_lie_layer_upon_layer(
    page: Page, sick: Answer, shallow: Answer, client: httpx.Client
) -> None:
    deep, flat = (
        client.get(f"/v1/jobs/{job['id']}/traces", params={"metric": "grad_norm"}).json()["layers"]
        for job in (sick, shallow)
    )
    missing = [name for name in deep if name not in flat]
    assert len(missing) > 5
    compare(page, sick, shallow, f"&layer={missing[-1].replace(' ', '+')}&step=3")
    expect(half(page, "b").locator(".readout")).to_contain_text("B has no such layer")
    expect(half(page, "a").locator(".readout")).not_to_contain_text("no such layer")
    figure = page.locator("#heatmaps")
    figure.get_by_role("button", name="Show as table").click()
    assert figure.locator("tbody th").all_inner_texts() == deep
    profile = page.locator("#profile")
    profile.get_by_role("button", name="Show as table").click()
    assert profile.locator("tbody tr").last.locator("td").last.inner_text() == "–"


def test_every_metric_can_be_compared(page: Page, sick: Answer, cured: Answer) -> None:
    compare(page, sick, cured, "&metric=delta_norm")
    metric = page.locator("#metric")
    expect(metric).to_have_value("delta_norm")
    for name, words in {"activation_mean": "Activation mean", "dead_fraction": "Dead units"}.items():
        metric.select_option(name)
        for letter in "ab":
            expect(half(page, letter).locator("canvas[role=img]")).to_have_attribute("aria-label", re.compile(words))
        assert query_of(page)["metric"] == [name]


def test_every_chart_is_described_and_has_a_table(page: Page, sick: Answer, cured: Answer) -> None:
    compare(page, sick, cured)
    figures = page.locator("figure")
    expect(figures).to_have_count(5)
    expect(page.locator("#accuracy .u-legend")).to_be_visible()
    for figure in figures.all():
        expect(figure.locator("figcaption")).to_have_text(re.compile(r".+\."))
        for canvas in figure.locator("canvas[role=img]").all():
            expect(canvas).to_have_attribute("aria-label", re.compile(r".{20,}"))
        figure.get_by_role("button", name="Show as table").click()
        assert figure.get_by_role("table").locator("tbody tr").count() > 1
    for name in ("loss", "accuracy"):
        assert page.locator(f"#{name} thead th").all_inner_texts() == [
            "step", "A training", "B training", "A validation", "B validation",
        ]  # fmt: skip


def test_a_running_job_is_followed(page: Page, cured: Answer, long_job: Answer) -> None:
    compare(page, cured, long_job)
    expect(page.locator(".headline")).to_contain_text("B still trains")
    expect(page.locator('[data-fate="gone"]')).to_have_count(0)
    bar = page.locator('.side-head[data-side="b"] progress')
    before = float(bar.evaluate("(bar) => bar.value"))
    page.wait_for_function("(before) => document.querySelector('[data-side=b] progress').value > before", arg=before)
    page.request.post(f"/v1/jobs/{long_job['id']}/cancel")
    expect(page.locator('.side-head[data-side="b"]')).to_contain_text("Cancelled")
    expect(page.locator(".headline")).not_to_contain_text("still trains")


def test_jobs_are_chosen_on_the_page(page: Page, sick: Answer, cured: Answer) -> None:
    page.goto("/ui/compare")
    expect(page.get_by_text("Choose two jobs above")).to_be_visible()
    for letter, job in (("a", sick), ("b", cured)):
        picker = page.locator(f"#choose-{letter}")
        expect(picker.locator(f'option[value="{job["id"]}"]')).to_have_count(1)
        picker.select_option(job["id"])
    for letter in "ab":
        expect(half(page, letter).locator(".heatmap[data-layer]")).to_be_visible()
    assert query_of(page)["a"] == [sick["id"]]
    assert query_of(page)["b"] == [cured["id"]]
    page.go_back()
    expect(page.locator("#choose-b")).to_have_value("")


def test_a_missing_job_is_told_and_the_other_is_shown(page: Page, sick: Answer, faults: list[str]) -> None:
    page.goto(f"/ui/compare?a={sick['id']}&b=job_nobody")
    expect(page.locator('.side-head[data-side="b"]').get_by_role("alert")).to_have_text("There is no job job_nobody.")
    expect(half(page, "a").locator(".heatmap[data-layer]")).to_be_visible()
    expect(half(page, "b")).to_contain_text("There is no job job_nobody.")
    assert all("404" in fault for fault in faults)
    faults.clear()


def test_a_finding_leads_to_its_place(page: Page, sick: Answer, cured: Answer) -> None:
    finding = sick["diagnosis"]["findings"][0]
    compare(page, sick, cured)
    page.locator(f'#fates [data-rule="{finding["rule"]}"] button').first.click()
    for letter in "ab":
        heatmap = half(page, letter).locator(".heatmap")
        expect(heatmap).to_have_attribute("data-layer", finding["layers"][0])
        expect(heatmap).to_have_attribute("data-step", str(finding["first_step"]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 800, 1440])
def test_nothing_is_wider_than_the_screen(page: Page, sick: Answer, shallow: Answer, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    compare(page, sick, shallow)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
