{# Places of an establishment by element of the dictionary, one row per extraction, with the date of their last change. #}
with triplets as (
    select
        c.*,
        k.domaine,
        m.modalite_ph,
        case
            when m.modalite_pa in ('AJ', 'NUIT') and d.est_accueil_pa then m.modalite_pa
            when m.modalite_pa = 'HT' or (m.modalite_pa = 'HP' and c.discipline_code = '657') then 'HT'
            when m.modalite_pa = 'HP' and d.est_accueil_pa then 'HP'
        end as modalite_pa,
        case c.discipline_code when '925' then 'F1' when '926' then 'F2' when '927' then 'F1BIS' end as logement
    from {{ ref('stg_finess__capacites') }} as c
    left join {{ ref('disciplines_finess') }} as d on c.discipline_code = d.code
    left join {{ ref('modes_fonctionnement_finess') }} as m on c.mode_fonctionnement_code = m.code
    left join {{ ref('categories_finess') }} as k on c.categorie_code = k.code
    -- 177 « Section de cure médicale (dont) » counts places that another triplet of the establishment counts already.
    where coalesce(d.est_capacite_comptee, true)
),

-- A side that never existed (authorised and not yet installed, for instance) says nothing; one that ended dates its end.
cotes as (
    select
        'autorisee' as cote, est_autorisee as est_debout, capacite_autorisee as valeur, date_effet_autorisation as date_effet,
        _delivery_id, _collecte_le, _recu_le, _ligne, millesime, entite, finess_et, domaine, modalite_ph, modalite_pa, logement
    from triplets
    where est_autorisee or capacite_autorisee_declaree is not null

    union all

    select
        'installee', est_installee, capacite_installee, date_effet_installation,
        _delivery_id, _collecte_le, _recu_le, _ligne, millesime, entite, finess_et, domaine, modalite_ph, modalite_pa, logement
    from triplets
    where est_installee or capacite_installee_declaree is not null

    union all

    select
        'habilitee', est_installee, capacite_installee_habilitee, date_effet_installation,
        _delivery_id, _collecte_le, _recu_le, _ligne, millesime, entite, finess_et, domaine, modalite_ph, modalite_pa, logement
    from triplets
    where capacite_installee_habilitee_declaree is not null
),

reponses as (
    select *, case cote when 'autorisee' then 'CAP_AUT_TOT' when 'installee' then 'CAP_INST_TOT' else 'PLACES_ASH' end as element_id, '' as composante
    from cotes

    union all

    select *, case cote when 'autorisee' then 'CAP_AUT_' else 'CAP_INST_' end || modalite_pa, ''
    from cotes
    where (cote = 'autorisee' and modalite_pa is not null) or (cote = 'installee' and modalite_pa in ('HP', 'HT', 'AJ'))

    union all

    select *, 'CAP_MODE_PH', modalite_ph
    from cotes
    where cote = 'autorisee' and domaine in ('PH_ENFANT', 'PH_ADULTE') and modalite_ph is not null

    union all

    select *, 'LOGEMENTS_RA', logement
    from cotes
    where cote = 'installee' and logement is not null
)

select
    finess_et,
    element_id,
    composante,
    entite,
    millesime,
    _delivery_id,
    max(_collecte_le) as _collecte_le,
    max(_recu_le) as _recu_le,
    min(_ligne) as _ligne,
    cast(sum(case when est_debout then valeur end) as {{ type_double() }}) as valeur,
    case when count(*) = count(date_effet) then max(date_effet) end as date_dernier_changement
from reponses
group by finess_et, element_id, composante, entite, millesime, _delivery_id
