{{ config(materialized="table") }}
{# What FINESS says of places, dated: the day of each extraction, and the 31 December that it can speak of. #}
{%- set n_annees = 6 %}
with capacites as (
    select
        c.*,
        et.date_ouverture,
        et.date_fermeture,
        et.est_ouvert
    from {{ ref('int_finess__capacites_par_et') }} as c
    left join {{ ref('int_finess__et_courant') }} as et on c.finess_et = et.finess_et
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
        - case when c._collecte_le = {{ year_end("extract(year from c._collecte_le)") }} then 0 else 1 end as annee
    from capacites as c
    cross join reculs as r
),

datees as (
    select finess_et, element_id, composante, entite, _delivery_id, _collecte_le, _recu_le, _ligne, valeur, est_modalite_absente, extract(year from _collecte_le) as millesime, 'jour' as base_temporelle
    from capacites
    where coalesce(est_ouvert, true) or date_fermeture > _collecte_le

    union all

    select finess_et, element_id, composante, entite, _delivery_id, _collecte_le, _recu_le, _ligne, valeur, est_modalite_absente, annee, 'stock_3112'
    from fins
    where date_dernier_changement <= {{ year_end("annee") }}
        and coalesce(date_ouverture <= {{ year_end("annee") }}, true)
        and (coalesce(est_ouvert, true) or date_fermeture > {{ year_end("annee") }})
),

classees as (
    select
        *,
        row_number() over (
            partition by finess_et, element_id, composante, est_modalite_absente, base_temporelle, millesime
            order by _collecte_le desc, _recu_le desc, _delivery_id desc
        ) as rang,
        first_value(valeur) over (
            partition by finess_et, element_id, composante, est_modalite_absente, base_temporelle, millesime
            order by _collecte_le desc, _recu_le desc, _delivery_id desc
        ) as valeur_courante
    from datees
)

select
    finess_et,
    element_id,
    composante,
    est_modalite_absente,
    base_temporelle,
    cast(millesime as {{ dbt.type_int() }}) as millesime,
    valeur,
    rang = 1 as est_courante,
    entite,
    _delivery_id,
    _collecte_le,
    _recu_le,
    _ligne
from classees
-- Extractions that repeat the current answer add nothing; one that said otherwise stays among the answers. When the latest
-- extraction no longer knows, the older answer does not come back.
where valeur is not null and (rang = 1 or valeur_courante is null or valeur <> valeur_courante)
