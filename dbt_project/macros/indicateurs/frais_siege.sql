{# Contribution aux frais de siège : c/6556 + c/6558 (compte 655) [ERRD, CA]. #}
{% macro frais_siege(c6556, c6558) %}
    {% do return(sum_formula(c6556 ~ ' + ' ~ c6558)) %}
{% endmacro %}
