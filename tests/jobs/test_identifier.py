"""Ids."""

import re
from itertools import pairwise

from service.jobs.identifier import identifier


def test_they_sort_by_time() -> None:
    times = [0.0, 0.001, 1.0, 31.999, 32.0, 1_763_900_000.123, 1_763_900_000.124, 4e9]
    ids = [identifier("job", time) for time in times]
    assert all(left < right for left, right in pairwise(ids))


def test_they_sort_within_a_millisecond_as_they_were_made() -> None:
    ids = [identifier("job", 1_763_900_000.25) for _ in range(5000)]
    assert all(left < right for left, right in pairwise(ids))
    assert len({one[:14] for one in ids}) == 1


def test_a_clock_that_is_set_back_sets_ids_back() -> None:
    late, early = identifier("job", 1_763_900_000.75), identifier("job", 1_763_900_000.0)
    assert early < late


def test_they_are_unique_within_a_millisecond_and_safe_in_a_url() -> None:
    ids = [identifier("job", 1_763_900_000.5) for _ in range(5000)]
    assert len(set(ids)) == 5000
    assert all(re.fullmatch(r"job_[0-9a-hjkmnp-tv-z]{26}", one) for one in ids)
