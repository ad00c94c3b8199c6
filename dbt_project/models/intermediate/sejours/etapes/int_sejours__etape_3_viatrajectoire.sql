{# ViaTrajectoire beside the stays of the DUI and of RESID-ESMS. An admission, or an entry, that neither holds is a stay of its own, once
   (a file may be there twice, on paper too); a request that no stay answers is none (NULL). #}
{%- set sejours -%}
(
        select d.dit_cle as sejour_cle, d.lieu, d.modalite, d.date_admission, d.date_entree, d.date_sortie
        from (
            select dit_cle from {{ ref('int_sejours__etape_1_dui') }} where dit_cle = sejour_cle
            union all
            select dit_cle from {{ ref('int_sejours__etape_2_resid') }} where dit_cle = sejour_cle
        ) as e
        inner join {{ ref('int_sejours__dits') }} as d on e.dit_cle = d.dit_cle
    )
{%- endset -%}
{%- set dits -%}
(select * from {{ ref('int_sejours__dits') }} where systeme = 'vt' and est_rapprochable)
{%- endset -%}
{%- set seuls -%}
(
        select d.*
        from {{ dits }} as d
        left join apparies on d.dit_cle = apparies.dit_cle
        where d.est_sejour and apparies.dit_cle is null
    )
{%- endset -%}
with apparies as (
    {{ apparier(sejours, dits) }}
),

doubles as (
    {{ reunir(seuls) }}
)

select d.dit_cle, coalesce(a.sejour_cle, doubles.premier, case when d.est_sejour then d.dit_cle end) as sejour_cle
from {{ ref('int_sejours__dits') }} as d
left join apparies as a on d.dit_cle = a.dit_cle
left join doubles on d.dit_cle = doubles.dit_cle
where d.systeme = 'vt'
