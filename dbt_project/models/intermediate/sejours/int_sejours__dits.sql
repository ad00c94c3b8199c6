{# One row per statement of a stay, or of a request for one: who, where, when, by whom. Stays of the DUI that are only planned (no admission,
   no entry, no exit) are no stay. `rang_source`: the DUI is believed first, then RESID-ESMS, then ViaTrajectoire. #}
{%- set dites = [
    ('dui', 'dui', 1, ref('stg_dui__sejours'), 'usager_id', 'sejour_id'),
    ('resid_esms', 'resid', 2, ref('stg_resid__sejours'), 'fiche_id', 'fiche_id'),
    ('viatrajectoire_pa', 'vt', 3, ref('stg_viatrajectoire_pa__demandes'), 'dossier_id', 'dossier_id'),
    ('viatrajectoire_ph', 'vt', 3, ref('stg_viatrajectoire_ph__orientations'), 'tache_id', 'tache_id'),
] -%}
{%- set inconnue = 'cast(null as date)' -%}
{%- set sans_texte = 'cast(null as ' ~ dbt.type_string() ~ ')' -%}

with dits as (
    {% for source, systeme, rang, relation, fiche, numero in dites %}
    select
        {{ columns_hash(["'" ~ source ~ "'", 'finess_et', numero]) }} as dit_cle,
        {{ columns_hash(["'" ~ source ~ "'", 'finess_et', fiche]) }} as fiche_cle,
        '{{ source }}' as source,
        '{{ systeme }}' as systeme,
        {{ rang }} as rang_source,
        finess_et,
        modalite,
        {{ 'date_demande' if source == 'viatrajectoire_pa' else inconnue }} as date_demande,
        {{ inconnue if source == 'resid_esms' else 'date_admission' }} as date_admission,
        date_entree,
        date_sortie,
        {{ 'mois' if source == 'resid_esms' else sans_texte }} as mois,
        {{ 'statut' if systeme == 'vt' else sans_texte }} as statut,
        {{ 'date_statut' if systeme == 'vt' else inconnue }} as date_statut,
        {{ 'est_papier' if source == 'viatrajectoire_pa' else 'cast(null as boolean)' }} as est_papier,
        {{ 'motif_sortie_code' if source == 'dui' else ('motif_sortie' if source == 'resid_esms' else 'motif_refus') }} as motif,
        {{ 'mode_entree' if systeme != 'vt' else sans_texte }} as mode_entree,
        delivery_id,
        ligne,
        collecte_le
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    d.dit_cle,
    d.fiche_cle,
    d.source,
    d.systeme,
    d.rang_source,
    d.finess_et,
    g.personne_id,
    {{ columns_hash(['g.personne_numero', 'd.finess_et']) }} as lieu,
    d.modalite,
    d.date_demande,
    d.date_admission,
    d.date_entree,
    d.date_sortie,
    d.mois,
    d.statut,
    d.date_statut,
    d.est_papier,
    d.motif,
    d.mode_entree,
    -- A request that is refused or withdrawn is no stay; one that waits may be the trace of a stay that was not told back.
    case
        when d.systeme = 'dui' then coalesce(d.date_admission, d.date_entree, d.date_sortie) is not null
        when d.systeme <> 'vt' then true
        else coalesce(d.statut in ('admis', 'entre', 'sorti'), d.date_entree is not null)
    end as est_sejour,
    case
        when d.systeme = 'dui' then coalesce(d.date_admission, d.date_entree, d.date_sortie) is not null
        when d.systeme <> 'vt' then true
        else coalesce(d.statut not in ('refus', 'annule'), true)
    end as est_rapprochable,
    d.delivery_id,
    d.ligne,
    d.collecte_le
from dits as d
inner join {{ ref('int_personnes__groupes') }} as g on d.fiche_cle = g.fiche_cle
