{# ((recrutements + départs) / effectif réel au 31/12/N-1) / 2, CDI et titulaires [TDB ESMS]. #}
{% macro taux_rotation(recrutements, departs, effectif_n_moins_1) %}
    {% do return(formule_rapport('(' ~ recrutements ~ ' + ' ~ departs ~ ') / 2.0', effectif_n_moins_1)) %}
{% endmacro %}
