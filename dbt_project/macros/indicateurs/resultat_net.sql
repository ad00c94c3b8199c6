{# Produits - charges, toutes activités [ERRD, CA]. #}
{% macro resultat_net(produits, charges) %}
    {% do return(formule_somme('(' ~ produits ~ ') - (' ~ charges ~ ')')) %}
{% endmacro %}
