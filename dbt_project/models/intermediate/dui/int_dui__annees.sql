{{ by_unit() }}
{# One row per ET and year that its deliveries describe, with the last of them: what its answers come from. A delivery is of the last year
   that was over on its day; of another year, it has only what is left. #}
with livraisons as (
    select
        finess_et,
        cast(millesime as {{ dbt.type_int() }}) as annee,
        _delivery_id as delivery_id,
        min(_ligne) as ligne,
        max(_collecte_le) as collecte_le,
        max(_recu_le) as recu_le
    from {{ of_esms_to_redo(source('raw', 'dui__sejours')) }} as sejours
    where _est_courante and millesime is not null
    group by finess_et, millesime, _delivery_id
),

classees as (
    select
        *,
        row_number() over (partition by finess_et, annee order by collecte_le desc, recu_le desc, delivery_id desc) as rang
    from livraisons
)

select
    'ET' as unite,
    finess_et as unite_id,
    annee,
    delivery_id,
    ligne,
    collecte_le,
    recu_le,
    {{ year_end('annee') }} as dernier_jour,
    cast(cast(annee as {{ dbt.type_string() }}) || '-01-01' as date) as premier_jour
from classees
where rang = 1
