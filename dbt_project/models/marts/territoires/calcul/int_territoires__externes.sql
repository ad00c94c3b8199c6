{# One row per figure from outside that indicators name, component, territory and year; the population is in int_territoires__population. #}
select
    a.niveau,
    a.territoire_code,
    a.millesime,
    e.externe_code,
    e.composante,
    a.valeur,
    a.n_connus,
    a.n_departements,
    a.valeur_publiee,
    a.perimetre_publie,
    a.alerte,
    e.source,
    a.livraison
from {{ ref('int_territoires__aide_sociale') }} as a
inner join {{ ref('externes') }} as e on a.mesure_code = e.mesure_code
where e.source = 'drees_aide_sociale'
