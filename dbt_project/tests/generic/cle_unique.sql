{# One row per key: returns the keys that several rows share. `colonnes` may be one column or many. Keys are compared in full only
   where their numbers meet. #}
{% test cle_unique(model, colonnes) %}
    {% set cle = [colonnes] if colonnes is string else colonnes %}
    select {{ cle | join(', ') }}, count(*) as n_lignes
    from {{ model }}
    where {{ columns_hash(cle) }} in (
        select {{ columns_hash(cle) }} from {{ model }} group by 1 having count(*) > 1
    )
    group by {{ cle | join(', ') }}
    having count(*) > 1
{% endtest %}
