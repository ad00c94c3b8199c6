{# (ETP d'infirmiers + ETP d'aides-soignants et accompagnants) / places d'hébergement permanent [tableau de bord ; ERRD, TER]. #}
{% macro encadrement_soins(infirmiers, aides_soignants, places) %}
    {% do return(ratio_formula('(' ~ infirmiers ~ ' + ' ~ aides_soignants ~ ')', places, 1)) %}
{% endmacro %}
