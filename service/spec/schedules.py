"""How the learning rate moves. A further schedule is one class here and its name in the union."""

from math import cos, pi
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from service.spec.frozen import Fraction, Frozen

Steps = Annotated[int, Field(strict=True, ge=1, le=100_000_000)]


class Schedule(Frozen):
    """What every schedule has: a linear warm-up, and a factor behind it."""

    name: str
    warmup_steps: Annotated[int, Field(strict=True, ge=0, le=100_000_000)] = 0
    """Steps over which the learning rate rises linearly to its full size."""

    def factor(self, step: int, total_steps: int) -> float:
        """What the learning rate is multiplied by at `step` of 0 … total_steps − 1."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        return self.decay(step - self.warmup_steps, max(1, total_steps - self.warmup_steps))

    def decay(self, step: int, total_steps: int) -> float:
        """The factor behind the warm-up, which has `total_steps` left."""
        return 1.0


class ConstantRate(Schedule):
    """The learning rate stays."""

    name: Literal["constant"] = "constant"


class CosineRate(Schedule):
    """Half a cosine from the full learning rate down to eta_min times it. Loshchilov & Hutter 2017."""

    name: Literal["cosine"] = "cosine"
    eta_min: Fraction = 0.0
    """Share of the learning rate that is left at the end."""

    def decay(self, step: int, total_steps: int) -> float:
        return self.eta_min + (1 - self.eta_min) * (1 + cos(pi * step / total_steps)) / 2


class StepRate(Schedule):
    """Multiplied by gamma at every step_size steps."""

    name: Literal["step"] = "step"
    step_size: Steps | None = None
    """Default: a third of the steps."""
    gamma: Annotated[float, Field(strict=True, gt=0, le=1)] = 0.1

    def decay(self, step: int, total_steps: int) -> float:
        return float(self.gamma ** (step // (self.step_size or max(1, -(-total_steps // 3)))))


class LinearRate(Schedule):
    """A straight line from the full learning rate to end_factor times it."""

    name: Literal["linear"] = "linear"
    end_factor: Annotated[float, Field(strict=True, ge=0, le=1e6)] = 0.0
    """Above 1 the learning rate rises, to find out which is too high."""

    def decay(self, step: int, total_steps: int) -> float:
        return 1 + (self.end_factor - 1) * step / total_steps


SCHEDULES: tuple[type[Schedule], ...] = (ConstantRate, CosineRate, StepRate, LinearRate)
ScheduleName = Literal["constant", "cosine", "step", "linear"]
_Schedule = Annotated[ConstantRate | CosineRate | StepRate | LinearRate, Field(discriminator="name")]


def _by_name(value: object) -> object:
    """A schedule may be given by its name alone: "cosine"."""
    return {"name": value} if value in get_args(ScheduleName) else value


AnySchedule = Annotated[_Schedule, BeforeValidator(_by_name, json_schema_input_type=ScheduleName | _Schedule)]
