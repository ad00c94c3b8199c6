{#- The ETs whose DUI holds a person that opposes steering, and did not when its answers were last made, or no longer does: to be redone. It is
    known once persons are matched again, before anything of the DUI is: a delivery of one ESMS may tell who the opposed person of another is. -#}
{% macro mark_esms_of_opponents() -%}
{%- if execute and not flags.FULL_REFRESH -%}
{%- set records = adapter.get_relation(database=this.database, schema=this.schema, identifier='int_dui__usagers') -%}
{%- if records -%}
insert into {{ source('raw', 'modifications') }}
select distinct 'ET', coalesce(apres.finess_et, avant.finess_et)
from (
    select distinct g.finess_et, g.fiche_id
    from {{ ref('int_personnes__groupes') }} as g
    inner join {{ this }} as o on g.personne_id = o.personne_id
    where g.source = 'dui' and o.est_sans_pilotage
) as apres
full outer join (
    select u.unite_id as finess_et, u.usager_id as fiche_id from {{ records }} as u where u.est_oppose
) as avant on apres.finess_et = avant.finess_et and apres.fiche_id = avant.fiche_id
where apres.fiche_id is null or avant.fiche_id is null
{%- endif -%}
{%- endif -%}
{%- endmacro %}
