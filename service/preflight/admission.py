"""What a service admits, by exact integer arithmetic: nothing is allocated to find out."""

from dataclasses import dataclass

from service.errors import Pointer, TooLarge
from service.experiment import Experiment
from service.preflight.cost import LayerCost, layer_costs
from service.preflight.memory import Memory, memory
from service.preflight.recording import trace_bytes
from service.spec.network import PlacedLayer
from service.spec.run import RunSpec


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest run that a service admits."""

    max_data_bytes: int
    max_parameters: int
    max_batch_bytes: int
    max_memory_bytes: int
    max_steps: int
    max_trace_bytes: int


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, and how much of it a run takes."""

    what: str
    pointer: str
    """Where in the experiment it can be lowered."""
    size: int
    limit: int
    unit: str
    hint: str
    """What to do about it."""

    @property
    def admitted(self) -> bool:
        """Whether the run is within it."""
        return self.size <= self.limit

    @property
    def refusal(self) -> str:
        """The sentence for a run that is not."""
        return f"{self.size} {self.unit} of {self.what}; at most {self.limit} are admitted. {self.hint}"


@dataclass(frozen=True, slots=True)
class Size:
    """A run, and how large it is."""

    run: RunSpec
    placed: tuple[PlacedLayer, ...]
    layers: tuple[LayerCost, ...]
    memory: Memory
    trace_bytes: int

    @classmethod
    def of(cls, run: RunSpec) -> "Size":
        """The size of a run after remedies."""
        placed = run.placed()
        layers = layer_costs(placed)
        return cls(run, placed, layers, memory(run, layers), trace_bytes(run, placed))

    @property
    def parameters(self) -> int:
        """Trainable numbers."""
        return sum(layer.parameters for layer in self.layers)


def admit(experiment: Experiment, limits: Limits) -> RunSpec:
    """The run after remedies, if it is within the limits. Raises `TooLarge` with a pointer for each that it is not."""
    size = Size.of(experiment.resolved())
    exceeded = [limit for limit in compared(size, limits) if not limit.admitted]
    if exceeded:
        errors = [Pointer(pointer=limit.pointer, detail=limit.refusal) for limit in exceeded]
        raise TooLarge(exceeded[0].refusal, errors=errors)
    return size.run


def compared(size: Size, limits: Limits) -> tuple[Limit, ...]:
    """Each limit beside what a run takes of it."""
    held = size.memory
    return (
        Limit("samples and targets", "/data/source", held.data, limits.max_data_bytes,
              "bytes", "Take fewer samples or features."),
        Limit("the network", "/network/layers", size.parameters, limits.max_parameters,
              "parameters", "Make layers narrower, or fewer."),
        Limit("what all layers put out and keep for one forward pass", "/training/batch_size", held.activations,
              limits.max_batch_bytes, "bytes", "Lower batch_size or the widths."),
        Limit("memory", _largest(held), held.total, limits.max_memory_bytes,
              "bytes", "Lower the number of parameters, time steps, batch_size or the number of samples."),
        Limit("training", "/training", size.run.total_steps, limits.max_steps,
              "steps", "Lower steps or epochs."),
        Limit("traces", "/trace/every", size.trace_bytes, limits.max_trace_bytes,
              "bytes", "Raise trace.every, or trace.histogram_every if it is set."),
    )  # fmt: skip


def _largest(held: Memory) -> str:
    """Where to lower most of the memory."""
    network = held.parameters + held.gradients + held.optimizer_state + held.graph
    parts = {"/network/layers": network, "/training/batch_size": held.activations, "/data/source": held.data}
    return max(parts, key=lambda pointer: parts[pointer])
