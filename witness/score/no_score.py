"""What stops a score, in French: the message says what is expected."""


class NoTruth(ValueError):
    """The folder is not the truth of a generation."""


class NothingToScore(RuntimeError):
    """Nothing is published, or what is published did not come from these deliveries."""
