{#- The last word on each id, whichever year it was delivered for: of the rows in force, the one of the latest year, then of the latest
    document. `cle`: the columns that make the id. Ids that stand once, nearly all, are told apart by their number. The relation is read
    where it is needed, so that only the columns asked for are. -#}
{% macro derniere_version(relation, cle) -%}
{%- set lignes -%}
(select toutes.*, {{ columns_hash(cle) }} as numero from {{ relation }} as toutes where toutes._est_courante)
{%- endset -%}
with repetees as (
    select numero from {{ lignes }} as lignes group by numero having count(*) > 1
),

dernieres as (
    select lignes.*, 1 as rang
    from {{ lignes }} as lignes
    where lignes.numero not in (select repetees.numero from repetees)
    union all
    select versions.*
    from (
        select
            lignes.*,
            row_number() over (
                partition by {% for colonne in cle %}lignes.{{ colonne }}{{ ", " if not loop.last }}{% endfor %}
                order by lignes.millesime desc, lignes._collecte_le desc, lignes._recu_le desc, lignes._delivery_id desc, lignes._ligne desc
            ) as rang
        from {{ lignes }} as lignes
        where lignes.numero in (select repetees.numero from repetees)
    ) as versions
    where versions.rang = 1
)
{%- endmacro %}
