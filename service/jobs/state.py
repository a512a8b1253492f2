"""The states of a job and every step between them that is legal."""

from enum import StrEnum


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


LEGAL: dict[State, frozenset[State]] = {
    # Claimed by a worker; cancelled before one came.
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
    # Finished in one of three ways; handed back by a worker that stops, or lost with its worker.
    State.RUNNING: frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.QUEUED}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
ENDED = frozenset(state for state, nexts in LEGAL.items() if not nexts)
ACTIVE = frozenset(LEGAL) - ENDED


class IllegalTransition(Exception):
    """A defect of this program: it asked for a step that no job may take."""

    def __init__(self, source: State, target: State) -> None:
        super().__init__(f"A {source} job cannot become {target}.")
