"""Labels of the codes that the snapshot carries: no page shows a raw code.

Belongs here: code → French text. Most come from the contracts, the dictionary and the code lists; the few that these
do not hold (statuses, reasons, levels) are written here. Does not belong here: numbers and dates (`formats`).
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from dashboards.formats import INCONNU, day_text, is_unknown, nbsp_unit, number
from data_contracts.dictionary import filled_by_esms
from data_contracts.loading import Contract, load_contracts
from data_contracts.nomenclatures import names, read_list
from data_contracts.strict_yaml import DeclarationError

LABELS: dict[str, dict[str, str]] = {
    "niveau": {
        "france": "France",
        "region": "Région",
        "departement": "Département",
        "epci": "EPCI",
        "commune": "Commune",
    },
    "domaine": {
        "PA": "Personnes âgées",
        "PH": "Personnes handicapées",
        "PH_ENFANT": "Enfants handicapés",
        "PH_ADULTE": "Adultes handicapés",
        "MULTI": "Plusieurs publics",
        "AUTRE": "Autre",
    },
    # Whom the products about persons count apart.
    "public": {
        "PA": "Personnes âgées, en établissement",
        "PA_DOMICILE": "Personnes âgées, à domicile",
        "PH": "Personnes handicapées, en établissement",
        "PH_DOMICILE": "Personnes handicapées, à domicile",
    },
    "financeur": {
        "ARS": "ARS",
        "CD": "Département",
        "ARS_CD": "ARS et département",
        "NON_DEFINI": "Non définie a priori",
    },
    "statut_agrege": {
        "PublicAutonome": "Public autonome",
        "PublicTerritorialCCAS": "Public territorial (CCAS, collectivité)",
        "PublicRattacheEPS": "Public rattaché à un établissement de santé",
        "PriveNonLucratif": "Privé non lucratif",
        "PriveLucratif": "Privé lucratif",
    },
    "statut": {
        "unique": "Une seule collecte",
        "concordant": "Réponses identiques",
        "tolere": "Écart toléré",
        "divergent": "Réponses en désaccord",
        "calcule": "Calculé par l'entrepôt",
    },
    "motif": {
        "retiree": "Retirée par l'établissement sur un formulaire prérempli",
        "remplacee": "Remplacée par une livraison plus récente de la même source",
        "atypique": "Valeur signalée comme atypique, alors qu'une autre réponse ne l'est pas",
        "rang_inferieur": "Source moins prioritaire pour cette donnée",
        "depot_anterieur": "Dépôt antérieur au dépôt retenu",
        "plus_ancienne": "Document plus ancien que celui qui est retenu",
        "repetition": "Même source, même date : répétition",
        "autre_canal": "Même document, reçu par un autre canal",
    },
    "action_conflit": {
        "AUTO": "Aucune : l'ordre des sources suffit",
        "SIGNAL_ESMS": "Demander à l'établissement",
        "SIGNAL_AUTORITE": "Signaler à l'autorité",
        "AUCUN": "Aucune",
    },
    "base_temporelle": {
        "stock_3112": "au 31 décembre",
        "flux_annee": "sur l'année",
        "exercice": "sur l'exercice",
        "jour": "au jour de la mesure",
        "trimestre_1": "1er trimestre",
        "trimestre_2": "2e trimestre",
        "trimestre_3": "3e trimestre",
        "trimestre_4": "4e trimestre",
        "coupe": "à la date de la coupe",
        "validite": "en vigueur",
    },
    "perimetre": {"site": "Ce site", "groupe": "Groupe de sites répondant ensemble", "inconnu": "Périmètre non dit"},
    "unite": {"ET": "Établissement", "EJ": "Gestionnaire", "DEP": "Département"},
    "alerte": {"hors_bornes": "Valeur hors des bornes plausibles", "unite_suspecte": "Unité douteuse"},
    "evenement": {
        "ouverture": "Ouverture",
        "fermeture": "Fermeture",
        "changement_ej": "Changement de gestionnaire",
        "capacite": "Changement de capacité",
    },
    "axe": {
        "capacite": "Capacité et offre",
        "activite": "Activité",
        "besoins": "Publics et besoins",
        "tarifs": "Prix et tarifs",
        "rh": "Ressources humaines",
        "finances": "Finances",
    },
    "effet": {
        "rejet": "Ligne rejetée",
        "conservee": "Valeur gardée et signalée",
        "non_utilisee": "Valeur non utilisée",
        "reparee": "Valeur réparée",
        "secret": "Valeur couverte par le secret",
    },
    # What is published of persons: distributions, steps, requests.
    "dimension": {
        "gir": "Dépendance (GIR)",
        "tranche_age": "Âge",
        "sexe": "Sexe",
        "modalite": "Modalité d'accueil",
        "besoin_serafin": "Besoins (SERAFIN-PH)",
        "provenance": "Provenance des entrants",
        "motif_sortie": "Motif de sortie",
    },
    "etape": {
        "demande_decision": "De la demande à la décision",
        "decision_admission": "De la décision à l'admission",
        "admission_entree": "De l'admission à l'entrée",
        "demande_entree": "De la demande à l'entrée",
    },
    "statut_demande": {
        "demande": "Demande reçue",
        "analyse": "En cours d'analyse",
        "liste_attente": "En liste d'attente",
        "admissible": "Admissible",
        "admis": "Admis, en attente d'entrée",
    },
    "statut_sejour": {
        "entree_non_dite_vt": "Entrée non dite à ViaTrajectoire",
        "entree_non_dite_resid": "Entrée non dite à RESID-ESMS",
        "sortie_non_dite_vt": "Sortie non dite à ViaTrajectoire",
        "sortie_non_dite_resid": "Sortie non dite à RESID-ESMS",
        "deux_lieux": "Personne en deux lieux",
        "sans_decision": "Séjour sans décision",
        "decision_expirant": "Décision qui expire",
    },
    "livraison": {"accepted": "Acceptée", "refused": "Refusée"},
    "regle_naive": {
        "systeme": "Ce système",
        "ca": "CA d'abord",
        "errd": "ERRD d'abord",
        "derniere_recue": "Dernière reçue",
        "majorite": "Majorité",
        "reference": "Référence seule",
    },
    # What went wrong in synthetic deliveries: the defects of the generator, then why an answer is naturally wrong.
    "defaut": {
        "valeur_perimee": "Valeur de l'année précédente",
        "faute_de_frappe": "Faute de frappe",
        "fraction_pour_pourcent": "Fraction au lieu d'un pourcentage",
        "zero_pour_manquant": "Zéro au lieu d'inconnu",
        "colonnes_interverties": "Deux colonnes interverties",
        "sites_fusionnes": "Deux sites comptés comme un seul",
        "zero_initial_perdu": "Zéro initial perdu",
        "finess_inconnu": "Numéro FINESS inconnu",
        "finess_malforme": "Numéro FINESS mal formé",
        "finess_d_un_autre": "Numéro FINESS d'un autre",
        "et_ferme": "Établissement fermé",
        "ligne_en_double": "Ligne en double",
        "ligne_tronquee": "Ligne tronquée",
        "double_depot": "Deux dépôts pour une année",
        "taux_ko": "Taux déclaré inexploitable",
        "date_bouche_trou": "Date de remplissage",
        "virgule_decimale": "Virgule décimale",
        "encodage_cp1252": "Encodage inattendu",
        "colonne_manquante": "Colonne manquante",
        "fermeture_tardive": "Fermeture connue en retard",
        "identite_non_qualifiee": "INS non qualifiée",
        "ins_d_un_autre": "INS d'une autre personne",
        "cle_fausse": "Clé de contrôle fausse",
        "faute_dans_le_nom": "Faute dans le nom",
        "nom_marital": "Nom marital à la place du nom de naissance",
        "accents": "Accents, tirets ou capitales",
        "prenom_compose_coupe": "Prénom composé coupé",
        "jour_mois_inverses": "Jour et mois de naissance inversés",
        "sexe_absent": "Sexe absent",
        "nir_du_parent": "NIR du parent",
        "fiche_en_double": "Deux fiches d'une personne",
        "nom_epouse": "Nom de naissance suivi du nom d'époux",
        "nom_double_coupe": "Premier de deux noms",
        "particule_omise": "Particule omise",
        "particule_rejetee": "Particule après le nom",
        "nom_tronque": "Nom tronqué",
        "faute_dans_la_seconde_fiche": "Faute dans le nom de la seconde fiche",
        "faute_dans_le_prenom": "Faute dans le prénom",
        "prenoms_permutes": "Prénoms dans un autre ordre",
        "faute_dans_la_naissance": "Faute dans le jour de naissance",
        "annee_inversee": "Chiffres de l'année de naissance inversés",
        "naissance_sans_jour": "Jour de naissance inconnu",
        "naissance_premier_janvier": "Naissance ramenée au 1er janvier",
        "nom_et_naissance_faux": "Fautes dans le nom et la naissance",
        "sexe_inverse": "Sexe inversé",
        "lieu_corse": "Lieu de naissance : ancien code de Corse",
        "lieu_fusionne": "Lieu de naissance : commune absorbée",
        "lieu_arrondissement": "Lieu de naissance : ville pour l'arrondissement",
        "lieu_outre_mer": "Lieu de naissance : ancien code d'outre-mer",
        "lieu_pays": "Lieu de naissance : ancien code de pays",
        "lieu_code_postal": "Lieu de naissance : code postal",
        "lieu_absent": "Lieu de naissance absent",
        "nia_puis_nir": "NIR après un NIA",
        "nir_mal_saisi": "NIR mal saisi",
        "nir_du_conjoint": "NIR du conjoint",
        "homonymes": "Homonymes d'un ESMS",
        "homonymes_premier_janvier": "Homonymes d'un ESMS nés un 1er janvier",
        "homonyme_demandeur": "Homonyme d'un demandeur",
        "quasi_homonymes": "Même prénom, jour et lieu de naissance",
        "jumeaux": "Jumeaux",
        "couple": "Couple",
        "entree_decalee_toleree": "Date d'entrée décalée de un à trois jours",
        "entree_decalee": "Date d'entrée décalée de plus de trois jours",
        "admission_pour_entree": "Admission à la place de l'entrée",
        "entree_non_dite_vt": "Entrée non dite à ViaTrajectoire",
        "entree_non_dite_resid": "Entrée non dite à RESID-ESMS",
        "sortie_non_dite_vt": "Sortie non dite à ViaTrajectoire",
        "sortie_non_dite_resid": "Sortie non dite à RESID-ESMS",
        "sortie_oubliee": "Sortie oubliée",
        "sejours_chevauchants": "Séjours qui se chevauchent",
        "fin_avant_debut": "Séjour qui finit avant de commencer",
        "date_future": "Date à venir",
        "code_inconnu": "Code inconnu",
        "modalite_absente": "Modalité d'accueil absente",
        "absence_sans_motif": "Absence sans motif",
        "couple_statut_motif": "Motif que le statut n'admet pas",
        "papier_en_double": "Dossier papier en double",
        "aucun défaut": "Aucun défaut",
        "derive": "Réponse naturellement fausse",
        "derive_toleree": "Réponse naturellement approchée",
        "retard": "Changement de l'année ignoré",
        "vide": "Case laissée vide",
        "aucune valeur": "Aucune valeur",
    },
    "effet_defaut": {
        "ligne_a_rejeter": "Ligne à rejeter",
        "ligne_en_trop": "Ligne en trop",
        "valeur_fausse": "Valeur fausse",
        "valeur_inconnue": "Valeur à laisser inconnue",
        "ecriture": "Écriture à comprendre",
        "livraison": "Livraison entière",
        "livraison_a_refuser": "Livraison à refuser",
    },
}
# Short names of the collections, as the field says them; the full names stand in the dictionary (collections.csv).
COLLECTES = {
    "FINESS": "FINESS",
    "ROR": "ROR",
    "DUI": "Dossier usager informatisé",
    "TDB_ATIH": "Tableau de bord ESMS (ATIH)",
    "DREES_EHPA": "Enquête EHPA (DREES)",
    "DREES_ESH": "Enquête ES-Handicap (DREES)",
    "CNSA_EPRD_ERRD": "EPRD, ERRD et CA (CNSA)",
    "CNSA_PRIXESMS": "Prix ESMS (CNSA)",
    "SEPPIA": "SEPPIA (CNSA)",
    "GALAAD": "GALAAD (CNSA)",
    "RESID_ESMS": "RESID-ESMS (Cnam)",
    "VIATRAJECTOIRE": "ViaTrajectoire",
    "MATURIN": "MaturiN-SMS",
    "INSEE": "Insee",
    "MDPH": "Système d'information des MDPH",
    "DREES_AS": "Enquête Aide sociale (DREES)",
    "SI_DEPT": "Système d'information du département",
    "ESPPADOM": "ESPPADOM, facturation de l'aide à domicile",
    "HAPI": "HAPI (CNSA)",
    "INSi": "Téléservice INSi",
    "CALCUL": "Calcul de l'entrepôt",
}
# Categories whose official label (FINESS) is abridged, as people read them.
CATEGORIES = {
    "Etab.Accueil Non Médicalisé pour personnes handicapées": "Établissement d'accueil non médicalisé pour personnes "
    "handicapées (EANM)",
    "Etab.Acc.Médicalisé en tout ou partie personnes handicapées": "Établissement d'accueil médicalisé en tout ou "
    "partie pour personnes handicapées (EAM)",
    "Centres de Ressources S.A.I. (Sans Aucune Indication)": "Centre de ressources, sans autre indication",
    "Centres Locaux Information Coordination P.A .(C.L.I.C.)": "Centre local d'information et de coordination pour "
    "personnes âgées (CLIC)",
    "Centre Action Médico-Sociale Précoce (C.A.M.S.P.)": "Centre d'action médico-sociale précoce (CAMSP)",
    "Foyer Hébergement Adultes Handicapés": "Foyer d'hébergement pour adultes handicapés",
    "Service d'accompagnement médico-social adultes handicapés": "Service d'accompagnement médico-social pour adultes "
    "handicapés (SAMSAH)",
    "Etablissement d'hébergement pour personnes âgées dépendantes": "Établissement d'hébergement pour personnes âgées "
    "dépendantes (EHPAD)",
    "Centre de Jour pour Personnes Agées": "Centre de jour pour personnes âgées",
    "Service de Soins Infirmiers A Domicile (S.S.I.A.D)": "Service de soins infirmiers à domicile (SSIAD)",
    "Service d'Éducation Spéciale et de Soins à Domicile": "Service d'éducation spéciale et de soins à domicile "
    "(SESSAD)",
    "Institut Médico-Educatif (I.M.E.)": "Institut médico-éducatif (IME)",
    "Institut Thérapeutique Éducatif et Pédagogique (I.T.E.P.)": "Institut thérapeutique, éducatif et pédagogique "
    "(ITEP)",
    "Centre Médico-Psycho-Pédagogique (C.M.P.P.)": "Centre médico-psycho-pédagogique (CMPP)",
    "Institut d'Education Sensorielle Sourd/Aveugle": "Institut d'éducation sensorielle pour sourds et aveugles",
    "Etablissement pour Enfants ou Adolescents Polyhandicapés": "Établissement pour enfants ou adolescents "
    "polyhandicapés",
    "Bureau d'Aide Psychologique Universitaire (B.A.P.U.)": "Bureau d'aide psychologique universitaire (BAPU)",
    "Etablissement et Service d'Aide par le Travail (E.S.A.T.)": "Établissement et service d'aide par le travail "
    "(ESAT)",
    "Etablissement et Service de Préorientation": "Établissement et service de préorientation",
    "Etablissement et Service de Réadaptation Professionnelle": "Établissement et service de réadaptation "
    "professionnelle",
    "Maison d'Accueil Spécialisée (M.A.S.)": "Maison d'accueil spécialisée (MAS)",
    "Foyer de Vie pour Adultes Handicapés": "Foyer de vie pour adultes handicapés",
    "Foyer d'Accueil Médicalisé pour Adultes Handicapés (F.A.M.)": "Foyer d'accueil médicalisé pour adultes handicapés "
    "(FAM)",
    "Service d'Accompagnement à la Vie Sociale (S.A.V.S.)": "Service d'accompagnement à la vie sociale (SAVS)",
    "Etablissement Expérimental pour personnes handicapées": "Établissement expérimental pour personnes handicapées",
    "Etablissement Expérimental pour Enfance Handicapée": "Établissement expérimental pour l'enfance handicapée",
    "Etablissement Expérimental pour Adultes Handicapés": "Établissement expérimental pour adultes handicapés",
    "Etablissement Expérimental pour Personnes Agées": "Établissement expérimental pour personnes âgées",
    "Etablissement d'Accueil Temporaire d'Enfants Handicapés": "Établissement d'accueil temporaire d'enfants "
    "handicapés",
    "Etablissement d'Accueil Temporaire pour Adultes Handicapés": "Établissement d'accueil temporaire pour adultes "
    "handicapés",
}
# Short names of the sources, when one collection reaches the warehouse by several channels.
SOURCES = {
    "inconnue": "source non reconnue",  # of a file that was refused
    "finess": "FINESS",
    "insee_cog": "Code officiel géographique (Insee)",
    "insee_population": "Population (Insee)",
    "tdb_esms": "Tableau de bord ESMS",
    "tdb_diamant": "Tableau de bord, par Diamant",
    "drees_ehpa": "Enquête EHPA",
    "errd": "ERRD",
    "ca": "Compte administratif",
    "cnsa_occupation": "Taux d'occupation CNSA",
    "cnsa_gmp_pmp": "GMP et PMP, GALAAD",
    "cnsa_prix_ehpad": "Prix ESMS",
}


def label(kind: str, code: object) -> str:
    """Label of a code of one kind; « inconnu » for none, the code itself made readable when no label is known."""
    if is_unknown(code) or code == "":
        return INCONNU
    return LABELS[kind].get(str(code), readable(str(code)))


def labels(kind: str) -> dict[str, str]:
    return LABELS[kind]


def readable(code: str) -> str:
    """A code without label, as text: « GIR_1 » → « GIR 1 », « EXTERNAT » → « Externat »; a sentence stays as it is."""
    if not re.fullmatch(r"[A-Z0-9_]+|[a-z0-9_]+", code):
        return code
    words = code.replace("_", " ").strip()
    return words if any(c.isdigit() for c in words) else words[:1].upper() + words[1:].lower()


def theme(groupe: object) -> str:
    """Group of the dictionary without its order: « 2-Offre / capacité » → « Offre / capacité »."""
    return INCONNU if is_unknown(groupe) else re.sub(r"^\d+-", "", str(groupe))


@lru_cache(maxsize=1)
def _contracts() -> dict[str, Contract]:
    try:
        return load_contracts()
    except DeclarationError:  # a contract being written must not stop those who read what is published
        return {}


def territoire(niveau: str, code: str) -> str:
    """Name of a territory: « Nord », « Hauts-de-France », « France »; its code when it has no name."""
    if niveau == "france":
        return "France"
    return _list("insee_departements" if niveau == "departement" else "insee_regions").get(code, code)


def tranche_age(code: object) -> str:
    """« 60-74 » → « 60 à 74 ans », « 85+ » → « 85 ans et plus », « -60 » → « Moins de 60 ans »; a text stays."""
    text = str(code)
    if match := re.fullmatch(r"[-<]\s*(\d+)", text):
        return f"Moins de {match[1]} ans"
    if match := re.fullmatch(r"(\d+)[-_](\d+)", text):
        return f"{match[1]} à {match[2]} ans"
    if match := re.fullmatch(r"(\d+)[-_]?(?:\+|plus)", text):
        return f"{match[1]} ans et plus"
    return INCONNU if is_unknown(code) or text.lower() in ("", INCONNU) else readable(text)


def source(code: object) -> str:
    """Short name of a source, or the name of its contract; « Calcul de l'entrepôt » for what the warehouse computes."""
    if is_unknown(code):
        return "source non reconnue"
    known = str(code)
    contract = _contracts().get(known)
    return SOURCES.get(known) or (contract.name if contract else COLLECTES.get(known, readable(known)))


DATED = "Date du document ou de sa réception"


def dated(source_code: object, day: object) -> str:
    """The date of an answer: that of its document, or « 31/05/2023 (réception) » when its files never say theirs."""
    contract = _contracts().get(str(source_code))
    undated = contract is not None and all(set(each.collected_on) == {"received"} for each in contract.layouts)
    text = day_text(day if isinstance(day, date) else None)
    return f"{text} (réception)" if undated and text != INCONNU else text


def champ(source_code: str, entity: str, name: str) -> str:
    """Title of a field in the files of its source (of several, for a key); « (ligne) » is the whole line."""
    if name.startswith("("):
        return {"(ligne)": "ligne entière", "(fichier)": "fichier entier"}.get(name, name)
    if ", " in name:
        return ", ".join(champ(source_code, entity, part) for part in name.split(", "))
    contract = _contracts().get(source_code)
    fields = (f for e in contract.entities if e.name == entity for f in e.fields) if contract else ()
    return next((f.title for f in fields if f.name == name), readable(name))


def collecte(code: object) -> str:
    """Short name of a collection."""
    return INCONNU if is_unknown(code) else COLLECTES.get(str(code), readable(str(code)))


@lru_cache(maxsize=1)
def _composantes() -> dict[tuple[str, str], str]:
    """(element, component) → what the contracts say of the field that carries it: the shortest of their sentences."""
    shortest: dict[tuple[str, str], str] = {}
    for contract in _contracts().values():
        for field in (f for entity in contract.entities for f in entity.fields if f.element and f.component):
            key = (field.element or "", field.component)
            sentence = field.description.split(". ")[0].rstrip(".")
            if sentence and len(sentence) < len(shortest.get(key, " " * 90)):
                shortest[key] = sentence
    return shortest


def composante(element_id: str, code: str) -> str:
    """Label of one component of an element: « GIR_1 » of REPART_GIR → « Personnes classées en GIR 1 au 31/12 »."""
    return _composantes().get((element_id, code)) or readable(code)


def entered_collectes() -> tuple[str, ...]:
    """Collections that ESMS fill in themselves."""
    return tuple(sorted(filled_by_esms()))


def regle(text: object) -> str:
    """Rule of retention with the names of the collections instead of their codes."""
    if is_unknown(text):
        return INCONNU
    ordered = str(text).replace(">", ", puis ")
    return re.sub(r"\b[A-Z][A-Za-z0-9]*(?:_[A-Z]+)*\b", lambda m: COLLECTES.get(m.group(), m.group()), ordered)


_TOLERANCES = {
    "exact": "identique",
    "exact_agrege": "identique",
    "exact_ci": "identique, aux majuscules près",
    "tel_norm": "même numéro",
    "domaine": "même site",
    "texte_norm": "textes proches",
    "adresse_norm": "adresses proches",
    "ensemble": "listes proches",
    "sans_objet": "sans objet",
}


def tolerance(published: object) -> str:
    """Tolerance of an element as it is read: « relatif 2 % » → « ± 2 % », « points 1 » → « ± 1 point »."""
    if is_unknown(published):
        return INCONNU
    kind, *rest = str(published).split(" ")
    if kind in _TOLERANCES or not rest:
        return _TOLERANCES.get(kind, str(published))
    try:
        value = number(float(rest[0]))
    except ValueError:
        return str(published)
    unit = {"j": "jours"}.get(rest[-1], rest[-1]) if len(rest) > 1 else ""
    if kind == "points":
        unit = "points" if float(rest[0]) >= 2 else "point"
    return "identique" if value == "0" else f"± {value}{nbsp_unit(unit)}"


@lru_cache(maxsize=16)
def _list(name: str) -> dict[str, str]:
    return {row["code"]: row["libelle"] for row in read_list(name)} if name in names() else {}


def nomenclature(name: str, code: object) -> str:
    """« 500 » in finess_categories → « EHPAD (500) »; the code is kept, because officers search by it."""
    if is_unknown(code) or code == "":
        return INCONNU
    text = _list(name).get(str(code))
    text = CATEGORIES.get(text, text) if text else None
    return f"{text} ({code})" if text else f"code {code}, sans libellé connu"


@lru_cache(maxsize=1)
def _element_lists() -> dict[str, str]:
    """Elements whose values are codes, and their list: the one that every field answering to them declares."""
    lists_of: dict[str, set[str]] = {}
    for field in (f for c in _contracts().values() for e in c.entities for f in e.observed):
        if field.element and field.nomenclature:
            lists_of.setdefault(field.element, set()).add(field.nomenclature)
    return {element: min(lists) for element, lists in lists_of.items() if len(lists) == 1}


def element_value(element_id: str, value: str) -> str:
    """Label of a value that is a code of a list; any other value as it is."""
    name = _element_lists().get(element_id)
    return nomenclature(name, value) if name and value in _list(name) else value
