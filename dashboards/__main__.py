"""`python -m dashboards [--port N]`.

Belongs here: the arguments. Does not belong here: how the application starts (`dashboards.start`).
"""

from __future__ import annotations

import argparse
import sys

from dashboards import start

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m dashboards", description="Tableaux de bord, sur cette machine.")
    parser.add_argument("--port", type=int, default=None, help="port d'écoute (8501 par défaut)")
    sys.exit(start(parser.parse_args().port))
