"""From an answer to a file."""

import os
from pathlib import Path

import httpx


def written(response: httpx.Response, to: Path) -> Path:
    """The file: `to` itself, or in the folder `to` under the name that the service gives. Whole, or not at all."""
    target = to / _name(response) if to.is_dir() else to
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            for piece in response.iter_bytes():
                file.write(piece)
        return part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _name(response: httpx.Response) -> str:
    """What the service calls the file. Whatever it says, the file stays in its folder."""
    _, _, given = response.headers.get("Content-Disposition", "").partition("filename=")
    return Path(given.partition(";")[0].strip().strip('"')).name or "export"
