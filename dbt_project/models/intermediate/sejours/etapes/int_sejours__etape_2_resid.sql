{# RESID-ESMS beside the stays of the DUI; what no stay of the DUI holds is a stay of its own, once. A file of a month says again who is there: a row
   without exit, whose person comes back in a later month, not by that row but by another entry that covers it, in the same modality, was
   corrected (`est_remplace`): it is about the stay of the row that replaces it. #}
{%- set sejours -%}
(
        select d.dit_cle as sejour_cle, d.lieu, d.modalite, d.date_admission, d.date_entree, d.date_sortie
        from {{ ref('int_sejours__etape_1_dui') }} as e
        inner join {{ ref('int_sejours__dits') }} as d on e.dit_cle = d.dit_cle
        where e.dit_cle = e.sejour_cle
    )
{%- endset -%}
{%- set dits -%}
(
        select d.*
        from {{ ref('int_sejours__dits') }} as d
        left join remplaces on d.dit_cle = remplaces.dit_cle
        where d.systeme = 'resid' and remplaces.dit_cle is null
    )
{%- endset -%}
{%- set seuls -%}
(
        select d.*
        from {{ dits }} as d
        left join apparies on d.dit_cle = apparies.dit_cle
        where apparies.dit_cle is null
    )
{%- endset -%}
with resid as (
    select dit_cle, lieu, modalite, mois, date_entree, date_sortie from {{ ref('int_sejours__dits') }} where systeme = 'resid'
),

-- The last month of each row; the row that comes back is told in a later one, and began before the end of the month of the first.
retours as (
    select
        a.dit_cle,
        b.dit_cle as remplacant,
        row_number() over (partition by a.dit_cle order by b.mois desc, b.date_entree asc, b.dit_cle asc) as rang
    from (select * from resid where date_sortie is null) as a
    inner join resid as b on a.lieu = b.lieu and a.modalite = b.modalite
    where b.mois > a.mois
        and b.date_entree <> a.date_entree
        and b.date_entree < {{ dbt.dateadd('month', 1, "cast(a.mois || '-01' as date)") }}
),

premiers as (
    select dit_cle, remplacant from retours where rang = 1
),

-- What replaces may have been replaced: the months go on, so that ends.
remplaces as (
    select p.dit_cle, coalesce(r.remplacant, q.remplacant, p.remplacant) as remplacant
    from premiers as p
    left join premiers as q on p.remplacant = q.dit_cle
    left join premiers as r on q.remplacant = r.dit_cle
),

apparies as (
    {{ apparier(sejours, dits) }}
),

doubles as (
    {{ reunir(seuls) }}
),

places as (
    select d.dit_cle, coalesce(a.sejour_cle, doubles.premier, d.dit_cle) as sejour_cle
    from resid as d
    left join apparies as a on d.dit_cle = a.dit_cle
    left join doubles on d.dit_cle = doubles.dit_cle
)

select p.dit_cle, coalesce(suite.sejour_cle, p.sejour_cle) as sejour_cle, remplaces.dit_cle is not null as est_remplace
from places as p
left join remplaces on p.dit_cle = remplaces.dit_cle
left join places as suite on remplaces.remplacant = suite.dit_cle
