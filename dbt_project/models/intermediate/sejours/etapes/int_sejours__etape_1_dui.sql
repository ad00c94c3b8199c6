{# Stays of the DUI: what two files of one person tell, of one modality, with the same entry, within the tolerance, is one. A stay that is only planned
   is none (NULL). #}
{%- set dits -%}
(select * from {{ ref('int_sejours__dits') }} where systeme = 'dui' and est_sejour)
{%- endset -%}
with doubles as (
    {{ reunir(dits) }}
)

select d.dit_cle, coalesce(doubles.premier, case when d.est_sejour then d.dit_cle end) as sejour_cle
from {{ ref('int_sejours__dits') }} as d
left join doubles on d.dit_cle = doubles.dit_cle
where d.systeme = 'dui'
