{# One row per key: returns the keys that several rows share. `colonnes` may be one column or many. #}
{% test cle_unique(model, colonnes) %}
    {% set cle = [colonnes] if colonnes is string else colonnes %}
    select {{ cle | join(', ') }}, count(*) as n_lignes
    from {{ model }}
    group by {{ cle | join(', ') }}
    having count(*) > 1
{% endtest %}
