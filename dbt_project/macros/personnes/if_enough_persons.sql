{#- A count of rows about persons, unknown when it is of too few; of any other source, the count. `is_personal` says which. -#}
{% macro if_enough_persons(count, is_personal, witnesses=none) -%}
case
        when {{ is_personal }} and (
            {%- for witness in witnesses or [count] %}
            {{ witness }} between 1 and {{ seuil_personnes() - 1 }}{{ '' if loop.last else ' or' }}
            {%- endfor %}
        ) then null
        else cast({{ count }} as {{ dbt.type_int() }})
    end
{%- endmacro %}
