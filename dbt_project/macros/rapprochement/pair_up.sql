{#- Statements of a system brought to the stays that others tell, of one person in one ESMS (docs/rapprochement.md).

    sejours: sejour_cle, lieu, modalite, date_admission, date_entree, date_sortie. enonces: the same, with enonce_cle, date_demande, date_statut.

    Nearness, the least first: 0 entries within the tolerance of the dictionary; 1 the entry of one is the admission of the other;
    2 the same modality over the same days; 3 the same days; 4 the stay begins while the other waits. Two that are each the nearest of the other are one stay;
    then, of those left, again. What repeats an entry already taken (nearness 0, same modality, days in common) is the same stay once more. -#}
{% macro pair_up(sejours, enonces) -%}
with tolerances as (
    select
        max(case when element_id = 'DATE_ENTREE' then cast(tolerance_valeur as {{ dbt.type_int() }}) end) as entree,
        max(case when element_id = 'DATE_ADMISSION' then cast(tolerance_valeur as {{ dbt.type_int() }}) end) as admission
    from {{ ref('elements') }}
),

ecarts as (
    select
        d.enonce_cle,
        s.sejour_cle,
        abs({{ dbt.datediff('s.date_entree', 'd.date_entree', 'day') }}) as jours_entree,
        least(
            coalesce(abs({{ dbt.datediff('s.date_admission', 'd.date_entree', 'day') }}), 99999),
            coalesce(abs({{ dbt.datediff('s.date_entree', 'd.date_admission', 'day') }}), 99999),
            coalesce(abs({{ dbt.datediff('s.date_admission', 'd.date_admission', 'day') }}), 99999)
        ) as jours_admission,
        case
            when coalesce(d.date_entree, d.date_admission) is not null
                and coalesce(s.date_entree, s.date_admission) is not null
                and (d.date_sortie is null or d.date_sortie >= coalesce(s.date_entree, s.date_admission))
                and (s.date_sortie is null or s.date_sortie >= coalesce(d.date_entree, d.date_admission))
                then 1
            else 0
        end as se_recouvrent,
        case
            when coalesce(d.date_entree, d.date_admission) is not null then 0
            when d.date_sortie is not null then case when d.date_sortie >= coalesce(s.date_entree, s.date_admission) then 1 else 0 end
            when s.date_sortie < coalesce(d.date_demande, d.date_statut) then 0
            else 1
        end as est_attendu,
        case when {{ overlap('d.date_entree', 'd.date_sortie', 's.date_entree', 's.date_sortie') }} then 1 else 0 end as ont_des_jours_communs,
        abs({{ dbt.datediff('coalesce(d.date_sortie, d.date_statut, d.date_demande)', 'coalesce(case when d.date_sortie is not null then s.date_sortie end, s.date_entree, s.date_admission)', 'day') }}) as jours_attente,
        case when s.modalite = d.modalite then 0 when s.modalite is null or d.modalite is null then 1 else 2 end as modalite_autre,
        t.entree as tolerance_entree,
        t.admission as tolerance_admission
    from {{ enonces }} as d
    inner join {{ sejours }} as s on d.lieu = s.lieu
    cross join tolerances as t
),

proches as (
    select
        enonce_cle,
        sejour_cle,
        modalite_autre,
        ont_des_jours_communs,
        coalesce(jours_entree, 9999) as jours,
        case
            when jours_entree <= tolerance_entree then 0
            when jours_admission <= tolerance_admission then 1
            when se_recouvrent = 1 and modalite_autre < 2 then 2
            when se_recouvrent = 1 then 3
            when est_attendu = 1 then 4
        end as proximite,
        jours_attente
    from ecarts
),

paires as (
    select
        enonce_cle,
        sejour_cle,
        proximite = 0 and modalite_autre < 2 and ont_des_jours_communs = 1 as est_repetition,
        proximite * 1000000 + modalite_autre * 100000 + least(case when proximite = 4 then coalesce(jours_attente, 9999) else jours end, 99999) as distance
    from proches
    where proximite is not null
),

rangs as (
    select
        *,
        row_number() over (partition by enonce_cle order by distance, sejour_cle) as rang_de_l_enonce,
        row_number() over (partition by sejour_cle order by distance, enonce_cle) as rang_du_sejour
    from paires
),

premiers as (
    select enonce_cle, sejour_cle
    from rangs
    where rang_de_l_enonce = 1 and (rang_du_sejour = 1 or est_repetition)
),

restes as (
    select
        rangs.enonce_cle,
        rangs.sejour_cle,
        row_number() over (partition by rangs.enonce_cle order by rangs.distance, rangs.sejour_cle) as rang_de_l_enonce,
        row_number() over (partition by rangs.sejour_cle order by rangs.distance, rangs.enonce_cle) as rang_du_sejour
    from rangs
    left join (select distinct enonce_cle from premiers) as enonces_pris on rangs.enonce_cle = enonces_pris.enonce_cle
    left join (select distinct sejour_cle from premiers) as sejours_pris on rangs.sejour_cle = sejours_pris.sejour_cle
    where enonces_pris.enonce_cle is null and sejours_pris.sejour_cle is null
)

select enonce_cle, sejour_cle from premiers
union all
select enonce_cle, sejour_cle from restes where rang_de_l_enonce = 1 and rang_du_sejour = 1
{%- endmacro %}
