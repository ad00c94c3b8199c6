{#- How two answers to one question compare. `a` and `b` are the aliases of two rows with valeur_nombre, valeur_texte,
    valeur_date; the type and the value of the tolerance come from the dictionary (see docs/resolution.md). -#}

{% macro reponses_egales(a, b) -%}
coalesce(
    abs({{ a }}.valeur_nombre - {{ b }}.valeur_nombre) <= 0.000001,
    {{ a }}.valeur_date = {{ b }}.valeur_date,
    {{ a }}.valeur_texte = {{ b }}.valeur_texte,
    false
)
{%- endmacro %}

{% macro ecart_reponses(a, b) -%}
coalesce(
    {{ a }}.valeur_nombre - {{ b }}.valeur_nombre,
    cast({{ dbt.datediff(b ~ ".valeur_date", a ~ ".valeur_date", "day") }} as {{ type_double() }})
)
{%- endmacro %}

{#- Whether answer `b` agrees with the retained answer `a`. The relative gap is taken on the larger of the two, so
    that it does not depend on which one was retained. -#}
{% macro dans_tolerance(a, b, type, valeur) -%}
case
    when {{ type }} = 'sans_objet' then true
    when {{ a }}.valeur_nombre is not null and {{ b }}.valeur_nombre is not null then
        case
            when {{ type }} = 'relatif' then
                abs({{ a }}.valeur_nombre - {{ b }}.valeur_nombre)
                <= {{ valeur }} / 100.0 * greatest(abs({{ a }}.valeur_nombre), abs({{ b }}.valeur_nombre)) + 0.000001
            when {{ type }} in ('entier', 'effectif', 'absolu', 'points') then
                abs({{ a }}.valeur_nombre - {{ b }}.valeur_nombre) <= {{ valeur }} + 0.000001
            else abs({{ a }}.valeur_nombre - {{ b }}.valeur_nombre) <= 0.000001
        end
    when {{ a }}.valeur_date is not null and {{ b }}.valeur_date is not null then
        abs({{ dbt.datediff(a ~ ".valeur_date", b ~ ".valeur_date", "day") }})
        <= case when {{ type }} = 'date' then {{ valeur }} else 0 end
    when {{ a }}.valeur_texte is not null and {{ b }}.valeur_texte is not null then
        case
            when {{ a }}.valeur_texte = {{ b }}.valeur_texte then true
            when {{ type }} = 'exact_ci' then lower(trim({{ a }}.valeur_texte)) = lower(trim({{ b }}.valeur_texte))
            when {{ type }} in ('texte_norm', 'adresse_norm') then
                {{ similarite_texte(texte_normalise(a ~ ".valeur_texte"), texte_normalise(b ~ ".valeur_texte")) }} >= {{ valeur }}
            when {{ type }} = 'tel_norm' then {{ chiffres(a ~ ".valeur_texte") }} = {{ chiffres(b ~ ".valeur_texte") }}
            when {{ type }} = 'domaine' then {{ domaine_web(a ~ ".valeur_texte") }} = {{ domaine_web(b ~ ".valeur_texte") }}
            when {{ type }} = 'distance' then
                coalesce({{ distance_metres(a ~ ".valeur_texte", b ~ ".valeur_texte") }} <= {{ valeur }}, false)
            when {{ type }} = 'ensemble' then {{ jaccard(a ~ ".valeur_texte", b ~ ".valeur_texte") }} >= {{ valeur }}
            else false
        end
    else false
end
{%- endmacro %}

{#- The value of an answer, as people read it. -#}
{% macro valeur_affichee(alias) -%}
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

{#- What makes a question: two answers compare only when all of it is the same. -#}
{% macro colonnes_question() -%}
{{ return(['unite', 'unite_id', 'perimetre', 'millesime', 'element_id', 'composante', 'base_temporelle']) }}
{%- endmacro %}

{% macro cle_reponse(alias=none) -%}
{%- set prefixe = alias ~ "." if alias else "" -%}
{%- for colonne in colonnes_question() -%}
{{ prefixe }}{{ colonne }}{{ ", " if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- Join condition: two rows that answer the same question. -#}
{% macro meme_question(a, b) -%}
{%- for colonne in colonnes_question() -%}
{{ a }}.{{ colonne }} = {{ b }}.{{ colonne }}{{ " and " if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- The answers that are alone and in force: those that `int_reponses_disputees` leaves. -#}
{% macro reponses_non_disputees() -%}
(
        select observations.*
        from (
            select *, {{ empreinte(colonnes_question()) }} as question
            from {{ des_unites_a_refaire(ref('int_observations')) }} as lues
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
