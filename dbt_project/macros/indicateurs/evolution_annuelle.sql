{# (valeur de l'année - valeur de l'année précédente) / valeur de l'année précédente [CNSA, Prix-ESMS]. Added up over the
   establishments that have both, it is the evolution of their mean at constant field. #}
{% macro evolution_annuelle(valeur, valeur_precedente) %}
    {% do return(ratio_formula('(' ~ valeur ~ ' - ' ~ valeur_precedente ~ ')', valeur_precedente)) %}
{% endmacro %}
