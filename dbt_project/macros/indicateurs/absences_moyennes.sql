{# Jours d'absence du 01/01 au 31/12 / personnes absentes au moins une fois [TDB ESMS]. #}
{% macro absences_moyennes(jours_absence, personnes_absentes) %}
    {% do return(ratio_formula(jours_absence, personnes_absentes, 1)) %}
{% endmacro %}
