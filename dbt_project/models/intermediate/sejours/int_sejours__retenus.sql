{# One row per stay: the date of each system, and the one retained, of the first system that tells it (`stay_systems`); an admission is never
   read for an entry, nor an entry for an admission. #}
{%- set systems = stay_systems() -%}
with sejours as (
    select
        sejour_cle,
        min(finess_et) as finess_et,
        -- Of a file made twice and of one matched, the person of the first system that tells the stay.
        coalesce({% for s in systems %}min(case when systeme = '{{ s.name }}' then personne_id end){{ ', ' if not loop.last }}{% endfor %}) as personne_id,
        coalesce({% for s in systems %}min(case when systeme = '{{ s.name }}' then modalite end){{ ', ' if not loop.last }}{% endfor %}) as modalite,
        {% for s in systems -%}
        max(case when systeme = '{{ s.name }}' then 1 else 0 end) = 1 as est_dit_{{ s.name }},
        {% for date in s.dates -%}
        {{ 'max' if date == 'sortie' else 'min' }}(case when systeme = '{{ s.name }}'{{ ' and not coalesce(est_remplace, false)' if date == 'entree' }} then date_{{ date }} end) as {{ s.name }}_date_{{ date }},
        {% endfor -%}
        {% if 'statut' in s.fields -%}
        max(case when systeme = '{{ s.name }}' and statut in ('entre', 'sorti') then 1 else 0 end) = 1 as est_entre_{{ s.name }},
        {% endif -%}
        {% endfor -%}
        -- Why the person left, in the words of the first system that tells stays and their reasons: a request has reasons of its own.
        {% set of_stays = [] -%}
        {%- for s in systems if 'motif' in s.fields and 'stay' in s.kinds %}{% do of_stays.append(s.name) %}{% endfor -%}
        {{ "max(case when systeme = '" ~ of_stays[0] ~ "' then motif end)" if of_stays else "cast(null as " ~ dbt.type_string() ~ ")" }} as motif_sortie_code,
        coalesce({% for s in systems if 'mode_entree' in s.fields %}max(case when systeme = '{{ s.name }}' then mode_entree end){{ ', ' if not loop.last }}{% endfor %}) as mode_entree,
        count(*) as n_declarations
    from {{ ref('int_sejours__declarations') }}
    where sejour_cle is not null
    group by sejour_cle
)

select
    *,
    {{ sejour_dlnuf_id('sejour_cle') }} as sejour_dlnuf_id,
    {% for date in ['admission', 'entree', 'sortie'] -%}
    coalesce({% for s in systems if date in s.dates %}{{ s.name }}_date_{{ date }}{{ ', ' if not loop.last }}{% endfor %}) as date_{{ date }}{{ ',' if not loop.last }}
    {% endfor %}
from sejours
