"""Is there anything left to wait for? Only what no further step can mend ends a run early."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.outcome import outcome
from service.diagnosis.evidence.steps import finite
from service.diagnosis.evidence.window import last
from service.diagnosis.finding import Finding
from service.spec.run import RunSpec
from service.trace.trace import Trace

_FEWEST_STEPS = 50
_SHARE_SEEN = 0.1
_MOVES = 1e-3
"""Of the weights' length, in as many steps as the run has; to learn, a layer of n units moves by about 1/√n of it."""


def hopeless(findings: Sequence[Finding], trace: Trace, run: RunSpec) -> Finding | None:
    """The finding for which this run need not go on; None while it may still recover.

    Weights that are no finite numbers stay so. A first layer that gets no signal any more, and would not move though
    the run began anew, keeps what it is: where a rule calls that critical, the loss is still a constant prediction's,
    and the learning rate will not rise.
    """
    primary = next((finding for finding in findings if finding.severity == "critical"), None)
    if primary is None or primary is not findings[0]:
        return None
    norms = trace.metrics.get("weight_norm")
    return primary if (norms is not None and broken(norms.values)) or _stands_still(trace, run) else None


def broken(weight_norms: NDArray[np.float32]) -> bool:
    """Whether at the last of the recorded steps [T, L] some weight is no finite number."""
    return bool(weight_norms.size) and not np.isfinite(weight_norms[-1]).all()


def _stands_still(trace: Trace, run: RunSpec) -> bool:
    result, steps = outcome(trace, run), trace.metrics.get("update_ratio")
    if result is None or steps is None or not steps.steps.size or result.progress >= _SHARE_SEEN:
        return False
    if result.steps < max(_FEWEST_STEPS, _SHARE_SEEN * run.total_steps) or _rises(run, result.steps):
        return False
    ratio = steps.values[last(steps.steps, 0.25), 0]
    return bool(np.isfinite(ratio).all()) and float(finite(ratio).max()) * run.total_steps < _MOVES


def _rises(run: RunSpec, step: int) -> bool:
    """Whether the learning rate will be higher than it lately was."""
    ahead = np.unique(np.linspace(step, run.total_steps - 1, 100).astype(int))
    before = run.training.learning_rate(step - 1, run.total_steps)
    return any(run.training.learning_rate(int(later), run.total_steps) > before for later in ahead)
