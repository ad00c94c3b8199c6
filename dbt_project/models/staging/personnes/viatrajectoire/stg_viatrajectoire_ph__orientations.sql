{# One row per follow-up of an orientation by an ESMS (SDO Task), its statuses of ESMS (J252) and of unit (J253) brought to one, in the
   words common to both ViaTrajectoire. What the ESMS says comes first; the end of care in a unit ends the stay, unless for another unit. #}
{{ last_version(source('raw', 'viatrajectoire_ph__orientations'), ['finess_et', 'tache_id']) }},

statuts as (
    select
        d.*,
        e.statut as statut_de_l_esms,
        u.statut as statut_de_l_unite,
        case
            when e.statut = 'entre' and u.statut = 'sorti' and coalesce(d.motif_unite, '') <> '253' then 'sorti'
            when e.statut = 'demande' and u.statut is not null then u.statut
            else coalesce(e.statut, u.statut)
        end as statut
    from dernieres as d
    left join {{ ref('statuts_viatrajectoire') }} as e on d.statut_esms = e.code
    left join {{ ref('statuts_viatrajectoire') }} as u on d.statut_unite = u.code
    where {{ is_fact('d.etat') }}
)

select
    finess_et,
    tache_id,
    id_decision,
    id_nat_decision,
    unite_id,
    -- J264 and J30: lodging is the internat of a disabled person, temporary when it is said so.
    case
        when mode_prise_en_charge = '46' and temporalite = '01' then 'HT'
        when mode_prise_en_charge = '46' and temporalite = '02' then 'INT'
        when mode_prise_en_charge = '47' then 'AJ'
        when mode_prise_en_charge = '48' then 'AN'
    end as modalite,
    statut,
    case when statut = statut_de_l_esms then date_statut_esms else coalesce(date_statut_unite, date_statut_esms) end as date_statut,
    case when statut = 'refus' then case when statut_de_l_esms = 'refus' then motif_esms else motif_unite end end as motif_refus,
    {{ past_day("case when statut_de_l_esms = 'admis' then date_statut_esms when statut_de_l_unite = 'admis' then date_statut_unite end", '_collecte_le') }} as date_admission,
    {{ past_day("case when statut_de_l_esms = 'entre' then date_statut_esms when statut_de_l_unite = 'entre' then date_statut_unite end", '_collecte_le') }} as date_entree,
    {{ past_day("case when statut <> 'sorti' then null when statut_de_l_esms = 'sorti' then date_statut_esms else date_statut_unite end", '_collecte_le') }} as date_sortie,
    type_droit,
    cle_mdph,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    cast(millesime as {{ dbt.type_int() }}) as millesime
from statuts
