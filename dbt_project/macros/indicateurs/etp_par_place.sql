{# ETP réalisés / places installées [DREES, ETP pour 100 places]. #}
{% macro etp_par_place(etp, places) %}
    {% do return(ratio_formula(etp, places, 1)) %}
{% endmacro %}
