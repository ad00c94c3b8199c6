{# Whether an establishment was open on 31 December of a year. When the opening date is unknown, it counts as open before
   it closed. When it is closed without a date, it counts as closed in every year. #}
{% macro is_open_on_3112(et, millesime) -%}
    (
        ({{ et }}.date_ouverture is null or {{ et }}.date_ouverture <= {{ year_end(millesime) }})
        and ({{ et }}.date_fermeture > {{ year_end(millesime) }} or ({{ et }}.date_fermeture is null and coalesce({{ et }}.est_ouvert, true)))
    )
{%- endmacro %}
