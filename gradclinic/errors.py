"""What can go wrong between us and a service. Each says in its text what to do."""

from http import HTTPStatus
from typing import Any

Json = dict[str, Any]


class ClinicError(Exception):
    """Anything below."""


class Unreachable(ClinicError):
    """Nothing answers as a Gradient Clinic would."""


class Refused(ClinicError):
    """The service answered with a problem (RFC 9457)."""

    def __init__(self, status: int, problem: Json) -> None:
        super().__init__(status, problem)
        self.status = status
        self.problem = problem

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """The problem as lines of text: what, and where in the request."""
        return problem_lines(self.problem, self.problem.get("title") or _phrase(self.status), self.status)


class JobFailed(ClinicError):
    """The service could not train a job. `problem`: the job's `error`."""

    def __init__(self, job_id: str, problem: Json) -> None:
        super().__init__(job_id, problem)
        self.job_id = job_id
        self.problem = problem

    def __str__(self) -> str:
        return "\n".join(problem_lines(self.problem, f"{self.job_id}: {self.problem.get('title') or 'Failed'}"))


def problem_lines(problem: Json, title: str, status: int | None = None) -> list[str]:
    """`title`, the sentence of the problem, and a line for each place in the request."""
    detail = problem.get("detail")
    head = title if status is None else f"{title} ({status})"
    places = [f"  {error.get('pointer') or '/'}: {error.get('detail')}" for error in problem.get("errors") or []]
    return [f"{head}: {detail}" if detail else head, *places]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # a proxy's own
        return "Refused"
