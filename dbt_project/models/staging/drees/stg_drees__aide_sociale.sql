{# Figures of the aide sociale as the Drees publishes them, in the unit of their mesure: of départements, of regions, of groupings. #}
select
    s.mesure as mesure_code,
    cast(s.annee as {{ dbt.type_int() }}) as millesime,
    s.partie,
    s.maille,
    s.region_code as region_drees_code,
    s.territoire_code,
    s.valeur * m.facteur as valeur,
    s._delivery_id as livraison
from {{ source('raw', 'drees_aide_sociale__series') }} as s
inner join {{ ref('mesures_aide_sociale') }} as m on s.mesure = m.code
where s._est_courante
