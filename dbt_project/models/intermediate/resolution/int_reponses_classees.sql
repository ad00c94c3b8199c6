{{ by_unit() }}

-- Every disputed answer, ranked among the answers to the same question, in three rounds (docs/resolution.md):
-- 1. inside a source, its last word: current, highest deposit, latest document, last received;
-- 2. inside a document heard through several channels, the first channel without doubt;
-- 3. between documents, a plausible answer before a doubtful one, then the order of sources of the dictionary.
-- Before all: what an ESMS corrected on a form that came back, as long as nobody answered since.
-- When a later delivery took an answer back without giving another, nothing is retained: unknown stays unknown.
{%- set question -%} {{ question_key() }} {%- endset %}
{%- set dernier_mot -%}
    case when est_courante then 0 else 1 end,
    case when rang_depot is null then 1 else 0 end,
    rang_depot desc,
    collecte_le desc,
    recu_le desc,
    delivery_id,
    ligne,
    champ,
    valeur_nombre,
    valeur_texte,
    valeur_date
{%- endset %}
{%- set priorite -%} case when corrige then 0 else 1 end, case when alerte is null then 0 else 1 end, rang_source, source {%- endset %}

with observations as (
    select
        o.*,
        coalesce(p.rang, 900) as rang_source,
        e.tolerance_type,
        coalesce(e.tolerance_valeur, 0) as tolerance_valeur
    from {{ of_units_to_redo(ref('int_reponses_disputees')) }} as o
    left join {{ ref('precedence') }} as p on o.element_id = p.element_id and o.source = p.source
    left join {{ ref('elements') }} as e on o.element_id = e.element_id
),

par_source as (
    select
        observations.*,
        coalesce(est_correction, false)
            and collecte_le >= max(case when est_courante then collecte_le end) over (partition by {{ question }}) as corrige,
        row_number() over (partition by {{ question }}, source order by {{ dernier_mot }}) as rang_dans_source,
        first_value(rang_depot) over (partition by {{ question }}, source order by {{ dernier_mot }}) as depot_de_la_source,
        first_value(collecte_le) over (partition by {{ question }}, source order by {{ dernier_mot }}) as date_de_la_source
    from observations
),

par_document as (
    select
        par_source.*,
        (est_courante and rang_dans_source = 1) as est_voix_de_source,
        row_number() over (
            partition by {{ question }}, document
            order by case when est_courante and rang_dans_source = 1 then 0 else 1 end, {{ priorite }}, rang_dans_source
        ) as rang_dans_document
    from par_source
),

voix as (
    select
        par_document.*,
        (est_voix_de_source and rang_dans_document = 1) as est_voix
    from par_document
),

classees as (
    select
        voix.*,
        row_number() over (
            partition by {{ question }}
            order by case when est_voix then 0 else 1 end, {{ priorite }}, {{ dernier_mot }}
        ) as rang,
        first_value(source) over (
            partition by {{ question }} order by case when est_voix then 0 else 1 end, rang_source, source, {{ dernier_mot }}
        ) as source_prioritaire
    from voix
)

select
    classees.*,
    (rang = 1 and est_voix) as est_retenue
from classees
