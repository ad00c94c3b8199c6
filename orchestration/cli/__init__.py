"""The `dlnuf` command: one file a group of commands, what they say in French, how progress is shown.

Belongs here: arguments, exit codes, wording. Does not belong here: any work.
"""


def main() -> None:
    """Entry point of the command `dlnuf`."""
    from orchestration.cli.command import main as run

    run()
