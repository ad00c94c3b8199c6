{# Under the coverage of the indicator there is no value, and what was received in part has no rank. #}
select niveau, territoire_code, millesime, indicateur_code, valeur, rang
from {{ ref('mart_indicateurs__territoires') }}
where (not est_couvert and valeur is not null)
    or (rang is not null and (perimetre is not null or valeur is null))
    or (rang > n_rangs)
