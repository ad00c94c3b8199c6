{# The two steps of the indicators of an ESMS, given what the declarations say (data_contracts/indicators). The models that call
   them are derived: `dlnuf contracts generate`. #}

{# One row per unit, perimeter and millésime: the terms of the formulas that the layer holds; NULL where nobody gave them.
   terms: (column, element, component, time bases, preferred first). previous: the columns also read a year before, as
   `<column>_n_moins_1`. Accounts and day counts that are no element of their own are components of the element that they
   compute (TX_CAF · C68, DMS · SOMME_DUREES): a contract that carries one names it so, and the indicator is computed. #}
{% macro indicator_terms(terms, previous=[]) %}
with termes as (
    select
        unite,
        unite_id,
        perimetre,
        millesime
        {%- for column, element_id, component, bases in terms %},
        {{ indicator_term(element_id, component, bases) }} as {{ column }}
        {%- endfor %}
    from {{ of_units_to_redo(ref('dlnuf_valeurs')) }} as valeurs
    where unite in ('ET', 'EJ')
        and valeur_nombre is not null
        and element_id in ({% for element_id in terms | map(attribute=1) | unique | sort %}'{{ element_id }}'{{ ', ' if not loop.last }}{% endfor %})
    group by unite, unite_id, perimetre, millesime
)

select
    annee.*
    {%- for column in previous %},
    precedente.{{ column }} as {{ column }}_n_moins_1
    {%- endfor %}
from termes as annee
left join termes as precedente
    on annee.unite = precedente.unite
    and annee.unite_id = precedente.unite_id
    and annee.perimetre = precedente.perimetre
    and annee.millesime = precedente.millesime + 1
{% endmacro %}

{# One row per unit, perimeter, millésime, indicator and modality whose numerator is known: numerator, denominator and value
   by the formula. A numerator without denominator stays, with an unknown value: the reader sees what is missing.
   calculations: (code, modality, formula on the columns of int_indicateurs__termes). var `indicateurs`: only these, for unit tests. #}
{% macro indicator_calculations(calculations) %}
{%- set only = var('indicateurs', []) %}
with calcules as (
    {% for code, modalite, formula in calculations if not only or code in only %}
    select
        unite,
        unite_id,
        perimetre,
        millesime,
        '{{ code }}' as indicateur_code,
        '{{ modalite }}' as modalite,
        cast({{ formula.numerateur }} as {{ type_double() }}) as numerateur,
        cast({{ formula.denominateur }} as {{ type_double() }}) as denominateur,
        cast({{ formula.valeur }} as {{ type_double() }}) as valeur,
        cast({{ formula.alerte | default('null') }} as {{ dbt.type_string() }}) as alerte
    from {{ ref('int_indicateurs__termes') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select *
from calcules
where numerateur is not null or valeur is not null
{% endmacro %}
