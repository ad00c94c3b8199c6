-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- Contract ca, table ca_et: each field that names an element of the dictionary.
{{ observations(
    relation=source('raw', 'ca__ca_et'),
    source='ca', collecte='CNSA_EPRD_ERRD', entity='ca_et',
    unit='ET', unit_field='finess_et',
    fields=[
        ('finess_ej', 'FINESS_EJ', '', 'validite', 'texte', 1, none),
        ('resultat_net_ca_ph', 'RESULTAT_NET', '', 'exercice', 'nombre', 1, 'eur'),
        ('taux_caf', 'TX_CAF', '', 'exercice', 'nombre', 100, 'pct'),
        ('taux_vetuste_autres_immobilisations', 'TX_VETUSTE_EQUIP', 'AUTRES_IMMOBILISATIONS', 'exercice', 'nombre', 100, 'pct'),
        ('taux_vetuste_constructions', 'TX_VETUSTE_CONSTR', '', 'exercice', 'nombre', 100, 'pct'),
        ('taux_vetuste_installations_techniques', 'TX_VETUSTE_EQUIP', 'INSTALLATIONS_TECHNIQUES', 'exercice', 'nombre', 100, 'pct'),
        ('etp_total', 'ETP_TOTAL', '', 'flux_annee', 'nombre', 1, 'etp'),
        ('resultat_net_ca_pa', 'RESULTAT_NET', '', 'exercice', 'nombre', 1, 'eur'),
        ('recettes_groupe_1', 'PRODUITS_G1', '', 'exercice', 'nombre', 1, 'eur'),
        ('recettes_groupe_2', 'PRODUITS_G2', '', 'exercice', 'nombre', 1, 'eur'),
        ('recettes_groupe_3', 'PRODUITS_G3', '', 'exercice', 'nombre', 1, 'eur'),
        ('depenses_groupe_1', 'CHARGES_G1', '', 'exercice', 'nombre', -1, 'eur'),
        ('depenses_groupe_2', 'CHARGES_G2', '', 'exercice', 'nombre', -1, 'eur'),
        ('depenses_groupe_3', 'CHARGES_G3', '', 'exercice', 'nombre', -1, 'eur'),
        ('taux_occupation_externat', 'TX_OCC_PH', 'EXTERNAT', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_occupation_semi_internat', 'TX_OCC_PH', 'SEMI_INTERNAT', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_occupation_internat', 'TX_OCC_PH', 'INTERNAT', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_occupation_seances', 'TX_OCC_PH', 'SEANCES', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_occupation_autre', 'TX_OCC_PH', 'AUTRE', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_occupation_global_ca', 'TX_OCC_PH', 'GLOBAL', 'flux_annee', 'nombre', 100, 'pct'),
    ],
) }}
