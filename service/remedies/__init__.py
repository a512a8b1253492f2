"""Remedies: edits of an experiment. A further one is one file in `service/remedies/edits/`."""

from service.remedies.apply import apply_all
from service.remedies.catalogue import REMEDIES, AnyRemedy
from service.remedies.remedy import NothingToDo, Remedy

__all__ = ["REMEDIES", "AnyRemedy", "NothingToDo", "Remedy", "apply_all"]
