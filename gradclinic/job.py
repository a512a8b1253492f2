"""One job: its progress, and everything that was recorded of it."""

import time
from collections.abc import Iterable
from math import inf
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import quote

from gradclinic.connection import Connection
from gradclinic.errors import JobFailed, Json
from gradclinic.experiment import with_remedies
from gradclinic.follow import ENDED, follow
from gradclinic.progress import Line, displayed
from gradclinic.submission import submitted

if TYPE_CHECKING:
    from gradclinic.series import Curve, Trace

Aggregate = Literal["max", "min", "mean", "last"]
Format = Literal["csv", "npz", "tensorboard"]


def path_of(job_id: str) -> str:
    """Where a job is to be found."""
    return f"/v1/jobs/{quote(job_id, safe='')}"


class Job:
    """A job as the service told of it last; `refresh` and `wait` ask again. Calls raise as those of the client do."""

    def __init__(self, connection: Connection, document: Json) -> None:
        self._connection = connection
        self.document = document
        """All that the service says of it."""

    @property
    def id(self) -> str:
        return str(self.document["id"])

    @property
    def name(self) -> str:
        """As sent; may be empty."""
        return str(self.document["name"])

    @property
    def state(self) -> str:
        """`queued`, `running`, `succeeded`, `failed` or `cancelled`."""
        return str(self.document["state"])

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def experiment(self) -> Json:
        """As sent, defaults filled in: change it, and send it again."""
        return dict(self.document["experiment"])

    @property
    def diagnosis(self) -> Json:
        """`status`, `verdict` and `findings`, root cause first."""
        return dict(self.document["diagnosis"])

    @property
    def verdict(self) -> str | None:
        """The rule of the root cause, or `healthy`; None as long as nobody knows."""
        verdict: str | None = self.document["diagnosis"]["verdict"]
        return verdict

    @property
    def result(self) -> Json:
        """Loss, accuracy and so on at the end, None where not finite; empty before."""
        return dict(self.document["result"] or {})

    @property
    def page(self) -> str:
        """The address of its page in the dashboard."""
        return f"{self._connection.url}/ui/jobs/{self.id}"

    def refresh(self) -> Self:
        """Asks the service how it stands."""
        self.document = self._get("")
        return self

    def wait(self, *, timeout: float | None = None, progress: bool = True) -> Self:
        """Returns when the job has ended, its progress shown on the way: as a bar, or as lines where nobody looks.

        A network that diverges, and a job that was cancelled, have ended well. Raises `JobFailed` where the service
        could not train it, and `TimeoutError` after `timeout` seconds; the job goes on.
        """
        if self.ended:
            return self._or_failure()
        until = inf if timeout is None else time.monotonic() + timeout
        try:
            if progress:
                with displayed() as display:
                    self.watch(display.add(self.name or self.id), until)
            else:
                self.watch(None, until)
        except TimeoutError as error:
            raise TimeoutError(f"{self.id} has not ended after {timeout:g} s; it goes on.") from error
        return self._or_failure()

    def watch(self, line: Line | None, until: float = inf) -> Self:
        """Returns when the job has ended, shown on `line`. Raises `TimeoutError` after `until`, a monotonic time."""
        for event in follow(self._connection, path_of(self.id), until):
            if line is not None:
                line.show(event)
        return self.refresh()

    def cancel(self) -> Self:
        """Asks for its end. Raises `Refused` when it has ended."""
        self.document = self._connection.post(f"{path_of(self.id)}/cancel")
        return self

    def delete(self) -> None:
        """Deletes it with all its data. Raises `Refused` unless it has ended."""
        self._connection.delete(path_of(self.id))

    def rerun(self, remedies: Json | Iterable[Json] = (), **changes: Any) -> "Job":
        """Sends its experiment again with a remedy more, or several. `changes`: `name`, `labels` …

        Each takes the place of one of its kind.
        """
        more = [remedies] if isinstance(remedies, dict) else list(remedies)
        experiment = {**with_remedies(self.experiment, more), **changes}
        return Job(self._connection, submitted(self._connection, experiment))

    def trace(
        self,
        metric: str = "grad_norm",
        *,
        layers: str | Iterable[str] = (),
        max_points: int | None = 500,
        agg: Aggregate = "max",
        from_step: int = 0,
        to_step: int | None = None,
    ) -> "Trace":
        """A metric of every layer, or of `layers`, over the steps from `from_step` to `to_step`.

        In at most `max_points` points (5000 is the most), each of which tells the `agg` of its steps; None: every
        recorded step by itself.
        """
        from gradclinic.series import trace  # noqa: PLC0415 (numpy: not for who only submits)

        query = {"metric": metric, "agg": agg, "layers": [layers] if isinstance(layers, str) else list(layers)}
        return trace(self._get, query, max_points, (from_step, to_step), self.name or self.id)

    def curve(
        self,
        metric: str = "loss",
        *,
        max_points: int | None = 500,
        agg: Aggregate = "max",
        from_step: int = 0,
        to_step: int | None = None,
    ) -> "Curve":
        """A metric of the whole network, such as `loss`, `validation_accuracy` or `lr`; the rest as `trace` has it."""
        from gradclinic.series import curve  # noqa: PLC0415

        query = {"metric": metric, "agg": agg}
        return curve(self._get, query, max_points, (from_step, to_step), self.name or self.id)

    def layers(self) -> list[Json]:
        """A row for each layer in depth order, with its first and last measurements."""
        return list(self._get("/layers"))

    def findings(self, profile: str | None = None) -> list[Json]:
        """What is wrong, root cause first, with remedies ready to send. `profile`: by another tool's rules."""
        return list(self._get("/findings", params={"profile": profile} if profile else {}))

    def theory(self) -> Json:
        """The predicted backward signal of each layer at the start weights, beside the measured one."""
        return dict(self._get("/theory"))

    def histogram(self, layer: str | None = None, step: int | None = None) -> Json:
        """How large the gradient's entries are: octaves of |gradient| in `bins`, `zeros`, `underflow_float16` …

        Of all layers, or of `layer`; at the step with a histogram that is the nearest to `step`, by default the last.
        """
        wanted = {"layer": layer, "step": step}
        asked = {name: value for name, value in wanted.items() if value is not None}
        return dict(self._get("/histograms", params=asked))

    def export(
        self,
        format: Format = "npz",  # noqa: A002 (as in the address)
        to: str | PathLike[str] = ".",
        *,
        max_points: int | None = None,
    ) -> Path:
        """Downloads everything that was recorded. `to`: a folder, or the path of the file. The file.

        `max_points`: most points of a series, 0 for every recorded step; default: what fits the format.
        """
        points = {} if max_points is None else {"max_points": max_points}
        query: dict[str, str | int] = {"format": format, **points}
        return self._connection.download(f"{path_of(self.id)}/export", Path(to), params=query)

    def __repr__(self) -> str:
        named = f" {self.name!r}" if self.name else ""
        return f"<Job {self.id}{named}: {', '.join(filter(None, (self.state, self.verdict)))}>"

    def _get(self, path: str, **request: Any) -> Any:
        return self._connection.get(f"{path_of(self.id)}{path}", **request)

    def _or_failure(self) -> Self:
        if self.state == "failed":
            raise JobFailed(self.id, self.document["error"] or {})
        return self
