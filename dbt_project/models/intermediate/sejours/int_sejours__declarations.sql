{{ config(materialized='view') }}
{# One row per statement, with the stay it is about. The number of a stay is drawn from that of its first statement. A request that no stay
   answers, and a stay that is only planned, have none. `est_remplace`: a later file of the month corrects it, its dates count no more. #}
with places as (
    {% for s in stay_systems() -%}
    select enonce_cle, sejour_cle, est_remplace from {{ ref('int_sejours__etape_' ~ s.name) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    d.enonce_cle,
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
from {{ ref('int_sejours__enonces') }} as d
inner join places as p on d.enonce_cle = p.enonce_cle
