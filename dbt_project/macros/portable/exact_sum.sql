{# Sum of a column of measures, as a float, the same in whatever order rows come: a sum of floats changes with that order in its last digits, and
   two runs on the same deliveries would publish two figures. To the sixth decimal; NULL when no row is known. #}
{% macro exact_sum(expression) -%} {{ return(adapter.dispatch('exact_sum', 'dlnuf')(expression)) }} {%- endmacro %}

{% macro default__exact_sum(expression) -%}
    round(sum(cast({{ expression }} as {{ type_double() }}) order by {{ expression }}), 6)
{%- endmacro %}

{% macro postgres__exact_sum(expression) -%}
    cast(round(cast(sum(cast({{ expression }} as {{ type_double() }}) order by {{ expression }}) as numeric), 6) as {{ type_double() }})
{%- endmacro %}

{% macro spark__exact_sum(expression) -%}
    round(aggregate(array_sort(collect_list(cast({{ expression }} as double))), cast(0 as double), (total, each) -> total + each), 6)
{%- endmacro %}
