{{ by_unit() }}
{# One row per unit, perimeter and millésime: the terms of the formulas that the layer holds; NULL where nobody gave them.
   Accounts and day counts that are no element of their own are components of the element they compute
   (TX_CAF · C68, DMS · SOMME_DUREES): a contract that carries one names it so, and the indicator is computed. #}
{% set annee = ['exercice', 'flux_annee'] %}
{% set stock = ['stock_3112', 'exercice', 'flux_annee'] %}
{% set motifs = ['MALADIE_COURTE', 'MALADIE_MOYENNE', 'MALADIE_LONGUE', 'MATERNITE_PATERNITE', 'AT_MP', 'CONGES_SPECIAUX'] %}
{% set termes = {
    'journees_real_hp': ('JOURNEES_REAL_HP', '', annee),
    'journees_real_ht': ('JOURNEES_REAL_HT', '', annee),
    'journees_real_aj': ('JOURNEES_REAL_AJ', '', annee),
    'journees_real': ('JOURNEES_REAL', '', annee),
    'journees_theo': ('JOURNEES_THEO', '', annee),
    'journees_financees': ('JOURNEES_THEO', 'FINANCEES', annee),
    'actes_realises': ('SEANCES_ACTES', 'REALISES', annee),
    'actes_finances': ('SEANCES_ACTES', 'FINANCES', annee),
    'personnes_3112': ('NB_PERS_3112', '', stock),
    'sorties': ('NB_SORTIES', '', annee),
    'jours_absence': ('ABSENCES_PERS', 'JOURS', annee),
    'personnes_absentes': ('ABSENCES_PERS', 'PERSONNES', annee),
    'somme_durees_jours': ('DMS', 'SOMME_DUREES', annee),
    'etp_budgetes': ('ETP_BUDGETES', '', annee),
    'etp': ('ETP_TOTAL', '', annee),
    'c6111': ('PRESTATIONS_EXTERNES', 'C6111', annee),
    'c6112': ('PRESTATIONS_EXTERNES', 'C6112', annee),
    'c621': ('PRESTATIONS_EXTERNES', 'C621', annee),
    'c6223': ('PRESTATIONS_EXTERNES', 'C6223', annee),
    'c6226': ('PRESTATIONS_EXTERNES', 'C6226', annee),
    'recrutements': ('ENTREES_SORTIES_RH', 'ENTREES', annee),
    'departs': ('ENTREES_SORTIES_RH', 'SORTIES', annee),
    'effectif_cdi_3112': ('EFFECTIF_PHYSIQUE', 'CDI_TITULAIRES', stock),
    'jours_absenteisme': ('TX_ABSENTEISME', 'JOURS_CALENDAIRES', annee),
    'charges_g1': ('CHARGES_G1', '', annee),
    'charges_g2': ('CHARGES_G2', '', annee),
    'charges_g3': ('CHARGES_G3', '', annee),
    'produits_g1': ('PRODUITS_G1', '', annee),
    'produits_g2': ('PRODUITS_G2', '', annee),
    'produits_g3': ('PRODUITS_G3', '', annee),
    'resultat': ('RESULTAT_NET', '', annee),
    'classe_7': ('TX_CAF', 'CLASSE_7', annee),
    'amortissements_constructions': ('TX_VETUSTE_CONSTR', 'AMORTISSEMENTS', stock),
    'constructions_brutes': ('TX_VETUSTE_CONSTR', 'IMMOBILISATIONS_BRUTES', stock),
    'capitaux_permanents': ('FRNG', 'CAPITAUX_PERMANENTS', stock),
    'actifs_immobilises': ('FRNG', 'ACTIFS_IMMOBILISES', stock),
    'c6556': ('FRAIS_SIEGE', 'C6556', annee),
    'c6558': ('FRAIS_SIEGE', 'C6558', annee),
} %}
{% for compte in ['68', '78', '775', '675', '777', '778', '7781', '709', '713'] %}
    {% do termes.update({'c' ~ compte: ('TX_CAF', 'C' ~ compte, annee)}) %}
{% endfor %}
{% for modalite in ['HP', 'HT', 'AJ'] %}
    {% do termes.update({
        'absences_courtes_' ~ modalite | lower: ('ABSENCES_PERS', 'JOURS_MOINS_72H_' ~ modalite, annee),
        'journees_theo_' ~ modalite | lower: ('JOURNEES_THEO', modalite, annee),
        'capacite_financee_' ~ modalite | lower: ('CAP_FINANCEE', modalite, stock),
        'jours_ouverture_' ~ modalite | lower: ('JOURS_OUVERTURE', modalite, annee),
    }) %}
{% endfor %}
{% for modalite in ['EXTERNAT', 'SEMI_INTERNAT', 'INTERNAT', 'SEANCES', 'AUTRE'] %}
    {% do termes.update({
        'journees_real_' ~ modalite | lower: ('JOURNEES_REAL_PH', modalite, annee),
        'journees_theo_' ~ modalite | lower: ('JOURNEES_THEO', modalite, annee),
    }) %}
{% endfor %}
{% for motif in motifs %}
    {% do termes.update({'jours_' ~ motif | lower: ('ABSENTEISME_MOTIF', 'JOURS_' ~ motif, annee)}) %}
{% endfor %}

with termes as (
    select
        unite,
        unite_id,
        perimetre,
        millesime
        {%- for nom, (element_id, composante, bases) in termes.items() %},
        {{ terme(element_id, composante, bases) }} as {{ nom }}
        {%- endfor %}
    from {{ of_units_to_redo(ref('dlnuf_valeurs')) }} as valeurs
    where unite in ('ET', 'EJ')
        and valeur_nombre is not null
        and element_id in ({% for element_id in termes.values() | map('first') | unique | sort %}'{{ element_id }}'{{ ', ' if not loop.last }}{% endfor %})
    group by unite, unite_id, perimetre, millesime
)

select
    annee.*,
    precedente.effectif_cdi_3112 as effectif_cdi_3112_n_moins_1
from termes as annee
left join termes as precedente
    on annee.unite = precedente.unite
    and annee.unite_id = precedente.unite_id
    and annee.perimetre = precedente.perimetre
    and annee.millesime = precedente.millesime + 1
