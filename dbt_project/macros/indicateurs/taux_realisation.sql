{# Journées (CAMSP et CMPP : actes) réalisées / financées [TDB ESMS]. No activity at all is an unanswered question: NULL. #}
{% macro taux_realisation(realise, finance) %}
    {% do return(formule_rapport('nullif(' ~ realise ~ ', 0)', finance)) %}
{% endmacro %}
