{# Amortissements des constructions / immobilisations corporelles brutes construction [ERRD annexe 8]. #}
{% macro taux_vetuste(amortissements, immobilisations_brutes) %}
    {% do return(ratio_formula(amortissements, immobilisations_brutes)) %}
{% endmacro %}
