{# GIR moyen pondéré : (1000 G1 + 840 G2 + 660 G3 + 420 G4 + 250 G5 + 70 G6) / personnes évaluées [CASF annexe 3-6].
   Gives the same whether the six terms are persons or shares: the denominator is their sum. #}
{% macro gmp(gir_1, gir_2, gir_3, gir_4, gir_5, gir_6) %}
    {% do return(ratio_formula(
        '(1000 * ' ~ gir_1 ~ ' + 840 * ' ~ gir_2 ~ ' + 660 * ' ~ gir_3 ~ ' + 420 * ' ~ gir_4 ~ ' + 250 * ' ~ gir_5 ~ ' + 70 * ' ~ gir_6 ~ ')',
        '(' ~ [gir_1, gir_2, gir_3, gir_4, gir_5, gir_6] | join(' + ') ~ ')',
        1,
    )) %}
{% endmacro %}
