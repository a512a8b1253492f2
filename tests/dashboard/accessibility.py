"""What axe-core says of a page."""

import functools
from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).parents[2] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async () => (await axe.run(document)).violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .flatMap(({id, nodes}) => nodes.map((node) => `${id} ${node.target.join(" ")}: ${node.failureSummary}`))"""


@functools.cache
def _script() -> str:
    return _AXE.read_text()


def serious_faults(page: Page) -> list[str]:
    """The serious and critical faults of the page as it stands, each with its place."""
    # Evaluated, not added to the page: its policy admits no script but its own.
    page.evaluate(_script())
    found: list[str] = page.evaluate(_RUN)
    return found
