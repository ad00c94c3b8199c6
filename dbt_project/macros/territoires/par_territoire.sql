{# Every row of a relation three times: for its département, its region and France. A row whose commune is not known counts
   for France only. `relation` must have departement_code and region_code. #}
{% macro par_territoire(relation, colonnes) -%}
    {% for niveau, code in [('departement', 'departement_code'), ('region', 'region_code'), ('france', "'FR'")] -%}
    select '{{ niveau }}' as niveau, {{ code }} as territoire_code, {{ colonnes | join(', ') }}
    from {{ relation }}
    where {{ code }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor -%}
{%- endmacro %}
