{# One row per territory, public, year, distribution and component: persons, and their share among those of whom it is known. Where people
   come from is of the entries of the year, why they leave of its exits; the rest is of those present on 31 December. A person has one
   component of each, but needs (SERAFIN-PH), of which it may have several. #}
with personnes as (
    select
        niveau,
        territoire_code,
        domaine,
        annee,
        est_present,
        case when est_present and gir is not null then 'GIR_' || cast(gir as {{ dbt.type_string() }}) end as gir,
        case when est_present then {{ tranche_age_mart('age') }} end as tranche_age,
        case when est_present then sexe end as sexe,
        modalite_rang,
        case when n_entrees > 0 then nullif(substr(derniere_provenance, 11), '') end as provenance,
        case when n_sorties > 0 then nullif(substr(dernier_motif, 11), '') end as motif_sortie
    from {{ ref('int_dui__par_territoire') }}
),

-- One pass on the persons, then on the few combinations.
combinaisons as (
    select niveau, territoire_code, domaine, annee, gir, tranche_age, sexe, modalite_rang, provenance, motif_sortie, count(*) as n
    from personnes
    group by niveau, territoire_code, domaine, annee, gir, tranche_age, sexe, modalite_rang, provenance, motif_sortie
),

modalites as (
    {% for modalite in ['HP', 'INT', 'SEMI', 'EXT', 'DOM', 'SEA', 'AN', 'HT', 'AJ'] -%}
    select '{{ modalite }}' as code, {{ loop.index }} as rang {{ 'union all ' if not loop.last }}
    {%- endfor %}
),

besoins as (
    select a.departement_code, a.region_code, a.domaine, a.annee, a.personne_numero, b.besoin_code
    from {{ ref('int_dui__besoins') }} as b
    inner join {{ ref('int_dui__accompagnements') }} as a on b.unite_id = a.finess_et and b.annee = a.annee and b.personne = a.personne
    where a.est_present
    group by a.departement_code, a.region_code, a.domaine, a.annee, a.personne_numero, b.besoin_code
),

besoins_par_territoire as (
    select niveau, territoire_code, domaine, annee, besoin_code, personne_numero
    from ({{ by_territory('besoins', ['domaine', 'annee', 'besoin_code', 'personne_numero']) }}) as t
    group by niveau, territoire_code, domaine, annee, besoin_code, personne_numero
),

concernes_par_les_besoins as (
    select niveau, territoire_code, domaine, annee, count(*) as n_connus
    from (select distinct niveau, territoire_code, domaine, annee, personne_numero from besoins_par_territoire) as distincts
    group by niveau, territoire_code, domaine, annee
),

comptes as (
    {% for dimension in ['gir', 'tranche_age', 'sexe', 'provenance', 'motif_sortie'] -%}
    select niveau, territoire_code, domaine, annee, '{{ dimension }}' as dimension, {{ dimension }} as composante, sum(n) as n
    from combinaisons
    where {{ dimension }} is not null
    group by niveau, territoire_code, domaine, annee, {{ dimension }}
    union all
    {% endfor -%}
    select c.niveau, c.territoire_code, c.domaine, c.annee, 'modalite', m.code, sum(c.n)
    from combinaisons as c
    inner join modalites as m on c.modalite_rang = m.rang
    group by c.niveau, c.territoire_code, c.domaine, c.annee, m.code
    union all
    select niveau, territoire_code, domaine, annee, 'besoin_serafin', besoin_code, count(*)
    from besoins_par_territoire
    group by niveau, territoire_code, domaine, annee, besoin_code
),

libelles as (
    {% for gir in range(1, 7) -%}
    select 'gir' as dimension, 'GIR_{{ gir }}' as composante, 'GIR {{ gir }}' as libelle, {{ gir }} as ordre
    union all
    {% endfor -%}
    {% for borne, code, libelle in tranches_age_marts() -%}
    select 'tranche_age', '{{ code }}', '{{ libelle }}', {{ loop.index }}
    union all
    {% endfor -%}
    {% for code, libelle in [('F', 'Femmes'), ('M', 'Hommes'), ('I', 'Indéterminé')] -%}
    select 'sexe', '{{ code }}', '{{ libelle }}', {{ loop.index }}
    union all
    {% endfor -%}
    {% for code, libelle in [('DOMICILE', 'Domicile'), ('ETABLISSEMENT_SANTE', 'Établissement de santé'), ('ESMS', 'Autre établissement ou service médico-social'), ('INCONNUE', 'Inconnue')] -%}
    select 'provenance', '{{ code }}', '{{ libelle }}', {{ loop.index }}
    union all
    {% endfor -%}
    select 'modalite', l.code, l.libelle, m.rang
    from {{ ref('modalites_accueil') }} as l
    inner join modalites as m on l.code = m.code
    union all
    select 'motif_sortie', code, replace(libelle, ' (aucun code J250)', ''), row_number() over (order by code) from {{ ref('motifs_sortie') }}
    union all
    select 'besoin_serafin', code, libelle, row_number() over (order by code) from {{ ref('besoins_serafin') }}
)

select
    c.niveau,
    c.territoire_code,
    c.domaine,
    cast(c.annee as {{ dbt.type_int() }}) as annee,
    c.dimension,
    c.composante,
    coalesce(l.libelle, case when c.composante = 'AUTRE' then 'Autre motif' else c.composante end) as composante_libelle,
    cast(coalesce(l.ordre, 99) as {{ dbt.type_int() }}) as ordre,
    cast(c.n as {{ dbt.type_int() }}) as n_personnes,
    cast(
        100.0 * c.n / coalesce(b.n_connus, sum(c.n) over (partition by c.niveau, c.territoire_code, c.domaine, c.annee, c.dimension))
        as {{ type_double() }}
    ) as part_pct
from comptes as c
left join libelles as l on c.dimension = l.dimension and c.composante = l.composante
left join concernes_par_les_besoins as b
    on case when c.dimension = 'besoin_serafin' then c.niveau end = b.niveau
    and c.territoire_code = b.territoire_code
    and c.domaine = b.domaine
    and c.annee = b.annee
