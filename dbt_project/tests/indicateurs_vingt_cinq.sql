{# The declaration holds 25 indicators, and the calculation knows no code or modality that it does not declare. #}
select 'nombre' as ecart, cast(count(distinct code) as {{ dbt.type_string() }}) as constat
from {{ ref('indicateurs_esms') }}
having count(distinct code) <> 25
union all
select 'calcul non déclaré' as ecart, c.indicateur_code || ' ' || c.modalite as constat
from (select distinct indicateur_code, modalite from {{ ref('int_indicateurs__calcules') }}) as c
left join {{ ref('indicateurs_esms') }} as i on c.indicateur_code = i.code and c.modalite = coalesce(i.modalite, '')
where i.code is null
