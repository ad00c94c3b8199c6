{# One row per statement of a stay, or of a request for one: who, where, when, by whom. What is only planned (no admission, no entry, no exit)
   is no stay. `rang_source`: the order in which systems are believed, which their contracts declare. #}
{%- set types = {
    'modalite': dbt.type_string(), 'date_demande': 'date', 'date_admission': 'date', 'date_entree': 'date', 'date_sortie': 'date',
    'mois': dbt.type_string(), 'statut': dbt.type_string(), 'date_statut': 'date', 'est_papier': 'boolean', 'motif': dbt.type_string(),
    'mode_entree': dbt.type_string(),
} -%}
with enonces as (
    {% for role in person_roles(['stay', 'demand', 'orientation']) %}
    select
        {{ columns_hash(["'" ~ role.source ~ "'", 'finess_et', role.number]) }} as enonce_cle,
        {{ record_key(role) }} as fiche_cle,
        '{{ role.source }}' as source,
        '{{ role.system }}' as systeme,
        {{ role.rank }} as rang_source,
        {{ 'false' if role.kind == 'stay' else 'true' }} as est_demande,
        finess_et,
        {% for name, type in types.items() -%}
        {{ told(role, name, type) }} as {{ name }},
        {% endfor -%}
        delivery_id,
        ligne,
        collecte_le
    from {{ ref(role.relation) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    d.enonce_cle,
    d.fiche_cle,
    d.source,
    d.systeme,
    d.rang_source,
    d.finess_et,
    g.personne_id,
    {{ columns_hash(['g.personne_numero', 'd.finess_et']) }} as lieu,
    {% for name in types -%}
    d.{{ name }},
    {% endfor -%}
    -- A request that is refused or withdrawn is no stay; one that waits may be the trace of a stay that was not told back.
    case
        when d.est_demande then coalesce(d.statut in ('admis', 'entre', 'sorti'), d.date_entree is not null)
        else coalesce(d.date_admission, d.date_entree, d.date_sortie) is not null
    end as est_sejour,
    case
        when d.est_demande then coalesce(d.statut not in ('refus', 'annule'), true)
        else coalesce(d.date_admission, d.date_entree, d.date_sortie) is not null
    end as est_rapprochable,
    d.delivery_id,
    d.ligne,
    d.collecte_le
from enonces as d
inner join {{ ref('int_personnes__groupes') }} as g on d.fiche_cle = g.fiche_cle
