"""DIAMANT: what the ARS receive of the tableau de bord, of the ERRD and of the CA.

Belongs here: the flows, their titles, their double deposits. Does not belong here: the defects that any table carries.

In these files charges are negative, rates are fractions, numbers have 17 significant digits, and one file holds several
years.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate.collectes.questionnaire import Questionnaire, respondents
from witness.generate.collectes.tdb import asked_rows
from witness.generate.defects import EXACT, DefectRates, Fidelity, Ledger, Question
from witness.generate.sheet import FRACTION_POINT, RAW, Column, Sheet
from witness.generate.streams import Floats, Integers
from witness.generate.structures import MILLESIMES
from witness.generate.world import World

ACCOUNTS = Fidelity(answering=0.95, empty=0.01, tolerated=0.0, beyond_tolerance=0.003, late=0.0)
RATIOS_EJ = Fidelity(answering=1.0, empty=0.01, tolerated=0.02, beyond_tolerance=0.01, late=0.0)
EXTRACT = EXACT  # it repeats the answers of the tableau de bord
OLDER_DEPOSIT_SHARE = 0.985  # what the first of two deposits held, relative to the second
GROUPES = (("I", "g1"), ("II", "g2"), ("III", "g3"))


def filename(flow: str, flow_date: str) -> str:
    """Name of the file of a flow: `ANN_ERRD_EJ_ET_2025_06_07.CSV`."""
    return f"ANN_{flow}_{flow_date}.CSV"


def tdb(world: World, flow_date: str, answered: dict[int, dict[str, Floats]]) -> Sheet:
    """ANN_MS_TDP_ET, which repeats the answers already given to the tableau de bord.

    `answered` gives them by year, then by variable.
    """
    rows = np.concatenate([asked_rows(world, a) for a in MILLESIMES])
    q = Questionnaire(world, rows)
    q.text("Finess", q.finess_et).text("Année", q.years.astype(str))
    q.number("Nombre de CDD de remplacement", "cdd_remplacement", 0)
    q.number("Durée moyenne de séjour/d'accompagnement", "dms_jours", 1)
    for title, variable in (
        ("Taux de réalisation de l’activité Tout ESMS (Hors services CAMSP et CMPP)", "tx_realisation"),
        ("Taux de réalisation de l’activité CAMSP et CMPP", "tx_realisation_seances"),
    ):
        q.number(title, variable, FRACTION_POINT, 100)
    q.number("Nombre moyen de journées d'absence des personnes accompagnées sur la période", "absences_moyennes", 2)
    q.number("File active des personnes accompagnées sur la période", "file_active", 0)
    for title, variable in (
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
        q.number(title, variable, FRACTION_POINT, 100)
    q.date("Date d'entrée en vigueur du CPOM", "cpom_effet")
    q.number("Taux d'absentéisme (hors formation)", "tx_absenteisme", FRACTION_POINT, 100)
    q.double_grouped()
    for column in q.columns:
        if column.numbers is not None and column.variable is not None:
            answers = np.concatenate([answered[a][column.variable] for a in MILLESIMES])
            column.answered = answers / column.factor
    sheet = _sheet(filename("MS_TDP_ET", flow_date), q, 0, "tdb_diamant", "tdb")
    sheet.document, sheet.grouped = "tdb", q.grouped
    return sheet


def errd(world: World, flow_date: str, rates: DefectRates, ledger: Ledger) -> Sheet:
    """ANN_ERRD_EJ_ET: accounts and activity of the ET under ERRD. A few have a second deposit, which is older."""
    rows = respondents(world, "errd", None, MILLESIMES, ACCOUNTS.answering, cadre="ERRD")
    doubles = _double_deposits(world, rows, "errd", rates)
    q = Questionnaire(world, np.concatenate([rows, doubles]))
    older = np.arange(len(q.rows)) >= len(rows)
    depots = deposit_numbers(world, q.rows) - 40_000 * older
    p, is_ehpad = world.panel, world.panel.is_a("EHPAD")
    q.text("Finess EJ", q.finess_ej, "id_finess_ej").text("Finess", q.finess_et).text("Année", q.years.astype(str))
    q.text("Id Dépôt", depots.astype(str))
    q.number("MS Résultat net comptable ERRD", "resultat", RAW)
    q.number("Nombre ETP total réalisé ERRD", "etp_moyen_annuel", RAW)
    q.number("655 Quotes-parts de résultat sur opérations faites en commun", "frais_siege", RAW, -1)
    for roman, g in GROUPES:
        q.number(f"Dépenses Groupe {roman} ERRD", f"charges_{g}", RAW, -1)
    for roman, g in GROUPES:
        q.number(f"Recettes Groupe {roman} ERRD", f"produits_{g}", RAW)
    for title, variable in (
        ("Taux d'occupation des places autorisées en hébergement permanent", "tx_occ_permanent"),
        ("Taux d'occupation des lits autorisés en hébergement temporaire", "tx_occ_ht"),
        ("Taux d'occupation des lits autorisés en accueil de jour", "tx_occ_aj"),
    ):
        q.values(title, np.where(is_ehpad, p.v[variable], np.nan), variable, RAW, 100)
    q.panel_text("Type dépot ERRD", "type_depot")
    for title, variable in (
        ("Externat", "tx_occ_externat"),
        ("Semi-internat", "tx_occ_semi_internat"),
        ("Internat", "tx_occ_internat"),
        ("Autre 1, 2 et 3", "tx_occ_milieu_ordinaire"),
    ):
        q.number(f"Taux d'occupation {title} Autres ESMS", variable, RAW, 100)
    q.number("Taux d'occupation global ERRD", "tx_occ_global", RAW, 100)
    q.number("Taux d'occupation global Autres ESMS", "tx_occ_global_autres", RAW, 100)
    blank = np.full(len(q.rows), None, dtype=object)
    q.text("Etat taux d'occupation global Autres ESMS", blank).text("Etat taux d'occupation global ERRD", blank)
    _make_older(q, older)
    sheet = _sheet(filename("ERRD_EJ_ET", flow_date), q, 1, "errd", "errd_et")
    sheet.depots, sheet.fixed_rows = depots.astype(str).tolist(), True
    sheet.ko = [(21, 24), (22, 23)]
    sheet.untouchable = frozenset(np.flatnonzero(older).tolist())
    for i in np.flatnonzero(older):
        question = Question("ET", q.finess_et[i], "site", str(q.years[i]))
        true = str(depots[i] + 40_000)
        ledger.record(sheet.name, int(i) + 2, "Id Dépôt", "double_depot", true, str(depots[i]), question)
    return sheet


def ca(world: World, flow_date: str, rates: DefectRates, ledger: Ledger) -> Sheet:
    """ANN_CA_EJ_ET: accounts of the ET outside ERRD. A few ET under ERRD have deposited a CA too."""
    rows = np.sort(
        np.concatenate(
            [respondents(world, "ca", None, MILLESIMES, ACCOUNTS.answering, cadre=c) for c in ("CA_PA", "CA_PH")]
        )
    )
    doubles = _double_deposits(
        world, respondents(world, "errd", None, MILLESIMES, ACCOUNTS.answering, cadre="ERRD"), "ca", rates
    )
    q = Questionnaire(world, np.concatenate([rows, doubles]))
    p = world.panel
    pa = np.isin(p.by_et(p.table_et["domaine"].to_numpy().astype(str)), ["PA", "MULTI"])
    extra = np.arange(len(q.rows)) >= len(rows)

    def only_if(condition: np.ndarray, variable: str) -> Floats:
        return np.where(condition, p.v[variable], np.nan)

    q.text("Finess EJ", q.finess_ej, "id_finess_ej").text("Finess", q.finess_et).text("Année", q.years.astype(str))
    q.values("MS Résultat net comptable CA PH", only_if(~pa, "resultat"), "resultat", RAW)
    q.values("Taux de CAF CA PH", only_if(~pa, "tx_caf"), "tx_caf", RAW, 100)
    q.number("Taux vétusté Autres immo CA", "tx_vetuste_autres_immo", RAW, 100)
    q.number("Taux vétusté Construction CA", "tx_vetuste_constructions", RAW, 100)
    q.number("Taux vétusté installations tech mat outil CA", "tx_vetuste_installations", RAW, 100)
    q.number("Nombre ETP total réalisé CA", "etp_moyen_annuel", RAW)
    q.values("MS Résultat net comptable CA PA", only_if(pa, "resultat"), "resultat", RAW)
    q.values("Charges CA PA", only_if(pa, "charges"), None, RAW, -1)
    q.values("Produits CA PA", only_if(pa, "produits"), None, RAW)
    for roman, g in GROUPES:
        q.values(f"Recettes Groupe {roman} CA", only_if(~pa, f"produits_{g}"), f"produits_{g}", RAW)
    for roman, g in GROUPES:
        q.values(f"Dépenses Groupe {roman} CA", only_if(~pa, f"charges_{g}"), f"charges_{g}", RAW, -1)
    for title, variable in (
        ("Externat", "tx_occ_externat"),
        ("Semi-internat", "tx_occ_semi_internat"),
        ("Internat", "tx_occ_internat"),
        ("Séances", "tx_occ_seances"),
        ("Autre 1, 2 et 3", "tx_occ_milieu_ordinaire"),
        ("global", "tx_occ_global"),
    ):
        q.values(f"Taux d'occupation {title} CA", only_if(~pa, variable), variable, RAW, 100)
    q.text("Etat taux d'occupation global CA", np.full(len(q.rows), None, dtype=object))
    _make_older(q, extra)
    sheet = _sheet(filename("CA_EJ_ET", flow_date), q, 1, "ca", "ca_et")
    sheet.fixed_rows = True
    sheet.ko = [(23, 24)]
    sheet.untouchable = frozenset(np.flatnonzero(extra).tolist())
    for i in np.flatnonzero(extra):
        question = Question("ET", q.finess_et[i], "site", str(q.years[i]))
        ledger.record(sheet.name, int(i) + 2, "Finess", "double_depot", "ERRD", q.finess_et[i], question)
    if rates.encodage_cp1252:
        sheet.encoding = "cp1252"
        ledger.record(sheet.name, 1, "Année", "encodage_cp1252", "utf-8", "cp1252")
    return sheet


def errd_ej(world: World, flow_date: str) -> Sheet:
    """ANN_ERRD_EJ: ratios of the EJ, one row a deposit."""
    accounts = world.comptes_ej.filter(pl.col("millesime").is_in(list(MILLESIMES))).sort("millesime", "finess_ej")
    n = len(accounts)
    columns = [
        Column("Finess EJ", texts=accounts["finess_ej"].to_numpy()),
        Column("Année", texts=accounts["millesime"].cast(pl.String).to_numpy()),
        Column("Id Dépôt", texts=accounts["id_depot"].cast(pl.String).to_numpy()),
    ]
    for title, variable in (
        ("Taux de CAF ERRD", "tx_caf"),
        ("Taux vétusté Autres immo ERRD", "tx_vetuste_autres_immo"),
        ("Taux vétusté Construction ERRD", "tx_vetuste_constructions"),
        ("Taux vétusté installations tech mat outil ERRD", "tx_vetuste_installations"),
    ):
        numbers = accounts[variable].to_numpy() / 100
        columns.append(Column(title, numbers=numbers, decimals=RAW, variable=variable, factor=100))
    frng = accounts["frng"].to_numpy()
    columns.append(Column("Fonds de roulement net global ERRD", numbers=frng, decimals=RAW, variable="frng"))
    return Sheet(
        name=filename("ERRD_EJ", flow_date),
        columns=columns,
        key=0,
        units=accounts["finess_ej"].to_numpy().astype(str),
        millesimes=accounts["millesime"].to_numpy() if n else np.array(MILLESIMES[:0]),
        line_end="\r\n",
        unite="EJ",
        collecte="errd_ej",
        table="errd_ej",
        source="errd",
        depots=accounts["id_depot"].cast(pl.String).to_list(),
    )


def depots(world: World, flow_date: str, errd_sheet: Sheet) -> Sheet:
    """ANN_PER_ERRD_EPRD: which deposit covers which ET, in agreement with the ERRD flow."""
    columns = [Column(c.title, texts=c.texts) for c in errd_sheet.columns[:4]]
    return Sheet(
        name=filename("PER_ERRD_EPRD", flow_date),
        columns=columns,
        key=1,
        units=errd_sheet.units,
        millesimes=errd_sheet.millesimes,
        line_end="\r\n",
        collecte="depots",
        table="depots",
        source="errd",
    )


def deposit_numbers(world: World, rows: Integers) -> Integers:
    """Number of the deposit of the EJ and year of each row of the panel."""
    numbers = {(e, a): d for e, a, d in world.comptes_ej.select("ej_id", "millesime", "id_depot").iter_rows()}
    p = world.panel
    return np.array([numbers[int(e), int(a)] for e, a in zip(p.ej[rows], p.year[rows], strict=True)], dtype=np.int64)


def _double_deposits(world: World, rows: Integers, account: str, rates: DefectRates) -> Integers:
    if rates.double_depot <= 0 or len(rows) == 0:
        return rows[:0]
    rng = world.streams.stream(f"double_depot/{account}")
    return np.sort(rng.choice(rows, max(1, round(rates.double_depot * len(rows))), replace=False))


def _make_older(q: Questionnaire, earlier: np.ndarray) -> None:
    """Lower a little the amounts of the second deposit of an ET, which was made earlier in the year."""
    for column in q.columns:
        if column.numbers is not None and (column.variable or "").startswith(("charges", "produits", "resultat")):
            column.truth = column.numbers
            column.numbers = np.where(earlier, np.round(column.numbers * OLDER_DEPOSIT_SHARE, 2), column.numbers)


def _sheet(file: str, q: Questionnaire, key: int, collecte: str, table: str) -> Sheet:
    return Sheet(file, q.columns, key, q.finess_et, q.years, line_end="\r\n", collecte=collecte, table=table)
