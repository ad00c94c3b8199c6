{#- ESMS whose figures begin or cease to leave because another one changed: they are to be redone after it (see macros/incremental.sql).
    `raw._diffusion` keeps what the last run let out. -#}
{% macro noter_les_bascules() -%}
{%- set gardee = source('raw', 'modifications').include(identifier=false) ~ '._diffusion' -%}
{%- set nouvelle = '(select unite_id, dimension from ' ~ this ~ ')' -%}
insert into {{ source('raw', 'modifications') }}
select distinct 'ET', unite_id
from (
    ({{ nouvelle }} except select unite_id, dimension from {{ gardee }})
    union all
    (select unite_id, dimension from {{ gardee }} except {{ nouvelle }})
) as bascules;
delete from {{ gardee }};
insert into {{ gardee }} {{ nouvelle }}
{%- endmacro %}
