{# One row per record that a source keeps of a person, with what the record says of who it is. Keys are numbers drawn from the pseudonyms:
   sixty-four bits, enough to set two persons apart, and three times faster to compare than their text. A file of a DUI that only a stay names
   is a record too, of which nothing is known: no stay is lost. #}
{%- set cles = ['cle_traits', 'cle_nom_prenom', 'cle_nir', 'cle_sans_nom', 'cle_sans_prenom', 'cle_sans_naissance', 'cle_mdph'] -%}
{%- set traits = ['cle_traits', 'cle_nom_prenom', 'cle_sans_nom', 'cle_sans_prenom', 'cle_sans_naissance'] -%}
{%- set sources = [
    ('dui', ref('stg_dui__usagers'), 'usager_id', ['cle_ins'] + cles, 'annee_naissance'),
    ('resid_esms', ref('stg_resid__sejours'), 'fiche_id', traits + ['cle_nir'], 'annee_naissance'),
    ('viatrajectoire_pa', ref('stg_viatrajectoire_pa__demandes'), 'dossier_id', traits, 'annee_naissance'),
    ('viatrajectoire_ph', ref('stg_viatrajectoire_ph__orientations'), 'tache_id', ['cle_mdph'], none),
] -%}

{% for source, relation, identifiant, dites, annee in sources %}
select
    {{ columns_hash(["'" ~ source ~ "'", 'finess_et', identifiant]) }} as fiche_cle,
    '{{ source }}' as source,
    finess_et,
    {{ identifiant }} as fiche_id,
    {{ annee if annee else 'cast(null as ' ~ dbt.type_int() ~ ')' }} as annee_naissance,
    {{ 'cle_ins' if 'cle_ins' in dites else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as cle_ins,
    {% for cle in cles -%}
    {{ numero(cle) if cle in dites else numero('null') }} as {{ cle }},
    {% endfor -%}
    delivery_id,
    ligne
from {{ relation }}
union all
{% endfor %}
select
    {{ columns_hash(["'dui'", 's.finess_et', 's.usager_id']) }},
    'dui',
    s.finess_et,
    s.usager_id,
    cast(null as {{ dbt.type_int() }}),
    cast(null as {{ dbt.type_string() }}),
    {% for cle in cles -%}
    {{ numero('null') }},
    {% endfor -%}
    min(s.delivery_id),
    min(s.ligne)
from {{ ref('stg_dui__sejours') }} as s
left join {{ ref('stg_dui__usagers') }} as u on s.finess_et = u.finess_et and s.usager_id = u.usager_id
where u.usager_id is null
group by s.finess_et, s.usager_id
