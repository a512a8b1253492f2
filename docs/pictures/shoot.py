"""Takes the README's picture: a real service, the first example, and its page in Chromium.

`PYTHONPATH=. .venv/bin/python docs/pictures/shoot.py`
"""

import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from tests.dashboard.chromium import chromium
from tests.embedded import embedded

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "deep-sigmoid.json"


def main() -> None:
    """Writes `job.png` beside this file."""
    with tempfile.TemporaryDirectory() as folder, embedded(Path(folder) / "data") as service, sync_playwright() as web:
        headers = {"content-type": "application/json", "prefer": "wait=60"}
        job = httpx.post(f"{service.url}/v1/jobs", content=EXAMPLE.read_bytes(), headers=headers, timeout=90).json()
        browser = web.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(f"{service.url}/ui/jobs/{job['id']}")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1500)
        page.screenshot(path=HERE / "job.png")
        browser.close()


if __name__ == "__main__":
    main()
