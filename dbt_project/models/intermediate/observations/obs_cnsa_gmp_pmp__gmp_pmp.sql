-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- Contract cnsa_gmp_pmp, table gmp_pmp: each field that names an element of the dictionary.
{{ observations(
    relation=source('raw', 'cnsa_gmp_pmp__gmp_pmp'),
    source='cnsa_gmp_pmp', collecte='GALAAD', entite='gmp_pmp',
    unite='ET', unite_id='finess_et',
    champs=[
        ('gmp_valide', 'GMP_VALIDE', '', 'coupe', 'nombre', 1, 'points'),
        ('pmp_valide', 'PMP_VALIDE', '', 'coupe', 'nombre', 1, 'points'),
    ],
) }}
