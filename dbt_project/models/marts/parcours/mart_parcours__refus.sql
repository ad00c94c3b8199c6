{# One row per territory, public, year and reason: persons refused in the year that the export describes. #}
with refus as (
    select departement_code, region_code, domaine, annee, personne_numero, coalesce(motif_refus, 'INCONNU') as motif_code
    from {{ ref('int_dui__demandes') }}
    where statut = 'refus' and extract(year from date_statut) = annee
),

personnes as (
    select niveau, territoire_code, domaine, annee, motif_code, personne_numero
    from ({{ by_territory('refus', ['domaine', 'annee', 'motif_code', 'personne_numero']) }}) as r
    group by niveau, territoire_code, domaine, annee, motif_code, personne_numero
)

select
    p.niveau,
    p.territoire_code,
    p.domaine,
    cast(p.annee as {{ dbt.type_int() }}) as annee,
    p.motif_code,
    coalesce(m.libelle, case when p.motif_code = 'INCONNU' then 'Motif non renseigné' else p.motif_code end) as motif_libelle,
    cast(count(*) as {{ dbt.type_int() }}) as n_personnes
from personnes as p
left join {{ ref('motifs_refus') }} as m on p.motif_code = m.code
group by p.niveau, p.territoire_code, p.domaine, p.annee, p.motif_code, m.libelle
