{#- How two answers to one question compare. `a` and `b` are the aliases of two rows with valeur_nombre, valeur_texte,
    valeur_date. The kind of tolerance and its value come from the dictionary (see docs/resolution.md). -#}

{% macro answers_equal(a, b) -%}
coalesce(
    abs({{ a }}.valeur_nombre - {{ b }}.valeur_nombre) <= 0.000001,
    {{ a }}.valeur_date = {{ b }}.valeur_date,
    {{ a }}.valeur_texte = {{ b }}.valeur_texte,
    false
)
{%- endmacro %}

{% macro answers_gap(a, b) -%}
coalesce(
    {{ a }}.valeur_nombre - {{ b }}.valeur_nombre,
    cast({{ dbt.datediff(b ~ ".valeur_date", a ~ ".valeur_date", "day") }} as {{ type_double() }})
)
{%- endmacro %}

{#- Whether answer `b` agrees with the retained answer `a`. The relative gap is taken on the larger of the two, so
    that it does not depend on which one was retained. -#}
{% macro within_tolerance(a, b, kind, value) -%}
case
    when {{ kind }} = 'sans_objet' then true
    when {{ a }}.valeur_nombre is not null and {{ b }}.valeur_nombre is not null then
        case
            when {{ kind }} = 'relatif' then
                abs({{ a }}.valeur_nombre - {{ b }}.valeur_nombre)
                <= {{ value }} / 100.0 * greatest(abs({{ a }}.valeur_nombre), abs({{ b }}.valeur_nombre)) + 0.000001
            when {{ kind }} in ('entier', 'effectif', 'absolu', 'points') then
                abs({{ a }}.valeur_nombre - {{ b }}.valeur_nombre) <= {{ value }} + 0.000001
            else abs({{ a }}.valeur_nombre - {{ b }}.valeur_nombre) <= 0.000001
        end
    when {{ a }}.valeur_date is not null and {{ b }}.valeur_date is not null then
        abs({{ dbt.datediff(a ~ ".valeur_date", b ~ ".valeur_date", "day") }})
        <= case when {{ kind }} = 'date' then {{ value }} else 0 end
    when {{ a }}.valeur_texte is not null and {{ b }}.valeur_texte is not null then
        case
            when {{ a }}.valeur_texte = {{ b }}.valeur_texte then true
            when {{ kind }} = 'exact_ci' then lower(trim({{ a }}.valeur_texte)) = lower(trim({{ b }}.valeur_texte))
            when {{ kind }} in ('texte_norm', 'adresse_norm') then
                {{ text_similarity(normalised_text(a ~ ".valeur_texte"), normalised_text(b ~ ".valeur_texte")) }} >= {{ value }}
            when {{ kind }} = 'tel_norm' then {{ digits(a ~ ".valeur_texte") }} = {{ digits(b ~ ".valeur_texte") }}
            when {{ kind }} = 'domaine' then {{ web_domain(a ~ ".valeur_texte") }} = {{ web_domain(b ~ ".valeur_texte") }}
            when {{ kind }} = 'distance' then
                coalesce({{ distance_metres(a ~ ".valeur_texte", b ~ ".valeur_texte") }} <= {{ value }}, false)
            when {{ kind }} = 'ensemble' then {{ jaccard(a ~ ".valeur_texte", b ~ ".valeur_texte") }} >= {{ value }}
            else false
        end
    else false
end
{%- endmacro %}

{#- The value of an answer, as people read it. -#}
{% macro shown_value(alias) -%}
coalesce(
    {{ alias }}.valeur_texte,
    cast({{ alias }}.valeur_date as {{ dbt.type_string() }}),
    case
        when {{ alias }}.valeur_nombre = round({{ alias }}.valeur_nombre, 0) and abs({{ alias }}.valeur_nombre) < 9e15
            then cast(cast({{ alias }}.valeur_nombre as {{ dbt.type_bigint() }}) as {{ dbt.type_string() }})
        else cast({{ alias }}.valeur_nombre as {{ dbt.type_string() }})
    end
)
{%- endmacro %}

{#- The columns that make a question. Two answers are only compared when all of them are equal. -#}
{% macro question_columns() -%}
{{ return(['unite', 'unite_id', 'perimetre', 'millesime', 'element_id', 'composante', 'base_temporelle']) }}
{%- endmacro %}

{% macro question_key(alias=none) -%}
{%- set prefix = alias ~ "." if alias else "" -%}
{%- for column in question_columns() -%}
{{ prefix }}{{ column }}{{ ", " if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- The condition of a join between two rows that answer the same question. -#}
{% macro same_question(a, b) -%}
{%- for column in question_columns() -%}
{{ a }}.{{ column }} = {{ b }}.{{ column }}{{ " and " if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- The answers in force that nobody disputes: those that `int_reponses_disputees` does not hold. -#}
{% macro undisputed_answers() -%}
(
        select observations.*
        from (
            select *, {{ columns_hash(question_columns()) }} as question
            from {{ of_units_to_redo(ref('int_observations')) }} as lues
        ) as observations
        where not exists (
            select 1
            from {{ ref('int_reponses_disputees') }} as disputees
            where disputees.question = observations.question
                and disputees.unite = observations.unite
                and disputees.unite_id = observations.unite_id
        )
    ) as non_disputees
{%- endmacro %}
