{#- Whether two lists of short keys, each a text of keys of sixteen characters side by side, have one in common. Unknown list: unknown. -#}
{% macro keys_in_common(a, b) -%}{{ return(adapter.dispatch('keys_in_common', 'dlnuf')(a, b)) }}{%- endmacro %}

{% macro default__keys_in_common(a, b) -%}list_has_any(regexp_extract_all({{ a }}, '.{16}'), regexp_extract_all({{ b }}, '.{16}')){%- endmacro %}

{% macro spark__keys_in_common(a, b) -%}arrays_overlap(regexp_extract_all({{ a }}, '(.{16})', 1), regexp_extract_all({{ b }}, '(.{16})', 1)){%- endmacro %}

{% macro postgres__keys_in_common(a, b) -%}
(array(select piece[1] from regexp_matches({{ a }}, '.{16}', 'g') as piece) && array(select piece[1] from regexp_matches({{ b }}, '.{16}', 'g') as piece))
{%- endmacro %}
