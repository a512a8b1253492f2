"""Writing an experiment in the page: starts, the editor, its help, what is said before it runs, and running it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.dashboard.accessibility import serious_faults
from tests.dashboard.chromium import HOW_TO_GET_IT, chromium
from tests.dashboard.samples import experiment, trained

pytestmark = pytest.mark.browser
if chromium() is None:
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)

EXAMPLES = Path(__file__).parents[2] / "examples"
_CARET = """(area, [text, skip]) => {
    const place = area.value.indexOf(text) + skip;
    area.focus();
    area.setSelectionRange(place, place);
}"""
_SELECTED = "(area) => area.value.slice(area.selectionStart, area.selectionEnd)"
_LINE_TO_CARET = """(area) => {
    const start = area.value.lastIndexOf("\\n", area.selectionStart - 1) + 1;
    return area.value.slice(start, area.selectionStart);
}"""
# The browser itself reports every answer of 4xx.
_REFUSED = "Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"


@pytest.fixture
def drafts_may_be_wrong(faults: list[str]) -> Callable[[], None]:
    """Forgets that the service refused drafts, and nothing else: what is written is wrong now and then."""

    def forget() -> None:
        faults[:] = [fault for fault in faults if fault != _REFUSED and not re.match(r"422 .*/v1/preflight$", fault)]

    return forget


def draft(page: Page) -> Locator:
    """The text that is edited."""
    return page.get_by_label("Experiment as JSON")


def open_example(page: Page, name: str = "deep-sigmoid") -> None:
    """The desk with an example on it, looked at by the service."""
    page.goto(f"/ui/new?example={name}")
    expect(status(page)).to_have_text("Ready to run")


def status(page: Page) -> Locator:
    """The line that says how the draft stands."""
    return page.locator(".status-line")


def written(page: Page) -> Any:
    """The experiment in the text."""
    return json.loads(draft(page).input_value())


def put_caret(page: Page, text: str, skip: int = 0) -> None:
    """Puts the caret `skip` behind the start of `text`."""
    draft(page).evaluate(_CARET, [text, skip])


def replace(page: Page, old: str, new: str) -> None:
    """Types `new` in place of the first `old`."""
    put_caret(page, old)
    for _ in old:
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.insert_text(new)


def test_an_example_is_opened_changed_and_run(page: Page, client: httpx.Client) -> None:
    page.goto("/ui/")
    page.get_by_role("link", name="New experiment").first.click()
    page.get_by_role("link", name="deep-sigmoid", exact=True).click()
    expect(page).to_have_url(re.compile(r"/ui/new\?example=deep-sigmoid$"))
    assert draft(page).input_value() == (EXAMPLES / "deep-sigmoid.json").read_text().strip()
    expect(status(page)).to_have_text("Ready to run")
    replace(page, '"steps": 300', '"steps": 20')
    expect(page.locator(".outlook-facts")).to_contain_text("20steps of 128 samples")
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/v1/jobs")) as posted:
        page.get_by_role("button", name="Run").click()
    expect(page).to_have_url(re.compile(r"/ui/jobs/job_"))
    expect(page.get_by_role("heading", level=1)).to_have_text("deep sigmoid MLP")
    job = client.get(f"/v1/jobs/{page.url.rpartition('/')[2]}").json()
    assert job["experiment"]["training"]["steps"] == 20
    assert job["labels"] == {"course": "dl101"}
    assert re.fullmatch("[0-9a-f]{32}", posted.value.headers["idempotency-key"])


def test_every_example_is_offered_with_what_it_shows(page: Page) -> None:
    page.goto("/ui/new")
    cards = page.locator(".start-card")
    names = cards.get_by_role("link").all_inner_texts()
    assert sorted(names) == sorted(path.stem for path in EXAMPLES.glob("*.json"))
    readme = " ".join((EXAMPLES / "README.md").read_text().replace("`", "").split()).lower()
    for card in cards.all():
        sentence = card.locator("p").inner_text()
        assert len(sentence) > 60
        assert sentence.lower() in readme
    assert names[0] == "deep-sigmoid"


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.json")))
def test_every_example_is_ready_to_run(page: Page, name: str) -> None:
    open_example(page, name)
    expect(page.locator("#problems")).to_be_hidden()
    shown = page.locator("[aria-labelledby=planned-title] tbody tr")
    planned = page.request.post("/v1/preflight", data=written(page)).json()
    assert shown.count() == len(planned["layers"])
    for row, layer in zip(shown.all_inner_texts(), planned["layers"], strict=True):
        assert f"{layer['parameters']:,}" in row
        assert " × ".join(str(size) for size in layer["shape"]) in row


def test_a_job_is_edited_and_run_again(page: Page, client: httpx.Client) -> None:
    # One of its own: the page offers the newest.
    first = trained(client, experiment())
    page.goto("/ui/new")
    page.locator(f'.start-jobs a[href$="{first["id"]}"]').click()
    expect(status(page)).to_have_text("Ready to run")
    assert written(page) == without_nulls(first["experiment"])
    page.get_by_role("button", name="Run").click()
    expect(page).to_have_url(re.compile(r"/ui/jobs/job_"))
    again = client.get(f"/v1/jobs/{page.url.rpartition('/')[2]}").json()
    assert again["id"] != first["id"]
    assert again["resolved"] == first["resolved"]


def without_nulls(value: Any) -> Any:
    """A null says no more than a key that is not there."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def test_what_is_not_there_is_said_and_other_starts_are_offered(page: Page, faults: list[str]) -> None:
    page.goto("/ui/new?example=perpetual-motion")
    expect(page.locator(".notice")).to_contain_text("no example called perpetual-motion")
    page.goto(f"/ui/new?from=job_{'0' * 26}")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator(".start-card").first).to_be_visible()
    assert all("404" in fault for fault in faults)
    faults.clear()


def test_from_nothing_a_network_is_built_by_buttons(page: Page) -> None:
    page.goto("/ui/new?blank=1")
    expect(status(page)).to_have_text("Ready to run")
    put_caret(page, '"layers": [', len('"layers": ['))
    for name in ("linear", "activation"):
        page.get_by_role("button", name="Insert layer…").click()
        page.get_by_role("button", name=f"Insert {name}", exact=True).click()
    page.get_by_role("button", name="Insert remedy…").click()
    page.get_by_role("button", name="Insert batch_norm", exact=True).click()
    expect(status(page)).to_have_text("Ready to run")
    built = written(page)
    assert [layer["kind"] for layer in built["network"]["layers"]] == ["linear", "activation", "linear"]
    assert built["remedies"] == [{"kind": "batch_norm"}]
    expect(page.locator("[aria-labelledby=diff-title]")).to_contain_text("1. batch norm")


def test_each_kind_goes_in_as_something_the_service_understands(
    page: Page, client: httpx.Client, drafts_may_be_wrong: Callable[[], None]
) -> None:
    catalog = client.get("/v1/catalog").json()
    page.goto("/ui/new?blank=1")
    expect(status(page)).to_have_text("Ready to run")
    for kind, word in (("layers", "layer"), ("remedies", "remedy")):
        for entry in catalog[kind]:
            page.get_by_role("button", name=f"Insert {word}…").click()
            page.get_by_role("button", name=f"Insert {entry['name']}", exact=True).click()
            answer = client.post("/v1/preflight", json=written(page))
            for error in answer.json().get("errors", ()):
                assert not re.search("required|Unknown|unknown|Send", error["detail"]), (entry["name"], error)
            # As a reader would undo it.
            draft(page).press("Control+z")
    assert written(page)["network"]["layers"] == [{"kind": "linear", "out_features": 10}]
    drafts_may_be_wrong()


def test_faults_stand_at_their_place_and_in_a_list_that_leads_there(
    page: Page, drafts_may_be_wrong: Callable[[], None]
) -> None:
    open_example(page)
    replace(page, '"out_features": 64', '"out_features": 0')
    replace(page, '"lr": 0.1', '"lr": -1, "speed": 3')
    problems = page.locator("#problems li")
    expect(problems).to_have_count(3)
    expect(problems.nth(0)).to_contain_text("/network/layers/0/layers/0/out_features")
    expect(problems.nth(0)).to_contain_text("greater than or equal to 1")
    expect(problems.nth(0)).to_contain_text("line 7")
    expect(status(page)).to_have_text("3 problems")
    assert page.locator(".token-wrong").all_inner_texts() == ['"out_features": 0', '"lr": -1', '"speed": 3']
    assert set(page.locator(".line-wrong").all_inner_texts()) == {"7", "17"}
    problems.filter(has_text="/training/optimizer/speed").get_by_role("button").click()
    expect(draft(page)).to_be_focused()
    assert draft(page).evaluate(_SELECTED) == '"speed": 3'
    expect(page.locator(".desk-caption")).to_have_text("The last draft that could be trained:")
    page.get_by_role("button", name="Start over").click()
    expect(status(page)).to_have_text("Ready to run")
    expect(problems).to_have_count(0)
    drafts_may_be_wrong()


def test_a_shape_that_does_not_fit_is_told_at_its_layer(page: Page, drafts_may_be_wrong: Callable[[], None]) -> None:
    open_example(page)
    replace(page, '{"kind": "linear", "out_features": 10}', '{"kind": "conv2d", "out_channels": 4, "kernel_size": 3}')
    problem = page.locator("#problems li").first
    expect(problem).to_contain_text("/network/layers/1")
    expect(problem).to_contain_text("line 10")
    drafts_may_be_wrong()


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        ("", "Line 1, column 1", "Write an experiment here"),
        ('{"a": 1,}', "Line 1, column 8", 'No comma may stand before "}"'),
        ('{\n  "a": [1, 2\n', "Line 3, column 1", 'the "[" of line 2 has no "]"'),
        ('{"a": 1\n "b": 2}', "Line 2, column 2", "A comma is missing"),
        ('{"a" 1}', "Line 1, column 6", 'A colon and a value are missing after "a"'),
        ("{a: 1}", "Line 1, column 2", "in double quotes"),
        ("{'a': 1}", "Line 1, column 2", "in double quotes"),
        ('{"a": True}', "Line 1, column 7", "JSON writes true, not True"),
        ('{"a": NaN}', "Line 1, column 7", "NaN and Infinity are refused"),
        ('{"a": None}', "Line 1, column 7", "JSON writes null"),
        ('{"a": .5}', "Line 1, column 7", "Write the number in full"),
        ('{"a": 1e999}', "Line 1, column 7", "This number is too large"),
        ('{"a": relu}', "Line 1, column 7", 'Texts stand in double quotes: "relu"'),
        ('{"a": "relu}', "Line 1, column 7", "no closing double quote"),
        ('{"a": "\\x"}', "Line 1, column 7", "a backslash or a control character is wrong"),
        ('{"a": }', "Line 1, column 7", 'A value is missing before "}"'),
        ('{"a": 1, "a": 2}', "Line 1, column 10", 'The key "a" stands in this object twice'),
        ('{"a": 1} {}', "Line 1, column 10", "one object is all there may be"),
        ('{"a": 1 // one\n}', "Line 1, column 9", "A comma is missing"),
        ("[" * 200, "Line 1, column 129", "nested more than 128 deep"),
    ],
)
def test_what_is_no_json_is_told_by_line_and_column(page: Page, text: str, place: str, sentence: str) -> None:
    open_example(page)
    draft(page).fill(text)
    expect(status(page)).to_have_text("Not JSON yet")
    problem = page.locator("#problems li")
    expect(problem).to_have_count(1)
    expect(problem.get_by_role("button")).to_have_text(place)
    expect(problem).to_contain_text(sentence)


def test_what_the_editor_takes_for_json_is_json(page: Page, drafts_may_be_wrong: Callable[[], None]) -> None:
    page.goto("/ui/new?blank=1")
    expect(status(page)).to_have_text("Ready to run")
    for text in (
        '{"a": [1, -2.5e-3, 0, true, false, null, "\\u00e9\\n\\"", {}, [], "ü→"]}', " \n[ ]\t", "12", '"x"', "null",
    ):  # fmt: skip
        draft(page).fill(text)
        expect(status(page)).to_have_text(re.compile("problem"))
        expect(page.locator("#problems .problem-place").first).not_to_contain_text("column")
    drafts_may_be_wrong()


def test_help_follows_the_caret(page: Page, client: httpx.Client) -> None:
    catalog = client.get("/v1/catalog").json()
    open_example(page)
    panel = page.locator("#help-panel")
    put_caret(page, '"sgd"')
    expect(panel.locator("h2")).to_have_text("sgd")
    expect(panel).to_contain_text(next(entry["doc"] for entry in catalog["optimizers"] if entry["name"] == "sgd"))
    for optimizer in catalog["optimizers"]:
        expect(panel.get_by_role("button", name=f"Choose {optimizer['name']}", exact=True)).to_be_visible()
    momentum = panel.locator(".field").filter(has=page.locator("code", has_text="momentum"))
    expect(momentum).to_contain_text("number, ≥ 0, < 1 · default 0")
    put_caret(page, '"xavier"')
    expect(panel.locator("h2")).to_have_text("xavier")
    expect(panel).to_contain_text("Glorot & Bengio 2010")
    put_caret(page, '"batch_size"')
    expect(panel.locator(".field[data-here]")).to_contain_text("batch_sizewhole number, ≥ 1, ≤ 1,000,000 · default 32")
    put_caret(page, '"out_features": 10', 18)
    expect(panel.locator(".field[data-here]")).to_contain_text("out_featureswhole number, ≥ 1")
    expect(panel.locator(".field[data-here]")).to_contain_text("required")
    put_caret(page, '{"kind": "linear", "out_features": 10}')
    page.keyboard.press("ArrowLeft")
    expect(panel).to_contain_text("Layers run from the first to the last")
    put_caret(page, '{\n  "name"')
    expect(panel).to_contain_text("Only network, data and training are required.")


def test_help_goes_on_while_the_text_is_broken(page: Page) -> None:
    open_example(page)
    replace(page, '"lr": 0.1', '"lr": 0.1, ')
    expect(page.locator("#help-panel h2")).to_have_text("sgd")
    expect(status(page)).to_have_text("Not JSON yet")
    page.get_by_role("button", name="Add momentum").click()
    assert draft(page).evaluate(_SELECTED) == ","


def test_choices_and_fields_of_the_help_are_written_into_the_text_and_can_be_undone(page: Page) -> None:
    open_example(page)
    before = written(page)
    put_caret(page, '"sigmoid"')
    page.get_by_role("button", name="Choose leaky_relu", exact=True).click()
    slope = page.locator(".field").filter(has=page.locator("code", has_text="negative_slope"))
    expect(slope).to_contain_text("default 0.01")
    expect(page.locator(".field code", has_text="alpha")).to_have_count(0)
    page.get_by_role("button", name="Add negative_slope").click()
    layer = written(page)["network"]["layers"][0]["layers"][1]
    assert layer["function"] == "leaky_relu"
    assert "negative_slope" in layer
    put_caret(page, '"sgd"')
    page.get_by_role("button", name="Add momentum").click()
    assert draft(page).evaluate(_SELECTED) == "0"
    page.keyboard.insert_text("0.9")
    assert written(page)["training"]["optimizer"] == {"name": "sgd", "lr": 0.1, "momentum": 0.9}
    expect(status(page)).to_have_text("Ready to run")
    for _ in range(8):
        draft(page).press("Control+z")
    assert written(page) == before


def test_the_prediction_is_the_services(page: Page) -> None:
    open_example(page)
    figure = page.locator("#prediction")
    expect(figure.get_by_role("img")).to_have_attribute("aria-label", re.compile("00 linear gets"))
    figure.get_by_role("button", name="Show as table").click()
    rows = page.request.post("/v1/preflight", data=written(page)).json()["theory"]["layers"]
    shown = page.locator("#prediction-table tbody tr")
    assert shown.count() == len(rows)
    for row, cells in zip(rows, [line.split("\t") for line in shown.all_inner_texts()], strict=True):
        assert cells[0] == row["layer"]
        told = [float(cell) for cell in cells[1:4]]
        assert told == pytest.approx([row["delta_norm_ratio"], row["low"], row["high"]], rel=1e-2)


def test_where_theory_is_silent_it_says_why(page: Page) -> None:
    open_example(page, "transformer-pre-ln")
    expect(page.locator("#prediction")).to_contain_text("No prediction: self_attention has no closed form.")
    expect(page.locator("#prediction .plot")).to_be_hidden()


def test_what_is_certain_is_said_before_it_runs(page: Page) -> None:
    open_example(page)
    expect(page.locator(".outlook-notes")).to_be_empty()
    replace(
        page,
        '{"kind": "linear", "out_features": 10}',
        '{"kind": "linear", "out_features": 10}, {"kind": "activation", "function": "softmax"}',
    )
    note = page.locator(".outlook-notes .note")
    expect(note).to_contain_text("Certain before it runs")
    expect(note).to_contain_text("Output mismatch")
    expect(note).to_contain_text("cross_entropy takes logits of any size")
    expect(status(page)).to_have_text("Ready to run")


def test_units_that_are_born_dead_are_told(page: Page) -> None:
    open_example(page)
    replace(page, '"out_features": 64', '"out_features": 3')
    replace(page, '"sigmoid"', '"relu"')
    expect(page.locator(".outlook-notes")).to_contain_text("some ReLU layer is zero as a whole")


def test_an_experiment_beyond_the_limits_is_described_and_not_run(page: Page, faults: list[str]) -> None:
    open_example(page)
    replace(page, '"steps": 300', '"steps": 20000000')
    expect(status(page)).to_have_text("Too large for this service")
    expect(page.locator("#problems")).to_contain_text("/training")
    expect(page.locator(".outlook-facts")).to_contain_text("20,000,000")
    page.get_by_role("button", name="Run").click()
    expect(draft(page)).to_be_focused()
    expect(page).to_have_url(re.compile("/ui/new"))
    assert draft(page).evaluate(_SELECTED).startswith('"')
    assert all("422" in fault for fault in faults)
    faults.clear()


def test_a_draft_survives_a_reload_and_is_found_again(page: Page) -> None:
    open_example(page)
    replace(page, '"seed": 0', '"seed": 77')
    page.reload()
    expect(status(page)).to_have_text("Ready to run")
    assert written(page)["training"]["seed"] == 77
    page.goto("/ui/new?example=plain-cnn")
    expect(status(page)).to_have_text("Ready to run")
    page.goto("/ui/new")
    page.get_by_role("link", name="The draft that began with the example deep-sigmoid").click()
    assert written(page)["training"]["seed"] == 77
    page.get_by_role("button", name="Start over").click()
    page.reload()
    expect(status(page)).to_have_text("Ready to run")
    assert written(page)["training"]["seed"] == 0
    page.goto("/ui/new")
    expect(page.locator("#start-drafts")).to_have_count(0)


def test_the_answer_to_an_older_text_is_dropped(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if '"steps":11,' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    open_example(page)
    page.route("**/v1/preflight", hold)
    with page.expect_event("requestfailed") as aborted:
        replace(page, '"steps": 300', '"steps": 11')
        page.wait_for_timeout(600)
        replace(page, '"steps": 11', '"steps": 12')
    assert '"steps":11,' in (aborted.value.post_data or "")
    expect(page.locator(".outlook-facts")).to_contain_text("12steps")
    expect(status(page)).to_have_text("Ready to run")
    assert len(held) == 1


def test_typing_asks_once_and_nothing_flickers(page: Page) -> None:
    open_example(page)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if request.url.endswith("/v1/preflight") else None)
    page.evaluate("""() => {
        window.seen = [];
        const told = new MutationObserver((changes) => changes.forEach((change) => window.seen.push(
            `${change.type} ${change.attributeName ?? ""} ${change.target.className || change.target.nodeName}`)));
        const flags = {attributes: true, attributeFilter: ["hidden", "data-stale"]};
        told.observe(document.querySelector(".desk-results"), flags);
        told.observe(document.querySelector("#prediction .plot"), {childList: true});
        told.observe(document.querySelector("#problems"), {attributes: true, childList: true, subtree: true});
        told.observe(document.querySelector("[aria-labelledby=planned-title] tbody"), {childList: true});
    }""")
    put_caret(page, '"seed": 0', len('"seed": 0'))
    page.keyboard.press("Backspace")
    page.keyboard.type("1234567", delay=30)
    with page.expect_response("**/v1/preflight"):
        pass
    expect(status(page)).to_have_text("Ready to run")
    assert page.evaluate("window.seen") == []
    assert [json.loads(request.post_data or "")["training"]["seed"] for request in asked] == [1234567]


def test_the_keyboard_is_enough(page: Page, client: httpx.Client) -> None:
    open_example(page)
    put_caret(page, '"layers": [', len('"layers": ['))
    page.keyboard.press("Enter")
    assert draft(page).evaluate(_LINE_TO_CARET) == " " * 6
    page.keyboard.press("Tab")
    expect(draft(page)).not_to_be_focused()
    put_caret(page, '"seed"')
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/ui/jobs/job_"))
    assert client.get(f"/v1/jobs/{page.url.rpartition('/')[2]}").json()["name"] == "deep sigmoid MLP"


def test_pressing_run_twice_makes_one_job(page: Page, faults: list[str]) -> None:
    open_example(page)
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().json()["id"])
        route.abort()

    page.route("**/v1/jobs", lose, times=1)
    page.get_by_role("button", name="Run").click()
    expect(status(page)).to_contain_text("does not answer")
    page.get_by_role("button", name="Run").click()
    expect(page).to_have_url(re.compile(rf"/ui/jobs/{lost[0]}"))
    assert all("ERR_FAILED" in fault for fault in faults)
    faults.clear()


def test_a_text_is_laid_out_without_changing_it(page: Page) -> None:
    open_example(page, "transformer-post-ln-cured")
    before = written(page)
    draft(page).fill(json.dumps(before))
    page.get_by_role("button", name="Format").click()
    assert written(page) == before
    lines = draft(page).input_value().splitlines()
    assert len(lines) > 12
    assert max(map(len, lines)) <= 100
    draft(page).press("Control+z")
    assert draft(page).input_value() == json.dumps(before)


def test_names_in_a_draft_are_text_and_never_markup(page: Page, client: httpx.Client) -> None:
    name = '<img src=x onerror="document.title=1">'
    job = trained(client, experiment(name=name, steps=2))
    page.goto(f"/ui/new?from={job['id']}")
    expect(status(page)).to_have_text("Ready to run")
    expect(page.locator(".editor-text")).to_contain_text("<img src=x")
    page.goto("/ui/new")
    expect(page.locator(".start-jobs")).to_contain_text(name)
    assert page.locator("main img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_everybody_can_use_it_at_every_width(
    page: Page, drafts_may_be_wrong: Callable[[], None], width: int, scheme: Any
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    page.goto("/ui/new")
    expect(page.locator(".start-card").first).to_be_visible()
    assert serious_faults(page) == []
    open_example(page, "deep-sigmoid-cured")
    put_caret(page, '"sigmoid"')
    expect(page.locator("#help-panel h2")).to_have_text("activation")
    assert serious_faults(page) == []
    replace(page, '"out_features": 64', '"out_features": 0')
    expect(page.locator("#problems li")).to_have_count(1)
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    drafts_may_be_wrong()
