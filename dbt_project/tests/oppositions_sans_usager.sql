{# Warns of usagers who oppose, and whom no DUI of their ESMS names: the opposition protects nobody. How many, by ESMS: nobody is named. #}
{{ config(severity='warn') }}
select o.finess_et, count(*) as n_oppositions
from {{ ref('int_personnes__opposants') }} as o
left join {{ ref('stg_dui__usagers') }} as u on o.finess_et = u.finess_et and o.usager_id = u.usager_id
where u.usager_id is null
group by o.finess_et
