-- The wide layout of the occupation file sets three years side by side: one answer for each of them.
-- Of 2021 it has only the first quarter: its beds are not those of 31 December.
{%- set annees = {
    2019: {'places': 'nb_lits_autorises_installes_2019', 'taux': 'taux_occupation_annuel_2019_pct', 'trimestres': [1, 2, 3, 4]},
    2020: {'places': 'nb_lits_autorises_installes_2020', 'taux': 'taux_occupation_annuel_2020_pct', 'trimestres': [1, 2, 3, 4]},
    2021: {'taux': none, 'trimestres': [1]},
} %}
{%- set reponses = [] -%}
{%- for annee, colonnes in annees.items() -%}
    {%- if colonnes['places'] -%}{%- do reponses.append((annee, colonnes['places'], 'CAP_INST_HP', 'stock_3112')) -%}{%- endif -%}
    {%- if colonnes['taux'] -%}{%- do reponses.append((annee, colonnes['taux'], 'TX_OCC_HP', 'flux_annee')) -%}{%- endif -%}
    {%- for trimestre in colonnes['trimestres'] -%}
        {%- do reponses.append((annee, 'taux_occupation_t' ~ trimestre ~ '_' ~ annee ~ '_pct', 'TX_OCC_HP', 'trimestre_' ~ trimestre)) -%}
    {%- endfor -%}
{%- endfor -%}

{% for annee, champ, element, base in reponses %}
select
    'ET' as unite,
    finess_et_{{ annee }} as unite_id,
    'site' as perimetre,
    cast({{ annee }} as {{ dbt.type_int() }}) as millesime,
    '{{ element }}' as element_id,
    '' as composante,
    '{{ base }}' as base_temporelle,
    'cnsa_occupation' as source,
    'CNSA_EPRD_ERRD' as collecte,
    'occupation_2019_2021' as entite,
    '{{ champ }}' as champ,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    cast(null as {{ dbt.type_string() }}) as rang_depot,
    _est_courante as est_courante,
    cast({{ champ }} as {{ type_double() }}) as valeur_nombre,
    cast(null as {{ dbt.type_string() }}) as valeur_texte,
    cast(null as date) as valeur_date,
    '{{ "pct" if element.startswith("TX_") else "places" }}' as unite_mesure
from {{ source('raw', 'cnsa_occupation__occupation_2019_2021') }}
where finess_et_{{ annee }} is not null and {{ champ }} is not null
{{ "union all" if not loop.last }}
{% endfor %}
