{# Capacité autorisée et financée x jours d'ouverture [ERRD annexes 9a-9d], unless the total was given. #}
{% macro journees_theoriques(journees_theo, capacite_financee, jours_ouverture) -%}
    coalesce({{ journees_theo }}, {{ capacite_financee }} * {{ jours_ouverture }})
{%- endmacro %}
