{# A rate that is said to be computed comes from its own numerator and denominator. #}
select finess_et, millesime, indicateur_code, modalite, valeur, numerateur, denominateur
from {{ ref('mart_indicateurs__esms') }}
where est_calcule
    and denominateur is not null
    and abs(valeur - case unite_mesure when 'pct' then 100 else 1 end * numerateur / denominateur) > 0.000001 * (1 + abs(valeur))
