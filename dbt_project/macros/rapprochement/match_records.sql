{#- One rule of the cascade: the groups that a key brings together become one (docs/rapprochement.md).

    before: the records and the group of each, so far: fiche_cle, groupe, numero_nir, numero_nia (the own numbers of the group), regle, est_ambigu.
    clues: what records say: fiche_cle, cle, and what sets apart two records that share the key (NULL: nothing), in the columns that `apart`
    names.

    Of the groups that share a key, none has a number that contradicts another's (two NIR, or two NIA; a NIA waits for its NIR, and
    contradicts none), and none says an `apart` that contradicts another's: then they are one. Else nothing tells with whom they go: they stay
    as they are, ambiguous. A group without NIR that several keys send to groups of two NIR stays too; and when all that a group would receive
    brings two numbers to it, all of it stays. So no rule ever brings two contradicting numbers together. Groups have an order (those with a
    NIR, those with a NIA, the others; then their number), and go to one before them only: nothing turns round. -#}
{% macro match_records(before, rule, clues, apart=['ecarte']) -%}
with indices as (
    {{ clues }}
),

membres as (
    select avant.groupe, avant.numero_nir, avant.numero_nia, indices.cle, indices.{{ apart | join(', indices.') }}
    from indices
    inner join {{ before }} as avant on indices.fiche_cle = avant.fiche_cle
),

-- Keys that several groups share, and the group that each would make of them.
cles as (
    select
        cle,
        coalesce(min(case when numero_nir is not null then groupe end), min(case when numero_nia is not null then groupe end), min(groupe)) as cible,
        min(numero_nir) as numero_nir,
        min(numero_nia) as numero_nia,
        case
            when min(numero_nir) <> max(numero_nir) or min(numero_nia) <> max(numero_nia)
                {%- for column in apart %}
                or min({{ column }}) <> max({{ column }})
                {%- endfor %}
                then 1
            else 0
        end as est_partagee
    from membres
    group by cle
    having min(groupe) <> max(groupe)
),

groupes as (
    select distinct membres.groupe, membres.numero_nir, membres.numero_nia
    from membres
    inner join cles on membres.cle = cles.cle
),

-- Where each group would go: to the number that its keys agree on, else to the first group that shares one.
departs as (
    select
        membres.groupe,
        coalesce(
            min(case when cles.est_partagee = 0 and cles.numero_nir is not null then cles.cible end),
            min(case when cles.est_partagee = 0 and cles.numero_nia is not null then cles.cible end),
            min(case when cles.est_partagee = 0 then cles.cible end)
        ) as destination,
        coalesce(min(case when cles.est_partagee = 0 then cles.numero_nir end) <> max(case when cles.est_partagee = 0 then cles.numero_nir end), false)
        or coalesce(min(case when cles.est_partagee = 0 then cles.numero_nia end) <> max(case when cles.est_partagee = 0 then cles.numero_nia end), false)
            as est_disputee,
        max(cles.est_partagee) as est_partagee
    from membres
    inner join cles on membres.cle = cles.cle
    group by membres.groupe
),

destinations as (
    select groupe, destination from departs where destination <> groupe and not est_disputee
),

-- The group one goes to may go elsewhere too.
voulues as (
    select d.groupe, coalesce(fin.destination, suite.destination, d.destination) as destination
    from destinations as d
    left join destinations as suite on d.destination = suite.groupe
    left join destinations as fin on suite.destination = fin.groupe
),

-- What each group would become, and whether two of its numbers contradict each other.
ensembles as (
    select
        reunis.destination,
        min(reunis.numero_nir) as numero_nir,
        min(reunis.numero_nia) as numero_nia,
        coalesce(min(reunis.numero_nir) = max(reunis.numero_nir), true) and coalesce(min(reunis.numero_nia) = max(reunis.numero_nia), true) as est_possible
    from (
        select voulues.destination, groupes.numero_nir, groupes.numero_nia from voulues inner join groupes on voulues.groupe = groupes.groupe
        union all
        select groupes.groupe, groupes.numero_nir, groupes.numero_nia from groupes where groupes.groupe in (select voulues.destination from voulues)
    ) as reunis
    group by reunis.destination
),

arrivees as (
    select voulues.groupe, voulues.destination
    from voulues
    inner join ensembles on voulues.destination = ensembles.destination
    where ensembles.est_possible
),

rejoints as (
    select destination as groupe, numero_nir, numero_nia from ensembles where est_possible
)

select
    avant.fiche_cle,
    coalesce(arrivees.destination, avant.groupe) as groupe,
    coalesce(rejoints.numero_nir, avant.numero_nir) as numero_nir,
    coalesce(rejoints.numero_nia, avant.numero_nia) as numero_nia,
    case when avant.regle = 'seule' and rejoints.groupe is not null then '{{ rule }}' else avant.regle end as regle,
    rejoints.groupe is null and (
        avant.est_ambigu or coalesce(departs.est_partagee = 1 or departs.est_disputee or departs.destination <> avant.groupe, false)
    ) as est_ambigu
from {{ before }} as avant
left join departs on avant.groupe = departs.groupe
left join arrivees on avant.groupe = arrivees.groupe
left join rejoints on coalesce(arrivees.destination, avant.groupe) = rejoints.groupe
{%- endmacro %}
