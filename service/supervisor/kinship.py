"""A child must not outlive its parent, however the parent ended."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: a child between fork and exec should do as little as it can.
_LIBC = ctypes.CDLL(None, use_errno=True)


def dies_with_us() -> Callable[[], None]:
    """What a child calls between fork and exec, so that the kernel kills it when this thread's process is gone.

    Only Linux has this; elsewhere a killed supervisor leaves its children behind.
    """
    parent = os.getpid()

    def follow() -> None:
        if sys.platform == "linux":
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

    return follow
