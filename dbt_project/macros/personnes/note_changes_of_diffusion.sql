{#- ESMS whose figures begin or cease to leave because another one changed: they are to be redone after it (see macros/incremental.sql).
    `raw._diffusion` keeps what the last run let out. -#}
{% macro note_changes_of_diffusion() -%}
{%- set kept = source('raw', 'modifications').include(identifier=false) ~ '._diffusion' -%}
{%- set current = '(select unite_id, dimension from ' ~ this ~ ')' -%}
insert into {{ source('raw', 'modifications') }}
select distinct 'ET', unite_id
from (
    ({{ current }} except select unite_id, dimension from {{ kept }})
    union all
    (select unite_id, dimension from {{ kept }} except {{ current }})
) as bascules;
delete from {{ kept }};
insert into {{ kept }} {{ current }}
{%- endmacro %}
