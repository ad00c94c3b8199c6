{# One row per record and number that says whose file it is, in the namespace that its contract gives: file of ViaTrajectoire, decision of
   the CDAPH; and file of the MDPH, which the identity says. #}
{% for role in person_roles(['record', 'stay', 'demand', 'orientation', 'decision', 'right']) %}
{%- for namespace, column in (role.numbers or {}).items() %}
select {{ record_key(role) }} as fiche_cle, {{ columns_hash(["'" ~ namespace ~ "'", column]) }} as cle
from {{ ref(role.relation) }}
where {{ column }} is not null and {{ role.record.column }} is not null
union all
{% endfor %}
{%- endfor %}
select fiche_cle, {{ columns_hash(["'mdph'", 'cle_mdph']) }}
from {{ ref('int_personnes__fiches') }}
where cle_mdph is not null
union all
select fiche_cle, {{ columns_hash(["'mdph'", 'finess_et', 'cle_mdph']) }}
from {{ ref('int_personnes__fiches') }}
where cle_mdph is not null
