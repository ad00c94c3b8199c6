"""`make dagster`: the Dagster service over one home, which starts clean after whatever ended the last one.

Belongs here: what is done before Dagster takes over. Does not belong here: its settings (`instance`), which runs died
with the last service (`orphan_runs`), what is served (`definitions`).
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from ingest import home_format
from ingest.home import Home, reserve
from ingest.protect import keyrings
from orchestration import instance

KEY = (
    "La clé de DLNUF_CLE reste dans l'environnement des processus de Dagster, que ce compte peut lire. Remède : un "
    "trousseau dans un fichier (dlnuf keys create, DLNUF_CLES), et DLNUF_CLE retirée."
)
SERVED = "Un service Dagster tient déjà ce dossier. Fermez-le avant d'en ouvrir un autre."


def ready(home: Home) -> list[str]:
    """Writes Dagster's settings, and ends the runs that died with the last service; returns their identifiers."""
    import dagster as dg

    from orchestration import orphan_runs

    folder = instance.prepare(home)
    with dg.DagsterInstance.from_config(str(folder)) as opened:
        return orphan_runs.end(opened, home)


def serve(arguments: list[str]) -> None:
    """Becomes `dagster dev`, with these arguments. Its process holds the home as long as it lives."""
    reserve()
    home = Home.from_env()
    try:
        home_format.check(home)
    except home_format.HomeTooNew as error:
        sys.exit(str(error))
    home.dagster.mkdir(parents=True, exist_ok=True)
    handle = os.open(home.dagster / "service.verrou", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(SERVED)
    os.set_inheritable(handle, True)  # kept by what this process becomes, and by none of its children
    for run_id in ready(home):
        print(f"Traitement {run_id} : interrompu avec le service précédent, noté en échec.", file=sys.stderr)
    if keyrings.of_environment():
        print(KEY, file=sys.stderr)
    dagster = str(Path(sys.executable).with_name("dagster"))
    os.execve(dagster, [dagster, "dev", *arguments], {**os.environ, "DAGSTER_HOME": str(home.dagster)})


if __name__ == "__main__":
    serve(sys.argv[1:])
