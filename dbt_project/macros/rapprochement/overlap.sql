{#- Days in common: a stay that begins the day the other ends is another; one that begins the same day is not. No end: it goes on. -#}
{% macro overlap(start_a, end_a, start_b, end_b) -%}
({{ start_a }} = {{ start_b }} or (coalesce({{ start_a }} < {{ end_b }}, true) and coalesce({{ start_b }} < {{ end_a }}, true)))
{%- endmacro %}
