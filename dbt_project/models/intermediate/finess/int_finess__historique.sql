{# Dated events of establishments, from successive extractions. Nothing is deduced from an absence: extracts may be partial. #}
{%- set ordre = "order by _collecte_le, _recu_le, _delivery_id" %}
{%- set texte = dbt.type_string() %}
with et as (
    select
        finess_et, finess_ej, est_ouvert, date_ouverture, date_fermeture, fermeture_type_code, _collecte_le, _delivery_id,
        lag(finess_ej) over (partition by finess_et {{ ordre }}) as finess_ej_avant,
        lag(est_ouvert) over (partition by finess_et {{ ordre }}) as etait_ouvert,
        row_number() over (partition by finess_et {{ ordre }}) as rang
    from {{ ref('stg_finess__et') }}
),

etats as (
    select
        *,
        case
            when est_autorisee or est_installee then
                'autorisée ' || coalesce(cast(cast(capacite_autorisee as {{ dbt.type_bigint() }}) as {{ texte }}), 'inconnue')
                || ', installée ' || coalesce(cast(cast(capacite_installee as {{ dbt.type_bigint() }}) as {{ texte }}), 'inconnue')
            else 'retirée'
        end as valeur
    from {{ ref('stg_finess__capacites') }}
),

capacites as (
    select
        *,
        lag(valeur) over (partition by finess_et, discipline_code, mode_fonctionnement_code, clientele_code {{ ordre }}) as valeur_avant,
        lag(_collecte_le) over (partition by finess_et, discipline_code, mode_fonctionnement_code, clientele_code {{ ordre }}) as vue_avant_le
    from etats
),

evenements as (
    -- The date FINESS gives; for an establishment that reopens, the extraction that shows it.
    select
        finess_et, 'ouverture' as evenement,
        case when rang = 1 then date_ouverture else _collecte_le end as date_evenement,
        cast(null as {{ texte }}) as discipline_code,
        cast(null as {{ texte }}) as mode_fonctionnement_code,
        cast(null as {{ texte }}) as clientele_code,
        cast(null as {{ texte }}) as valeur_avant,
        cast(null as {{ texte }}) as valeur_apres,
        _delivery_id as delivery_id
    from et
    where (rang = 1 and date_ouverture is not null) or (est_ouvert and not etait_ouvert)

    union all

    -- A closure without date is dated by the extraction that shows it, when an earlier one showed the establishment open.
    select
        finess_et, 'fermeture',
        coalesce(date_fermeture, case when etait_ouvert then _collecte_le end),
        null, null, null, null, fermeture_type_code, _delivery_id
    from et
    where not est_ouvert and coalesce(etait_ouvert, true) and (date_fermeture is not null or etait_ouvert)

    union all

    select finess_et, 'changement_ej', _collecte_le, null, null, null, finess_ej_avant, finess_ej, _delivery_id
    from et
    where finess_ej <> finess_ej_avant

    union all

    -- The act's own date when it stands between the two extractions, else that of the extraction that shows the change.
    select
        finess_et, 'capacite',
        case when date_effet_autorisation > vue_avant_le and date_effet_autorisation <= _collecte_le
            then date_effet_autorisation else _collecte_le end,
        discipline_code, mode_fonctionnement_code, clientele_code, valeur_avant, valeur, _delivery_id
    from capacites
    where valeur <> valeur_avant
)

select *, 'finess' as source
from evenements
