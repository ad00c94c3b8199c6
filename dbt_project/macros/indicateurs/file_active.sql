{# Personnes accompagnées dans l'effectif au 31/12 + sorties définitives dans l'année [TDB ESMS]. #}
{% macro file_active(presents_3112, sorties) %}
    {% do return(sum_formula(presents_3112 ~ ' + ' ~ sorties)) %}
{% endmacro %}
