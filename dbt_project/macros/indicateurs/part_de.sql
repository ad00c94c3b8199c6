{# A part over its whole, in percent: of places entitled to social aid, of single rooms. #}
{% macro part_de(partie, tout) %}
    {% do return(ratio_formula(partie, tout)) %}
{% endmacro %}
