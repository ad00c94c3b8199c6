{# Places of an establishment by triplet, one row per extraction, from the two shapes FINESS gives them in:
   lines of FINESS+ JSON (one per statut and part) and the wide social equipment of the flux standard. #}
with plus_lignes as (
    select
        c._delivery_id, c._collecte_le, c._recu_le, c.millesime, c._ligne,
        c.finess_et, c.discipline_code, c.mode_fonctionnement_code, c.clientele_code,
        c.nombre, c.statut_capacite_code, c.habilitation_code,
        -- A line without part is a total; the others are its parts and must not be added to it.
        c.genre_code is null and c.mode_financement_code is null and c.type_logement_code is null as est_entiere,
        c.etat_code = 'A' as est_autorisee,
        -- The last event of an installation says whether it stands (012 put in place, 015 withdrawn).
        c.etat_code = 'A' and not coalesce(a.date_evenement_fin_installation > a.date_evenement_installation, false) as est_installee,
        case
            when a.date_evenement_autorisation is null or a.date_debut >= a.date_evenement_autorisation then a.date_debut
            else a.date_evenement_autorisation
        end as date_autorisation,
        a.date_evenement_installation as date_installation,
        coalesce(a.date_evenement_fin_autorisation, a.date_fin_effective, a.date_fin) as date_fin_autorisation,
        coalesce(a.date_evenement_fin_installation, a.date_fin_effective, a.date_fin) as date_fin_installation,
        max(case when c.etat_code = 'A' then 1 else 0 end) over (
            partition by c._delivery_id, c.finess_et, c.discipline_code, c.mode_fonctionnement_code, c.clientele_code
        ) as a_une_active
    from {{ source('raw', 'finess__capacites') }} as c
    left join {{ source('raw', 'finess__activites') }} as a
        on c._delivery_id = a._delivery_id and c.activite_id = a.activite_id
    where c.niveau = 'exercee'
        -- ASMR is what the files write, AMSR what their schema says.
        and c.nature_code in ('ASMR', 'AMSR', 'ASOCR')
        and coalesce(c.unite_mesure_code, '02') = '02'
        and c.discipline_code is not null
        and c.mode_fonctionnement_code is not null
        and c.clientele_code is not null
),

plus_datees as (
    select
        *,
        -- The date of a side is that of its last change: its last act while it stands, its end when it ended.
        case when est_autorisee then date_autorisation else date_fin_autorisation end as date_effet_autorisation,
        case when est_installee then date_installation else date_fin_installation end as date_effet_installation
    from plus_lignes
    -- An activity that ended gives way to the one that replaced it in the same triplet.
    where est_autorisee or a_une_active = 0
),

plus as (
    select
        _delivery_id, finess_et, discipline_code, mode_fonctionnement_code, clientele_code,
        'capacites' as entite,
        max(_collecte_le) as _collecte_le,
        max(_recu_le) as _recu_le,
        max(millesime) as millesime,
        min(_ligne) as _ligne,
        max(case when est_autorisee and statut_capacite_code = '09' then 1 else 0 end) = 1 as est_autorisee,
        max(case when est_installee and statut_capacite_code = '08' then 1 else 0 end) = 1 as est_installee,
        sum(case when est_entiere and habilitation_code is null and statut_capacite_code = '09' then nombre end) as capacite_autorisee_declaree,
        sum(case when est_entiere and habilitation_code is null and statut_capacite_code = '08' then nombre end) as capacite_installee_declaree,
        sum(case when est_entiere and habilitation_code = '02' and statut_capacite_code = '08' then nombre end) as capacite_installee_habilitee_declaree,
        case when count(*) = count(date_effet_autorisation) then max(date_effet_autorisation) end as date_effet_autorisation,
        case when count(*) = count(date_effet_installation) then max(date_effet_installation) end as date_effet_installation
    from plus_datees
    group by _delivery_id, finess_et, discipline_code, mode_fonctionnement_code, clientele_code
),

standard as (
    select
        _delivery_id, finess_et, discipline_code, mode_fonctionnement_code, clientele_code,
        'equipements' as entite,
        max(_collecte_le) as _collecte_le,
        max(_recu_le) as _recu_le,
        max(millesime) as millesime,
        min(_ligne) as _ligne,
        -- A side that has neither figure nor date does not exist: equipment may be installed (survey) and never authorised.
        max(case when not coalesce(est_autorisation_supprimee, false) and (cap_autorisee is not null or date_autorisation is not null) then 1 else 0 end) = 1 as est_autorisee,
        max(case when not coalesce(est_installation_supprimee, false) and (cap_installee is not null or date_installation is not null) then 1 else 0 end) = 1 as est_installee,
        -- Several standing lines of one triplet that disagree: nothing says which one is right, so it is unknown.
        {% for cote, colonne in [('autorisation', 'cap_autorisee'), ('installation', 'cap_installee'), ('installation', 'cap_installee_habilitee')] -%}
        {%- set debout = "case when not coalesce(est_" ~ cote ~ "_supprimee, false) then " ~ colonne ~ " end" -%}
        {%- set alias = {'cap_autorisee': 'capacite_autorisee_declaree', 'cap_installee': 'capacite_installee_declaree', 'cap_installee_habilitee': 'capacite_installee_habilitee_declaree'}[colonne] -%}
        case
            when max({{ debout }}) is null then max({{ colonne }})
            when max({{ debout }}) = min({{ debout }}) then max({{ debout }})
        end as {{ alias }},
        {% endfor -%}
        case when max(case when coalesce(est_autorisation_supprimee, false) then 0 else 1 end) = 0
            then max(date_maj_autorisation) else max(date_autorisation) end as date_effet_autorisation,
        case when max(case when coalesce(est_installation_supprimee, false) then 0 else 1 end) = 0
            then max(date_maj_installation) else max(date_installation) end as date_effet_installation
    from {{ source('raw', 'finess__equipements') }}
    group by _delivery_id, finess_et, discipline_code, mode_fonctionnement_code, clientele_code
),

triplets as (
    select * from plus
    union all
    select * from standard
),

categories as (
    select finess_et, categorie_code
    from (
        select
            finess_et, categorie_code,
            row_number() over (partition by finess_et order by _collecte_le desc, _recu_le desc, _delivery_id desc) as rang
        from {{ ref('stg_finess__et') }}
    ) as c
    where rang = 1
)

select
    t.finess_et,
    c.categorie_code,
    t.discipline_code,
    t.mode_fonctionnement_code,
    t.clientele_code,
    t.est_autorisee,
    t.est_installee,
    t.capacite_autorisee_declaree,
    t.capacite_installee_declaree,
    t.capacite_installee_habilitee_declaree,
    {% for cote, debout in [('autorisee', 'est_autorisee'), ('installee', 'est_installee'), ('installee_habilitee', 'est_installee')] -%}
    case
        when not t.{{ debout }} then null
        -- CNSA: CMPP, CAMSP and SAA have no places; elsewhere a zero is a figure that nobody gave.
        when c.categorie_code in ('189', '190', '460') then 0
        when t.capacite_{{ cote }}_declaree = 0 then null
        else t.capacite_{{ cote }}_declaree
    end as capacite_{{ cote }},
    {% endfor -%}
    t.date_effet_autorisation,
    t.date_effet_installation,
    t.entite,
    t.millesime,
    t._delivery_id,
    t._ligne,
    t._collecte_le,
    t._recu_le
from triplets as t
left join categories as c on t.finess_et = c.finess_et
