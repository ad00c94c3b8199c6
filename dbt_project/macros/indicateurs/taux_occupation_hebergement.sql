{# (journées réalisées + absences de moins de 72 h pour convenance ou hospitalisation) / journées théoriques
   [ERRD annexes 9a-9d]. No day realised means that the sheet was not filled in ("KO"): NULL, as with a missing term.
   Short absences are left out when they are not known, and `alerte` says so. #}
{% macro taux_occupation_hebergement(journees_realisees, absences_courtes, journees_theo, capacite_financee, jours_ouverture) %}
    {% set formula = ratio_formula(
        '(nullif(' ~ journees_realisees ~ ', 0) + coalesce(' ~ absences_courtes ~ ', 0))',
        journees_theoriques(journees_theo, capacite_financee, jours_ouverture),
    ) %}
    {% do formula.update({'alerte': 'case when ' ~ absences_courtes ~ " is null then 'absences_courtes_inconnues' end"}) %}
    {% do return(formula) %}
{% endmacro %}
