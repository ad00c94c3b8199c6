{# Who says what, one row per voice: the retained answer first (rang 0), then those that other documents give, in the order of
   resolution. What the DUI of an ESMS knows and does not tell (int_dui__diffusion) is here for its own form alone (est_reservee). #}
with retenues as (
    select
        v.unite, v.unite_id, v.perimetre, v.millesime, v.element_id, v.composante, v.base_temporelle, s.document, v.source, v.collecte,
        v.valeur_nombre, v.valeur_texte, v.valeur_date, v.collecte_le, v.alerte, v.delivery_id, v.ligne, 0 as rang, false as est_reservee
    from {{ ref('dlnuf_valeurs') }} as v
    inner join {{ ref('sources') }} as s on v.source = s.source
    where v.unite = 'ET'
),

autres as (
    select
        unite, unite_id, perimetre, millesime, element_id, composante, base_temporelle, document, source, collecte,
        valeur_nombre, valeur_texte, valeur_date, collecte_le, alerte, delivery_id, ligne, rang, false as est_reservee
    from {{ ref('int_reponses_classees') }}
    where unite = 'ET' and est_voix and not est_retenue
),

-- Its rank is that of the DUI in the order of the element, after what is retained.
reservees as (
    select
        i.unite, i.unite_id, 'site' as perimetre, i.annee as millesime, i.indicateur as element_id, i.composante, i.base_temporelle, 'dui' as document,
        'dui' as source, 'DUI' as collecte, round(i.valeur, 6) as valeur_nombre, cast(null as {{ dbt.type_string() }}) as valeur_texte,
        cast(null as date) as valeur_date, a.collecte_le, cast(null as {{ dbt.type_string() }}) as alerte, a.delivery_id, a.ligne, 1 as rang,
        true as est_reservee
    from {{ ref('int_dui__indicateurs') }} as i
    inner join {{ ref('elements') }} as e on i.indicateur = e.element_id
    inner join {{ ref('int_dui__annees') }} as a on i.unite_id = a.unite_id and i.annee = a.annee
    left join {{ ref('int_dui__observations') }} as o
        on i.unite_id = o.unite_id and i.annee = o.millesime and i.indicateur = o.element_id and i.composante = o.composante
        and i.base_temporelle = o.base_temporelle
    where i.unite = 'ET' and {{ is_known('i', 'e') }} and o.unite_id is null and i.valeur is not null
)

select * from retenues
union all
select * from autres
union all
select * from reservees
