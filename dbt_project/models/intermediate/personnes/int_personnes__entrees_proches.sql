{# One row per pair of records of one establishment that differ by one trait (name, given name, or birth, of which two parts of three are
   the same, or the year where a day is not known), that two systems tell, and that each lacks in the other: the entries are near, neither
   record's person has the other system's entry already, no number of theirs contradicts the other's, and no third record comes in
   question for one of them alone. #}
{%- set before = ref('int_personnes__etape_4_proches') -%}
with numeros as (
    -- A number without its key may be mistyped: it forbids that what differs be one.
    select e.groupe, coalesce(max(e.numero_nir), min(f.nir_sans_cle)) as numero_nir, max(e.numero_nia) as numero_nia
    from {{ before }} as e
    inner join {{ ref('int_personnes__fiches') }} as f on e.fiche_cle = f.fiche_cle
    group by e.groupe
),

porteurs as (
    {% for key in ['cle_sans_nom', 'cle_sans_prenom', 'cle_sans_naissance'] -%}
    select
        f.fiche_cle,
        f.finess_et,
        '{{ key }}' as motif,
        {{ columns_hash(["'" ~ key ~ "'", 'f.finess_et', 'f.' ~ key]) }} as cle,
        e.groupe,
        n.numero_nir,
        n.numero_nia,
        f.annee_naissance,
        f.cles_naissance_parties,
        f.cle_sans_lieu is null as est_sans_jour
    from {{ ref('int_personnes__fiches') }} as f
    inner join {{ before }} as e on f.fiche_cle = e.fiche_cle
    inner join numeros as n on e.groupe = n.groupe
    where f.{{ key }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

cles as (
    select cle from porteurs group by cle having min(groupe) <> max(groupe)
),

-- The groups in question, and every entry of theirs in that establishment.
groupes as (
    select porteurs.cle, porteurs.finess_et, porteurs.groupe, porteurs.numero_nir, porteurs.numero_nia, min(porteurs.annee_naissance) as annee_naissance
    from porteurs
    inner join cles on porteurs.cle = cles.cle
    group by porteurs.cle, porteurs.finess_et, porteurs.groupe, porteurs.numero_nir, porteurs.numero_nia
),

-- Homonyms of one ESMS differ by the whole birth; a mistake leaves two parts of it.
possibles as (
    select distinct a.cle, a.groupe as groupe_a, b.groupe as groupe_b
    from porteurs as a
    inner join porteurs as b on a.cle = b.cle and a.groupe < b.groupe
    where a.motif <> 'cle_sans_naissance'
        or {{ keys_in_common('a.cles_naissance_parties', 'b.cles_naissance_parties') }}
        or ((a.est_sans_jour or b.est_sans_jour) and coalesce(a.annee_naissance = b.annee_naissance, true))
),

entrees as (
    select g.cle, g.groupe, g.numero_nir, g.numero_nia, g.annee_naissance, n.fiche_cle, n.systeme, n.date_entree
    from groupes as g
    inner join {{ before }} as e on g.groupe = e.groupe
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
    inner join entrees as b on a.cle = b.cle and a.groupe < b.groupe and a.systeme <> b.systeme
        and coalesce(a.numero_nir = b.numero_nir, true) and coalesce(a.numero_nia = b.numero_nia, true)
        and coalesce(abs(a.annee_naissance - b.annee_naissance) <= 10, true) -- a father and his son enter together too
    inner join possibles on a.cle = possibles.cle and a.groupe = possibles.groupe_a and b.groupe = possibles.groupe_b
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

-- Whatever they differ by: who comes in question for one comes in question for the other. Three systems that tell one entry, each by a
-- record of its own, make three such pairs; a fourth record that is not like all of them leaves all in doubt.
couples as (
    select distinct groupe_a as groupe, groupe_b as autre from paires
    union
    select groupe_b, groupe_a from paires
),

partenaires as (
    select groupe, count(*) as nombre from couples group by groupe
),

communs as (
    select a.groupe as groupe_a, b.groupe as groupe_b, count(*) as nombre, min(partenaires.nombre) as nombre_chacun
    from couples as a
    inner join couples as b on a.autre = b.autre and a.groupe < b.groupe
    inner join partenaires on a.autre = partenaires.groupe
    group by a.groupe, b.groupe
)

select
    paires.groupe_a,
    paires.groupe_b,
    min(paires.fiche_a) as fiche_a,
    min(paires.fiche_b) as fiche_b,
    a.nombre = coalesce(communs.nombre, 0) + 1 and b.nombre = a.nombre and coalesce(communs.nombre_chacun, a.nombre) = a.nombre as est_retenue
from paires
inner join partenaires as a on paires.groupe_a = a.groupe
inner join partenaires as b on paires.groupe_b = b.groupe
left join communs on paires.groupe_a = communs.groupe_a and paires.groupe_b = communs.groupe_b
group by paires.groupe_a, paires.groupe_b, a.nombre, b.nombre, communs.nombre, communs.nombre_chacun
