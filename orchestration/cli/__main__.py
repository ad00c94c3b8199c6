"""`python -m orchestration.cli`: the command, where its script is not installed. Nothing else."""

from orchestration.cli import main

main()
