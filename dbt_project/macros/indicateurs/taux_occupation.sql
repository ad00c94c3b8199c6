{# Journées réalisées / journées théoriques [ERRD annexes 9a-9d; CA PH]. No day realised means that the sheet was not filled in
   ("KO"): NULL, as with a missing term. #}
{% macro taux_occupation(journees_realisees, journees_theoriques) %}
    {% do return(ratio_formula('nullif(' ~ journees_realisees ~ ', 0)', journees_theoriques)) %}
{% endmacro %}
