"""What the `error` of a failed job can be: the worker and the reaper write it, with the details of the case."""

# Slug → title and a short plain text, for the page that the problem's type leads to.
JOB_FAILURES: dict[str, tuple[str, str]] = {
    "worker-lost": (
        "Worker lost",
        "The worker stopped again and again, each time before it got further; it may have run out of memory.",
    ),
    "worker-error": (
        "Worker error",
        "The worker could not run this experiment. That is a defect of the service; the worker's log has the details.",
    ),
    "dataset-unavailable": (
        "Dataset unavailable",
        "The worker cannot read the uploaded data: its files are gone, or it does not share the API's folder.",
    ),
    "out-of-memory": (
        "Out of memory",
        "The run does not fit into the worker's memory; make the network, the batch or the data smaller.",
    ),
    "gpu-out-of-memory": (
        "Out of GPU memory",
        "The network, its batch and its traces do not fit into the GPU; make batch_size or the widths smaller.",
    ),
    "cuda-error": (
        "CUDA error",
        "The GPU reported an error; the worker's log has the details. Submit the job again.",
    ),
}
