{#- A count of rows about persons, unknown when it is of too few; of any other source, the count. `est_personnelle` says which. -#}
{% macro si_assez_de_personnes(compte, est_personnelle, temoins=none) -%}
case
        when {{ est_personnelle }} and (
            {%- for temoin in temoins or [compte] %}
            {{ temoin }} between 1 and {{ seuil_personnes() - 1 }}{{ '' if loop.last else ' or' }}
            {%- endfor %}
        ) then null
        else cast({{ compte }} as {{ dbt.type_int() }})
    end
{%- endmacro %}
