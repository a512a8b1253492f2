"""Ids that sort by the time they were made."""

import secrets
from threading import Lock

# Crockford's base 32: no letter that reads as a digit, and its characters sort in the order of their values.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_DIGITS, _RANDOM_BITS = 26, 80
_FURTHER_BITS = 40

_lock = Lock()
_last = -1


def identifier(prefix: str, seconds: float) -> str:
    """`prefix`_ and 26 characters: 50 bits for the milliseconds of `seconds` since the epoch, 80 random bits.

    Of one millisecond, an id is greater than the last that this process made, as a monotonic ULID is: jobs that are
    sent one after another are listed so.
    """
    global _last  # noqa: PLW0603
    milliseconds = int(seconds * 1000)
    with _lock:
        if _last >> _RANDOM_BITS == milliseconds:
            _last += 1 + secrets.randbits(_FURTHER_BITS)
        else:
            _last = milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        number = _last
    return f"{prefix}_{''.join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_DIGITS)))}"
