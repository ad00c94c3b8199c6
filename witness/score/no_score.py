"""What stops a score, in French: the message says what is expected.

Belongs here: those errors. Does not belong here: noticing them (`truth_tables`, `layer`).
"""


class NoTruth(ValueError):
    """The folder is not the truth of a generation."""


class NothingToScore(RuntimeError):
    """Nothing is published, or what is published did not come from these deliveries."""
