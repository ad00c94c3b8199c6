{# True when the answers of a collection were entered by an ESMS, hence are a burden that reuse would have spared it. #}
{% macro est_saisie_par_esms(collecte) -%}
    {{ collecte }} not in ({% for code in var('collectes_hors_saisie') %}'{{ code }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
