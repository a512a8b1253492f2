"""What the shapes are made of."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

ELSEWHERE = "x-schema"
Json = dict[str, Any]
Moment = Annotated[str, Field(description="ISO 8601, UTC.", examples=["2026-11-23T12:00:00.000Z"])]


class Shape(BaseModel):
    """An object with these keys and no others."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


def described(model: type[BaseModel]) -> WithJsonSchema:
    """An object that FastAPI need not look into: the OpenAPI document refers to `model`'s own schema."""
    return WithJsonSchema({ELSEWHERE: model.__name__})
