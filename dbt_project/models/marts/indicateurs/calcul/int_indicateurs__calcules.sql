{# One row per unit, perimeter, millésime, indicator and modality whose numerator is known: numerator, denominator and value
   by the formula. A numerator without denominator stays, with an unknown value: the reader sees what is missing. The formulas are the macros of `macros/indicateurs`; here they meet their terms. #}
{% set calculs = [
    ('TX_REAL', 'TOUS_ESMS', taux_realisation('journees_real', 'journees_financees')),
    ('TX_REAL', 'CAMSP_CMPP', taux_realisation('actes_realises', 'actes_finances')),
    ('TO_GLOBAL', '', taux_occupation('journees_real', 'journees_theo')),
    ('FILE_ACT', '', file_active('personnes_3112', 'sorties')),
    ('ABS_MOY', '', absences_moyennes('jours_absence', 'personnes_absentes')),
    ('DMS_MOIS', '', duree_moyenne_sejour('somme_durees_jours', 'sorties')),
    ('VACANTS', '', taux_etp_vacants('etp_budgetes', 'etp')),
    ('EXTERNALISATION', '', taux_prestations_externes('c6111', 'c6112', 'c621', 'c6223', 'c6226', 'charges_g2')),
    ('ROTATION', '', taux_rotation('recrutements', 'departs', 'effectif_cdi_3112_n_moins_1')),
    ('ABSENT', '', taux_absenteisme('jours_absenteisme', 'etp')),
    ('CHARGES', 'TOTAL', total_groupes('charges_g1', 'charges_g2', 'charges_g3')),
    ('PRODUITS', 'TOTAL', total_groupes('produits_g1', 'produits_g2', 'produits_g3')),
    ('RESULTAT_NET', '', resultat_net('produits_g1 + produits_g2 + produits_g3', 'charges_g1 + charges_g2 + charges_g3')),
    ('CAF', '', taux_caf('resultat', 'c68', 'c78', 'c775', 'c675', 'c777', 'c778', 'classe_7', 'c7781', 'c709', 'c713')),
    ('VETUSTE', '', taux_vetuste('amortissements_constructions', 'constructions_brutes')),
    ('FRNG', '', fonds_roulement('capitaux_permanents', 'actifs_immobilises')),
    ('FRAIS_SIEGE', '', frais_siege('c6556', 'c6558')),
] %}
{% for mode in ['hp', 'ht', 'aj'] %}
    {% set theoriques = journees_theoriques('journees_theo_' ~ mode, 'capacite_financee_' ~ mode, 'jours_ouverture_' ~ mode) %}
    {% do calculs.append(('TO_' ~ mode | upper, '', taux_occupation('journees_real_' ~ mode, theoriques, 'absences_courtes_' ~ mode))) %}
{% endfor %}
{% for modalite in ['EXTERNAT', 'SEMI_INTERNAT', 'INTERNAT', 'SEANCES', 'AUTRE'] %}
    {% set suffixe = modalite | lower %}
    {% do calculs.append(('TO_PH', modalite, taux_occupation('journees_real_' ~ suffixe, 'journees_theo_' ~ suffixe))) %}
{% endfor %}
{% for motif in ['MALADIE_COURTE', 'MALADIE_MOYENNE', 'MALADIE_LONGUE', 'MATERNITE_PATERNITE', 'AT_MP', 'CONGES_SPECIAUX'] %}
    {% do calculs.append(('ABSENT_MOTIF', motif, taux_absenteisme('jours_' ~ motif | lower, 'etp'))) %}
{% endfor %}

with calcules as (
    {% for code, modalite, formule in calculs %}
    select
        unite,
        unite_id,
        perimetre,
        millesime,
        '{{ code }}' as indicateur_code,
        '{{ modalite }}' as modalite,
        cast({{ formule.numerateur }} as {{ type_double() }}) as numerateur,
        cast({{ formule.denominateur }} as {{ type_double() }}) as denominateur,
        cast({{ formule.valeur }} as {{ type_double() }}) as valeur,
        cast({{ formule.alerte | default('null') }} as {{ dbt.type_string() }}) as alerte
    from {{ ref('int_indicateurs__termes') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select *
from calcules
where numerateur is not null or valeur is not null
