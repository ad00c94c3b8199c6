{# (résultat + c/68 - c/78 - c/775 + c/675 - c/777 - c/778) / (classe 7 sauf 775, 777, 7781, 78, - c/709 - c/713) [ERRD annexe 8]. #}
{% macro taux_caf(resultat, c68, c78, c775, c675, c777, c778, classe_7, c7781, c709, c713) %}
    {% do return(ratio_formula(
        '(' ~ resultat ~ ' + ' ~ c68 ~ ' - ' ~ c78 ~ ' - ' ~ c775 ~ ' + ' ~ c675 ~ ' - ' ~ c777 ~ ' - ' ~ c778 ~ ')',
        '(' ~ [classe_7, c775, c777, c7781, c78, c709, c713] | join(' - ') ~ ')',
    )) %}
{% endmacro %}
