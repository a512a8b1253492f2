"""Sessions of the dashboard: what a login puts into a cookie, in place of the key.

A session is signed with a secret that only its key can give. So nothing of it is stored: every API process with the
same keys knows it, and it ends with its time or with its key.
"""

import hmac
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import scrypt, sha256

SECONDS = 24 * 3600
_SHAPE = re.compile(r"(?P<signed>(?P<ends>[0-9]{1,12})\.[A-Za-z0-9_-]{22})\.(?P<signature>[A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Session:
    """A session that was opened, and is not over yet."""

    digest: bytes
    """That of its key."""
    ends: int
    """Seconds since 1970."""


class Sessions:
    """Opens sessions for keys, which it knows as digests, and tells which sessions are its own."""

    def __init__(self, digests: Sequence[bytes]) -> None:
        self._digests = list(digests)

    def open(self, digest: bytes) -> str:
        """The value of a new session for the key with this digest, one of those it was made with."""
        signed = f"{int(time.time()) + SECONDS}.{secrets.token_urlsafe(16)}"
        return f"{signed}.{_signature(self._secrets[self._digests.index(digest)], signed)}"

    def find(self, value: str) -> Session | None:
        """The session of that value; None where it is over, or where no key of ours has signed it."""
        parts = _SHAPE.fullmatch(value)
        if parts is None or int(parts["ends"]) <= time.time():
            return None
        # Every secret is tried, so that the time taken says nothing.
        ours = [
            digest
            for digest, secret in zip(self._digests, self._secrets, strict=True)
            if hmac.compare_digest(_signature(secret, parts["signed"]), parts["signature"])
        ]
        return Session(ours[0], int(parts["ends"])) if ours else None

    @cached_property
    def _secrets(self) -> list[bytes]:
        # Slow to derive (10 ms), but once a process: whoever gets hold of a session shall not quickly guess its key.
        return [scrypt(digest, salt=b"gradclinic session", n=1 << 12, r=8, p=1, dklen=32) for digest in self._digests]


def _signature(secret: bytes, signed: str) -> str:
    return urlsafe_b64encode(hmac.digest(secret, signed.encode(), sha256)).rstrip(b"=").decode()
