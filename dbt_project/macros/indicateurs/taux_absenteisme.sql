{# Jours calendaires d'absence / (ETP réels x 365), tous motifs hors formation ou pour un motif [TDB ESMS]. #}
{% macro taux_absenteisme(jours_calendaires, etp) %}
    {% do return(ratio_formula(jours_calendaires, '(' ~ etp ~ ' * 365)')) %}
{% endmacro %}
