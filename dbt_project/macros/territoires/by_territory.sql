{# Every row of a relation three times: for its département, for its region and for France. A row whose commune is not known
   counts for France only. `relation` must have departement_code and region_code. #}
{% macro by_territory(relation, columns) -%}
    {% for niveau, code in [('departement', 'departement_code'), ('region', 'region_code'), ('france', "'FR'")] -%}
    select '{{ niveau }}' as niveau, {{ code }} as territoire_code, {{ columns | join(', ') }}
    from {{ relation }}
    where {{ code }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor -%}
{%- endmacro %}
