{#- A table whose rows each speak of one unit (unite, unite_id), and come from rows of that unit alone: a run redoes the units that
    changed (`raw.modifications`) and leaves the others as they are. `dbt build --full-refresh` redoes them all; a run that
    starts from the same deliveries gives the same rows either way. Spark has no DELETE on Parquet: there, by partition. -#}
{% macro par_unite() -%}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ oublier_les_unites_modifiees() }}"
) }}
{%- endmacro %}

{#- Rows of the units to redo leave before the new ones come, so that an answer taken back leaves nothing behind. -#}
{% macro oublier_les_unites_modifiees() -%}
{% if is_incremental() -%}
delete from {{ this }}
where exists (
    select 1 from {{ source('raw', 'modifications') }} as m where m.unite = {{ this.identifier }}.unite and m.unite_id = {{ this.identifier }}.unite_id
)
{%- endif %}
{%- endmacro %}

{#- Rows to take into account: all of them, or those of the units to redo. -#}
{% macro des_unites_a_refaire(relation) -%}
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
