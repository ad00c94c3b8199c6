-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- Contract cnsa_occupation, table occupation: each field that names an element of the dictionary.
{{ observations(
    relation=source('raw', 'cnsa_occupation__occupation'),
    source='cnsa_occupation', collecte='CNSA_EPRD_ERRD', entity='occupation',
    unit='ET', unit_field='finess_et',
    fields=[
        ('raison_sociale_et', 'RAISON_SOCIALE_ET', '', 'validite', 'texte', 1, none),
        ('option_tarifaire', 'OPTION_TARIFAIRE', '', 'validite', 'texte', 1, none),
        ('taux_occupation_t1_pct', 'TX_OCC_HP', '', 'trimestre_1', 'nombre', 1, 'pct'),
        ('taux_occupation_t2_pct', 'TX_OCC_HP', '', 'trimestre_2', 'nombre', 1, 'pct'),
        ('taux_occupation_t3_pct', 'TX_OCC_HP', '', 'trimestre_3', 'nombre', 1, 'pct'),
        ('taux_occupation_t4_pct', 'TX_OCC_HP', '', 'trimestre_4', 'nombre', 1, 'pct'),
        ('nb_lits_autorises_installes', 'CAP_INST_HP', '', 'stock_3112', 'nombre', 1, 'places'),
        ('nb_lits_occupes', 'NB_PERS_3112', 'LITS_OCCUPES', 'flux_annee', 'nombre', 1, 'places'),
        ('taux_occupation_annuel_pct', 'TX_OCC_HP', '', 'flux_annee', 'nombre', 1, 'pct'),
    ],
) }}
