"""What a job's owner is told when the service could not run it."""

import torch

from worker.data.sources.uploaded import DatasetUnavailable

_CUDA_OUT_OF_MEMORY = "gpu-out-of-memory"


def problem(error: Exception) -> dict[str, object]:
    """The problem (RFC 9457) of a failed job: never a traceback, which stands in the worker's log."""
    match error:
        case torch.OutOfMemoryError():
            return _problem(
                _CUDA_OUT_OF_MEMORY,
                "Out of GPU memory",
                "The network, its batch and its traces do not fit into the GPU; lower batch_size or the widths.",
            )
        case MemoryError():
            return _problem("out-of-memory", "Out of memory", "The run does not fit into the worker's memory.")
        case DatasetUnavailable():
            return _problem(
                "dataset-unavailable",
                "Dataset unavailable",
                "The worker cannot read the uploaded data: its files are gone, or it does not share the API's folder.",
            )
        case RuntimeError() if "CUDA" in str(error):
            return _problem("cuda-error", "CUDA error", "The GPU reported an error; the worker's log has the details.")
    return _problem(
        "worker-error", "Worker error", "The worker could not run this experiment; its log has the details."
    )


def _problem(slug: str, title: str, detail: str) -> dict[str, object]:
    return {"type": f"/problems/{slug}", "title": title, "status": 500, "detail": detail}
