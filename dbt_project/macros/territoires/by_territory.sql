{# Every row of a relation three times: for its département, for its region and for France; once more, with `epci`, for its EPCI. A row whose
   commune is not known counts for France only. `relation` must have departement_code and region_code, and epci_code with `epci`. #}
{% macro by_territory(relation, columns, epci=false) -%}
    {%- set niveaux = [('departement', 'departement_code'), ('region', 'region_code'), ('france', "'FR'")] -%}
    {% for niveau, code in niveaux + ([('epci', 'epci_code')] if epci else []) -%}
    select '{{ niveau }}' as niveau, {{ code }} as territoire_code, {{ columns | join(', ') }}
    from {{ relation }}
    where {{ code }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor -%}
{%- endmacro %}
