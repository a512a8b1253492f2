"""Ids."""

import re
from itertools import pairwise

from service.jobs.identifier import identifier


def test_they_sort_by_time() -> None:
    times = [0.0, 0.001, 1.0, 31.999, 32.0, 1_763_900_000.123, 1_763_900_000.124, 4e9]
    ids = [identifier("job", time) for time in times]
    assert all(left < right for left, right in pairwise(ids))


def test_they_are_unique_within_a_millisecond_and_safe_in_a_url() -> None:
    ids = {identifier("job", 1_763_900_000.5) for _ in range(5000)}
    assert len(ids) == 5000
    assert all(re.fullmatch(r"job_[0-9a-hjkmnp-tv-z]{26}", one) for one in ids)
