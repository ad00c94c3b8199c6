{# What the layer gives each collection for its last year, beside what the collection itself received: one row per form, column, ESMS.

   Steps. 1. The last year that each collection told. 2. Its last word on each column, of each ESMS; of cells that validation set aside, that it
   received something. 3. What the layer retains: to the same question where the collection heard an answer; else, of the ESMS that it asks, to the
   question of the perimeter in which they answer it. 4. What is given: the retained value; the collection's own where that value is another's and
   counts few persons (dlnuf_secret) or is about a person alone. #}
with annees as (
    select o.source as formulaire, max(o.millesime) as millesime
    from {{ ref('int_observations') }} as o
    where o.unite = 'ET' and o.est_courante and o.source in (select c.formulaire from {{ ref('champs_formulaires') }} as c)
    group by o.source
),

-- Columns are numbered: over a country, millions of rows bear the number, and not the names.
champs as (
    select row_number() over (order by c.formulaire asc, c.champ asc) as champ_numero, c.formulaire, s.collecte, a.millesime, c.champ, c.rang, c.element_id, coalesce(c.composante, '') as composante, c.base_temporelle, c.publics
    from {{ ref('champs_formulaires') }} as c
    inner join annees as a on c.formulaire = a.formulaire
    inner join {{ ref('sources') }} as s on c.formulaire = s.source
),

derniers_mots as (
    select
        o.source as formulaire,
        c.champ_numero,
        o.unite_id,
        o.perimetre,
        o.delivery_id,
        o.ligne,
        o.valeur_nombre,
        o.valeur_texte,
        o.valeur_date,
        o.alerte,
        row_number() over (
            partition by o.source, o.unite_id, o.champ
            order by
                case when o.rang_depot is null then 1 else 0 end asc, o.rang_depot desc, o.collecte_le desc, o.recu_le desc, o.delivery_id asc,
                o.ligne asc
        ) as rang_mot
    from {{ ref('int_observations') }} as o
    inner join annees as a on o.source = a.formulaire and o.millesime = a.millesime
    left join champs as c on o.source = c.formulaire and o.champ = c.champ
    where o.unite = 'ET' and o.est_courante
),

lignes as (
    select
        formulaire,
        unite_id,
        delivery_id,
        ligne,
        max(case when perimetre = 'groupe' then 1 else 0 end) as est_groupee
    from derniers_mots
    where rang_mot = 1
    group by formulaire, unite_id, delivery_id, ligne
),

repondants as (
    select formulaire, unite_id, max(est_groupee) as est_groupee
    from lignes
    group by formulaire, unite_id
),

-- Cells that the collection received and that the layer does not carry: they cannot be read as what their column holds.
mises_de_cote as (
    select distinct c.champ_numero, l.unite_id
    from {{ source('raw', 'signalements') }} as s
    inner join lignes as l on s.source = l.formulaire and s.delivery_id = l.delivery_id and s.ligne = l.ligne
    inner join champs as c on s.source = c.formulaire and s.champ = c.champ
    where s.effet = 'non_utilisee'
),

-- Asked of the ESMS that are open, and about their public.
demandees as (
    select c.champ_numero, e.finess_et as unite_id
    from champs as c
    inner join {{ ref('formulaires_categories') }} as r on c.formulaire = r.formulaire
    inner join {{ ref('int_finess__et_courant') }} as e on r.categorie_code = e.categorie_code and e.est_ouvert
    left join {{ ref('categories_finess') }} as k on e.categorie_code = k.code
    where {{ form_column_concerns('c.publics', 'k.domaine') }}
),

-- The perimeter in which each is answered: that of the answer received, else that in which the ESMS answers the rest.
questions as (
    select m.champ_numero, m.unite_id, m.perimetre, true as est_recue, m.valeur_nombre, m.valeur_texte, m.valeur_date, m.alerte
    from derniers_mots as m
    where m.rang_mot = 1 and m.champ_numero is not null
    union all
    select
        d.champ_numero,
        d.unite_id,
        case when coalesce(r.est_groupee, 0) = 1 and c.base_temporelle <> 'validite' then 'groupe' else 'site' end as perimetre,
        false as est_recue,
        cast(null as {{ type_double() }}) as valeur_nombre,
        cast(null as {{ dbt.type_string() }}) as valeur_texte,
        cast(null as date) as valeur_date,
        cast(null as {{ dbt.type_string() }}) as alerte
    from (
        select champ_numero, unite_id from demandees
        union
        select champ_numero, unite_id from mises_de_cote
    ) as d
    inner join champs as c on d.champ_numero = c.champ_numero
    left join repondants as r on c.formulaire = r.formulaire and d.unite_id = r.unite_id
    left join derniers_mots as m on d.champ_numero = m.champ_numero and d.unite_id = m.unite_id and m.rang_mot = 1
    where m.unite_id is null
),

-- What the layer retains of the questions of forms, for the year of each.
retenues as (
    select
        c.champ_numero, v.unite_id, v.perimetre, v.valeur_nombre, v.valeur_texte, v.valeur_date, v.source, v.collecte, v.alerte, v.statut,
        v.delivery_id, v.ligne
    from {{ ref('dlnuf_valeurs') }} as v
    inner join champs as c
        on
            v.millesime = c.millesime
            and v.element_id = c.element_id
            and v.composante = c.composante
            and v.base_temporelle = c.base_temporelle
    where v.unite = 'ET'
),

corrections as (
    select distinct delivery_id, ligne, element_id, composante
    from {{ source('raw', 'retours') }}
    where nature = 'correction'
),

reunies as (
    select
        c.formulaire,
        c.collecte,
        c.millesime,
        c.champ,
        c.rang,
        c.element_id,
        c.composante,
        c.base_temporelle,
        q.unite_id as finess_et,
        q.perimetre,
        r.unite_id is not null as est_repondant,
        q.est_recue,
        q.valeur_nombre as recu_nombre,
        q.valeur_texte as recu_texte,
        q.valeur_date as recu_date,
        q.alerte as recu_alerte,
        a.unite_id is not null as est_mise_de_cote,
        v.unite_id is not null as est_retenue,
        v.valeur_nombre,
        v.valeur_texte,
        v.valeur_date,
        v.source,
        v.collecte as collecte_retenue,
        v.alerte,
        v.statut,
        x.delivery_id is not null as est_corrigee,
        v.collecte <> c.collecte and (s.unite_id is not null or e.ouverture = 'personnel') as est_gardee,
        {{ within_tolerance('v', 'q', 'e.tolerance_type', 'coalesce(e.tolerance_valeur, 0)') }} as est_dans_tolerance
    from questions as q
    inner join champs as c on q.champ_numero = c.champ_numero
    left join repondants as r on c.formulaire = r.formulaire and q.unite_id = r.unite_id
    left join mises_de_cote as a on q.champ_numero = a.champ_numero and q.unite_id = a.unite_id
    left join retenues as v on q.champ_numero = v.champ_numero and q.unite_id = v.unite_id and q.perimetre = v.perimetre
    left join {{ ref('elements') }} as e on c.element_id = e.element_id
    left join {{ ref('dlnuf_secret') }} as s
        on s.unite = 'ET' and q.unite_id = s.unite_id and s.genre = 'element' and c.element_id = s.code
    left join corrections as x
        on v.delivery_id = x.delivery_id and v.ligne = x.ligne and c.element_id = x.element_id and c.composante = x.composante
)

select
    formulaire,
    millesime,
    champ,
    rang,
    element_id,
    composante,
    base_temporelle,
    finess_et,
    perimetre,
    est_repondant,
    est_recue,
    est_mise_de_cote,
    recu_nombre,
    recu_texte,
    recu_date,
    recu_alerte,
    est_fournie,
    case when est_gardee then recu_nombre else valeur_nombre end as valeur_nombre,
    case when est_gardee then recu_texte else valeur_texte end as valeur_texte,
    case when est_gardee then recu_date else valeur_date end as valeur_date,
    case when est_fournie then case when est_gardee then formulaire else source end end as source,
    case when est_fournie then statut end as statut,
    est_corrigee,
    alerte,
    -- A value that the ESMS corrected, or a doubtful one that a sound one replaces, is no disagreement.
    case
        when est_recue and est_fournie and not est_corrigee and not (recu_alerte is not null and alerte is null)
            then est_gardee or est_dans_tolerance
    end as est_en_accord
from (
    select *, est_retenue and (est_recue or not est_gardee) as est_fournie
    from reunies
) as fournies
