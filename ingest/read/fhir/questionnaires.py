"""The questionnaires of the TDDUI guide: the code of the question behind each `linkId`, which answers do not repeat.

Belongs here: those facts (questionnaires of the guide, version 2.2). Does not belong here: reading answers (`rows`). A
`linkId` that is not listed here is its own code.
"""

from __future__ import annotations

TYPES = {
    "tddui-questionnaire-aggir-pa-ssiad": "MED-1293", "tddui-questionnaire-aggir-ph-ssiad": "MED-1292",
    "tddui-questionnaire-serafin": "MED-1291", "tddui-questionnaire-situation-ssiad": "MED-1290",
    # the guide has none for these
    "tddui-questionnaire-pathos": "MED-1327", "tddui-questionnaire-deficience-anap": "MED-1325",
    "tddui-questionnaire-deficience-finess": "MED-1326", "tddui-questionnaire-cim10": "MED-1328",
    "tddui-questionnaire-cim11": "MED-1329",
}  # fmt: skip
RESULT = "resultat-eval"
GIR = {"MED-339": "1", "MED-340": "2", "MED-341": "3", "MED-342": "4", "MED-343": "5", "MED-344": "6"}

_AGGIR = {
    "fonction-pensee": "b160", "fonction-orientation": "b114", "manger": "d550", "deplacer-maison": "d4600",
    "appareil-communication": "d3608",
}  # fmt: skip
_AGGIR_PA = {
    **_AGGIR, "se-laver": "d5100", "prendre-soin": "d520", "mettre-vetement": "d5400", "motricite-fine": "d440",
    "mettre-chaussure": "d5402", "passage-aliment": "b5105", "assurer-regulation-miction": "d5300",
    "assurer-regulation-defecation": "d5301", "pos-corps": "d410", "deplacer-dehors": "d4602",
}  # fmt: skip
_AGGIR_PH = {
    **_AGGIR, "se-laver": "d510", "s'habiller": "d540", "aller-aux-toilettes": "d530", "position-corps": "d410",
    "deplacer-hors-maison": "d4602",
}  # fmt: skip
_SERAFIN = {
    "besoin-serafin": "1", "besoin-sante-som-psy": "1.1", "besoin-fonc-ment": "1.1.1",
    "besoin-fonc-sensorielle": "1.1.2", "besoin-douleur": "1.1.3", "besoin-voix": "1.1.4",
    "besoin-cardio-vasc": "1.1.5", "besoin-dig": "1.1.6", "besoin-genito-uri": "1.1.7", "besoin-loco-mot": "1.1.8",
    "besoin-peau": "1.1.9", "besoin-entretien": "1.1.10", "besoin-autonomie": "1.2",
    "besoin-entretien-personnel": "1.2.1.1", "besoin-relations": "1.2.1.2", "besoin-mobilite": "1.2.1.3",
    "besoin-decision": "1.2.1.4", "besoin-participation-sociale": "1.3", "besoin-droit-citoyen": "1.3.1",
    "besoin-logement": "1.3.2", "besoin-vivre-logement": "1.3.2.1", "besoin-activite-dom": "1.3.2.2",
    "besoin-insertion-sociale": "1.3.3", "besoin-vie-scolaire": "1.3.3.1", "besoin-activite-domestique": "1.3.3.2",
    "besoin-apprentissage": "1.3.3.3", "besoin-famille": "1.3.3.4", "besoin-pair-aidant": "1.3.3.5",
    "besoin-vie-sociale-moyen-transport": "1.3.4", "besoin-vie-sociale": "1.3.4.1", "besoin-moyen-transport": "1.3.4.2",
    "besoin-economie": "1.3.5",
}  # fmt: skip
_SSIAD = {
    "incontinence": "R32", "incontinence-fec": "R15", "obesite": "E66.9", "trouble-cognitif": "F06.7",
    "trouble-personnalite": "F69", "soins-ide": "MED-1294", "prise-charge-ide": "MED-1295", "aucun-motif": "GEN-365",
}  # fmt: skip
CODES = {"MED-1293": _AGGIR_PA, "MED-1292": _AGGIR_PH, "MED-1291": _SERAFIN, "MED-1290": _SSIAD}
# The four adverbs of AGGIR, by the end of their linkId; « se laver » ends one in « commentaire » in the guide.
ADVERBS = {"spont": "MED-1307", "tot": "MED-1308", "correct": "MED-1309", "habit": "MED-1310"}
# Adverbs whose linkId does not begin with that of their question.
STEMS = {
    "pensee": "fonction-pensee", "orientation": "fonction-orientation", "laver": "se-laver", "habiller": "s'habiller",
    "toilette": "aller-aux-toilettes", "miction": "assurer-regulation-miction",
    "defecation": "assurer-regulation-defecation", "appareil": "appareil-communication",
}  # fmt: skip
