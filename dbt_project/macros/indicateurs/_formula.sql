{# What every formula of this folder returns: three SQL expressions {numerateur, denominateur, valeur}.

   One formula a file, called with the SQL of its terms: `taux_vetuste('amortissements', 'immobilisations').valeur`.
   A missing term gives NULL and so does a zero denominator: an indicator that cannot be computed is unknown, never 0.
   Definitions are those that Helios displays; each file cites its own. #}
{% macro ratio_formula(numerateur, denominateur, factor=100) %}
    {% do return({
        'numerateur': numerateur,
        'denominateur': denominateur,
        'valeur': factor ~ ' * cast((' ~ numerateur ~ ') as ' ~ type_double() ~ ') / nullif(' ~ denominateur ~ ', 0)',
    }) %}
{% endmacro %}

{% macro sum_formula(expression) %}
    {% do return({'numerateur': 'null', 'denominateur': 'null', 'valeur': expression}) %}
{% endmacro %}
