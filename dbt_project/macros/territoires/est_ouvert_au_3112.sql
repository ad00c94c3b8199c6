{# Whether an establishment was open on 31 December of a year. An unknown opening date does not close it; a closure without
   a date does, whatever the year. #}
{% macro est_ouvert_au_3112(et, millesime) -%}
    (
        ({{ et }}.date_ouverture is null or {{ et }}.date_ouverture <= {{ fin_annee(millesime) }})
        and ({{ et }}.date_fermeture > {{ fin_annee(millesime) }} or ({{ et }}.date_fermeture is null and coalesce({{ et }}.est_ouvert, true)))
    )
{%- endmacro %}
