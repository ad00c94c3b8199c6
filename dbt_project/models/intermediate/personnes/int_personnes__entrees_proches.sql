{# One row per pair of records of one establishment that differ by one trait (given name, or birth), that two systems tell, and that
   each lacks in the other: the entries are near, neither record's person has the other system's entry already, and no third record comes
   in question. #}
with porteurs as (
    select f.fiche_cle, f.finess_et, {{ columns_hash(["'P'", 'f.finess_et', 'f.cle_sans_prenom']) }} as cle, e.groupe, e.a_ins
    from {{ ref('int_personnes__fiches') }} as f
    inner join {{ ref('int_personnes__etape_4_etablissement') }} as e on f.fiche_cle = e.fiche_cle
    where f.cle_sans_prenom is not null
    union all
    select f.fiche_cle, f.finess_et, {{ columns_hash(["'D'", 'f.finess_et', 'f.cle_sans_naissance']) }} as cle, e.groupe, e.a_ins
    from {{ ref('int_personnes__fiches') }} as f
    inner join {{ ref('int_personnes__etape_4_etablissement') }} as e on f.fiche_cle = e.fiche_cle
    where f.cle_sans_naissance is not null
),

cles as (
    select cle from porteurs group by cle having min(groupe) <> max(groupe)
),

-- The groups in question, and every entry of theirs in that establishment.
groupes as (
    select distinct porteurs.cle, porteurs.finess_et, porteurs.groupe, porteurs.a_ins
    from porteurs
    inner join cles on porteurs.cle = cles.cle
),

entrees as (
    select g.cle, g.groupe, g.a_ins, n.fiche_cle, n.systeme, n.date_entree
    from groupes as g
    inner join {{ ref('int_personnes__etape_4_etablissement') }} as e on g.groupe = e.groupe
    inner join {{ ref('int_personnes__entrees') }} as n on e.fiche_cle = n.fiche_cle and g.finess_et = n.finess_et
),

tolerance as (
    select cast(tolerance_valeur as {{ dbt.type_int() }}) as jours
    from {{ ref('elements') }}
    where element_id = 'DATE_ENTREE'
),

-- Systems that already tell an entry of the same group.
dites as (
    select distinct a.cle, a.groupe, a.fiche_cle, a.systeme, a.date_entree, b.systeme as systeme_qui_la_dit
    from entrees as a
    inner join entrees as b on a.cle = b.cle and a.groupe = b.groupe and a.systeme <> b.systeme
    cross join tolerance
    where abs({{ dbt.datediff('a.date_entree', 'b.date_entree', 'day') }}) <= tolerance.jours
),

paires as (
    select distinct a.cle, a.groupe as groupe_a, b.groupe as groupe_b, a.fiche_cle as fiche_a, b.fiche_cle as fiche_b
    from entrees as a
    inner join entrees as b on a.cle = b.cle and a.groupe < b.groupe and a.systeme <> b.systeme and not (a.a_ins and b.a_ins)
    cross join tolerance
    left join dites as deja_a
        on a.cle = deja_a.cle and a.groupe = deja_a.groupe and a.fiche_cle = deja_a.fiche_cle and a.date_entree = deja_a.date_entree
        and b.systeme = deja_a.systeme_qui_la_dit
    left join dites as deja_b
        on b.cle = deja_b.cle and b.groupe = deja_b.groupe and b.fiche_cle = deja_b.fiche_cle and b.date_entree = deja_b.date_entree
        and a.systeme = deja_b.systeme_qui_la_dit
    where abs({{ dbt.datediff('a.date_entree', 'b.date_entree', 'day') }}) <= tolerance.jours
        and deja_a.cle is null
        and deja_b.cle is null
),

-- One candidate on each side.
seules as (
    select cle
    from (select distinct cle, groupe_a, groupe_b from paires) as couples
    group by cle
    having count(*) = 1
)

select paires.fiche_a, paires.fiche_b
from paires
inner join seules on paires.cle = seules.cle
