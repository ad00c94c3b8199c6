{#- Rows of a relation that names its ET `finess_et`: all of them, or those of the units to redo (see macros/incremental.sql). -#}
{% macro of_esms_to_redo(relation) -%}
{% if is_incremental() -%}
(
        select toutes.*
        from {{ relation }} as toutes
        where toutes.finess_et in (select m.unite_id from {{ source('raw', 'modifications') }} as m where m.unite = 'ET')
    )
{%- else -%}
{{ relation }}
{%- endif %}
{%- endmacro %}
