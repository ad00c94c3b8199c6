{# Sum of a column of measures, the same in whatever order rows come: a sum of floats changes with it in its last digits, and two runs on the
   same deliveries would publish two figures. Each row counts to the sixth decimal; NULL when no row is known. #}
{% macro exact_sum(expression) -%} cast(sum(cast({{ expression }} as decimal(38, 6))) as {{ type_double() }}) {%- endmacro %}
