{#- Rows: each of the keys of sixteen signs that a text has end to end. Stands alone among the columns of a select. -#}
{% macro each_key(keys) -%}{{ return(adapter.dispatch('each_key', 'dlnuf')(keys)) }}{%- endmacro %}

{% macro default__each_key(keys) -%}unnest(regexp_extract_all({{ keys }}, '.{16}')){%- endmacro %}

{% macro spark__each_key(keys) -%}explode(regexp_extract_all({{ keys }}, '(.{16})', 1)){%- endmacro %}

{% macro postgres__each_key(keys) -%}(regexp_matches({{ keys }}, '.{16}', 'g'))[1]{%- endmacro %}
