"""Where uploaded data lies: `DATA_DIR/datasets/<id>/`, shared by the API and its workers."""

from pathlib import Path

UPLOAD = "upload"
SAMPLES = "samples.npy"
"""[N, *sample] float32, whole numbers and all."""
TARGETS = "targets.npy"
"""[N] int64 classes, or [N, size] float32 values."""


def datasets_dir(data_dir: Path) -> Path:
    """The folder of all datasets."""
    return data_dir.resolve() / "datasets"


def folder(datasets: Path, dataset_id: str) -> Path:
    """The folder of one dataset. Raises `ValueError` for an id that would lead elsewhere."""
    path = datasets / dataset_id
    if path.parent != datasets or path.name in {"", ".", ".."}:
        raise ValueError("This is no id of a dataset.")
    return path
