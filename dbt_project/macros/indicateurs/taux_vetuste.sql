{# Amortissements des constructions / immobilisations corporelles brutes construction [ERRD annexe 8]. #}
{% macro taux_vetuste(amortissements, immobilisations_brutes) %}
    {% do return(formule_rapport(amortissements, immobilisations_brutes)) %}
{% endmacro %}
