{# One row per triplet (discipline, mode de fonctionnement, clientèle) of an establishment, as its latest extraction shows it. #}
with recents as (
    select
        *,
        row_number() over (
            partition by finess_et, discipline_code, mode_fonctionnement_code, clientele_code
            order by _collecte_le desc, _recu_le desc, _delivery_id desc
        ) as rang
    from {{ ref('stg_finess__capacites') }}
)

select
    finess_et,
    discipline_code,
    mode_fonctionnement_code,
    clientele_code,
    est_autorisee,
    est_installee,
    cast(capacite_autorisee as {{ type_double() }}) as capacite_autorisee,
    cast(capacite_installee as {{ type_double() }}) as capacite_installee,
    cast(capacite_installee_habilitee as {{ type_double() }}) as capacite_installee_habilitee,
    date_effet_autorisation,
    date_effet_installation,
    _collecte_le as date_extraction,
    _delivery_id as delivery_id
from recents
where rang = 1
