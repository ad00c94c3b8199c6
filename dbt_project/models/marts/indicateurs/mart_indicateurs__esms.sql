{# Steps: bring the delivered and the computed value of an indicator together; choose which one is published; hand the
   values of a gestionnaire down to its establishments; keep those of the champ; keep one row per establishment; compare with the thresholds. #}
with reunis as (
    select
        coalesce(l.unite, c.unite) as unite,
        coalesce(l.unite_id, c.unite_id) as unite_id,
        coalesce(l.perimetre, c.perimetre) as perimetre,
        coalesce(l.millesime, c.millesime) as millesime,
        coalesce(l.indicateur_code, c.indicateur_code) as indicateur_code,
        coalesce(l.modalite, c.modalite) as modalite,
        l.valeur as valeur_livree,
        l.source as source_livree,
        l.statut as statut_livre,
        l.alerte as alerte_livree,
        c.valeur as valeur_calculee,
        c.alerte as alerte_calcul,
        c.numerateur,
        c.denominateur
    from {{ ref('int_indicateurs__livres') }} as l
    full outer join {{ ref('int_indicateurs__calcules') }} as c
        on l.unite = c.unite
        and l.unite_id = c.unite_id
        and l.perimetre = c.perimetre
        and l.millesime = c.millesime
        and l.indicateur_code = c.indicateur_code
        and l.modalite = c.modalite
),

choisis as (
    select
        r.*,
        i.libelle,
        i.axe,
        i.modalite_libelle,
        i.unite_mesure,
        i.seuil_min,
        i.seuil_max,
        i.admet_gestionnaire,
        i.sources,
        i.est_restreint,
        -- A complete calculation beats a delivered rate (collections deliver rates that their platform computed);
        -- an amount or a count is published as it was delivered.
        case
            when r.valeur_calculee is null and r.valeur_livree is null then null
            when r.valeur_livree is null then true
            when r.valeur_calculee is null or r.alerte_calcul is not null then false
            else i.valeur_publiee = 'calcul'
        end as est_calcule
    from reunis as r
    inner join {{ ref('indicateurs_esms') }} as i
        on r.indicateur_code = i.code and r.modalite = coalesce(i.modalite, '')
),

par_etablissement as (
    select c.*, c.unite_id as finess_et
    from choisis as c
    where c.unite = 'ET'
    union all
    select c.*, r.finess_et
    from choisis as c
    inner join {{ ref('int_indicateurs__rattachements') }} as r on c.unite_id = r.finess_ej and c.millesime = r.millesime
    where c.unite = 'EJ' and c.admet_gestionnaire
),

dans_le_champ as (
    select p.*
    from par_etablissement as p
    left join {{ ref('mart_etablissements__fiche') }} as f on p.finess_et = f.finess_et
    left join {{ ref('indicateurs_champ') }} as c
        on p.indicateur_code = c.indicateur_code
        and p.modalite = coalesce(c.modalite, '')
        and f.categorie_code = c.categorie_code
    where not p.est_restreint or c.categorie_code is not null
),

classes as (
    select
        *,
        case when est_calcule then valeur_calculee else valeur_livree end as valeur,
        case when est_calcule then 'CALCUL' else source_livree end as source,
        -- The source of the definition comes first, whichever unit it speaks of: a ratio of the ERRD, which the gestionnaire
        -- holds, before what the establishment declares in another collection. Then the establishment before its gestionnaire.
        row_number() over (
            partition by finess_et, millesime, indicateur_code, modalite
            order by
                case when est_calcule is null then 1 else 0 end,
                case when est_calcule then 0 else {{ source_rank('source_livree', 'sources') }} end,
                case unite when 'ET' then 0 else 1 end,
                case perimetre when 'site' then 0 when 'groupe' then 1 else 2 end
        ) as rang
    from dans_le_champ
),

-- What the other units and perimeters answered stays beside the value that is published.
autres as (
    select
        finess_et,
        millesime,
        indicateur_code,
        modalite,
        {{ dbt.listagg("source || ' (' || unite || ', ' || perimetre || ') : ' || cast(valeur as " ~ dbt.type_string() ~ ")", "' ; '", "order by rang") }} as autres_valeurs
    from classes
    where rang > 1 and valeur is not null
    group by finess_et, millesime, indicateur_code, modalite
)

select
    c.finess_et,
    cast(c.millesime as {{ dbt.type_int() }}) as millesime,
    c.indicateur_code,
    c.libelle as indicateur_libelle,
    c.axe,
    c.modalite,
    c.modalite_libelle,
    cast(c.valeur as {{ type_double() }}) as valeur,
    c.unite_mesure,
    cast(c.numerateur as {{ type_double() }}) as numerateur,
    cast(c.denominateur as {{ type_double() }}) as denominateur,
    c.est_calcule,
    cast(c.valeur_livree as {{ type_double() }}) as valeur_livree,
    a.autres_valeurs,
    c.source,
    case when c.est_calcule then 'calcule' else c.statut_livre end as statut,
    c.perimetre,
    c.unite as unite_observation,
    case when c.est_calcule then c.alerte_calcul else c.alerte_livree end as alerte,
    case
        when c.valeur is null then null
        when c.valeur < c.seuil_min or c.valeur > c.seuil_max then true
        else false
    end as est_atypique,
    cast(c.seuil_min as {{ type_double() }}) as seuil_min,
    cast(c.seuil_max as {{ type_double() }}) as seuil_max
from classes as c
left join autres as a
    on c.finess_et = a.finess_et
    and c.millesime = a.millesime
    and c.indicateur_code = a.indicateur_code
    and c.modalite = a.modalite
where c.rang = 1
