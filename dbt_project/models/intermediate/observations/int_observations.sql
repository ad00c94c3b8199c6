-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
{{ by_unit() }}
{{ all_observations([
    ref('obs_ca__ca_et'),
    ref('obs_cnsa_gmp_pmp__gmp_pmp'),
    ref('obs_cnsa_occupation__occupation'),
    ref('obs_cnsa_prix_ehpad__prix'),
    ref('obs_drees_ehpa__structure'),
    ref('obs_errd__errd_et'),
    ref('obs_errd__errd_ej'),
    ref('obs_finess__ej'),
    ref('obs_finess__et'),
    ref('obs_tdb_diamant__tdb'),
    ref('obs_tdb_esms__tableau_de_bord'),
    ref('int_cnsa_occupation__observations'),
    ref('int_dui__observations'),
    ref('int_finess__observations'),
]) }}
