{# One row per stay: the date of each system, and the one retained. The DUI is believed first, then RESID-ESMS, then ViaTrajectoire
   (order of DATE_ENTREE in the dictionary); an admission is never read for an entry, nor an entry for an admission. #}
with sejours as (
    select
        sejour_cle,
        min(finess_et) as finess_et,
        -- Of a file made twice and of one matched, the person of the first system that tells the stay.
        coalesce(
            min(case when systeme = 'dui' then personne_id end), min(case when systeme = 'resid' then personne_id end), min(personne_id)
        ) as personne_id,
        min(case when systeme = 'dui' then fiche_cle end) as dui_fiche_cle,
        coalesce(
            min(case when systeme = 'dui' then modalite end), min(case when systeme = 'resid' then modalite end), min(case when systeme = 'vt' then modalite end)
        ) as modalite,
        {% for systeme in ['dui', 'resid', 'vt'] -%}
        max(case when systeme = '{{ systeme }}' then 1 else 0 end) = 1 as est_dit_{{ systeme }},
        {% if systeme != 'resid' -%}
        min(case when systeme = '{{ systeme }}' then date_admission end) as {{ systeme }}_date_admission,
        {% endif -%}
        min(case when systeme = '{{ systeme }}'{{ ' and not coalesce(est_remplace, false)' if systeme == 'resid' }} then date_entree end) as {{ systeme }}_date_entree,
        max(case when systeme = '{{ systeme }}' then date_sortie end) as {{ systeme }}_date_sortie,
        {% endfor -%}
        min(date_demande) as vt_date_demande,
        max(case when statut in ('entre', 'sorti') then 1 else 0 end) = 1 as est_entre_vt,
        max(case when systeme = 'vt' and est_papier then 1 else 0 end) = 1 as a_dossier_papier,
        max(case when systeme = 'dui' then motif end) as dui_motif_sortie_code,
        coalesce(max(case when systeme = 'dui' then mode_entree end), max(case when systeme = 'resid' then mode_entree end)) as mode_entree,
        count(*) as n_declarations
    from {{ ref('int_sejours__declarations') }}
    where sejour_cle is not null
    group by sejour_cle
)

select
    *,
    {{ sejour_dlnuf_id('sejour_cle') }} as sejour_dlnuf_id,
    coalesce(dui_date_admission, vt_date_admission) as date_admission,
    coalesce(dui_date_entree, resid_date_entree, vt_date_entree) as date_entree,
    coalesce(dui_date_sortie, resid_date_sortie, vt_date_sortie) as date_sortie
from sejours
