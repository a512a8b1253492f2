"""The patterns that strings of a request have to match, in words."""

from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    r"^[^\x00]*$": "Leave out the character U+0000.",
    r"^[^\x00-\x1f\x7f]*$": "Leave out control characters, such as tabs and line ends.",
    r"^[A-Za-z0-9][A-Za-z0-9 _+\-]*$": "Send letters, digits, blanks, `_`, `+` and `-`, a letter or digit first.",
    r"^[A-Za-z0-9][A-Za-z0-9._\-/]*$": "Take letters, digits, `.`, `_`, `-` and `/`, a letter or digit first.",
    r"^ds_[0-9a-z]{26}$": "Send the id of a dataset, `ds_` and 26 letters or digits; GET /v1/datasets lists them.",
    r"^job_[0-9a-z]{26}$": "Send the id of a job, `job_` and 26 letters or digits; GET /v1/jobs lists them.",
    r"^[^\x00:]{1,63}:[^\x00]{0,200}$": "Send `key:value`.",
    r"^[\x20-\x7e]+$": "Send printable ASCII characters.",
}


def spelled(pattern: str) -> str:
    """What a string that matches `pattern` is made of."""
    return _WORDS.get(pattern, f"Should match the pattern {pattern}.")
