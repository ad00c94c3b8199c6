{# Fonds de roulement net global : capitaux permanents - actifs immobilisés [ERRD annexe 8]. #}
{% macro fonds_roulement(capitaux_permanents, actifs_immobilises) %}
    {% do return(sum_formula(capitaux_permanents ~ ' - ' ~ actifs_immobilises)) %}
{% endmacro %}
