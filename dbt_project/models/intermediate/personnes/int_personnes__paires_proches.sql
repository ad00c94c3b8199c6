{# One row per pair of groups of step 3 whose records differ by one trait only, written in a way that is near, or share a number: what
   they have in common, whether something forbids that they are one, and whether they are believed to be (docs/rapprochement.md). #}
{%- set keepers = person_roles(['record']) | map(attribute='source') | unique | list -%}
{%- set oldest = 1880 -%} {#- nobody that an ESMS ever kept a file of was born before #}
{#- What two groups may share: the motive, the key that both must have, the list of which they must have one writing in common. -#}
{%- set motives = [
    ('nom', 'cle_sans_nom', 'cles_nom'),
    ('prenom', 'cle_sans_prenom', 'cles_prenom'),
    ('naissance', 'cle_sans_naissance', 'cles_naissance'),
    ('numero', 'cle_numero', 'cles_numero'),
    ('numero_seul', 'cle_numero', none),
    ('numero_traits', 'cle_numero', 'cles_numero_traits'),
    ('lieu', columns_hash(['finess_et', 'cle_sans_lieu']), none),
    ('annee', columns_hash(['cle_sans_naissance', 'annee_naissance']), none),
] -%}
{#- Keys made of several columns: what must be known, and is not part of the key itself. Of the year alone: records whose day is not known. -#}
{%- set needed = {
    'lieu': 'cle_sans_lieu is not null',
    'annee': 'cle_sans_naissance is not null and annee_naissance is not null and cle_sans_lieu is null',
} -%}
with fiches as (
    select f.*, e.groupe, e.numero_nir as nir_du_groupe, e.numero_nia as nia_du_groupe
    from {{ ref('int_personnes__fiches') }} as f
    inner join {{ ref('int_personnes__etape_3_nir') }} as e on f.fiche_cle = e.fiche_cle
),

porteurs as (
    {% for motive, key, list in motives -%}
    select
        '{{ motive }}' as motif,
        {{ key }} as cle,
        groupe,
        fiche_cle,
        {{ list or 'cast(null as ' ~ dbt.type_string() ~ ')' }} as ecritures,
        {{ 'cles_nom_parties' if motive == 'nom' else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as parties,
        cles_deux_prenoms,
        cle_sans_lieu,
        annee_naissance,
        coalesce(numero_nir, nir_sans_cle, numero_nia) is not null as est_propre
    from fiches
    where {{ needed.get(motive) or key ~ ' is not null' }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

cles as (
    select motif, cle from porteurs group by motif, cle having min(groupe) <> max(groupe)
),

retenus as (
    select porteurs.*
    from porteurs
    inner join cles on porteurs.motif = cles.motif and porteurs.cle = cles.cle
),

-- Each writing on its own line: what is near is what has one in common, and the pairs that a frequent name makes are never made.
ecritures as (
    select motif, cle, groupe, fiche_cle, annee_naissance, false as est_une_partie, {{ each_key('ecritures') }} as ecriture
    from retenus
    where ecritures is not null and (est_propre or motif <> 'numero')
    union all
    select motif, cle, groupe, fiche_cle, annee_naissance, true, {{ each_key('parties') }}
    from retenus
    where parties is not null
    union all
    select motif, cle, groupe, fiche_cle, annee_naissance, false, ''
    from retenus
    where motif in ('lieu', 'annee') or (motif = 'numero_seul' and est_propre) -- two given names: somebody must look
),

semblables as (
    select a.groupe as groupe_a, b.groupe as groupe_b, a.motif, a.fiche_cle as fiche_a, b.fiche_cle as fiche_b
    from ecritures as a
    inner join ecritures as b on a.motif = b.motif and a.cle = b.cle and a.ecriture = b.ecriture and a.groupe < b.groupe
    -- A part of a compound name stands for the whole name of another record, never for a part of it.
    where not (a.est_une_partie and b.est_une_partie)
        -- A century apart, one of the two years is nobody's.
        and (
            a.motif <> 'naissance'
            or abs(a.annee_naissance - b.annee_naissance) < 100
            or least(a.annee_naissance, b.annee_naissance) < {{ oldest }}
            or greatest(a.annee_naissance, b.annee_naissance) > extract(year from {{ run_day() }})
        )
),

proches as (
    select
        groupe_a,
        groupe_b,
        {% for motive, _, _ in motives -%}
        max(case when motif = '{{ motive }}' then 1 else 0 end) = 1 as par_{{ motive }},
        {% endfor -%}
        min(fiche_a) as fiche_a,
        min(fiche_b) as fiche_b
    from semblables
    group by groupe_a, groupe_b
),

-- All that the two groups of a pair have in common, near or not.
candidats as (
    select
        p.groupe_a,
        p.groupe_b,
        a.motif,
        a.annee_naissance as annee_a,
        b.annee_naissance as annee_b,
        coalesce(a.cle_sans_lieu = b.cle_sans_lieu, false) as est_egale,
        {{ keys_in_common('a.cles_deux_prenoms', 'b.cles_deux_prenoms') }} as a_deux_prenoms_communs
    from proches as p
    inner join retenus as a on p.groupe_a = a.groupe
    inner join retenus as b on p.groupe_b = b.groupe and a.motif = b.motif and a.cle = b.cle
),

communs as (
    select
        groupe_a,
        groupe_b,
        max(case when motif = 'prenom' then 1 else 0 end) = 1 as est_de_prenom,
        -- Two given names stand beside the name and birth in their keys: they are compared where these are the same.
        max(case when (motif = 'prenom' or est_egale) and not a_deux_prenoms_communs then 1 else 0 end) = 1 as a_deux_prenoms_differents,
        max(case when a_deux_prenoms_communs then 1 else 0 end) = 1 as a_deux_prenoms_communs,
        max(case when est_egale then 1 else 0 end) = 1 as est_egale,
        max(case when motif = 'numero_traits' and abs(annee_a - annee_b) > 10 then 1 else 0 end) = 1 as est_d_un_parent
    from candidats
    group by groupe_a, groupe_b
),

paires as (
    select
        p.groupe_a,
        p.groupe_b,
        {% for motive, _, _ in motives -%}
        p.par_{{ motive }},
        {% endfor -%}
        -- The same name, birth, sex and place, and another given name: what twins have.
        c.est_de_prenom and not p.par_prenom as est_gemellaire,
        c.a_deux_prenoms_differents,
        c.a_deux_prenoms_communs,
        c.est_egale,
        c.est_d_un_parent,
        p.fiche_a,
        p.fiche_b
    from proches as p
    inner join communs as c on p.groupe_a = c.groupe_a and p.groupe_b = c.groupe_b
),

groupes as (
    -- A number without its key may be mistyped: it forbids that what differs be one, not that what is equal be.
    select groupe, coalesce(max(nir_du_groupe), min(nir_sans_cle)) as numero_nir, max(nia_du_groupe) as numero_nia
    from fiches
    group by groupe
),

tenues as (
    select distinct groupe, source, finess_et from fiches
),

-- A source that keeps the records of an ESMS, and keeps one of each group, tells them apart; so do two that tell both.
separees as (
    select
        paires.groupe_a,
        paires.groupe_b,
        max(case when a.source in ('{{ keepers | join("', '") }}') then 1 else 0 end) = 1 as est_separee,
        count(distinct a.source) > 1 as est_dite_deux_fois
    from paires
    inner join tenues as a on paires.groupe_a = a.groupe
    inner join tenues as b on paires.groupe_b = b.groupe and a.source = b.source and a.finess_et = b.finess_et
    group by paires.groupe_a, paires.groupe_b
),

jugees as (
    select
        paires.*,
        coalesce(a.numero_nir <> b.numero_nir, false) or coalesce(a.numero_nia <> b.numero_nia, false) as est_interdite,
        coalesce(separees.est_separee, false) as est_separee,
        coalesce(separees.est_dite_deux_fois, false) as est_dite_deux_fois
    from paires
    inner join groupes as a on paires.groupe_a = a.groupe
    inner join groupes as b on paires.groupe_b = b.groupe
    left join separees on paires.groupe_a = separees.groupe_a and paires.groupe_b = separees.groupe_b
),

-- Sure, whoever else is like them; or sure when each is alone to be like the other.
sures as (
    select
        *,
        est_possible and (
            ((par_nom or par_naissance) and not est_egale) -- what is equal, and was left apart before, is not surer for being near
            or (par_numero_traits and not est_d_un_parent)
            or (par_numero and not est_gemellaire)
        ) as est_sure,
        est_possible and (
            ((par_nom or par_naissance) and est_egale)
            or (par_prenom and (a_deux_prenoms_communs or not est_separee))
            or (par_lieu and not est_separee and not est_dite_deux_fois)
        ) as est_sure_si_seule
    from (select *, not est_interdite and not a_deux_prenoms_differents as est_possible from jugees) as possibles
),

partenaires as (
    select groupe, count(*) as nombre
    from (
        select groupe_a as groupe from sures where est_sure or est_sure_si_seule
        union all
        select groupe_b from sures where est_sure or est_sure_si_seule
    ) as cotes
    group by groupe
)

select
    sures.*,
    sures.est_sure or (sures.est_sure_si_seule and a.nombre = 1 and b.nombre = 1) as est_retenue
from sures
left join partenaires as a on sures.groupe_a = a.groupe
left join partenaires as b on sures.groupe_b = b.groupe
