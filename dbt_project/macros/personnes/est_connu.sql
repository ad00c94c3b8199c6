{#- Whether a value leaves out no more persons than an answer bears: as many as the tolerance of its element counts, or the share of it.
    A tolerance in whole numbers is also of so many in a hundred (« ±2 ou 2 % »); one in points of GMP, of so many in a thousand. -#}
{% macro est_connu(i, e) -%}
(
        {{ i }}.manquants = 0
        or {{ i }}.manquants <= case {{ e }}.tolerance_type
            when 'effectif' then {{ e }}.tolerance_valeur
            when 'entier' then case when 0.01 * {{ e }}.tolerance_valeur * {{ i }}.concernes > {{ e }}.tolerance_valeur then 0.01 * {{ e }}.tolerance_valeur * {{ i }}.concernes else {{ e }}.tolerance_valeur end
            when 'relatif' then 0.01 * {{ e }}.tolerance_valeur * {{ i }}.concernes
            when 'points' then 0.01 * {{ e }}.tolerance_valeur * {{ i }}.concernes
            when 'absolu' then 0.001 * {{ e }}.tolerance_valeur * {{ i }}.concernes
            else 0
        end
    )
{%- endmacro %}
