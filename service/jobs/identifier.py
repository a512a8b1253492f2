"""Ids that sort by the time they were made."""

import secrets

# Crockford's base 32: no letter that reads as a digit, and its characters sort in the order of their values.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_DIGITS, _RANDOM_DIGITS = 10, 16


def identifier(prefix: str, seconds: float) -> str:
    """`prefix`_ and 26 characters: 50 bits for the milliseconds of `seconds` since the epoch, 80 random bits."""
    milliseconds = int(seconds * 1000)
    return f"{prefix}_{_digits(milliseconds, _TIME_DIGITS)}{_digits(secrets.randbits(80), _RANDOM_DIGITS)}"


def _digits(number: int, width: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(width)))
