"""What is to be predicted: classes or values, which only the whole column tells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from service.datasets.arrays import Grown
from service.datasets.folders import TARGETS
from service.datasets.moments import Row
from service.datasets.refusal import Refused, quoted
from service.datasets.samples import Samples
from service.datasets.workplace import Workplace

MOST_CLASSES = 1000
_CERTAIN_CLASSES = 20
_EXACT = 2.0**53
"""Labels are read as float64, and from here on not all whole numbers are different ones."""
_LONGEST_LABEL = 200
_BLOCK = 1 << 16
_CODES = "codes"
_HOW = "name the target in the form's field `target`, and whether it is `classes` or `values` in `target_kind`."

Key = str | float
Told = Callable[[int], str]
"""Names the place of one target, given where it is among those added, as the beginning of a sentence."""


@dataclass(frozen=True, slots=True)
class Target:
    """Targets as they were written."""

    name: str
    kind: Literal["classes", "values"]
    size: int
    bytes: int
    classes: list[str] | None = None
    counts: list[int] | None = None
    variance: float | None = None
    statistics: Row | None = None


class TargetColumn:
    """One target for each sample. Raises `Refused` for what is neither a number nor a label.

    Text names classes. Numbers do when all are whole, there are at most 20 different ones or no gap between them, and
    on average each comes twice: 0 … 9 are digits, and 442 patients with 214 different scores are a regression.
    """

    def __init__(self, place: Workplace, name: str) -> None:
        self._place, self._name, self._kind = place, name, place.order.target_kind
        self._values: Samples | None = Samples(place, TARGETS, (1,))
        self._codes: dict[Key, int] | None = {}
        """Each different target and its number, in the order in which they came."""
        self._coded = place.new(_CODES)
        self._count = 0

    def add(self, keys: Sequence[Key], told: Told) -> None:
        """Adds a target for each of the next samples: numbers, or text that may be one."""
        self._count += len(keys)
        numbers = self._numbers(keys, told) if self._values else None
        if numbers is not None and self._values:
            self._values.append(numbers[:, None], lambda where: told(where[0]))
        if self._codes is not None:
            self._coded.write(self._code(self._codes, keys, told).data)

    def finish(self) -> Target:
        """Writes the targets, and says what they are."""
        target = self._values_or_classes()
        (self._place.folder / _CODES).unlink()
        return target

    def _numbers(self, keys: Sequence[Key], told: Told) -> NDArray[np.float64] | None:
        try:
            return np.fromiter(map(float, keys), np.float64, len(keys))
        except ValueError:
            if self._kind == "values" or self._codes is None:
                where = next(index for index, key in enumerate(keys) if not is_number(key))
                raise Refused(f"{told(where)} {quoted(str(keys[where]))} is no number; {_HOW}") from None
        self._discard_values()
        return None

    def _code(self, codes: dict[Key, int], keys: Sequence[Key], told: Told) -> NDArray[np.int32]:
        coded = np.empty(len(keys), np.int32)
        for index, key in enumerate(keys):
            code = codes.get(key)
            if code is None:
                code = codes[key] = len(codes)
                self._check_label(key, index, told)
                if len(codes) > MOST_CLASSES:
                    self._forget_classes()
                    break
            coded[index] = code
        return coded

    def _check_label(self, key: Key, index: int, told: Told) -> None:
        if not isinstance(key, str):
            return
        if not key or key.lower() == "nan":
            raise Refused(f"{told(index)} the target is missing; leave the sample out.")
        if len(key) > _LONGEST_LABEL or not key.isprintable():
            limit = f"at most {_LONGEST_LABEL} characters, all of them printable"
            raise Refused(f"{told(index)} {quoted(key)} is no name of a class: those have {limit}.")

    def _forget_classes(self) -> None:
        if self._values is None or self._kind == "classes":
            raise Refused(
                f"`{self._name}` has more than {MOST_CLASSES} different values, too many for classes; {_HOW}",
                "/target",
            )
        self._codes = None

    def _values_or_classes(self) -> Target:
        keys = list(self._codes or ())
        labels = sorted({float(key) for key in keys}) if self._values else sorted(map(str, keys))
        if self._count < 2:
            raise Refused("There is only 1 sample; send at least 2." if self._count else "There are no samples.")
        if self._values and self._are_classes(labels) and any(abs(float(label)) >= _EXACT for label in labels):
            detail = f"`{self._name}` has labels of 2⁵³ or more, which are not told apart; number the classes from 0."
            raise Refused(detail, "/target")
        if len(labels) == 1:
            text = _label(labels[0])
            detail = f"`{self._name}` is {quoted(text)} for every sample: there is nothing to learn."
            raise Refused(detail, "/target")
        if self._values and not self._are_classes(labels):
            moments, written = self._values.moments, self._values.bytes
            self._values.close()
            variance = float(moments.variance[0])
            return Target(self._name, "values", 1, written, variance=variance, statistics=moments.column(0))
        of_label = {label: number for number, label in enumerate(labels)}
        table = np.array([of_label[float(key) if self._values else str(key)] for key in keys], np.int64)
        self._discard_values()
        counts, written = self._write_classes(table, len(labels))
        return Target(
            self._name, "classes", len(labels), written, classes=[_label(label) for label in labels], counts=counts
        )

    def _are_classes(self, labels: Sequence[Key]) -> bool:
        if self._kind != "auto" or not labels:
            return self._kind == "classes"
        numbers = [float(label) for label in labels]
        whole = all(number.is_integer() for number in numbers)
        dense = len(numbers) <= _CERTAIN_CLASSES or numbers[-1] - numbers[0] == len(numbers) - 1
        return whole and dense and 2 * len(numbers) <= self._count

    def _write_classes(self, table: NDArray[np.int64], size: int) -> tuple[list[int], int]:
        counts = np.zeros(size, np.int64)
        targets = Grown(self._place, TARGETS, np.int64, ())
        self._coded.seek(0)
        while block := self._coded.read(4 * _BLOCK):
            classes = table[np.frombuffer(block, np.int32)]
            counts += np.bincount(classes, minlength=size)
            targets.append(classes)
        targets.close()
        return counts.tolist(), targets.bytes

    def _discard_values(self) -> None:
        if self._values is not None:
            self._values.close()
            (self._place.folder / TARGETS).unlink()
            self._values = None


def several(name: str, written: Samples) -> Target:
    """Several real targets for each sample, once all are written to `TARGETS`."""
    written.close()
    moments = written.moments
    variance = float(moments.variance.mean())
    return Target(name, "values", written.shape[0], written.bytes, variance=variance, statistics=moments.overall())


def is_number(text: Key) -> bool:
    """Whether Python reads it as one."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _label(label: Key) -> str:
    if isinstance(label, str):
        return label
    return str(int(label)) if label.is_integer() else repr(label)
