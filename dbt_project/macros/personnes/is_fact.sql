{#- Whether a statement is a fact, by its state (nomenclature `etats_enonces`): not a plan, a refusal, a cancellation or an error. A sender whose
    format has no status tells facts. `plans`: those whose dates say that they are to come are let through. The last word on an id decides: the
    relation holds one row an id, so that a cancellation hides what it cancels. -#}
{% macro is_fact(state='etat', plans=false) -%}
coalesce({{ state }}, 'FAIT') in ('FAIT'{{ ", 'PREVU'" if plans }})
{%- endmacro %}
