"""Threads that start together."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Answer = TypeVar("Answer")


def race(*runners: Callable[[], Answer]) -> Sequence[Answer | Exception]:
    """What each runner returned or raised, after all were let loose at the same moment."""
    barrier = threading.Barrier(len(runners))
    answers: list[Answer | Exception | None] = [None] * len(runners)

    def start(index: int, runner: Callable[[], Answer]) -> None:
        barrier.wait()
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
