"""Where theory ends."""


class NoClosedForm(Exception):
    """What a layer does is not told by its spec. The message says why, as the end of "no prediction: …"."""
