{# Places / population of the age class, for 1 000 inhabitants [DREES, Panorama statistique STATISS]. #}
{% macro taux_equipement(places, population) %}
    {% do return(ratio_formula(places, population, 1000)) %}
{% endmacro %}
