"""Threads that start together."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Answer = TypeVar("Answer")


HEAD_STARTS = [step * 0.0005 for step in range(-12, 13)]
"""Seconds by which the second runner starts after the first (before it, where negative): which of two wins
depends on the machine, so a test tries the whole range and asks for the truth each time, not for a winner."""


def race(*runners: Callable[[], Answer], late: float = 0.0) -> Sequence[Answer | Exception]:
    """What each runner returned or raised, let loose at the same moment, or all but the first `late` seconds after
    it (the first after them, where negative)."""
    barrier = threading.Barrier(len(runners))
    answers: list[Answer | Exception | None] = [None] * len(runners)

    def start(index: int, runner: Callable[[], Answer]) -> None:
        barrier.wait()
        time.sleep(max(0.0, late if index else -late))
        try:
            answers[index] = runner()
        except Exception as error:  # noqa: BLE001 (it is the answer)
            answers[index] = error

    threads = [threading.Thread(target=start, args=pair) for pair in enumerate(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers  # type: ignore[return-value]  # every thread has ended, so each answer is there
