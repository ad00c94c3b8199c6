{# One row per entry that a record of a person tells. #}
{% for role in person_roles(['stay', 'demand', 'orientation']) if role.fields.date_entree %}
select {{ record_key(role) }} as fiche_cle, '{{ role.system }}' as systeme, finess_et, {{ role.fields.date_entree }} as date_entree, {{ role.fields.modalite or 'cast(null as ' ~ dbt.type_string() ~ ')' }} as modalite
from {{ ref(role.relation) }}
where {{ role.fields.date_entree }} is not null
{{ 'union all' if not loop.last }}
{% endfor %}
