"""Words of titles and of file names that name nobody: what may be quoted of a file that may be about persons.

Belongs here: which words and which titles those are, and quoting with them. Does not belong here: masking what a reader
or a rule says (`masks`), the wording of refusals (`ingest.receive.refusals`).

A file without its line of titles has a person on its first line, and senders name files after the person they are
about. A word is therefore quoted only when it is in the titles of a contract, or is usual in titles. Any other word,
and every digit, is replaced by a shape (« xxxxx »), unless the whole title is one that a contract declares, digits
apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from data_contracts.dictionary import read_table
from data_contracts.indicators import indicators
from data_contracts.loading import Contract
from ingest.protect import masks
from ingest.protect.masks import shape_of, without_digits
from ingest.receive.headers import expected, folded

# Words that titles and file names of this field are made of, besides those of the contracts. None of them is a frequent
# name of a person: a test compares them with the names of INSEE.
ORDINARY = """
    accueil address adresse age agee agees agence agg agrement ancien annee annees annexe annuel anonyme archive
    arrete ars assurance atelier autorisation autorise autorisee autorisees autorises avenant avis beneficiaire
    beneficiaires bilan bordereau brut budget budgetaire bureau cadre campagne capacite caracteristique categorie
    centre champ charge city cle client code codes colonne comment commentaire commentaires commission commune
    complement compte comptes contrat contrats coordonnees copie correction corresp correspondance count creation
    csv date dates day debut deficience deficiences definitif delai dep departement departements department depense
    depenses depot dept dernier description destinataire detail diffusion direction discipline document donnee
    donnees doublon duree ecart echeance effectif effectifs ehpad email enfance enfants enquete entite entree
    entrees enum erreur esms essms et etablissement etablissements etat etiquette etiquettes evaluation evenement
    evenements execution exercice export exports extraction extrait fax fermeture feuille fichier fichiers filtre
    fin finess fonction format formulaire gestionnaire groupe groupes handicap handicape handicapee handicapees
    handicapes hebergement heure historique hors id ident identifiant identite import indicateur indicateurs info
    information informations insee installe installee installes inventaire jour jours juridique label latitude
    libelle libelles lieu ligne lignes liste lits localite longitude longue longues lot mail maj masse mensuel
    mention mesure millesime mise mission missions modalite modele modification mois montant month motif motifs name
    nature niveau nom nombre nomenclature note num number numero objet observation observations occupe occupes offre
    oid onglet ordre organisme origine ouverture paiement parametre passage pays periode permanent personne
    personnes places position postal precision prestation previsionnel primary primitif prix procedure produit
    profession professions profil programme projet provisoire public publication qualite quantite question
    questionnaire quotite raison rang rapport rate ratio realise recap recapitulatif reception reclamation
    reclamations reference references referent region regions remarque rendu repertoire reponse reponses resultat
    resultats retour rotation rue rupture ruptures saisie salaire salaires salariale schema secteur semaine semestre
    sep serie series service services siege sigle signal signature signaux siren siret site situation social sociale
    solde somme sortie sorties source sources statistique statistiques statut structure structures suivi synthese
    system systeme tab table tableau tarif tarifs taux taxe tdbesms tel telephone temporaire temps test texte titre
    titres total totaux tri trimestre trimestriel turnover type types unite unites url usage utilisateur valeur
    valeurs validation valide variable version ville voie vue year zone
"""
_ALSO_NAMES = {"grand", "place"}  # words of the dictionary that somebody may be called
_LABELS = {"libelle", "definition", "groupe", "nom"}
_WORD = re.compile(r"[^\W\d_]+")
_MEASURED = re.compile(r"\s*[-+]?[\d\s/.,:%€-]*\d[\d\s/.,:%€-]*\s*")  # a number, a date, an hour, a code of digits
# A year, a month or a day of this century, or a number of three digits at most: alone, none of these names anybody.
_DATED = re.compile(r"20\d\d(?:(?:0[1-9]|1[0-2])(?:[0-3]\d)?)?|\d{1,3}")
Quoting = Callable[[str], str]


@lru_cache(maxsize=4)
def _declared(contracts: tuple[Contract, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The titles that contracts declare, digits apart; and the words of titles, file names and dictionary labels."""
    titles: set[str] = set()
    texts: list[str] = [ORDINARY]
    for contract in contracts:
        texts += [contract.id, contract.collection, *(x.code for x in contract.layouts)]
        texts += [re.sub(r"\?P?<\w+>|\\.|\(\?\w+\)", " ", x.filename or "") for x in contract.layouts]
        for layout in contract.layouts:
            titles |= {t for written in expected(contract, layout).values() for t in written}
    for table in ("elements.csv", "collections.csv"):
        texts += [row[name] for row in read_table(table) for name in row if name in _LABELS]
    texts += [indicator.label for indicator in indicators().values()]
    words = {folded(word) for text in (*texts, *titles) for word in _WORD.findall(text)} - _ALSO_NAMES
    return frozenset(without_digits(folded(t)) for t in titles), frozenset(words)


def quoting(contracts: Iterable[Contract], header: Sequence[str] = ()) -> Quoting:
    """How to quote a text of a file that may be about persons, and of which nothing but the header is known.

    When the header looks like a line of data rather than titles, no word of it is quoted, not even a known one.
    """
    titles, words = _declared(tuple(contracts))

    def known(word: str) -> bool:
        return folded(word) in words

    if header and not _looks_like_titles(header, known):
        return shape_of

    def quoted(text: str) -> str:
        if without_digits(folded(text)) in titles:
            return text
        masked = _WORD.sub(lambda match: match[0] if known(match[0]) else masks.message(match[0]), text)
        return without_digits(masked)

    return quoted


def looks_like_titles(header: Sequence[str], contracts: Iterable[Contract]) -> bool:
    """Whether a line looks like titles: no cell is a number or a date, and at least half of them hold a usual word."""
    _, words = _declared(tuple(contracts))
    return _looks_like_titles(header, lambda word: folded(word) in words)


def _looks_like_titles(header: Sequence[str], known: Callable[[str], bool]) -> bool:
    filled = [title for title in header if title.strip()]
    if any(_MEASURED.fullmatch(title) for title in filled):
        return False
    usual = sum(any(known(word) for word in _WORD.findall(title)) for title in filled)
    return 2 * usual >= len(filled)


def names_nobody(path: Path, contracts: Iterable[Contract]) -> bool:
    """Whether the name of a file holds nothing but usual words, and years or short numbers."""
    _, words = _declared(tuple(contracts))
    named = all(folded(word) in words for word in _WORD.findall(path.stem))
    dated = re.findall(r"\d[\d._-]*\d|\d", path.stem)
    return named and all(_DATED.fullmatch(re.sub(r"\D", "", number)) for number in dated)
