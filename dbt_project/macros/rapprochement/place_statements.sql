{#- The statements of a system, each with the stay it is about (docs/rapprochement.md): a stay that a system believed before it tells
    (macro `pair_up`); else a stay of its own, once, whatever its files repeat (macro `group_repeats`); none for a request that no stay answers, and
    for a stay that is only planned.

    before: the relations that this macro made for the systems believed before. is_monthly: a file of a month says again who is there. A row
    without exit, whose person comes back in a later month, not by that row but by another entry that covers it, in the same modality, was
    corrected (`est_remplace`): it is about the stay of the row that replaces it. -#}
{% macro place_statements(system, before=[], is_monthly=false) -%}
{%- set statements = ref('int_sejours__enonces') -%}
{%- set sejours -%}
(
        select d.enonce_cle as sejour_cle, d.lieu, d.modalite, d.date_admission, d.date_entree, d.date_sortie
        from (
            {% for relation in before -%}
            select enonce_cle from {{ relation }} where enonce_cle = sejour_cle
            {{ 'union all' if not loop.last }}
            {% endfor %}
        ) as e
        inner join {{ statements }} as d on e.enonce_cle = d.enonce_cle
    )
{%- endset -%}
{%- set to_place -%}
(
        select d.*
        from {{ statements }} as d
        {% if is_monthly -%}
        left join remplaces on d.enonce_cle = remplaces.enonce_cle
        {% endif -%}
        where d.systeme = '{{ system }}' and d.est_rapprochable{{ ' and remplaces.enonce_cle is null' if is_monthly }}
    )
{%- endset -%}
{%- set unplaced -%}
(
        select d.*
        from {{ to_place }} as d
        {% if before -%}
        left join apparies on d.enonce_cle = apparies.enonce_cle
        {% endif -%}
        where d.est_sejour{{ ' and apparies.enonce_cle is null' if before }}
    )
{%- endset -%}
with enonces as (
    select enonce_cle, lieu, modalite, mois, date_entree, date_sortie, est_sejour from {{ statements }} where systeme = '{{ system }}'
),

{% if is_monthly -%}
-- The last month of each row; the row that comes back is told in a later one, and began before the end of the month of the first.
retours as (
    select
        a.enonce_cle,
        b.enonce_cle as remplacant,
        row_number() over (partition by a.enonce_cle order by b.mois desc, b.date_entree, b.enonce_cle) as rang
    from (select * from enonces where date_sortie is null) as a
    inner join enonces as b on a.lieu = b.lieu and a.modalite = b.modalite
    where b.mois > a.mois
        and b.date_entree <> a.date_entree
        and b.date_entree < {{ dbt.dateadd('month', 1, "cast(a.mois || '-01' as date)") }}
),

premiers as (
    select enonce_cle, remplacant from retours where rang = 1
),

-- What replaces may have been replaced: the months go on, so that ends.
remplaces as (
    select p.enonce_cle, coalesce(r.remplacant, q.remplacant, p.remplacant) as remplacant
    from premiers as p
    left join premiers as q on p.remplacant = q.enonce_cle
    left join premiers as r on q.remplacant = r.enonce_cle
),

{% endif -%}
{% if before -%}
apparies as (
    {{ pair_up(sejours, to_place) }}
),

{% endif -%}
doubles as (
    {{ group_repeats(unplaced) }}
),

places as (
    select d.enonce_cle, coalesce({{ 'apparies.sejour_cle, ' if before }}doubles.premier, case when d.est_sejour then d.enonce_cle end) as sejour_cle
    from enonces as d
    {% if before -%}
    left join apparies on d.enonce_cle = apparies.enonce_cle
    {% endif -%}
    left join doubles on d.enonce_cle = doubles.enonce_cle
)

{% if is_monthly -%}
select p.enonce_cle, coalesce(suite.sejour_cle, p.sejour_cle) as sejour_cle, remplaces.enonce_cle is not null as est_remplace
from places as p
left join remplaces on p.enonce_cle = remplaces.enonce_cle
left join places as suite on remplaces.remplacant = suite.enonce_cle
{%- else -%}
select enonce_cle, sejour_cle, false as est_remplace from places
{%- endif %}
{%- endmacro %}
