{# ((recrutements + départs) / effectif réel au 31/12/N-1) / 2, CDI et titulaires [TDB ESMS]: the three terms
   count permanent staff, so the head-count of all contracts is no denominator. #}
{% macro taux_rotation(recrutements, departs, effectif_n_moins_1) %}
    {% do return(ratio_formula('(' ~ recrutements ~ ' + ' ~ departs ~ ') / 2.0', effectif_n_moins_1)) %}
{% endmacro %}
