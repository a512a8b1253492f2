"""Characters of an English text."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from service.spec.data.english import ALPHABET, CHARACTERS, frequencies
from service.spec.data.source import Drawn
from service.spec.shapes import Shape, Tokens
from service.spec.targets import Target


class Text(Drawn):
    """The English text on the language that Python ships, character by character; the next one is wanted at each.

    Samples share no character and repeated paragraphs are left out, so what is held back has not been read before.
    Printable ASCII and line breaks have a class each; every other character stands as a space.
    """

    kind: Literal["text"] = "text"
    reference: ClassVar[str] = "Sutskever, Martens & Hinton 2011"
    n_samples: Annotated[int, Field(strict=True, ge=4, le=CHARACTERS // 2)] = 2000
    length: Annotated[int, Field(strict=True, ge=1, le=CHARACTERS // 4)] = 64
    """Time steps: characters of a sample."""

    @model_validator(mode="after")
    def _fits_into_the_text(self) -> Self:
        most = CHARACTERS // (self.length + 1)
        if self.n_samples > most:
            raise ValueError(f"the text holds {most} samples of this length; lower n_samples or length.")
        return self

    def sample_shape(self) -> Shape:
        return Tokens((self.length,), len(ALPHABET))

    def target(self) -> Target:
        return Target("classes", len(ALPHABET), steps=self.length)

    def class_shares(self, step: int) -> tuple[float, ...]:
        return frequencies()


SOURCE = Text
