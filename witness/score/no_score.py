"""What prevents a score. The messages are in French, and say what is expected.

Belongs here: these errors. Does not belong here: finding out that one applies.
"""


class NoTruth(ValueError):
    """The folder is not the truth of a generation."""


class NothingToScore(RuntimeError):
    """Nothing is published, or what is published did not come from these deliveries."""
