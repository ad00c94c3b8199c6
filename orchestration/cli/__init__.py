"""The `dlnuf` command: one file a group of commands, what they say in French, how progress is shown.

Belongs here: arguments, exit codes, wording. Does not belong here: any work.
"""

import sys

from orchestration import interruption


def main() -> None:
    """Entry point of the command `dlnuf`. Interrupted at any moment, it says so and exits with 130."""
    interruption.listen()
    try:
        from orchestration.cli.command import main as run

        run()
    except BaseException:
        if not interruption.asked():
            raise
        print(interruption.said(), file=sys.stderr)
        sys.exit(interruption.EXIT_CODE)
