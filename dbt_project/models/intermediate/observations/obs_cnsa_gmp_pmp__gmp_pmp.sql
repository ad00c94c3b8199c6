-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- Contract cnsa_gmp_pmp, table gmp_pmp: each field that names an element of the dictionary.
{{ observations(
    relation=source('raw', 'cnsa_gmp_pmp__gmp_pmp'),
    source='cnsa_gmp_pmp', collecte='GALAAD', entity='gmp_pmp',
    unit='ET', unit_field='finess_et',
    fields=[
        ('gmp_valide', 'GMP_VALIDE', '', 'coupe', 'nombre', 1, 'points'),
        ('pmp_valide', 'PMP_VALIDE', '', 'coupe', 'nombre', 1, 'points'),
    ],
) }}
