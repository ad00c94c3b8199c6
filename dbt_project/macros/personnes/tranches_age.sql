{#- The 22 age classes of the tableau de bord de la performance (column titles « moins de 1 an » to « 96 ans et plus »): lower bound, component.
    `tranche_age_tdb`: the component of an age in years. -#}
{% macro tranches_age_tdb() -%}
{{ return([
    (0, 'AGE_MOINS_1'), (1, 'AGE_1'), (2, 'AGE_2'), (3, 'AGE_3'), (4, 'AGE_4'), (5, 'AGE_5'), (6, 'AGE_6_10'), (11, 'AGE_11_15'),
    (16, 'AGE_16_17'), (18, 'AGE_18_19'), (20, 'AGE_20_24'), (25, 'AGE_25_29'), (30, 'AGE_30_34'), (35, 'AGE_35_39'),
    (40, 'AGE_40_44'), (45, 'AGE_45_49'), (50, 'AGE_50_54'), (55, 'AGE_55_59'), (60, 'AGE_60_74'), (75, 'AGE_75_84'),
    (85, 'AGE_85_95'), (96, 'AGE_96_PLUS'),
]) }}
{%- endmacro %}

{% macro tranche_age_tdb(age) -%}
case
        when {{ age }} is null then null
        {%- for bound, component in tranches_age_tdb() | reverse %}
        when {{ age }} >= {{ bound }} then '{{ component }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- The age classes of the published marts: those of adults in care and of the elderly that the sector compares (DREES EHPA, ES-Handicap). -#}
{% macro tranches_age_marts() -%}
{{ return([
    (0, '0-5', '0 à 5 ans'), (6, '6-11', '6 à 11 ans'), (12, '12-17', '12 à 17 ans'), (18, '18-24', '18 à 24 ans'), (25, '25-39', '25 à 39 ans'),
    (40, '40-59', '40 à 59 ans'), (60, '60-74', '60 à 74 ans'), (75, '75-84', '75 à 84 ans'), (85, '85-94', '85 à 94 ans'),
    (95, '95+', '95 ans et plus'),
]) }}
{%- endmacro %}

{% macro tranche_age_mart(age) -%}
case
        when {{ age }} is null then null
        {%- for bound, code, label in tranches_age_marts() | reverse %}
        when {{ age }} >= {{ bound }} then '{{ code }}'
        {%- endfor %}
    end
{%- endmacro %}
