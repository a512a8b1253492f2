"""The time axis of a recurrent layer."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.chromium import HOW_TO_GET_IT, chromium
from tests.dashboard.figures import open_table, rows_of, same
from tests.dashboard.samples import Answer, trained
from tests.experiments import body, linear

pytestmark = pytest.mark.browser
if chromium() is None:
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)


@pytest.fixture(scope="module")
def recurrent(client: httpx.Client) -> Answer:
    source = {"kind": "adding", "length": 20}
    layers = ({"kind": "rnn", "hidden_size": 8, "output": "last"}, linear(1))
    training = {"loss": "mse", "optimizer": {"name": "adam", "lr": 0.01}, "steps": 30}
    return trained(client, body(*layers, source=source, data={"normalize": "none"}, training=training))


def test_the_signal_through_time_is_the_service_s(page: Page, recurrent: Answer, client: httpx.Client) -> None:
    page.goto(f"/ui/jobs/{recurrent['id']}?layer=00+rnn&step=10")
    expect(page.locator("#time figcaption")).to_contain_text("of 00 rnn")
    open_table(page, "time")
    rows = rows_of(page, "time")
    assert [row["time step"] for row in rows] == [str(time) for time in range(20)]
    for column, step in (("step 10", 10), ("step 0", 0)):
        query: Answer = {"metric": "time_delta_norm", "layers": "00 rnn", "from_step": step, "to_step": step}
        told = client.get(f"/v1/jobs/{recurrent['id']}/traces", params=query).json()
        assert told["times"] == list(range(20))
        for row, values in zip(rows, told["values"], strict=True):
            assert same(row[column], values[0]), (row, column)


def test_the_time_axis_follows_the_step(page: Page, recurrent: Answer) -> None:
    page.goto(f"/ui/jobs/{recurrent['id']}?layer=01+linear&step=0")
    caption = page.locator("#time figcaption")
    expect(caption).to_contain_text("of 00 rnn")
    expect(caption).to_contain_text("at step 0 ")
    page.locator("#loss .plot").focus()
    page.keyboard.press("ArrowRight")
    expect(caption).to_contain_text("at step 1 ")


def test_an_accuracy_that_nobody_measured_is_not_shown(page: Page, recurrent: Answer) -> None:
    page.goto(f"/ui/jobs/{recurrent['id']}")
    expect(page.locator("#loss .u-legend")).to_be_visible()
    expect(page.locator("#accuracy")).to_have_count(0)
