"""What is told of a dataset: the little that training needs of it, and the rest for people."""

from typing import Any, Literal

from service.datasets.refusal import Refused
from service.datasets.samples import Samples
from service.datasets.targets import Target

_MOST_COLUMNS = 256
Report = dict[str, Any]


def report(
    file_format: Literal["csv", "npz"], samples: Samples, names: list[str], dtype: str, target: Target
) -> Report:
    """The description of complete samples and targets. `names`: of the features, where samples are vectors."""
    if samples.count < 2:
        raise Refused("There is only 1 sample; send at least 2." if samples.count else "There are no samples.")
    columns = [{"name": name, **samples.moments.column(place)} for place, name in enumerate(names[:_MOST_COLUMNS])]
    return {
        "format": file_format,
        "bytes": samples.bytes + target.bytes,
        "description": {
            "samples": samples.count,
            "shape": list(samples.shape),
            "vocabulary": samples.vocabulary,
            "target": {
                "kind": target.kind,
                "size": target.size,
                "class_counts": target.counts,
                "variance": target.variance,
            },
        },
        "contents": {
            "dtype": dtype,
            "target": {
                "name": target.name,
                "kind": target.kind,
                "size": target.size,
                "classes": target.classes,
                "counts": target.counts,
                "statistics": target.statistics,
            },
            "columns": columns,
            "statistics": samples.moments.overall(),
        },
    }
