{# Groupes I + II + III of the compte de résultat [ERRD, CA]; charges are positive in the layer. #}
{% macro total_groupes(groupe_1, groupe_2, groupe_3) %}
    {% do return(sum_formula([groupe_1, groupe_2, groupe_3] | join(' + '))) %}
{% endmacro %}
