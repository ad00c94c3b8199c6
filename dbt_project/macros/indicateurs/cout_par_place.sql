{# Charges of the three groups / installed places [CNSA, analyses of ERRD and CA], in euros a place. #}
{% macro cout_par_place(charges_1, charges_2, charges_3, places) %}
    {% do return(ratio_formula('(' ~ [charges_1, charges_2, charges_3] | join(' + ') ~ ')', places, 1)) %}
{% endmacro %}
