"""DIAMANT: what the ARS receive of the tableau de bord, of the ERRD and of the CA, with its signs and its fractions.

Belongs here: the flows, their titles, their double deposits. Does not belong here: the defects that any table carries.
Charges are negative, rates are fractions, doubles are written with 17 significant digits, one file holds several years.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.collectes.questionnaire import Questionnaire, repondants
from witness.generate.collectes.tdb import interroges
from witness.generate.defects import EXACTE, Fidelite, Question, Registre, TauxDefauts
from witness.generate.sheet import BRUT, FRACTION_POINT, Colonne, Feuille
from witness.generate.streams import Entiers, Flottants
from witness.generate.structures import MILLESIMES
from witness.generate.world import Monde

COMPTES = Fidelite(reponse=0.95, vide=0.01, tolere=0.0, hors_tolerance=0.003, retard=0.0)
RATIOS_EJ = Fidelite(reponse=1.0, vide=0.01, tolere=0.02, hors_tolerance=0.01, retard=0.0)
EXTRAIT = EXACTE  # it repeats the answers of the tableau de bord
PART_ANCIEN_DEPOT = 0.985  # what the first of two deposits held, relative to the second
GROUPES = (("I", "g1"), ("II", "g2"), ("III", "g3"))


def nom(flux: str, date_flux: str) -> str:
    """`ANN_ERRD_EJ_ET_2025_06_07.CSV`."""
    return f"ANN_{flux}_{date_flux}.CSV"


def tdb(monde: Monde, date_flux: str, repondu: dict[int, dict[str, Flottants]]) -> Feuille:
    """ANN_MS_TDP_ET: the answers already given to the tableau de bord (`repondu`: year -> variable -> answers)."""
    lignes = np.concatenate([interroges(monde, a) for a in MILLESIMES])
    q = Questionnaire(monde, lignes)
    q.texte("Finess", q.finess_et).texte("Année", q.annees.astype(str))
    q.nombre("Nombre de CDD de remplacement", "cdd_remplacement", 0)
    q.nombre("Durée moyenne de séjour/d'accompagnement", "dms_jours", 1)
    for titre, variable in (
        ("Taux de réalisation de l’activité Tout ESMS (Hors services CAMSP et CMPP)", "tx_realisation"),
        ("Taux de réalisation de l’activité CAMSP et CMPP", "tx_realisation_seances"),
    ):
        q.nombre(titre, variable, FRACTION_POINT, 100)
    q.nombre("Nombre moyen de journées d'absence des personnes accompagnées sur la période", "absences_moyennes", 2)
    q.nombre("File active des personnes accompagnées sur la période", "file_active", 0)
    for titre, variable in (
        ("Taux d'ETP vacants au 31/12", "tx_etp_vacants"),
        ("Taux de prestations externes sur les prestations directes", "tx_prestations_externes"),
        ("Taux de rotation du personnel sur effectifs réels", "tx_rotation_rh"),
        ("Taux d'absentéisme pour maladie ordinaire/courte durée", "absence_courte"),
        ("Taux d'absentéisme pour maladie moyenne durée", "absence_moyenne"),
        ("Taux d'absentéisme pour maladie longue durée", "absence_longue"),
        ("Taux d'absentéisme pour maternité/paternité", "absence_maternite"),
        ("Taux d'absentéisme pour accident du travail / maladie professionnelle", "absence_at_mp"),
        ("Taux d'absentéisme pour congés spéciaux dont sans solde", "absence_conges"),
    ):
        q.nombre(titre, variable, FRACTION_POINT, 100)
    q.date("Date d'entrée en vigueur du CPOM", "cpom_effet")
    q.nombre("Taux d'absentéisme (hors formation)", "tx_absenteisme", FRACTION_POINT, 100)
    q.regrouper()
    for colonne in q.colonnes:
        if colonne.nombres is not None and colonne.variable is not None:
            reponses = np.concatenate([repondu[a][colonne.variable] for a in MILLESIMES])
            colonne.repondu = reponses / colonne.facteur
    feuille = _feuille(nom("MS_TDP_ET", date_flux), q, 0, "tdb_diamant", "tdb")
    feuille.document, feuille.groupees = "tdb", q.groupees
    return feuille


def errd(monde: Monde, date_flux: str, taux: TauxDefauts, registre: Registre) -> Feuille:
    """ANN_ERRD_EJ_ET: accounts and activity of the ET under ERRD ; a few have two deposits, the other one older."""
    lignes = repondants(monde, "errd", None, MILLESIMES, COMPTES.reponse, cadre="ERRD")
    doubles = _doubles(monde, lignes, "errd", taux)
    q = Questionnaire(monde, np.concatenate([lignes, doubles]))
    ancien = np.arange(len(q.lignes)) >= len(lignes)
    depots = numeros_depot(monde, q.lignes) - 40_000 * ancien
    p, est_ehpad = monde.panel, monde.panel.est("EHPAD")
    q.texte("Finess EJ", q.finess_ej, "id_finess_ej").texte("Finess", q.finess_et).texte("Année", q.annees.astype(str))
    q.texte("Id Dépôt", depots.astype(str))
    q.nombre("MS Résultat net comptable ERRD", "resultat", BRUT)
    q.nombre("Nombre ETP total réalisé ERRD", "etp_moyen_annuel", BRUT)
    q.nombre("655 Quotes-parts de résultat sur opérations faites en commun", "frais_siege", BRUT, -1)
    for romain, g in GROUPES:
        q.nombre(f"Dépenses Groupe {romain} ERRD", f"charges_{g}", BRUT, -1)
    for romain, g in GROUPES:
        q.nombre(f"Recettes Groupe {romain} ERRD", f"produits_{g}", BRUT)
    for titre, variable in (
        ("Taux d'occupation des places autorisées en hébergement permanent", "tx_occ_permanent"),
        ("Taux d'occupation des lits autorisés en hébergement temporaire", "tx_occ_ht"),
        ("Taux d'occupation des lits autorisés en accueil de jour", "tx_occ_aj"),
    ):
        q.valeurs(titre, np.where(est_ehpad, p.v[variable], np.nan), variable, BRUT, 100)
    q.caractere("Type dépot ERRD", "type_depot")
    for titre, variable in (
        ("Externat", "tx_occ_externat"),
        ("Semi-internat", "tx_occ_semi_internat"),
        ("Internat", "tx_occ_internat"),
        ("Autre 1, 2 et 3", "tx_occ_milieu_ordinaire"),
    ):
        q.nombre(f"Taux d'occupation {titre} Autres ESMS", variable, BRUT, 100)
    q.nombre("Taux d'occupation global ERRD", "tx_occ_global", BRUT, 100)
    q.nombre("Taux d'occupation global Autres ESMS", "tx_occ_global_autres", BRUT, 100)
    vide = np.full(len(q.lignes), None, dtype=object)
    q.texte("Etat taux d'occupation global Autres ESMS", vide).texte("Etat taux d'occupation global ERRD", vide)
    _vieillir(q, ancien)
    feuille = _feuille(nom("ERRD_EJ_ET", date_flux), q, 1, "errd", "errd_et")
    feuille.depots, feuille.lignes_fixes = depots.astype(str).tolist(), True
    feuille.ko = [(21, 24), (22, 23)]
    feuille.intouchables = frozenset(np.flatnonzero(ancien).tolist())
    for i in np.flatnonzero(ancien):
        question = Question("ET", q.finess_et[i], "site", str(q.annees[i]))
        vrai = str(depots[i] + 40_000)
        registre.noter(feuille.nom, int(i) + 2, "Id Dépôt", "double_depot", vrai, str(depots[i]), question)
    return feuille


def ca(monde: Monde, date_flux: str, taux: TauxDefauts, registre: Registre) -> Feuille:
    """ANN_CA_EJ_ET: accounts outside ERRD ; a few ET under ERRD also deposited a CA."""
    lignes = np.sort(
        np.concatenate(
            [repondants(monde, "ca", None, MILLESIMES, COMPTES.reponse, cadre=c) for c in ("CA_PA", "CA_PH")]
        )
    )
    doubles = _doubles(monde, repondants(monde, "errd", None, MILLESIMES, COMPTES.reponse, cadre="ERRD"), "ca", taux)
    q = Questionnaire(monde, np.concatenate([lignes, doubles]))
    p = monde.panel
    pa = np.isin(p.par_et(p.table_et["domaine"].to_numpy().astype(str)), ["PA", "MULTI"])
    en_trop = np.arange(len(q.lignes)) >= len(lignes)

    def si(condition: np.ndarray, variable: str) -> Flottants:
        return np.where(condition, p.v[variable], np.nan)

    q.texte("Finess EJ", q.finess_ej, "id_finess_ej").texte("Finess", q.finess_et).texte("Année", q.annees.astype(str))
    q.valeurs("MS Résultat net comptable CA PH", si(~pa, "resultat"), "resultat", BRUT)
    q.valeurs("Taux de CAF CA PH", si(~pa, "tx_caf"), "tx_caf", BRUT, 100)
    q.nombre("Taux vétusté Autres immo CA", "tx_vetuste_autres_immo", BRUT, 100)
    q.nombre("Taux vétusté Construction CA", "tx_vetuste_constructions", BRUT, 100)
    q.nombre("Taux vétusté installations tech mat outil CA", "tx_vetuste_installations", BRUT, 100)
    q.nombre("Nombre ETP total réalisé CA", "etp_moyen_annuel", BRUT)
    q.valeurs("MS Résultat net comptable CA PA", si(pa, "resultat"), "resultat", BRUT)
    q.valeurs("Charges CA PA", si(pa, "charges"), None, BRUT, -1)
    q.valeurs("Produits CA PA", si(pa, "produits"), None, BRUT)
    for romain, g in GROUPES:
        q.valeurs(f"Recettes Groupe {romain} CA", si(~pa, f"produits_{g}"), f"produits_{g}", BRUT)
    for romain, g in GROUPES:
        q.valeurs(f"Dépenses Groupe {romain} CA", si(~pa, f"charges_{g}"), f"charges_{g}", BRUT, -1)
    for titre, variable in (
        ("Externat", "tx_occ_externat"),
        ("Semi-internat", "tx_occ_semi_internat"),
        ("Internat", "tx_occ_internat"),
        ("Séances", "tx_occ_seances"),
        ("Autre 1, 2 et 3", "tx_occ_milieu_ordinaire"),
        ("global", "tx_occ_global"),
    ):
        q.valeurs(f"Taux d'occupation {titre} CA", si(~pa, variable), variable, BRUT, 100)
    q.texte("Etat taux d'occupation global CA", np.full(len(q.lignes), None, dtype=object))
    _vieillir(q, en_trop)
    feuille = _feuille(nom("CA_EJ_ET", date_flux), q, 1, "ca", "ca_et")
    feuille.lignes_fixes = True
    feuille.ko = [(23, 24)]
    feuille.intouchables = frozenset(np.flatnonzero(en_trop).tolist())
    for i in np.flatnonzero(en_trop):
        question = Question("ET", q.finess_et[i], "site", str(q.annees[i]))
        registre.noter(feuille.nom, int(i) + 2, "Finess", "double_depot", "ERRD", q.finess_et[i], question)
    if taux.encodage_cp1252:
        feuille.encodage = "cp1252"
        registre.noter(feuille.nom, 1, "Année", "encodage_cp1252", "utf-8", "cp1252")
    return feuille


def errd_ej(monde: Monde, date_flux: str) -> Feuille:
    """ANN_ERRD_EJ: ratios of the EJ, one row per deposit."""
    comptes = monde.comptes_ej.filter(pl.col("millesime").is_in(list(MILLESIMES))).sort("millesime", "finess_ej")
    n = len(comptes)
    colonnes = [
        Colonne("Finess EJ", textes=comptes["finess_ej"].to_numpy()),
        Colonne("Année", textes=comptes["millesime"].cast(pl.String).to_numpy()),
        Colonne("Id Dépôt", textes=comptes["id_depot"].cast(pl.String).to_numpy()),
    ]
    for titre, variable in (
        ("Taux de CAF ERRD", "tx_caf"),
        ("Taux vétusté Autres immo ERRD", "tx_vetuste_autres_immo"),
        ("Taux vétusté Construction ERRD", "tx_vetuste_constructions"),
        ("Taux vétusté installations tech mat outil ERRD", "tx_vetuste_installations"),
    ):
        nombres = comptes[variable].to_numpy() / 100
        colonnes.append(Colonne(titre, nombres=nombres, decimales=BRUT, variable=variable, facteur=100))
    frng = comptes["frng"].to_numpy()
    colonnes.append(Colonne("Fonds de roulement net global ERRD", nombres=frng, decimales=BRUT, variable="frng"))
    return Feuille(
        nom=nom("ERRD_EJ", date_flux),
        colonnes=colonnes,
        cle=0,
        unites=comptes["finess_ej"].to_numpy().astype(str),
        millesimes=comptes["millesime"].to_numpy() if n else np.array(MILLESIMES[:0]),
        fin_de_ligne="\r\n",
        unite="EJ",
        collecte="errd_ej",
        table="errd_ej",
        source="errd",
        depots=comptes["id_depot"].cast(pl.String).to_list(),
    )


def depots(monde: Monde, date_flux: str, feuille_errd: Feuille) -> Feuille:
    """ANN_PER_ERRD_EPRD: which deposit covers which ET, as the ERRD flow says it."""
    colonnes = [Colonne(c.titre, textes=c.textes) for c in feuille_errd.colonnes[:4]]
    return Feuille(
        nom=nom("PER_ERRD_EPRD", date_flux),
        colonnes=colonnes,
        cle=1,
        unites=feuille_errd.unites,
        millesimes=feuille_errd.millesimes,
        fin_de_ligne="\r\n",
        collecte="depots",
        table="depots",
        source="errd",
    )


def numeros_depot(monde: Monde, lignes: Entiers) -> Entiers:
    """Deposit number of the EJ and year of each row of the panel."""
    numeros = {(e, a): d for e, a, d in monde.comptes_ej.select("ej_id", "millesime", "id_depot").iter_rows()}
    p = monde.panel
    return np.array(
        [numeros[int(e), int(a)] for e, a in zip(p.ej[lignes], p.annee[lignes], strict=True)], dtype=np.int64
    )


def _doubles(monde: Monde, lignes: Entiers, compte: str, taux: TauxDefauts) -> Entiers:
    if taux.double_depot <= 0 or len(lignes) == 0:
        return lignes[:0]
    rng = monde.hasard.flux(f"double_depot/{compte}")
    return np.sort(rng.choice(lignes, max(1, round(taux.double_depot * len(lignes))), replace=False))


def _vieillir(q: Questionnaire, anciens: np.ndarray) -> None:
    """The other deposit of an ET was made earlier in the year: amounts a little lower."""
    for colonne in q.colonnes:
        if colonne.nombres is not None and (colonne.variable or "").startswith(("charges", "produits", "resultat")):
            colonne.verite = colonne.nombres
            colonne.nombres = np.where(anciens, np.round(colonne.nombres * PART_ANCIEN_DEPOT, 2), colonne.nombres)


def _feuille(fichier: str, q: Questionnaire, cle: int, collecte: str, table: str) -> Feuille:
    return Feuille(fichier, q.colonnes, cle, q.finess_et, q.annees, fin_de_ligne="\r\n", collecte=collecte, table=table)
