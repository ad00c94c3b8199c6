-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- Contract finess, table ej: each field that names an element of the dictionary.
{{ observations(
    relation=source('raw', 'finess__ej'),
    source='finess', collecte='FINESS', entity='ej',
    unit='EJ', unit_field='finess_ej',
    fields=[
        ('raison_sociale', 'RAISON_SOCIALE_EJ', '', 'validite', 'texte', 1, none),
        ('siren', 'SIREN', '', 'validite', 'texte', 1, none),
        ('statut_juridique_code', 'STATUT_JURIDIQUE', '', 'validite', 'texte', 1, none),
    ],
) }}
