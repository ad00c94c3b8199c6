{# (journées réalisées + absences de moins de 72 h pour convenance ou hospitalisation) / journées théoriques
   [ERRD annexes 9a-9d]. No day realised means that the sheet was not filled in ("KO"): NULL, as with a missing term.
   Short absences are left out when they are not known, and `alerte` says so. #}
{% macro taux_occupation(journees_realisees, journees_theoriques, absences_courtes=none) %}
    {% set numerateur = 'nullif(' ~ journees_realisees ~ ', 0)' %}
    {% if absences_courtes is not none %}
        {% set numerateur = '(' ~ numerateur ~ ' + coalesce(' ~ absences_courtes ~ ', 0))' %}
    {% endif %}
    {% set formule = formule_rapport(numerateur, journees_theoriques) %}
    {% if absences_courtes is not none %}
        {% do formule.update({'alerte': 'case when ' ~ absences_courtes ~ " is null then 'absences_courtes_inconnues' end"}) %}
    {% endif %}
    {% do return(formule) %}
{% endmacro %}
