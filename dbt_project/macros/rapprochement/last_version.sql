{#- The last word on each id, whichever year it was delivered for: of the rows in force, the one of the latest year, then of the latest
    document. `key`: the columns that make the id. Ids that stand once, nearly all, are told apart by their number. The relation is read
    where it is needed, so that only the columns asked for are. -#}
{% macro last_version(relation, key) -%}
{%- set rows -%}
(select toutes.*, {{ columns_hash(key) }} as numero from {{ relation }} as toutes where toutes._est_courante)
{%- endset -%}
with repetees as (
    select numero from {{ rows }} as lignes group by numero having count(*) > 1
),

dernieres as (
    select lignes.*, 1 as rang
    from {{ rows }} as lignes
    where lignes.numero not in (select repetees.numero from repetees)
    union all
    select versions.*
    from (
        select
            lignes.*,
            row_number() over (
                partition by {% for column in key %}lignes.{{ column }}{{ ", " if not loop.last }}{% endfor %}
                order by lignes.millesime desc, lignes._collecte_le desc, lignes._recu_le desc, lignes._delivery_id desc, lignes._ligne desc
            ) as rang
        from {{ rows }} as lignes
        where lignes.numero in (select repetees.numero from repetees)
    ) as versions
    where versions.rang = 1
)
{%- endmacro %}
