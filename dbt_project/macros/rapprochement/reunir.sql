{#- Statements of one system that tell one stay twice (docs/rapprochement.md): the same person, ESMS and modality, two files, entries within
    the tolerance of DATE_ENTREE, days in common. Of each file, the nearest; each must be the nearest of the other.

    dits: dit_cle, lieu, fiche_cle, modalite, date_admission, date_entree, date_sortie. Gives dit_cle, and the first statement of its stay, of those
    that are not the first. What four files tell one after the other is one. -#}
{% macro reunir(dits) -%}
with dits as (
    select dit_cle, lieu, fiche_cle, modalite, coalesce(date_entree, date_admission) as debut, date_sortie as fin
    from {{ dits }}
),

repetes as (
    select lieu from dits group by lieu having min(fiche_cle) <> max(fiche_cle)
),

candidats as (
    select dits.* from dits inner join repetes on dits.lieu = repetes.lieu
),

tolerance as (
    select cast(tolerance_valeur as {{ dbt.type_int() }}) as jours
    from {{ ref('elements') }}
    where element_id = 'DATE_ENTREE'
),

paires as (
    select
        a.dit_cle as dit_a,
        a.fiche_cle as fiche_a,
        b.dit_cle as dit_b,
        b.fiche_cle as fiche_b,
        abs({{ dbt.datediff('a.debut', 'b.debut', 'day') }}) as jours
    from candidats as a
    inner join candidats as b on a.lieu = b.lieu and a.fiche_cle <> b.fiche_cle
    cross join tolerance as t
    where coalesce(a.modalite, b.modalite, '') = coalesce(b.modalite, a.modalite, '')
        and abs({{ dbt.datediff('a.debut', 'b.debut', 'day') }}) <= t.jours
        and {{ se_recouvrent('a.debut', 'a.fin', 'b.debut', 'b.fin') }}
),

rangs as (
    select
        dit_a,
        dit_b,
        row_number() over (partition by dit_a, fiche_b order by jours, dit_b) as rang_a,
        row_number() over (partition by dit_b, fiche_a order by jours, dit_a) as rang_b
    from paires
),

-- Each goes to the first it is brought to, which may go to another.
premiers as (
    select dit_a as dit_cle, min(dit_b) as premier
    from rangs
    where rang_a = 1 and rang_b = 1 and dit_b < dit_a
    group by dit_a
)

select p.dit_cle, coalesce(r.premier, q.premier, p.premier) as premier
from premiers as p
left join premiers as q on p.premier = q.dit_cle
left join premiers as r on q.premier = r.dit_cle
{%- endmacro %}
