{# Produits - charges, toutes activités [ERRD, CA]; charges are positive in the layer. #}
{% macro resultat_net(produits_g1, produits_g2, produits_g3, charges_g1, charges_g2, charges_g3) %}
    {% do return(sum_formula(
        '(' ~ [produits_g1, produits_g2, produits_g3] | join(' + ') ~ ') - (' ~ [charges_g1, charges_g2, charges_g3] | join(' + ') ~ ')'
    )) %}
{% endmacro %}
