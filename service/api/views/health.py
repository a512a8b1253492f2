"""How the service is."""

from typing import Literal

from service.api.views.shape import Shape


class Alive(Shape):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Shape):
    """Whether jobs are taken, and trained at once."""

    status: Literal["ready", "degraded"]
    """`degraded`: jobs are taken, and wait until what is missing is back."""
    checks: dict[str, str]
