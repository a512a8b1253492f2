"""Which finding brings about which, so that the verdict names the cause and not the loudest symptom."""

from collections.abc import Callable, Sequence

from service.diagnosis.finding import Finding

_WHOLE_LAYER = 0.99
_SEVERITY = {"critical": 0, "warning": 1, "info": 2}


def _from_the_start(root: Finding, symptom: Finding) -> bool:
    """A layer that is cut or saturated at the initial weights shapes every gradient from then on."""
    return root.cause in {"born_dead", "initialization", "data", "activation"} and root.first_step <= symptom.first_step


def _earlier(root: Finding, symptom: Finding) -> bool:
    return root.first_step <= symptom.first_step


def _develops(root: Finding, symptom: Finding) -> bool:
    """The symptom was not there at the initial weights."""
    return _earlier(root, symptom) and symptom.cause in {"died_in_training", "learning_rate"}


def _always(_root: Finding, _symptom: Finding) -> bool:
    """The root is found only where it explains what else is found."""
    return True


def _in_training(_root: Finding, symptom: Finding) -> bool:
    """Long steps explain what was not so at the initial weights."""
    return symptom.cause != "born_dead"


def _cuts(root: Finding, symptom: Finding) -> bool:
    """A layer without a living unit lets no signal through, from the step on at which it died; one that is mostly dead
    does."""
    lost_later = symptom.cause in {"learning_rate", "unknown"}
    whole = (root.value or 0.0) >= _WHOLE_LAYER
    return whole and _earlier(root, symptom) and (root.cause in {"born_dead", "width"} or lost_later)


def _starves(root: Finding, symptom: Finding) -> bool:
    """Where nothing of the input arrives, biases alone decide which units are on, for all samples alike."""
    return _earlier(root, symptom) and (symptom.value or 0.0) < _WHOLE_LAYER


_SIGNAL = ("exploding_gradient", "non_finite", "dead_units", "saturated_activations", "vanishing_gradient")
_PACE = ("learning_rate_too_high", "oscillating_loss", "learning_rate_too_low")

# (root, symptom): whether the one brings about the other. Of two that would explain each other the upper row wins.
_BRINGS_ABOUT: dict[tuple[str, str], Callable[[Finding, Finding], bool]] = {
    **{("poor_initialization", symptom): _always for symptom in (*_SIGNAL, *_PACE)},
    **{("input_scale", symptom): _always for symptom in (*_SIGNAL, *_PACE)},
    **{("output_mismatch", symptom): _always for symptom in ("exploding_gradient", "non_finite", *_PACE)},
    **{("learning_rate_too_high", symptom): _in_training for symptom in (*_SIGNAL, "oscillating_loss")},
    ("saturated_activations", "exploding_gradient"): _from_the_start,
    ("dead_units", "exploding_gradient"): _from_the_start,
    ("exploding_gradient", "non_finite"): _earlier,
    ("exploding_gradient", "dead_units"): _develops,
    ("exploding_gradient", "saturated_activations"): _develops,
    ("exploding_gradient", "vanishing_gradient"): _earlier,
    ("non_finite", "dead_units"): _earlier,
    ("non_finite", "saturated_activations"): _earlier,
    ("non_finite", "vanishing_gradient"): _earlier,
    ("dead_units", "vanishing_gradient"): _cuts,
    ("saturated_activations", "vanishing_gradient"): _earlier,
    ("vanishing_gradient", "dead_units"): lambda root, symptom: _starves(root, symptom) or _develops(root, symptom),
    ("saturated_activations", "dead_units"): _earlier,
    **{(root, symptom): _earlier for root in _SIGNAL for symptom in ("oscillating_loss", "learning_rate_too_low")},
}


def by_root_cause(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings, each after the one it follows from and naming it; roots by severity, then by first step."""
    roots = {id(symptom): _root_of(symptom, findings) for symptom in findings}

    def depth(finding: Finding) -> int:
        seen: list[Finding] = []
        while (root := roots[id(finding)]) and root not in seen:
            seen.append(root)
            finding = root
        return len(seen)

    ranked = sorted(findings, key=lambda found: (depth(found), _SEVERITY[found.severity], found.first_step))
    return tuple(
        found.model_copy(update={"follows_from": root.rule}) if (root := roots[id(found)]) else found
        for found in ranked
    )


def _root_of(symptom: Finding, findings: Sequence[Finding]) -> Finding | None:
    for (root_rule, symptom_rule), brings_about in _BRINGS_ABOUT.items():
        if symptom.rule != symptom_rule:
            continue
        for root in findings:
            if root.rule == root_rule and brings_about(root, symptom) and not _outranked(root, symptom):
                return root
    return None


def _outranked(root: Finding, symptom: Finding) -> bool:
    """Whether an upper row of the table says the opposite: that `symptom` brings `root` about."""
    rows = list(_BRINGS_ABOUT)
    opposite = (symptom.rule, root.rule)
    if opposite not in _BRINGS_ABOUT or rows.index(opposite) > rows.index((root.rule, symptom.rule)):
        return False
    return _BRINGS_ABOUT[opposite](symptom, root)
