{{ config(materialized='view') }}
{# One row per statement, with the stay it is about. The number of a stay is drawn from that of its first statement. A request that no stay
   answers, and a stay that is only planned, have none. `est_remplace`: a later file of RESID-ESMS corrects it, its dates count no more. #}
{%- set etapes = ['int_sejours__etape_1_dui', 'int_sejours__etape_2_resid', 'int_sejours__etape_3_viatrajectoire'] -%}
with places as (
    {% for etape in etapes -%}
    select dit_cle, sejour_cle, {{ 'est_remplace' if loop.index == 2 else 'false' }} as est_remplace from {{ ref(etape) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    d.dit_cle,
    p.sejour_cle,
    {{ sejour_dlnuf_id('p.sejour_cle') }} as sejour_dlnuf_id,
    d.source,
    d.systeme,
    d.rang_source,
    d.finess_et,
    d.personne_id,
    d.fiche_cle,
    d.modalite,
    d.date_demande,
    d.date_admission,
    d.date_entree,
    d.date_sortie,
    d.statut,
    d.date_statut,
    d.est_papier,
    d.motif,
    d.mode_entree,
    d.delivery_id,
    d.ligne,
    d.collecte_le,
    p.est_remplace
from {{ ref('int_sejours__dits') }} as d
inner join places as p on d.dit_cle = p.dit_cle
