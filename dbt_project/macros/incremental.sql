{#- For a table in which each row is about one unit (unite, unite_id) and comes from rows of that unit alone. A run makes again
    the rows of the units that changed (`raw.modifications`) and leaves the others as they are; `dbt build --full-refresh`
    makes them all again. The same deliveries give the same rows either way. Spark cannot DELETE from Parquet: on that
    engine, units have to be replaced by partition. -#}
{% macro by_unit() -%}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ forget_changed_units() }}"
) }}
{%- endmacro %}

{#- Deletes the rows of the units to redo before the new ones are inserted, so that nothing stays of an answer taken back. -#}
{% macro forget_changed_units() -%}
{% if is_incremental() -%}
delete from {{ this }}
where exists (
    select 1 from {{ source('raw', 'modifications') }} as m where m.unite = {{ this.identifier }}.unite and m.unite_id = {{ this.identifier }}.unite_id
)
{%- endif %}
{%- endmacro %}

{#- The rows of a relation that a run has to read: all of them, or only those of the units to redo. -#}
{% macro of_units_to_redo(relation) -%}
{% if is_incremental() -%}
(
        select toutes.*
        from {{ relation }} as toutes
        where (toutes.unite, toutes.unite_id) in (select m.unite, m.unite_id from {{ source('raw', 'modifications') }} as m)
    )
{%- else -%}
{{ relation }}
{%- endif %}
{%- endmacro %}
