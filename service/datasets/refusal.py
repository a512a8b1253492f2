"""Why no dataset can be made of a file."""


class Refused(Exception):
    """Says where the file is wrong and what to do. `pointer` names the form field that is at fault."""

    def __init__(self, detail: str, pointer: str = "/file") -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer


LONGEST_NAME = 200
"""Of a column or an array."""


def is_name(text: str) -> bool:
    """Whether a column or an array may be called so."""
    return 0 < len(text) <= LONGEST_NAME and text.isprintable()


def quoted(text: str) -> str:
    """Some of `text` as it may stand in a sentence."""
    shown = "".join(character if character.isprintable() else "�" for character in text[:40])
    return f"`{shown}…`" if len(text) > 40 else f"`{shown}`"
