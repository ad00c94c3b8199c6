{# Steps: bring the delivered and the computed value of an indicator together; choose which one is published; hand the
   values of a gestionnaire down to its establishments; keep one row per establishment; compare with the thresholds. #}
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

classes as (
    select
        *,
        case when est_calcule then valeur_calculee else valeur_livree end as valeur,
        row_number() over (
            partition by finess_et, millesime, indicateur_code, modalite
            order by
                case when est_calcule is null then 1 else 0 end,
                case unite when 'ET' then 0 else 1 end,
                case perimetre when 'site' then 0 else 1 end
        ) as rang
    from par_etablissement
)

select
    finess_et,
    cast(millesime as {{ dbt.type_int() }}) as millesime,
    indicateur_code,
    libelle as indicateur_libelle,
    axe,
    modalite,
    modalite_libelle,
    cast(valeur as {{ type_double() }}) as valeur,
    unite_mesure,
    cast(numerateur as {{ type_double() }}) as numerateur,
    cast(denominateur as {{ type_double() }}) as denominateur,
    est_calcule,
    cast(valeur_livree as {{ type_double() }}) as valeur_livree,
    case when est_calcule then 'CALCUL' else source_livree end as source,
    case when est_calcule then 'calcule' else statut_livre end as statut,
    perimetre,
    unite as unite_observation,
    case when est_calcule then alerte_calcul else alerte_livree end as alerte,
    case
        when valeur is null then null
        when valeur < seuil_min or valeur > seuil_max then true
        else false
    end as est_atypique,
    cast(seuil_min as {{ type_double() }}) as seuil_min,
    cast(seuil_max as {{ type_double() }}) as seuil_max
from classes
where rang = 1
