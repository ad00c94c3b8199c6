{#- Statements of one system that tell one stay twice (docs/rapprochement.md): the same person, ESMS and modality, two files, entries within
    the tolerance of DATE_ENTREE, days in common. Of each file, the nearest; each must be the nearest of the other.

    enonces: enonce_cle, lieu, fiche_cle, modalite, date_admission, date_entree, date_sortie. Gives enonce_cle, and the first statement of its stay, of those
    that are not the first. What four files tell one after the other is one. -#}
{% macro group_repeats(enonces) -%}
with enonces as (
    select enonce_cle, lieu, fiche_cle, modalite, coalesce(date_entree, date_admission) as debut, date_sortie as fin
    from {{ enonces }}
),

repetes as (
    select lieu from enonces group by lieu having min(fiche_cle) <> max(fiche_cle)
),

candidats as (
    select enonces.* from enonces inner join repetes on enonces.lieu = repetes.lieu
),

tolerance as (
    select cast(tolerance_valeur as {{ dbt.type_int() }}) as jours
    from {{ ref('elements') }}
    where element_id = 'DATE_ENTREE'
),

paires as (
    select
        a.enonce_cle as enonce_a,
        a.fiche_cle as fiche_a,
        b.enonce_cle as enonce_b,
        b.fiche_cle as fiche_b,
        abs({{ dbt.datediff('a.debut', 'b.debut', 'day') }}) as jours
    from candidats as a
    inner join candidats as b on a.lieu = b.lieu and a.fiche_cle <> b.fiche_cle
    cross join tolerance as t
    where coalesce(a.modalite, b.modalite, '') = coalesce(b.modalite, a.modalite, '')
        and abs({{ dbt.datediff('a.debut', 'b.debut', 'day') }}) <= t.jours
        and {{ overlap('a.debut', 'a.fin', 'b.debut', 'b.fin') }}
),

rangs as (
    select
        enonce_a,
        enonce_b,
        row_number() over (partition by enonce_a, fiche_b order by jours, enonce_b) as rang_a,
        row_number() over (partition by enonce_b, fiche_a order by jours, enonce_a) as rang_b
    from paires
),

-- Each goes to the first it is brought to, which may go to another.
premiers as (
    select enonce_a as enonce_cle, min(enonce_b) as premier
    from rangs
    where rang_a = 1 and rang_b = 1 and enonce_b < enonce_a
    group by enonce_a
)

select p.enonce_cle, coalesce(r.premier, q.premier, p.premier) as premier
from premiers as p
left join premiers as q on p.premier = q.enonce_cle
left join premiers as r on q.premier = r.enonce_cle
{%- endmacro %}
