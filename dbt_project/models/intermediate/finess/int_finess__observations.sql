{# The answers of FINESS that need more than a column: places, and what a join or a table of correspondence gives. #}
with identites as (
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
    est_courante,
    valeur as valeur_nombre,
    cast(null as {{ dbt.type_string() }}) as valeur_texte,
    cast(null as date) as valeur_date,
    case when element_id = 'LOGEMENTS_RA' then 'nombre' else 'places' end as unite_mesure
from {{ ref('int_finess__capacites_datees') }}
-- That a mode is not there is no answer to the question « how many places »: it serves the rates of equipment only.
where not est_modalite_absente
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
