"""What a figure of a page says, through the table behind its picture."""

import math

from playwright.sync_api import Page, expect

Row = dict[str, str]

_CELLS = """(table) => [...table.querySelectorAll("thead tr, tbody tr")].map(
    (row) => [...row.children].map((cell) => cell.textContent))"""


def open_table(page: Page, figure: str) -> None:
    """Turns the figure with that id to its table."""
    page.locator(f"#{figure}").get_by_role("button", name="Show as table").click()


def rows_of(page: Page, figure: str) -> list[Row]:
    """The rows of a table that is open, by column."""
    table = page.locator(f"#{figure} .figure-table table")
    expect(table).to_be_visible()
    head, *body = table.evaluate(_CELLS)
    return [dict(zip(head, cells, strict=True)) for cells in body]


def number(text: str) -> float | None:
    """A number as the page writes it; None for one that is not there."""
    return None if text == "–" else float(text.replace(",", ""))


def same(shown: str, told: float | None) -> bool:
    """Whether the page shows what the service told, in the four digits that it shows."""
    value = number(shown)
    if value is None or told is None:
        return value is None and told is None
    return math.isclose(value, told, rel_tol=6e-3, abs_tol=1e-45)
