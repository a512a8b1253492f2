"""Where this process trains."""

import torch


def choose(wanted: str) -> str:
    """The device for a setting: `auto` is the first GPU where there is one. Raises `RuntimeError` for one not here."""
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and (torch.device(wanted).index or 0) >= torch.cuda.device_count():
        raise RuntimeError(f"GRADCLINIC_DEVICE={wanted}, but this machine has {torch.cuda.device_count()} GPUs.")
    return wanted


def is_sound(device: str) -> bool:
    """Whether the device still answers: after an assertion failed on it, it fails every later call of the process."""
    if not device.startswith("cuda"):
        return True
    try:
        torch.cuda.synchronize(device)
    except RuntimeError:
        return False
    return True
