"""The whole generation: truth first, then what each collection says of it.

Belongs here: which files are delivered, in which order, and where things are written.
Does not belong here: what is true, what a collection asks, what goes wrong.

    out_dir/livraisons/   what the pipeline receives, in the real formats
    out_dir/verite/       what was true (`verite`), what each file answered (`reponses/`), what separates the two
                          (`ecarts.parquet`: natural ; `defauts.csv`: injected)
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from ingest.synthetic import monde as _monde
from ingest.synthetic import verite
from ingest.synthetic.collectes import cnsa, diamant, drees, finess, finess_activites, insee, tdb
from ingest.synthetic.defauts import EXACTE, Fidelite, Registre, TauxDefauts
from ingest.synthetic.feuille import Feuille
from ingest.synthetic.hasard import Flottants
from ingest.synthetic.injection import livrer
from ingest.synthetic.monde import Monde
from ingest.synthetic.structures import MILLESIMES
from ingest.synthetic.territoire import ECHELLES

# FINESS is extracted in the first days of the year, so that it tells the state at 31/12 of the year before.
EXTRACTIONS = tuple(date(a + 1, 1, 6) for a in MILLESIMES)
FLUX = f"{MILLESIMES[-1] + 1}_06_07"
N_FICHIERS = 23
FLUX_CORRIGE = f"{MILLESIMES[-1] + 1}_09_06"

Avancement = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Bilan:
    """What a generation made. `livraisons`: size in bytes of each file, by path relative to `livraisons/`."""

    dossier: Path
    echelle: str
    graine: int
    departements: tuple[str, ...]
    n_et: int
    n_et_ouverts: int
    n_ej: int
    n_elements: int
    livraisons: dict[str, int]
    defauts: dict[str, int]


@dataclass
class _Sortie:
    """Writing of deliveries and of their answers, one at a time."""

    dossier: Path
    monde: Monde
    taux: TauxDefauts
    registre: Registre
    progress: Avancement | None
    total: int
    tailles: dict[str, int] = field(default_factory=dict)

    def octets(self, nom: str, contenu: bytes) -> None:
        chemin = self.dossier / "livraisons" / nom
        chemin.parent.mkdir(parents=True, exist_ok=True)
        chemin.write_bytes(contenu)
        self._fait(nom, chemin)

    def compresse(self, nom: str, blocs: Iterable[str]) -> None:
        """Gzip without a date nor a name inside: the same text gives the same bytes."""
        chemin = self.dossier / "livraisons" / nom
        with (
            chemin.open("wb") as brut,
            gzip.GzipFile("", "wb", 6, brut, mtime=0) as flux,
            io.TextIOWrapper(flux, encoding="utf-8", newline="") as texte,
        ):
            texte.writelines(blocs)
        self._fait(nom, chemin)

    def feuille(self, feuille: Feuille, fidelite: Fidelite, *, corrige: bool = False) -> dict[str, Flottants]:
        livraison = livrer(feuille, self.monde.hasard, fidelite, self.taux, self.registre, corrige=corrige)
        self.reponses(feuille.nom, livraison.reponses.with_columns(pl.lit(feuille.unite).alias("unite")))
        self.octets(livraison.nom, livraison.octets)
        return livraison.repondu

    def reponses(self, nom: str, table: pl.DataFrame) -> None:
        if len(table):
            table.write_parquet(self.dossier / "verite" / "reponses" / f"{Path(nom).name.split('.')[0]}.parquet")

    def _fait(self, nom: str, chemin: Path) -> None:
        self.tailles[nom] = chemin.stat().st_size
        if self.progress is not None:
            self.progress(nom, len(self.tailles), self.total)


def generate(
    out_dir: Path | str,
    *,
    scale: str = "departement",
    seed: int = 1,
    departements: tuple[str, ...] | None = None,
    taux: TauxDefauts | None = None,
    progress: Avancement | None = None,
) -> Bilan:
    """Generate deliveries and their truth in `out_dir` (its folders `livraisons` and `verite` are replaced).

    `scale`: departement | region | national ; `departements` chooses them instead. The same seed gives the same bytes.
    `progress(file, done, total)` is called after each file. Raises ValueError on an unknown scale or département.
    """
    if departements is None:
        if scale not in ECHELLES:
            raise ValueError(f"échelle inconnue : {scale} (attendu : {', '.join(ECHELLES)})")
        departements = ECHELLES[scale]
    dossier = Path(out_dir)
    for sous_dossier in ("livraisons", "verite"):
        shutil.rmtree(dossier / sous_dossier, ignore_errors=True)
    (dossier / "livraisons").mkdir(parents=True)
    (dossier / "verite" / "reponses").mkdir(parents=True)

    monde = _monde.construire(seed, tuple(departements))
    n_elements = verite.ecrire(monde, dossier / "verite")
    registre = Registre()
    sortie = _Sortie(dossier, monde, taux or TauxDefauts(), registre, progress, N_FICHIERS)
    _referentiels(sortie)
    _collectes(sortie)
    registre.ecrire(dossier / "verite")
    _manifeste(dossier / "verite" / "generation.json", scale, seed, tuple(departements), sortie.taux)
    natures = [d.nature for d in registre.defauts]
    et = monde.structures.et
    return Bilan(
        dossier=dossier,
        echelle=scale,
        graine=seed,
        departements=tuple(departements),
        n_et=len(et),
        n_et_ouverts=int(et["date_fermeture"].is_null().sum()),
        n_ej=len(monde.structures.ej),
        n_elements=n_elements,
        livraisons=sortie.tailles,
        defauts={n: natures.count(n) for n in sorted(set(natures))},
    )


def _manifeste(chemin: Path, echelle: str, graine: int, departements: tuple[str, ...], taux: TauxDefauts) -> None:
    """What to ask again to get the same bytes."""
    contenu = {
        "echelle": echelle,
        "graine": graine,
        "departements": departements,
        "millesimes": MILLESIMES,
        "taux": asdict(taux),
    }
    chemin.write_text(json.dumps(contenu, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _referentiels(s: _Sortie) -> None:
    for nom, texte in insee.cog(s.monde).items():
        s.octets(nom, texte.encode())
    s.compresse("insee_estim_pop_dep_sexe_age_quinq.csv.gz", [insee.population(s.monde)])
    for jour in EXTRACTIONS:
        s.compresse(finess.nom_fichier("structures", jour), finess.ecrire(s.monde, jour, s.taux, s.registre))
        nom = finess.nom_fichier("activites", jour)
        s.compresse(nom, finess_activites.ecrire(s.monde, jour))
        s.reponses(nom, finess_activites.reponses(s.monde, jour).with_columns(pl.lit("ET").alias("unite")))


def _collectes(s: _Sortie) -> None:
    for annee in MILLESIMES:
        s.feuille(cnsa.occupation(s.monde, annee), cnsa.OCCUPATION)
        s.feuille(cnsa.gmp_pmp(s.monde, annee), cnsa.GMP)
        s.feuille(cnsa.prix(s.monde, annee), cnsa.PRIX)
    s.feuille(drees.ehpa(s.monde), drees.EHPA)
    repondu = {annee: s.feuille(tdb.export(s.monde, annee), tdb.TABLEAU) for annee in MILLESIMES}
    s.feuille(diamant.tdb(s.monde, FLUX_CORRIGE, repondu), diamant.EXTRAIT)
    errd = diamant.errd(s.monde, FLUX, s.taux, s.registre)
    s.feuille(errd, diamant.COMPTES)
    s.feuille(diamant.errd(s.monde, FLUX_CORRIGE, s.taux, s.registre), diamant.COMPTES, corrige=True)
    s.feuille(diamant.errd_ej(s.monde, FLUX), diamant.RATIOS_EJ)
    s.feuille(diamant.depots(s.monde, FLUX, errd), EXACTE)
    s.feuille(diamant.ca(s.monde, FLUX, s.taux, s.registre), diamant.COMPTES)
