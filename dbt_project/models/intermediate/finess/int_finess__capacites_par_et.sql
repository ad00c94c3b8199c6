{{ config(materialized="table") }}
{# Places of an establishment by element of the dictionary, one row per extraction, with the date of their last change;
   and, apart, the modes of reception of the elderly that FINESS shows the establishment not to have. #}
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
        case c.discipline_code when '925' then 'F1' when '926' then 'F2' when '927' then 'F1BIS' end as logement,
        d.code is not null and m.code is not null as est_classe,
        -- Long-stay units (362) are hospital by category, and receive the elderly.
        k.domaine = 'PA' or c.categorie_code = '362' as est_pa
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
        _delivery_id, _collecte_le, _recu_le, _ligne, millesime, entite, finess_et, domaine, modalite_ph, modalite_pa, logement, est_classe, est_pa
    from triplets
    where est_autorisee or capacite_autorisee_declaree is not null

    union all

    select
        'installee', est_installee, capacite_installee, date_effet_installation,
        _delivery_id, _collecte_le, _recu_le, _ligne, millesime, entite, finess_et, domaine, modalite_ph, modalite_pa, logement, est_classe, est_pa
    from triplets
    where est_installee or capacite_installee_declaree is not null

    union all

    select
        'habilitee', est_installee, capacite_installee_habilitee, date_effet_installation,
        _delivery_id, _collecte_le, _recu_le, _ligne, millesime, entite, finess_et, domaine, modalite_ph, modalite_pa, logement, est_classe, est_pa
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
),

-- What stands, side « installed », taken together: known when every triplet that stands has its figure.
ensembles as (
    select
        finess_et,
        entite,
        millesime,
        _delivery_id,
        max(_collecte_le) as _collecte_le,
        max(_recu_le) as _recu_le,
        min(_ligne) as _ligne,
        case when count(*) = count(date_effet) then max(date_effet) end as date_dernier_changement,
        count(case when est_debout then valeur end) as n_connus,
        count(case when est_debout and not est_classe then 1 end) as n_non_classes,
        {% for modalite in ['HP', 'HT', 'AJ'] -%}
        count(case when est_debout and modalite_pa = '{{ modalite }}' then 1 end) as n_{{ modalite | lower }},
        {% endfor -%}
        {% for logement in ['F1', 'F1BIS', 'F2'] -%}
        count(case when est_debout and logement = '{{ logement }}' then 1 end) as n_{{ logement | lower }},
        {% endfor -%}
        count(case when est_debout and logement is not null then valeur end) as n_logements_connus
    from cotes
    where cote = 'installee' and est_pa
    group by finess_et, entite, millesime, _delivery_id
),

-- FINESS declares each mode that exists: where something stands and is known, a mode that no standing triplet has holds no
-- place. A triplet whose codes the nomenclatures do not know may be of any mode: nothing is said then.
absences as (
    {% for modalite in ['HP', 'HT', 'AJ'] -%}
    select *, 'CAP_INST_{{ modalite }}' as element_id, '' as composante
    from ensembles
    where n_connus > 0 and n_non_classes = 0 and n_{{ modalite | lower }} = 0
    union all
    {% endfor -%}
    {% for logement in ['F1', 'F1BIS', 'F2'] -%}
    select *, 'LOGEMENTS_RA', '{{ logement }}'
    from ensembles
    where n_logements_connus > 0 and n_non_classes = 0 and n_{{ logement | lower }} = 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
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
    -- A sum is known when each of its terms is: a partial sum would pass for the whole.
    cast(
        case when count(case when est_debout then 1 end) = count(case when est_debout then valeur end) then sum(case when est_debout then valeur end) end
        as {{ type_double() }}
    ) as valeur,
    case when count(*) = count(date_effet) then max(date_effet) end as date_dernier_changement,
    false as est_modalite_absente
from reponses
group by finess_et, element_id, composante, entite, millesime, _delivery_id

union all

select
    finess_et, element_id, composante, entite, millesime, _delivery_id, _collecte_le, _recu_le, _ligne,
    cast(0 as {{ type_double() }}), date_dernier_changement, true
from absences
