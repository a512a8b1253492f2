"""An MLflow server, as far as a run needs it."""

from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from service.cli.mlflow.limits import Item

JOB_TAG = "gradclinic.job_id"
RUNNING = "RUNNING"
_SECONDS = httpx.Timeout(60, connect=5)
_MISSING = "RESOURCE_DOES_NOT_EXIST"
_TAKEN = "RESOURCE_ALREADY_EXISTS"


class NoServer(Exception):
    """No MLflow server answers."""


class ServerRefused(Exception):
    """The server answered with an error."""

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is there."""

    id: str
    status: str
    tags: dict[str, str]


class Server:
    """One server at `uri`. Every call raises `NoServer` or `ServerRefused`, each with a sentence for people."""

    def __init__(self, uri: str, token: str | None = None) -> None:
        if not uri.startswith(("http://", "https://")):
            raise NoServer(
                "GRADCLINIC_MLFLOW_TRACKING_URI is the address of an MLflow server, such as http://127.0.0.1:5000; "
                "files and databases are not written to directly: start `mlflow server` on them."
            )
        try:
            address = httpx.URL(uri.rstrip("/"))
        except httpx.InvalidURL as error:
            raise NoServer(f"GRADCLINIC_MLFLOW_TRACKING_URI is no address ({error}).") from error
        self.url = str(address.copy_with(username=None, password=None))
        """Without a password that is in it."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=f"{address}/api/2.0/mlflow", headers=headers, timeout=_SECONDS)

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def experiment(self, name: str) -> str:
        """The id of the experiment called `name`, which is made where there is none."""
        found = self._experiment(name)
        if found is None:
            try:
                return str(self._post("experiments/create", {"name": name})["experiment_id"])
            except ServerRefused as error:
                # Somebody else was faster.
                if error.code != _TAKEN or (found := self._experiment(name)) is None:
                    raise
        return found

    def run_of(self, experiment_id: str, job_id: str) -> Run | None:
        """The run that was made of a job."""
        wanted = {
            "experiment_ids": [experiment_id],
            "filter": f"tags.`{JOB_TAG}` = '{job_id}'",
            "order_by": ["attributes.start_time ASC"],
            "max_results": 1,
        }
        for run in self._post("runs/search", wanted).get("runs", []):
            return _run(run)
        return None

    def create(self, experiment_id: str, name: str, start: int, tags: list[Item]) -> Run:
        """A new run. `start`: milliseconds since the epoch."""
        wanted = {"experiment_id": experiment_id, "run_name": name, "start_time": start, "tags": tags}
        return _run(self._post("runs/create", wanted)["run"])

    def log(self, run: Run, **items: list[Item]) -> None:
        """Adds `metrics`, `params` or `tags`; what is there already stays as it is."""
        self._post("runs/log-batch", {"run_id": run.id, **items})

    def end(self, run: Run, status: str, end: int) -> None:
        """The run has ended. `end`: milliseconds since the epoch."""
        self._post("runs/update", {"run_id": run.id, "status": status, "end_time": end})

    def _experiment(self, name: str) -> str | None:
        try:
            found = self._call("GET", "experiments/get-by-name", params={"experiment_name": name})["experiment"]
        except ServerRefused as error:
            if error.code == _MISSING:
                return None
            raise
        if found.get("lifecycle_stage") == "deleted":
            sentence = f"The experiment `{name}` of {self.url} is deleted; restore it there, or name another."
            raise ServerRefused(sentence, "INVALID_STATE")
        return str(found["experiment_id"])

    def _post(self, path: str, document: Item) -> Any:
        return self._call("POST", path, content=orjson.dumps(document), headers={"Content-Type": "application/json"})

    def _call(self, method: str, path: str, **request: Any) -> Any:
        try:
            response = self._http.request(method, path, **request)
        except httpx.TransportError as error:
            sentence = f"No MLflow server answers at {self.url} ({error}); is GRADCLINIC_MLFLOW_TRACKING_URI right?"
            raise NoServer(sentence) from error
        try:
            answer = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            answer = None
        if response.is_success and isinstance(answer, dict):
            return answer
        if not isinstance(answer, dict) or "error_code" not in answer:
            told = " ".join(response.text.split())[:200]
            if response.status_code in {401, 403}:
                raise ServerRefused(f"MLflow at {self.url} wants other credentials ({response.status_code}).", "")
            raise NoServer(f"What answers at {self.url} is not an MLflow server ({response.status_code}): {told}")
        code = str(answer["error_code"])
        sentence = f"MLflow at {self.url} refused ({response.status_code}, {code}): {answer.get('message', '')}"
        raise ServerRefused(sentence, code)


def _run(document: Any) -> Run:
    tags = {tag["key"]: tag["value"] for tag in document.get("data", {}).get("tags", [])}
    return Run(document["info"]["run_id"], document["info"]["status"], tags)
