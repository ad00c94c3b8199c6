{# (autorisé - installé) / autorisé [FINESS, équipements sociaux]. #}
{% macro ecart_relatif(autorise, installe) %}
    {% do return(ratio_formula('(' ~ autorise ~ ' - ' ~ installe ~ ')', autorise)) %}
{% endmacro %}
