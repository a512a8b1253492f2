"""Where this machine's Chromium is."""

import functools
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

HOW_TO_GET_IT = "no Chromium: `apt install chromium`, or `.venv/bin/playwright install --with-deps chromium`"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@functools.cache
def chromium() -> str | None:
    """The program on the PATH, or Playwright's own; None where there is neither."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    with sync_playwright() as driver:
        own = driver.chromium.executable_path
    return own if Path(own).exists() else None
