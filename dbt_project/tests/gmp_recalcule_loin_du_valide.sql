{# Warns where the GIR of the residents give a GMP more than 30 points away from the validated one (indicator GMP_RECALC):
   either the cut is old or one of the two answers is wrong. #}
{{ config(severity='warn') }}
select finess_et, perimetre, millesime, gmp_valide, gmp_recalcule
from {{ ref('int_indicateurs__gmp') }}
where abs(gmp_recalcule - gmp_valide) > 30
