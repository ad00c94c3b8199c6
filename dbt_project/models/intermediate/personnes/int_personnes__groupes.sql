{# One row per record: the person it is about. The number of a person is drawn from that of its group, which is its INS, or one of its records.
   Records of a person that opposes matching stand alone. #}
with opposes as (
    select distinct e.groupe
    from {{ ref('int_personnes__opposants') }} as o
    inner join {{ ref('int_personnes__etape_7_entrees') }} as e on o.fiche_cle = e.fiche_cle
    where o.est_sans_appariement
),

seuls as (
    select groupe from {{ ref('int_personnes__etape_7_entrees') }} group by groupe having count(*) = 1
),

-- Pairs that look like one person and were left apart: something more must be known.
en_suspens as (
    {% for pairs in ['int_personnes__paires_proches', 'int_personnes__entrees_proches'] -%}
    {% for side in ['a', 'b'] -%}
    select p.fiche_{{ side }} as fiche_cle
    from {{ ref(pairs) }} as p
    inner join {{ ref('int_personnes__etape_7_entrees') }} as a on p.fiche_a = a.fiche_cle
    inner join {{ ref('int_personnes__etape_7_entrees') }} as b on p.fiche_b = b.fiche_cle
    where a.groupe <> b.groupe
    {{ 'union' if not loop.last }}
    {% endfor -%}
    {{ 'union' if not loop.last }}
    {% endfor %}
),

membres as (
    select
        e.fiche_cle,
        case when opposes.groupe is null then e.groupe else e.fiche_cle end as groupe,
        case when opposes.groupe is not null then 'opposition' when seuls.groupe is not null then 'seule' else e.regle end as regle,
        opposes.groupe is null and (e.est_ambigu or en_suspens.fiche_cle is not null) as ambigu,
        opposes.groupe is null and e.numero_nir is not null and e.numero_nia is not null as a_nia_puis_nir
    from {{ ref('int_personnes__etape_7_entrees') }} as e
    left join opposes on e.groupe = opposes.groupe
    left join seuls on e.groupe = seuls.groupe
    left join en_suspens on e.fiche_cle = en_suspens.fiche_cle
)

select
    f.fiche_cle,
    f.source,
    f.finess_et,
    f.fiche_id,
    {{ dbt.hash("cast(m.groupe as " ~ dbt.type_string() ~ ")") }} as personne_id,
    m.groupe as personne_numero,
    m.regle,
    m.ambigu,
    m.a_nia_puis_nir,
    f.delivery_id,
    f.ligne
from membres as m
inner join {{ ref('int_personnes__fiches') }} as f on m.fiche_cle = f.fiche_cle
