{#- Whether a value leaves out no more persons than an answer bears: as many as the tolerance of its element counts, or the share of it.
    A tolerance in whole numbers is also of so many in a hundred (« ±2 ou 2 % »); one in points of GMP, of so many in a thousand. -#}
{% macro is_known(indicator, element) -%}
(
        {{ indicator }}.manquants = 0
        or {{ indicator }}.manquants <= case {{ element }}.tolerance_type
            when 'effectif' then {{ element }}.tolerance_valeur
            when 'entier' then case when 0.01 * {{ element }}.tolerance_valeur * {{ indicator }}.concernes > {{ element }}.tolerance_valeur then 0.01 * {{ element }}.tolerance_valeur * {{ indicator }}.concernes else {{ element }}.tolerance_valeur end
            when 'relatif' then 0.01 * {{ element }}.tolerance_valeur * {{ indicator }}.concernes
            when 'points' then 0.01 * {{ element }}.tolerance_valeur * {{ indicator }}.concernes
            when 'absolu' then 0.001 * {{ element }}.tolerance_valeur * {{ indicator }}.concernes
            else 0
        end
    )
{%- endmacro %}
