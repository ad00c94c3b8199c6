-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- Contract errd, table errd_ej: each field that names an element of the dictionary.
{{ observations(
    relation=source('raw', 'errd__errd_ej'),
    source='errd', collecte='CNSA_EPRD_ERRD', entity='errd_ej',
    unit='EJ', unit_field='finess_ej',
    tie_break_field='id_depot',
    fields=[
        ('taux_caf', 'TX_CAF', '', 'exercice', 'nombre', 100, 'pct'),
        ('taux_vetuste_autres_immobilisations', 'TX_VETUSTE_EQUIP', 'AUTRES_IMMOBILISATIONS', 'exercice', 'nombre', 100, 'pct'),
        ('taux_vetuste_constructions', 'TX_VETUSTE_CONSTR', '', 'exercice', 'nombre', 100, 'pct'),
        ('taux_vetuste_installations_techniques', 'TX_VETUSTE_EQUIP', 'INSTALLATIONS_TECHNIQUES', 'exercice', 'nombre', 100, 'pct'),
        ('frng', 'FRNG', 'MONTANT', 'exercice', 'nombre', 1, 'eur'),
    ],
) }}
