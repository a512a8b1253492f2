"""A finding as a flat row, for tables and annotations."""

from typing import Any

from service.api.documents import moment


def finding_row(finding: dict[str, Any], since: float | None, until: float | None) -> dict[str, Any]:
    """The finding, and the same as scalars; `since` and `until`: when its first and last step were recorded."""
    words = finding["rule"].replace("_", " ")
    return {
        **finding,
        "time": moment(since),
        "timeEnd": moment(until),
        "title": words[:1].upper() + words[1:],
        "text": finding["explanation"],
        "tags": f"{finding['rule']},{finding['severity']}",
        "step": finding["first_step"],
        "layer": next(iter(finding["layers"]), ""),
    }
