"""Validation errors as JSON pointers into what was sent, with sentences that say what to do."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from service.api.patterns import spelled
from service.errors import Pointer

MOST_ERRORS = 64
_LONGEST_QUOTE = 80

_SENTENCES = {
    "finite_number": "Send a finite number; NaN and Infinity are refused.",
    "float_type": "Send a number.",
    "int_type": "Send a whole number.",
    "int_from_float": "Send a whole number.",
    "int_parsing": "Send a whole number.",
    "bool_type": "Send true or false.",
    "string_type": "Send a string.",
    "string_unicode": "Send text that is valid Unicode.",
    "model_type": "Send an object.",
    "model_attributes_type": "Send an object.",
    "dict_type": "Send an object.",
    "tuple_type": "Send a list.",
    "list_type": "Send a list.",
}


class Sentences:
    """Renders pydantic's errors. `schema` is the JSON Schema of the model, where the errors are about a body.

    Pydantic's `loc` contains the tags of discriminated unions, which are no part of the body; the schema tells a tag
    from a key, and knows which keys and kinds there are.
    """

    def __init__(self, schema: Mapping[str, Any] | None = None) -> None:
        self._schema = schema or {}

    def of(self, errors: Sequence[Mapping[str, Any]]) -> list[Pointer]:
        """At most `MOST_ERRORS` of them, in pydantic's order."""
        return [self._one(error) for error in errors[:MOST_ERRORS]]

    def _one(self, error: Mapping[str, Any]) -> Pointer:
        keys, node = self._walk(error["loc"])
        context = error.get("ctx", {})
        match error["type"]:
            case "missing" if isinstance(keys[-1], int):
                detail = "The list is too short: this item is missing."
            case "missing":
                detail = f"`{keys[-1]}` is required."
            case "extra_forbidden":
                detail = _unknown_key(str(keys[-1]), node)
            case "union_tag_invalid":
                keys.append(context["discriminator"].strip("'"))
                detail = _unknown_kind(str(context["tag"]), node)
            case "union_tag_not_found":
                keys.append(context["discriminator"].strip("'"))
                detail = f"`{keys[-1]}` is required: {_listed(_kinds(node))}."
            case "model_attributes_type" if "discriminator" in node:
                key, kinds = node["discriminator"]["propertyName"], _kinds(node)
                detail = f'Send an object like {{"{key}": "{kinds[0]}"}}; `{key}` is one of: {_listed(kinds)}.'
            case "string_pattern_mismatch":
                detail = spelled(context["pattern"])
            case kind:
                detail = _SENTENCES.get(kind) or _reworded(str(error["msg"]))
        return {"pointer": pointer(keys), "detail": detail}

    def _walk(self, loc: Sequence[str | int]) -> tuple[list[str | int], Mapping[str, Any]]:
        """The keys of `loc` without tags, and the schema of the last object on the way."""
        if not self._schema:
            return list(loc), {}
        keys: list[str | int] = []
        node = self._schema
        for part in loc:
            node = self._resolved(node)
            if "discriminator" in node:
                node = self._kind(node, part)
            elif part == "[key]":
                break
            else:
                keys.append(part)
                below = _below(node, part)
                if below is None:
                    return keys, node
                node = below
        return keys, self._resolved(node)

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while True:
            if "$ref" in node:
                node = self._schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
            elif "anyOf" in node:  # "this or null", or a short form of an object that has kinds
                options = [option for option in node["anyOf"] if option.get("type") != "null"]
                node = next((option for option in options if "discriminator" in option), options[0])
            else:
                return node

    def _kind(self, node: Mapping[str, Any], tag: str | int) -> Mapping[str, Any]:
        chosen = node["discriminator"]["mapping"][tag]
        return {"$ref": chosen} if isinstance(chosen, str) else chosen


def pointer(keys: Iterable[str | int]) -> str:
    """An RFC 6901 JSON pointer."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def _below(node: Mapping[str, Any], part: str | int) -> Mapping[str, Any] | None:
    if isinstance(part, int):
        items: Sequence[Mapping[str, Any]] = node.get("prefixItems", ())
        return items[part] if part < len(items) else node.get("items")
    below: Mapping[str, Any] | None = node.get("properties", {}).get(part)
    if below is None and "patternProperties" in node:
        return next(iter(node["patternProperties"].values()))  # type: ignore[no-any-return]
    return below


def _unknown_key(key: str, node: Mapping[str, Any]) -> str:
    known = list(node.get("properties", ()))
    meant = get_close_matches(key, known, n=1)
    hint = f" Did you mean `{meant[0]}`?" if meant else ""
    return f"Unknown key `{_quoted(key)}`; known here: {_listed(known)}.{hint}"


def _unknown_kind(tag: str, node: Mapping[str, Any]) -> str:
    meant = get_close_matches(tag, _kinds(node), n=1)
    hint = f" Did you mean `{meant[0]}`?" if meant else ""
    return f"There is no `{_quoted(tag)}`; there are: {_listed(_kinds(node))}.{hint}"


def _kinds(node: Mapping[str, Any]) -> list[str]:
    return list(node.get("discriminator", {}).get("mapping", ()))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _quoted(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"


def _reworded(message: str) -> str:
    message = message.removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
    message = message.replace("Tuple should", "The list should").replace("Dictionary should", "The object should")
    message = message.replace(" after validation", "").removesuffix(", not more")
    return message[:1].upper() + message[1:].removesuffix(".") + "."
