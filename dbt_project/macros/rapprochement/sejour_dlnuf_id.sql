{#- The number of a stay for those who read it, from that of its first statement; none where there is no stay. -#}
{% macro sejour_dlnuf_id(sejour_cle) -%}
case when {{ sejour_cle }} is not null then {{ dbt.hash("cast(" ~ sejour_cle ~ " as " ~ dbt.type_string() ~ ")") }} end
{%- endmacro %}
