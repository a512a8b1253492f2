"""Entity tags (RFC 9110 §8.8): what has not changed is not sent again."""

from starlette.requests import Request


def etag(version: object) -> str:
    """A strong tag."""
    return f'"{version}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether the client already has what `tag` names, by its `If-None-Match`."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    known = {part.strip().removeprefix("W/") for part in given.split(",")}
    return "*" in known or tag in known
