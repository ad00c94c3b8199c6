{#- The ET whose DUI counts in a public, with their territory. -#}
{% macro esms_by_public() -%}
select e.finess_et, c.domaine, c.est_a_domicile, e.departement_code, e.region_code
    from {{ ref('int_finess__et_courant') }} as e
    inner join {{ ref('categories_finess') }} as c on e.categorie_code = c.code
    where c.domaine in ('PA', 'PH_ADULTE', 'PH_ENFANT', 'MULTI')
{%- endmacro %}

{#- The public of a person in an ET. A service that is for everybody (soins, aide à domicile) counts a person of sixty or more among the
    elderly, a younger one among disabled people (CASF, L. 113-1); without an age, in none. Those whom a service accompanies at home are a
    public of their own: their age, their GIR and the length of their stay are of other persons than those who live in an establishment. -#}
{% macro public(domaine, age, est_a_domicile) -%}
case
            when {{ domaine }} = 'PA' then 'PA'
            when {{ domaine }} <> 'MULTI' then 'PH'
            when {{ age }} >= 60 then 'PA'
            when {{ age }} < 60 then 'PH'
        end || case when {{ est_a_domicile }} then '_DOMICILE' else '' end
{%- endmacro %}
