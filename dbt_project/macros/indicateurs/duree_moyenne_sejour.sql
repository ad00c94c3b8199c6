{# Somme des durées d'accompagnement des sortis définitifs (hors HT et AJ) / nombre de sorties définitives [TDB ESMS]. #}
{% macro duree_moyenne_sejour(somme_durees_jours, sorties) %}
    {% do return(ratio_formula(somme_durees_jours, sorties, 1)) %}
{% endmacro %}
