{# One row per establishment, perimeter and millésime: the GMP recomputed from the GIR of the residents, beside the validated one.
   Not an indicator: a control (`tests/gmp_recalcule_loin_du_valide.sql`). #}
with termes as (
    select
        unite_id as finess_et,
        perimetre,
        millesime,
        {% for gir in range(1, 7) -%}
        {{ indicator_term('REPART_GIR', 'GIR_' ~ gir, ['stock_3112']) }} as gir_{{ gir }},
        {% endfor -%}
        {{ indicator_term('GMP_VALIDE', '', ['coupe', 'stock_3112']) }} as gmp_valide
    from {{ ref('dlnuf_valeurs') }}
    where unite = 'ET' and element_id in ('REPART_GIR', 'GMP_VALIDE') and valeur_nombre is not null
    group by unite_id, perimetre, millesime
)

select
    finess_et,
    perimetre,
    millesime,
    gmp_valide,
    {{ gmp('gir_1', 'gir_2', 'gir_3', 'gir_4', 'gir_5', 'gir_6').valeur }} as gmp_recalcule
from termes
