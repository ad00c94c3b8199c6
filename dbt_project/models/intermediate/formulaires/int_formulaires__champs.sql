{# Every year that may be asked about, and the next; before answers or with them; with what the DUI keeps for its ESMS or without. A
   view, read for a few ESMS at a time: filters by constants go through its windows. #}
{%- set demandes -%}
    select distinct millesime as millesime_demande from {{ ref('dlnuf_valeurs') }} where unite = 'ET'
    union
    select max(millesime) + 1 from {{ ref('dlnuf_valeurs') }} where unite = 'ET'
{%- endset -%}
{{ prefilled_columns(demandes, [('false', 'false'), ('false', 'true'), ('true', 'false'), ('true', 'true')]) }}
