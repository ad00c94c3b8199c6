{# RESID-ESMS beside the stays of the DUI; what no stay of the DUI holds is a stay of its own. #}
{%- set sejours -%}
(
        select d.dit_cle as sejour_cle, d.lieu, d.modalite, d.date_admission, d.date_entree, d.date_sortie
        from {{ ref('int_sejours__etape_1_dui') }} as e
        inner join {{ ref('int_sejours__dits') }} as d on e.dit_cle = d.dit_cle
        where e.dit_cle = e.sejour_cle
    )
{%- endset -%}
{%- set dits -%}
(select * from {{ ref('int_sejours__dits') }} where systeme = 'resid')
{%- endset -%}
with apparies as (
    {{ apparier(sejours, dits) }}
)

select d.dit_cle, coalesce(a.sejour_cle, d.dit_cle) as sejour_cle
from {{ ref('int_sejours__dits') }} as d
left join apparies as a on d.dit_cle = a.dit_cle
where d.systeme = 'resid'
