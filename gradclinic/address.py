"""Where the service is, and the key to it, unless told otherwise."""

import os


def address() -> str:
    """`GRADCLINIC_URL`, or where `gradclinic up` serves in the same environment."""
    return os.environ.get("GRADCLINIC_URL") or f"http://127.0.0.1:{os.environ.get('GRADCLINIC_PORT') or 8000}"


def key() -> str | None:
    """`GRADCLINIC_API_KEY`; None where the service asks for no key."""
    return os.environ.get("GRADCLINIC_API_KEY") or None
