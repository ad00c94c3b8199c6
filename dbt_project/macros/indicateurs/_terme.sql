{# The retained number of a dictionary element, inside a query grouped by unit, perimeter and millésime.
   `bases`: the time bases admitted, preferred first. NULL when none answered. #}
{% macro terme(element_id, composante, bases) -%}
    coalesce(
        {%- for base in bases %}
        max(case when element_id = '{{ element_id }}' and composante = '{{ composante }}' and base_temporelle = '{{ base }}' then valeur_nombre end)
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
