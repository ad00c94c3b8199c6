-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- Contract tdb_diamant, table tdb: each field that names an element of the dictionary.
{{ observations(
    relation=source('raw', 'tdb_diamant__tdb'),
    source='tdb_diamant', collecte='TDB_ATIH', entity='tdb',
    unit='ET', unit_field='finess_et',
    perimeter_elsewhere=true,
    fields=[
        ('nb_cdd_remplacement', 'CDD_REMPLACEMENT', '', 'flux_annee', 'nombre', 1, 'nombre'),
        ('duree_moyenne_sejour_jours', 'DMS', '', 'flux_annee', 'nombre', 1, 'jours'),
        ('taux_realisation_tous_esms', 'TX_REALISATION', 'TOUS_ESMS', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_realisation_camsp_cmpp', 'TX_REALISATION', 'CAMSP_CMPP', 'flux_annee', 'nombre', 100, 'pct'),
        ('nb_moyen_journees_absence', 'ABSENCES_PERS', 'JOURS_MOYENS', 'flux_annee', 'nombre', 1, 'jours'),
        ('file_active', 'FILE_ACTIVE', '', 'flux_annee', 'nombre', 1, 'personnes'),
        ('taux_etp_vacants', 'TX_ETP_VACANTS', '', 'stock_3112', 'nombre', 100, 'pct'),
        ('taux_prestations_externes', 'PRESTATIONS_EXTERNES', '', 'exercice', 'nombre', 100, 'pct'),
        ('taux_rotation_personnel', 'TX_ROTATION_RH', '', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_absenteisme_maladie_courte', 'ABSENTEISME_MOTIF', 'MALADIE_COURTE', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_absenteisme_maladie_moyenne', 'ABSENTEISME_MOTIF', 'MALADIE_MOYENNE', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_absenteisme_maladie_longue', 'ABSENTEISME_MOTIF', 'MALADIE_LONGUE', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_absenteisme_maternite_paternite', 'ABSENTEISME_MOTIF', 'MATERNITE_PATERNITE', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_absenteisme_at_mp', 'ABSENTEISME_MOTIF', 'AT_MP', 'flux_annee', 'nombre', 100, 'pct'),
        ('taux_absenteisme_conges_speciaux', 'ABSENTEISME_MOTIF', 'CONGES_SPECIAUX', 'flux_annee', 'nombre', 100, 'pct'),
        ('date_effet_cpom', 'CPOM', 'DATE_EFFET', 'validite', 'date', 1, none),
        ('taux_absenteisme', 'TX_ABSENTEISME', '', 'flux_annee', 'nombre', 100, 'pct'),
    ],
) }}
