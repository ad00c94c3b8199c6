{# One row per territory, public, year, step and category of ESMS: how long the persons who came to the end of the step there took. A person is
   in one category of a territory: that of the ESMS where it came to the end of the step last, so that the persons of the categories are those of
   mart_parcours__delais, each once. It counts for the mean of what it did in that category. #}
with etapes as (
    select
        *,
        first_value(categorie_code) over (
            partition by niveau, territoire_code, domaine, annee, etape, personne
            order by fin desc, categorie_code asc
        ) as derniere_categorie_code
    from ({{ by_territory(ref('int_dui__delais'), ['domaine', 'annee', 'etape', 'ordre', 'categorie_code', 'personne', 'fin', 'jours']) }}) as d
),

personnes as (
    select niveau, territoire_code, domaine, annee, etape, ordre, categorie_code, personne, avg(jours) as jours
    from etapes
    where categorie_code = derniere_categorie_code
    group by niveau, territoire_code, domaine, annee, etape, ordre, categorie_code, personne
)

select
    p.niveau,
    p.territoire_code,
    p.domaine,
    cast(p.annee as {{ dbt.type_int() }}) as annee,
    p.etape,
    p.categorie_code,
    coalesce(c.libelle, 'Catégorie inconnue') as categorie_libelle,
    p.ordre,
    cast(count(*) as {{ dbt.type_int() }}) as n_personnes,
    cast({{ median_of('p.jours') }} as {{ type_double() }}) as mediane_jours,
    cast({{ quantile('p.jours', 0.25) }} as {{ type_double() }}) as q1_jours,
    cast({{ quantile('p.jours', 0.75) }} as {{ type_double() }}) as q3_jours
from personnes as p
left join {{ ref('categories_finess') }} as c on p.categorie_code = c.code
group by p.niveau, p.territoire_code, p.domaine, p.annee, p.etape, p.categorie_code, c.libelle, p.ordre
