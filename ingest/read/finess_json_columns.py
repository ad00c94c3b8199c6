"""Columns that each FINESS+ entity always has, by their path in the files, in the order of the frames.

Belongs here: lists of paths. Does not belong here: how they are read (`finess_json`).
"""

from __future__ import annotations


def _under(prefix: str, names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}.{name}" for name in names.split())


# fmt: off
_PLACE = (
    *_under("adresse", """
        usageAdresse numeroVoie complementVoie typeVoie libelleVoie complementPointGeographique lieuDit cogCommune
        codePostal ligneAcheminement ligneUne ligneDeux ligneTrois ligneQuatre ligneCinq ligneSix"""),
    # coordonneeX, Y: WGS84; directionLongitude, Latitude: projected X, Y in spite of their names.
    *_under("adresse.coordonneesGeographique", """
        coordonneeX coordonneeY directionLongitude directionLatitude cleInInteropBAN scoreBAN"""),
    "contact.typeContact.roleContact",
    *_under("contact.telecom", "telephone telecopie courriel"),
    "engagement.sousTypeEngagement",
)
EJ = (
    *_under("informationsGeneralesPMEJ", """
        numFinessPm pmSmsseId denominationPm denominationLonguePmSmsse complementAdressePmSmsse siren codeApe
        statutJuridique fonctionPublique typePersonneMorale typeGroupeGco categorieentiteGeographiqueExercice
        dateCreation dateFermeture"""),
    "etatObjet",
    "dateDerniereMaj",
    *_PLACE,
)
ET = (
    *_under("informationsGeneralesPMEJ", "numFinessPm pmSmsseId"),
    *_under("informationsGeneralesEGE", """
        numFinessEge egeId nomEgeCourt nomEgeLong complementDenominationEg siret dateOuverture dateFermeture
        datePremiereAutorisation numeroEducationNationale numeroReferenceExterne espic"""),
    "categorieentiteGeographiqueExercice",
    "modefixationtarifaire",
    "typeBudget",
    "etatObjet",
    "dateDerniereMaj",
    *_PLACE,
)
_TRIPLET = _under("typeActivite", "discipline modeFonctionnement public")
# codeEvenement of what happens to an activity: 010 authorised, 012 installed, 013 and 015 the ends of the two.
ACTIVITY_EVENTS = ("010", "012", "013", "015")
ACTIVITES = (
    "niveau", "numFiness", "pmSmsseId", "numFinessEge", "egeId",
    *_under("caracteristiquesGeneriques", """
        activiteAeId identifiantAutorisation egeId etatObjet typeActiviteSMSSE dateDebutActiviteAutorisee
        dateFinActiviteAutorisee dateFinEffectiveActivite dateCaduciteAutorisation numAutorisationArhgos
        pmSmsseExploitanteId egeExploitanteId egeFacturante"""),
    "nature.codeNature",
    *_TRIPLET,
    *_under("nature.caracteristiquesSpecifiques", "ageMinAutorise ageMaxAutorise ageMinInstalle ageMaxInstalle"),
    *_under("evenement", " ".join(ACTIVITY_EVENTS)),
)
CAPACITES = (
    "niveau", "numFiness", "pmSmsseId", "numFinessEge", "egeId",
    *_under("caracteristiquesGeneriques", "activiteAeId identifiantAutorisation etatObjet"),
    "nature.codeNature",
    *_TRIPLET,
    *_under("capacite", """
        idCapacite activiteAeId engagementId statutCapacite uniteMesureCapacite nombre habilitation genre
        modeFinancement typeLogement precision variation"""),
)
# Known and not read as they stand: what is read apart, then what no entity carries (the raw delivery keeps it).
LEFT_OUT = frozenset({
    "adresse", "contact", "engagement", "ege", "activitesAutorisees", "activitesExercees", "capacite", "nature",
    "evenement", "roleEge", "zoneIntervention",
})
# fmt: on
