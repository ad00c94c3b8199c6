{# The answers of FINESS that need more than a column: places, and what a join or a table of correspondence gives. #}
{%- set n_annees = 6 %}
with capacites as (
    select
        c.*,
        et.date_ouverture,
        et.date_fermeture,
        et.est_ouvert
    from {{ ref('int_finess__capacites_par_et') }} as c
    left join {{ ref('int_finess__et_courant') }} as et on c.finess_et = et.finess_et
    where c.valeur is not null
),

reculs as (
    {% for recul in range(n_annees) -%}
    select {{ recul }} as recul{{ " union all " if not loop.last }}
    {%- endfor %}
),

-- The last 31 December that the extraction can speak of, and the five before.
fins as (
    select
        c.*,
        extract(year from c._collecte_le) - r.recul
        - case when c._collecte_le = {{ fin_annee("extract(year from c._collecte_le)") }} then 0 else 1 end as annee
    from capacites as c
    cross join reculs as r
),

datees as (
    select finess_et, element_id, composante, entite, _delivery_id, _collecte_le, _recu_le, _ligne, valeur, millesime, 'jour' as base_temporelle
    from capacites
    where coalesce(est_ouvert, true) or date_fermeture > _collecte_le

    union all

    select finess_et, element_id, composante, entite, _delivery_id, _collecte_le, _recu_le, _ligne, valeur, annee, 'stock_3112'
    from fins
    where date_dernier_changement <= {{ fin_annee("annee") }}
        and coalesce(date_ouverture <= {{ fin_annee("annee") }}, true)
        and (coalesce(est_ouvert, true) or date_fermeture > {{ fin_annee("annee") }})
),

classees as (
    select
        *,
        row_number() over (
            partition by finess_et, element_id, composante, base_temporelle, millesime
            order by _collecte_le desc, _recu_le desc, _delivery_id desc
        ) as rang,
        first_value(valeur) over (
            partition by finess_et, element_id, composante, base_temporelle, millesime
            order by _collecte_le desc, _recu_le desc, _delivery_id desc
        ) as valeur_courante
    from datees
),

identites as (
    select
        et.finess_et, et.millesime, et._delivery_id, et._ligne, et._collecte_le, et._recu_le, et._est_courante,
        et.commune_code,
        trim(concat_ws(' ', et.adresse, et.code_postal, et.acheminement_libelle)) as adresse,
        cast(et.latitude as {{ dbt.type_string() }}) || ';' || cast(et.longitude as {{ dbt.type_string() }}) as position_wgs84,
        ej.raison_sociale as raison_sociale_ej,
        ej.statut_juridique_code
    from {{ ref('stg_finess__et') }} as et
    left join {{ ref('stg_finess__ej') }} as ej
        on et.finess_ej = ej.finess_ej and et.millesime = ej.millesime and ej._est_courante
)

select
    'ET' as unite,
    finess_et as unite_id,
    'site' as perimetre,
    cast(millesime as {{ dbt.type_int() }}) as millesime,
    element_id,
    composante,
    base_temporelle,
    'finess' as source,
    'FINESS' as collecte,
    entite,
    case
        when entite = 'capacites' then 'nombre'
        when element_id like 'CAP_AUT%' or element_id = 'CAP_MODE_PH' then 'cap_autorisee'
        when element_id = 'PLACES_ASH' then 'cap_installee_habilitee'
        else 'cap_installee'
    end as champ,
    _delivery_id as delivery_id,
    _ligne as ligne,
    _collecte_le as collecte_le,
    _recu_le as recu_le,
    cast(null as {{ dbt.type_string() }}) as rang_depot,
    rang = 1 as est_courante,
    valeur as valeur_nombre,
    cast(null as {{ dbt.type_string() }}) as valeur_texte,
    cast(null as date) as valeur_date,
    case when element_id = 'LOGEMENTS_RA' then 'nombre' else 'places' end as unite_mesure
from classees
-- Extractions that repeat the current answer add nothing; one that said otherwise stays among the answers.
where rang = 1 or valeur <> valeur_courante
{% for element, champ, colonne in [
    ('COMMUNE_INSEE', 'commune_cog', 'commune_code'),
    ('ADRESSE', 'ligne_quatre', 'adresse'),
    ('GEOLOC', 'coordonnee_x', 'position_wgs84'),
    ('RAISON_SOCIALE_EJ', 'finess_ej', 'raison_sociale_ej'),
    ('STATUT_JURIDIQUE', 'finess_ej', 'statut_juridique_code'),
] %}
union all

select
    'ET', finess_et, 'site', cast(millesime as {{ dbt.type_int() }}), '{{ element }}', '', 'validite', 'finess', 'FINESS', 'et', '{{ champ }}',
    _delivery_id, _ligne, _collecte_le, _recu_le, cast(null as {{ dbt.type_string() }}), _est_courante,
    cast(null as {{ type_double() }}), {{ colonne }}, cast(null as date), cast(null as {{ dbt.type_string() }})
from identites
where {{ colonne }} is not null{% if element == 'ADRESSE' %} and adresse <> ''{% endif %}
{% endfor %}
