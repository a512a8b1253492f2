"""The choice of a device."""

import pytest
import torch

from worker.device import choose, is_sound


def test_auto_takes_a_gpu_where_there_is_one() -> None:
    assert choose("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose("cpu") == "cpu"


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(RuntimeError, match="GRADCLINIC_DEVICE=cuda:63"):
        choose("cuda:63")


def test_a_cpu_is_always_sound() -> None:
    assert is_sound("cpu")
