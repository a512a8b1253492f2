"""A problem."""

from pydantic import ConfigDict

from service.api.views.shape import Shape


class Fault(Shape):
    """One fault of a request."""

    pointer: str
    """JSON pointer into the body; `/query/…`, `/header/…` for parameters."""
    detail: str


class Problem(Shape):
    """RFC 9457. `type` leads to a page that explains it."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    request_id: str | None = None
    errors: list[Fault] | None = None
