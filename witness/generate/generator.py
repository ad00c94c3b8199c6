"""The whole generation: truth first, then what each collection says of it.

Belongs here: which files are delivered, in which order, and where things are written.
Does not belong here: what is true, what a collection asks, what goes wrong.

    out_dir/livraisons/   what the pipeline receives, in the real formats
    out_dir/livraisons/personnes/   persons and stays, by département (`personnes.persons`)
    out_dir/suite/        what comes later: a département sends its answers again, an ESMS its bundle
    out_dir/verite/       what was true (`truth_files`), what each file states (`answers`), what separates the two
                          (`ecarts.parquet`: natural ; `defauts.csv`: injected)
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from witness.generate import reread, truth_files
from witness.generate import world as _monde
from witness.generate.answers import SCHEMA, SCHEMA_VIDES, Origine, reponses, vides
from witness.generate.collectes import cnsa, diamant, drees, finess, finess_activites, finess_reponses, insee, tdb
from witness.generate.defects import EXACTE, Fidelite, Registre, TauxDefauts
from witness.generate.geography import ECHELLES
from witness.generate.injection import Livraison, livrer
from witness.generate.parquet_pieces import Parquet
from witness.generate.personnes.channels.channel_file import Fichier
from witness.generate.personnes.persons import ecrire as ecrire_personnes
from witness.generate.personnes.persons import prevus
from witness.generate.sheet import Feuille
from witness.generate.streams import Flottants
from witness.generate.structures import EXTRACTIONS, MILLESIMES
from witness.generate.world import Monde

FORMAT = 3
FLUX = f"{MILLESIMES[-1] + 1}_06_07"
FLUX_CORRIGE = f"{MILLESIMES[-1] + 1}_09_06"
POPULATION = "insee_estim_pop_dep_sexe_age_quinq.csv.gz"
COLONNE_MANQUANTE = "Finess"  # what a row is about: without it, nothing of the file can be taken

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
    n_personnes: int = 0
    n_sejours: int = 0


@dataclass
class _Sortie:
    """Writing of deliveries and of what they state, one at a time."""

    dossier: Path
    monde: Monde
    taux: TauxDefauts
    registre: Registre
    progress: Avancement | None
    rangs: dict[str, int]  # order of reception
    vides: Parquet
    tailles: dict[str, int] = field(default_factory=dict)
    recues: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        s = self.monde.structures
        self.ej = dict(s.et.select("finess_et", "finess_ej").iter_rows())
        self.categories = dict(s.et.select("finess_et", "categorie").iter_rows())

    def origine(self, nom: str, source: str, document: str = "") -> Origine:
        return Origine(nom, source, document or source, self.rangs[nom])

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
        """Deliver a table ; returns what it answers before any injected defect."""
        feuille = replace(feuille, fermes=self._fermes(feuille), ej=np.array([self.ej.get(u) for u in feuille.unites]))
        livraison = livrer(feuille, self.monde.hasard, fidelite, self.taux, self.registre, corrige=corrige)
        origine = self.origine(feuille.nom, feuille.source_code, feuille.document)
        self.reponses(feuille.nom, reponses(feuille, livraison.colonnes, livraison.ecrites, origine))
        self.vides.ajouter(vides(feuille, livraison.colonnes, livraison.ecrites))
        self._livrer(livraison, feuille)
        return livraison.repondu

    def incomplete(self, feuille: Feuille, titre: str) -> None:
        """Deliver a table without the column of its key: what it states is lost, since it cannot be received."""
        feuille.colonnes.pop([c.titre for c in feuille.colonnes].index(titre))
        livraison = livrer(feuille, self.monde.hasard, EXACTE, TauxDefauts.aucun(), Registre())
        self.registre.noter(feuille.nom, 1, titre, "colonne_manquante", titre, "")
        self._livrer(livraison, feuille, attendue="refusee")

    def recue(
        self, nom: str, source: str, table: str, n_lignes: int, encodage: str = "utf-8", attendue: str = "acceptee",
        sha256: str | None = None,
    ) -> None:  # fmt: skip
        """Note how many records a table of a delivery really has. sha256: finds again a file that loses its name."""
        self.recues.append(
            {
                "livraison": nom,
                "source": source,
                "table": table,
                "recu_rang": self.rangs[nom],
                "n_lignes": n_lignes,
                "encodage": encodage,
                "attendue": attendue,
                "sha256": sha256,
            }
        )

    def personnes(self, nom: str, fichier: Fichier) -> None:
        """Deliver a file about persons."""
        sha256 = hashlib.sha256(fichier.octets).hexdigest()
        for table, n_lignes in fichier.tables.items():
            self.recue(nom, fichier.source, table, n_lignes, fichier.encodage, sha256=sha256)
        self.octets(nom, fichier.octets)

    def plus_tard(self, nom: str, fichier: Fichier) -> None:
        """Write a file about persons that comes after all others."""
        chemin = self.dossier / "suite" / nom
        chemin.parent.mkdir(parents=True, exist_ok=True)
        chemin.write_bytes(fichier.octets)

    def reponses(self, nom: str, tables: Iterable[pl.DataFrame], dossier: str = "reponses") -> None:
        """Write what a delivery states."""
        with Parquet(self.dossier / "verite" / dossier / f"{Path(nom).name.split('.')[0]}.parquet", SCHEMA) as sortie:
            sortie.ajouter(tables)

    def _livrer(self, livraison: Livraison, feuille: Feuille, attendue: str = "acceptee") -> None:
        source, table = feuille.source_code, feuille.table
        self.recue(livraison.nom, source, table, livraison.n_lignes, feuille.encodage, attendue)
        self.octets(livraison.nom, livraison.octets)

    def _fermes(self, feuille: Feuille) -> dict[int, list[str]]:
        """ET of the categories asked, closed before each year."""
        demandees = sorted({self.categories.get(u, "") for u in feuille.unites.tolist()})
        et = self.monde.structures.et.filter(pl.col("categorie").is_in(demandees))
        return {
            a: et.filter(pl.col("date_fermeture").dt.year() < a)["finess_et"].to_list()
            for a in np.unique(feuille.millesimes).tolist()
        }

    def _fait(self, nom: str, chemin: Path) -> None:
        self.tailles[nom] = chemin.stat().st_size
        if self.progress is not None:
            self.progress(nom, len(self.tailles), len(self.rangs))


def generate(
    out_dir: Path | str,
    *,
    scale: str = "departement",
    seed: int = 1,
    departements: tuple[str, ...] | None = None,
    taux: TauxDefauts | None = None,
    personnes: bool = True,
    progress: Avancement | None = None,
) -> Bilan:
    """Generate deliveries and their truth in `out_dir` (its folders `livraisons`, `suite` and `verite` are replaced).

    `scale`: a name of `ECHELLES` ; `departements` chooses them instead. The same seed gives the same bytes.
    `personnes`: persons and stays too ; without them, everything else is the same.
    `progress(file, done, total)` is called after each file. Raises ValueError on an unknown scale or département.
    """
    if departements is None:
        if scale not in ECHELLES:
            raise ValueError(f"échelle inconnue : {scale} (attendu : {', '.join(ECHELLES)})")
        departements = ECHELLES[scale]
    dossier = Path(out_dir)
    for sous_dossier in ("verite", "livraisons", "suite"):  # first what says that the rest is whole
        shutil.rmtree(dossier / sous_dossier, ignore_errors=True)
    for sous_dossier in ("livraisons", "suite", "verite/reponses", "verite/suite"):
        (dossier / sous_dossier).mkdir(parents=True)

    monde = _monde.construire(seed, tuple(departements))
    n_elements = truth_files.ecrire(monde, dossier / "verite")
    registre = Registre()
    taux = taux or TauxDefauts()
    peuples, des_personnes = prevus(monde) if personnes else (None, [])
    rangs = {nom: rang for rang, nom in enumerate(_noms(taux, des_personnes), start=1)}
    with Parquet(dossier / "verite" / "vides.parquet", SCHEMA_VIDES) as inconnues:
        sortie = _Sortie(dossier, monde, taux, registre, progress, rangs, inconnues)
        _referentiels(sortie)
        _collectes(sortie)
    peuple = None
    if peuples is not None:
        peuple = ecrire_personnes(
            monde, peuples, taux.personnes, dossier / "verite", sortie.personnes, sortie.plus_tard
        )
    _suite(sortie)
    registre.ecrire(dossier / "verite")
    pl.DataFrame(sortie.recues, schema_overrides={"sha256": pl.String}).sort("recu_rang", "table").write_parquet(
        dossier / "verite" / "livraisons.parquet"
    )
    reread.noter(dossier, _demande(scale, seed, tuple(departements), taux, personnes), sortie.tailles)
    natures = [d.nature for d in registre.defauts]
    defauts = {n: natures.count(n) for n in sorted(set(natures))}
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
        defauts=defauts | (peuple.defauts if peuple else {}),
        n_personnes=peuple.n_personnes if peuple else 0,
        n_sejours=peuple.n_sejours if peuple else 0,
    )


def est_faite(dossier: Path, *, scale: str, seed: int) -> bool:
    """Whether `generate(dossier, scale=…, seed=…)` would change nothing: same generator, every file there."""
    demande = _demande(scale, seed, ECHELLES.get(scale, ()), TauxDefauts(), personnes=True)
    return reread.est_faite(dossier, demande)


def _demande(
    echelle: str, graine: int, departements: tuple[str, ...], taux: TauxDefauts, personnes: bool
) -> dict[str, object]:
    """What to ask again to get the same bytes."""
    return {
        "format": FORMAT,
        "echelle": echelle,
        "graine": graine,
        "departements": departements,
        "millesimes": MILLESIMES,
        "personnes": personnes,
        "taux": asdict(taux),
    }


def _noms(taux: TauxDefauts, des_personnes: list[str]) -> list[str]:
    """Every delivery, in the order of reception: that of the names, as a folder is received."""
    noms = [f"cog/{insee.MILLESIME_COG}/{nom}.json" for nom in ("regions", "departements", "communes")]
    noms += [POPULATION, f"drees_ehpa_{drees.ANNEE}_structure.csv", diamant.nom("MS_TDP_ET", FLUX_CORRIGE)]
    noms += [finess.nom_fichier(contenu, jour) for contenu in ("structures", "activites") for jour in EXTRACTIONS]
    for annee in MILLESIMES:
        noms += [f"cnsa_occupation_{annee}.csv", f"cnsa_gmp_pmp_{annee}.csv", f"cnsa_prix_ehpad_{annee}-12-31.csv"]
        noms.append(tdb.nom(annee))
    noms += [diamant.nom(flux, FLUX) for flux in ("ERRD_EJ_ET", "ERRD_EJ", "PER_ERRD_EPRD", "CA_EJ_ET")]
    noms.append(diamant.nom("ERRD_EJ_ET", FLUX_CORRIGE))
    if taux.colonne_manquante > 0:
        noms.append(diamant.nom("MS_TDP_ET", FLUX))
    return sorted([*noms, *des_personnes], key=lambda nom: Path(nom).parts)


def _referentiels(s: _Sortie) -> None:
    for nom, texte in insee.cog(s.monde).items():
        s.recue(nom, "insee_cog", Path(nom).stem, len(json.loads(texte)))
        s.octets(nom, texte.encode())
    population = insee.population(s.monde)
    s.recue(POPULATION, "insee_population", "population", population.count("\n") - 1)
    s.compresse(POPULATION, [population])
    for jour in EXTRACTIONS:
        et = finess.livrees(s.monde, jour, s.taux, s.registre)
        nom = finess.nom_fichier("structures", jour)
        origine = s.origine(nom, "finess")
        s.reponses(nom, finess_reponses.identites(s.monde, jour, et, origine))
        s.vides.ajouter(finess_reponses.vides(s.monde, jour, et, origine))
        s.recue(nom, "finess", "ej", len(s.monde.structures.ej))
        s.recue(nom, "finess", "et", len(et))
        s.compresse(nom, finess.ecrire(s.monde, jour, et))
        triplets = finess_activites.livrees(s.monde, et, jour)
        nom = finess.nom_fichier("activites", jour)
        s.reponses(nom, finess_reponses.capacites(s.monde, jour, triplets, s.origine(nom, "finess")))
        for table, n in finess_activites.comptes(triplets).items():
            s.recue(nom, "finess", table, n)
        s.compresse(nom, finess_activites.ecrire(s.monde, jour, triplets))


def _collectes(s: _Sortie) -> None:
    for annee in MILLESIMES:
        s.feuille(cnsa.occupation(s.monde, annee), cnsa.OCCUPATION)
        s.feuille(cnsa.gmp_pmp(s.monde, annee), cnsa.GMP)
        s.feuille(cnsa.prix(s.monde, annee), cnsa.PRIX)
    s.feuille(drees.ehpa(s.monde), drees.EHPA)
    repondu = {annee: s.feuille(tdb.export(s.monde, annee), tdb.TABLEAU) for annee in MILLESIMES}
    if s.taux.colonne_manquante > 0:
        s.incomplete(diamant.tdb(s.monde, FLUX, repondu), COLONNE_MANQUANTE)
    s.feuille(diamant.tdb(s.monde, FLUX_CORRIGE, repondu), diamant.EXTRAIT)
    errd = diamant.errd(s.monde, FLUX, s.taux, s.registre)
    s.feuille(errd, diamant.COMPTES)
    s.feuille(diamant.errd(s.monde, FLUX_CORRIGE, s.taux, s.registre), diamant.COMPTES, corrige=True)
    s.feuille(diamant.errd_ej(s.monde, FLUX), diamant.RATIOS_EJ)
    s.feuille(diamant.depots(s.monde, FLUX, errd), EXACTE)
    s.feuille(diamant.ca(s.monde, FLUX, s.taux, s.registre), diamant.COMPTES)


def _suite(s: _Sortie) -> None:
    """The last campaign of the tableau de bord again, for the first département alone: its wrong values put right."""
    feuille = tdb.export(s.monde, MILLESIMES[-1])
    departement = s.monde.territoire.departements["code"][0]
    membres = set(s.monde.structures.et.filter(pl.col("departement") == departement)["finess_et"])
    seulement = np.array([u in membres for u in feuille.unites.tolist()], dtype=bool)
    livraison = livrer(feuille, s.monde.hasard, tdb.TABLEAU, s.taux, Registre(), seulement=seulement)
    origine = Origine(feuille.nom, feuille.source_code, feuille.document, len(s.rangs) + 1)
    s.reponses(feuille.nom, reponses(feuille, livraison.colonnes, livraison.ecrites, origine), "suite")
    (s.dossier / "suite" / feuille.nom).write_bytes(livraison.octets)
