{#- One rule of the cascade: the groups that a key brings together become one (docs/rapprochement.md).

    before: the records and the group of each, so far: fiche_cle, groupe, a_ins, regle, est_ambigu.
    clues: what records say: fiche_cle, cle, and what sets apart two records that share the key (NULL: nothing): `ecarte`, or the columns
    that `apart` names.

    Of the groups that share a key, one at most has an INS, and one at most says `ecarte`: then they are one. Else nothing tells with whom
    the others go: they stay as they are, ambiguous. A group without INS that several keys send to groups of two INS stays too. So no rule
    ever brings two INS together: a group with an INS never moves, the others join one at most. -#}
{% macro match_records(before, rule, clues, apart=['ecarte']) -%}
with indices as (
    {{ clues }}
),

membres as (
    select avant.groupe, avant.a_ins, indices.cle, indices.{{ apart | join(', indices.') }}
    from indices
    inner join {{ before }} as avant on indices.fiche_cle = avant.fiche_cle
),

-- Keys that several groups share, and the group that each would make of them.
cles as (
    select
        cle,
        coalesce(
            min(case when a_ins then groupe end),
            {% for column in apart -%}
            min(case when {{ column }} is not null then groupe end),
            {% endfor -%}
            min(groupe)
        ) as cible,
        max(case when a_ins then 1 else 0 end) as cible_a_ins,
        case
            when min(case when a_ins then groupe end) <> max(case when a_ins then groupe end)
                {%- for column in apart %}
                or min(case when {{ column }} is not null then groupe end) <> max(case when {{ column }} is not null then groupe end)
                {%- endfor %}
                then 1
            else 0
        end as est_partagee
    from membres
    group by cle
    having min(groupe) <> max(groupe)
),

-- Where each group without INS would go: to the INS that its keys agree on, else to the first group that shares one.
departs as (
    select
        membres.groupe,
        min(case when cles.est_partagee = 0 and cles.cible_a_ins = 1 then cles.cible end) as premiere_ins,
        max(case when cles.est_partagee = 0 and cles.cible_a_ins = 1 then cles.cible end) as derniere_ins,
        min(case when cles.est_partagee = 0 and cles.cible_a_ins = 0 then cles.cible end) as sans_ins,
        max(cles.est_partagee) as est_partagee
    from membres
    inner join cles on membres.cle = cles.cle
    where not membres.a_ins
    group by membres.groupe
),

destinations as (
    select
        groupe,
        coalesce(premiere_ins, sans_ins) as destination,
        premiere_ins is not null as a_ins
    from departs
    where coalesce(premiere_ins, sans_ins) <> groupe
        and (premiere_ins is null or premiere_ins = derniere_ins)
),

-- The group one goes to may go elsewhere too.
arrivees as (
    select
        d.groupe,
        coalesce(suite.destination, d.destination) as destination,
        coalesce(suite.a_ins, d.a_ins) as a_ins
    from destinations as d
    left join destinations as suite on case when not d.a_ins then d.destination end = suite.groupe
),

rejoints as (
    select distinct destination as groupe from arrivees
)

select
    avant.fiche_cle,
    coalesce(arrivees.destination, avant.groupe) as groupe,
    avant.a_ins or coalesce(arrivees.a_ins, false) as a_ins,
    case when avant.regle = 'seule' and (arrivees.groupe is not null or rejoints.groupe is not null) then '{{ rule }}' else avant.regle end as regle,
    arrivees.groupe is null and (avant.est_ambigu or (coalesce(departs.est_partagee = 1 or departs.premiere_ins <> departs.derniere_ins, false) and rejoints.groupe is null)) as est_ambigu
from {{ before }} as avant
left join departs on avant.groupe = departs.groupe
left join arrivees on avant.groupe = arrivees.groupe
left join rejoints on avant.groupe = rejoints.groupe
{%- endmacro %}
