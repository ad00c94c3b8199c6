"""`python -m orchestration.cli`: the command, where its script is not installed.

Belongs here: that call. Does not belong here: the command (`command`).
"""

from orchestration.cli import main

main()
