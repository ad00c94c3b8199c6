{# One row per territory, public, year, status of the request and age class: persons who wait, and their files. A person waits once in each
   status, however many files and ESMS it has; its request is as old as the oldest of them. #}
with attentes as (
    select *, coalesce({{ tranche_age_mart('age') }}, 'inconnu') as tranche_age
    from {{ ref('int_dui__demandes') }}
    where est_en_attente
),

dossiers as (
    select
        niveau,
        territoire_code,
        domaine,
        annee,
        statut,
        personne_numero,
        min(tranche_age) as tranche_age,
        count(distinct dossier_id) as n_dossiers,
        count(distinct case when est_papier then dossier_id end) as n_dossiers_papier,
        min(date_demande) as date_demande
    from ({{ by_territory('attentes', ['domaine', 'annee', 'statut', 'personne_numero', 'tranche_age', 'dossier_id', 'est_papier', 'date_demande']) }}) as a
    group by niveau, territoire_code, domaine, annee, statut, personne_numero
)

select
    niveau,
    territoire_code,
    domaine,
    cast(annee as {{ dbt.type_int() }}) as annee,
    statut,
    tranche_age,
    cast(count(*) as {{ dbt.type_int() }}) as n_personnes,
    cast(sum(n_dossiers) as {{ dbt.type_int() }}) as n_dossiers,
    cast(sum(n_dossiers_papier) as {{ dbt.type_int() }}) as n_dossiers_papier,
    -- A request dated after the year has no age: its date is wrong, the person waits.
    cast({{ median_of("case when date_demande <= " ~ year_end('annee') ~ " then " ~ dbt.datediff('date_demande', year_end('annee'), 'day') ~ " end") }} as {{ type_double() }}) as anciennete_mediane_jours
from dossiers
group by niveau, territoire_code, domaine, annee, statut, tranche_age
