"""Request bodies: read within bounds, and parsed more strictly than JSON parsers do."""

import json
import re
from typing import Any

import anyio
from starlette.requests import Request

from service.api.failures import RequestTimeout
from service.errors import MalformedBody, PayloadTooLarge, UnsupportedMediaType

MAX_DEPTH = 128
_READ_SECONDS = 30
# Closing a connection while the client still sends resets it, and the client never sees why: so what is too large is
# read and thrown away, up to this much.
_DISCARD_BYTES = 16 << 20
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)
# A string may lack its end: one that would not match were looked through again from each quote inside it.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[]}]', re.DOTALL)


async def read(request: Request, max_bytes: int) -> bytes:
    """The body. Raises `UnsupportedMediaType`, `PayloadTooLarge` (declared or sent in pieces) or `RequestTimeout`."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if not _JSON.fullmatch(media_type):
        given = f", not {media_type}" if media_type else ""
        raise UnsupportedMediaType(f"Send the body as `Content-Type: application/json`{given}.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without Content-Encoding.")
    with anyio.move_on_after(_READ_SECONDS):
        return await _read(request, max_bytes)
    raise RequestTimeout


async def _read(request: Request, max_bytes: int) -> bytes:
    declared = request.headers.get("content-length", "")
    waits = request.headers.get("expect", "").lower() == "100-continue"
    too_large = PayloadTooLarge(f"The body may have {max_bytes} bytes.")
    if waits and declared.isdecimal() and int(declared) > max_bytes:
        raise too_large
    body = bytearray()
    seen = 0
    async for piece in request.stream():
        seen += len(piece)
        if seen > max_bytes + _DISCARD_BYTES:
            raise too_large
        if seen <= max_bytes:
            body += piece
    if seen > max_bytes:
        raise too_large
    return bytes(body)


def parsed(body: bytes) -> Any:
    """The document. Raises `MalformedBody` unless it is JSON in UTF-8, each key once, nested at most `MAX_DEPTH` deep.

    NaN, Infinity and numbers that overflow come through as floats: validation names their place.
    """
    if not body.strip():
        raise MalformedBody("The body is empty; send a JSON object.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body is not UTF-8: byte {error.start} cannot be decoded.") from error
    _check_depth(text)
    try:
        document = json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedBody(f"The body is not JSON: {error.msg} at {place}.") from error
    except ValueError as error:
        raise MalformedBody("A number in the body has too many digits.") from error
    if "\\u" in text:
        _check_characters(document)
    return document


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        match text[token.start()]:
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
        if depth > MAX_DEPTH:
            raise MalformedBody(f"The body is nested more than {MAX_DEPTH} deep.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise MalformedBody(f"An object has the key {json.dumps(twice[:80])} twice; give each key once.")
    return document


def _check_characters(document: Any) -> None:
    """An escape can smuggle in what UTF-8 and PostgreSQL cannot hold."""
    waiting = [document]
    while waiting:
        match waiting.pop():
            case str() as text:
                if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
                    raise MalformedBody("The body has a string with a NUL or a lone surrogate.")
            case dict() as members:
                waiting.extend(members)
                waiting.extend(members.values())
            case list() as items:
                waiting.extend(items)
