-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- Contract finess, table et: each field that names an element of the dictionary.
{{ observations(
    relation=source('raw', 'finess__et'),
    source='finess', collecte='FINESS', entity='et',
    unit='ET', unit_field='finess_et',
    fields=[
        ('finess_et', 'FINESS_ET', '', 'validite', 'texte', 1, none),
        ('finess_ej', 'FINESS_EJ', '', 'validite', 'texte', 1, none),
        ('raison_sociale', 'RAISON_SOCIALE_ET', '', 'validite', 'texte', 1, none),
        ('siret', 'SIRET', '', 'validite', 'texte', 1, none),
        ('categorie_code', 'CATEGORIE_ET', '', 'validite', 'texte', 1, none),
        ('mode_tarification_code', 'MODE_TARIFICATION', '', 'validite', 'texte', 1, none),
        ('et_type_code', 'STRUCTURATION_SITES', '', 'validite', 'texte', 1, none),
        ('date_ouverture', 'DATE_OUVERTURE', '', 'validite', 'date', 1, none),
        ('date_autorisation', 'DATE_AUTORISATION', '', 'validite', 'date', 1, none),
        ('telephone', 'TELEPHONE', '', 'validite', 'texte', 1, none),
        ('courriel', 'COURRIEL', '', 'validite', 'texte', 1, none),
    ],
) }}
