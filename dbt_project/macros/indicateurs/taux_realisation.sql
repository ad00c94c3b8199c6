{# Journées (CAMSP et CMPP : actes) réalisées / financées [TDB ESMS]. No activity at all is an unanswered question: NULL. #}
{% macro taux_realisation(realise, finance) %}
    {% do return(ratio_formula('nullif(' ~ realise ~ ', 0)', finance)) %}
{% endmacro %}
