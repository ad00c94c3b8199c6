{# (c/6111 + 6112 + part directe du 621 + 6223 + part directe du 6226) / (dépenses de personnel, groupe II + 6111 + 6112) [TDB ESMS]. #}
{% macro taux_prestations_externes(c6111, c6112, c621, c6223, c6226, charges_g2) %}
    {% do return(ratio_formula(
        '(' ~ [c6111, c6112, c621, c6223, c6226] | join(' + ') ~ ')',
        '(' ~ [charges_g2, c6111, c6112] | join(' + ') ~ ')',
    )) %}
{% endmacro %}
