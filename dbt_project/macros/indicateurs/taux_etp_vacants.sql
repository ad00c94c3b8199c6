{# (ETP budgétés - ETP réalisés) / ETP budgétés, poste vacant quand l'absence dépasse six mois [TDB ESMS]. #}
{% macro taux_etp_vacants(etp_budgetes, etp_realises) %}
    {% do return(ratio_formula('(' ~ etp_budgetes ~ ' - ' ~ etp_realises ~ ')', etp_budgetes)) %}
{% endmacro %}
