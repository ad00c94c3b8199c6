{# The retained number of a dictionary element, inside a query grouped by unit, perimeter and millésime.
   `bases`: the time bases admitted, preferred first. NULL when none answered. #}
{% macro indicator_term(element_id, component, bases) -%}
    coalesce(
        {%- for basis in bases %}
        max(case when element_id = '{{ element_id }}' and composante = '{{ component }}' and base_temporelle = '{{ basis }}' then valeur_nombre end)
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
