{# (prix d'hébergement + tarif dépendance GIR 5-6) x 30,42 jours : what a resident pays a month before any help
   [pour-les-personnes-agees.gouv.fr, prices and reste à charge]. #}
{% macro reste_a_charge(prix_hebergement, tarif_dependance) %}
    {% do return(sum_formula('30.42 * (' ~ prix_hebergement ~ ' + ' ~ tarif_dependance ~ ')')) %}
{% endmacro %}
