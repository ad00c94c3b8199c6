{#- Distance in metres between two points written « latitude;longitude » (WGS84, haversine). -#}
{% macro distance_metres(a, b) -%}{{ return(adapter.dispatch('distance_metres')(a, b)) }}{%- endmacro %}

{% macro default__distance_metres(a, b) -%}
{%- set lat_a = "radians(try_cast(split_part(" ~ a ~ ", ';', 1) as double))" -%}
{%- set lon_a = "radians(try_cast(split_part(" ~ a ~ ", ';', 2) as double))" -%}
{%- set lat_b = "radians(try_cast(split_part(" ~ b ~ ", ';', 1) as double))" -%}
{%- set lon_b = "radians(try_cast(split_part(" ~ b ~ ", ';', 2) as double))" -%}
2 * 6371000 * asin(sqrt(
    power(sin(({{ lat_b }} - {{ lat_a }}) / 2), 2)
    + cos({{ lat_a }}) * cos({{ lat_b }}) * power(sin(({{ lon_b }} - {{ lon_a }}) / 2), 2)
))
{%- endmacro %}
