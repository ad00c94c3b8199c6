{# The figures of the aide sociale of each territory, with the labels of the territory and of the mesure. #}
select
    a.niveau,
    a.territoire_code,
    t.territoire_libelle,
    a.millesime,
    a.mesure_code,
    m.libelle as mesure_libelle,
    m.unite as unite_mesure,
    a.valeur,
    a.n_connus,
    a.n_departements,
    a.valeur_publiee,
    a.perimetre_publie,
    a.alerte
from {{ ref('int_territoires__aide_sociale') }} as a
inner join {{ ref('mesures_aide_sociale') }} as m on a.mesure_code = m.code
left join {{ ref('int_territoires') }} as t on a.niveau = t.niveau and a.territoire_code = t.territoire_code
