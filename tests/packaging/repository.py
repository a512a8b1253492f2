"""The repository the tests belong to."""

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def text(path: str) -> str:
    """A file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def pyproject() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads(text("pyproject.toml"))
