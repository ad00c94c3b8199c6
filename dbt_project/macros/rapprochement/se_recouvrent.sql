{#- Days in common: a stay that begins the day the other ends is another; one that begins the same day is not. No end: it goes on. -#}
{% macro se_recouvrent(debut_a, fin_a, debut_b, fin_b) -%}
({{ debut_a }} = {{ debut_b }} or (coalesce({{ debut_a }} < {{ fin_b }}, true) and coalesce({{ debut_b }} < {{ fin_a }}, true)))
{%- endmacro %}
