{# One row per real stay: what each system says, what is retained, and what was not told to the others. Not published: it speaks of persons. #}
{%- set systems = stay_systems() -%}
{%- set dates = {'admission': [], 'entree': [], 'sortie': []} -%}
{%- for s in systems %}{% for date in s.dates if date in dates %}{% do dates[date].append(s.name) %}{% endfor %}{% endfor -%}
{%- set with_paper = person_roles(['demand']) | selectattr('fields.est_papier') | map(attribute='source') | list -%}
with papiers as (
    -- Who has a paper file beside another file, or beside a stay, in one ESMS.
    select finess_et, personne_id
    from {{ ref('int_sejours__declarations') }}
    where source in ('{{ with_paper | join("', '") }}')
    group by finess_et, personne_id
    having max(case when est_papier then 1 else 0 end) = 1 and count(*) > 1
),

-- Entries that a system tells of somebody whom no DUI is recognised in: the one it was not told of may be that one.
{% for systeme in ['vt', 'resid'] -%}
inconnus_{{ systeme }} as (
    select distinct finess_et, {{ systeme }}_date_entree as date_entree
    from {{ ref('int_sejours__retenus') }}
    where not est_dit_dui and {{ systeme }}_date_entree is not null
),

{% endfor -%}
tolerances as (
    select
        max(case when element_id = 'DATE_ADMISSION' then cast(tolerance_valeur as {{ dbt.type_int() }}) end) as admission,
        max(case when element_id = 'DATE_ENTREE' then cast(tolerance_valeur as {{ dbt.type_int() }}) end) as entree,
        max(case when element_id = 'DATE_SORTIE' then cast(tolerance_valeur as {{ dbt.type_int() }}) end) as sortie
    from {{ ref('elements') }}
),

sejours as (
    select
        r.*,
        t.admission as tolerance_admission,
        t.entree as tolerance_entree,
        t.sortie as tolerance_sortie,
        e.domaine,
        e.departement_code,
        e.region_code,
        e.dui_collecte_le,
        e.vt_collecte_le,
        e.resid_du,
        e.resid_au,
        e.a_des_decisions,
        d.personne_id is not null as a_une_decision,
        coalesce(d.est_incertaine, false) as est_decision_incertaine,
        d.date_decision,
        d.date_echeance,
        l.sejour_cle is not null as est_en_deux_lieux,
        p.personne_id is not null as est_papier_double,
        iv.finess_et is not null as est_peut_etre_dit_vt,
        ir.finess_et is not null as est_peut_etre_dit_resid,
        coalesce(o.est_sans_appariement, false) as est_sans_appariement
    from {{ ref('int_sejours__retenus') }} as r
    cross join tolerances as t
    left join {{ ref('int_sejours__esms') }} as e on r.finess_et = e.finess_et
    left join {{ ref('int_sejours__decisions') }} as d on r.finess_et = d.finess_et and r.personne_id = d.personne_id
    left join {{ ref('int_sejours__lieux') }} as l on r.sejour_cle = l.sejour_cle
    left join papiers as p on r.finess_et = p.finess_et and r.personne_id = p.personne_id
    left join {{ ref('int_personnes__oppositions') }} as o on r.personne_id = o.personne_id
    left join inconnus_vt as iv on r.finess_et = iv.finess_et and r.dui_date_entree = iv.date_entree
    left join inconnus_resid as ir on r.finess_et = ir.finess_et and r.dui_date_entree = ir.date_entree
)

select
    sejour_dlnuf_id,
    personne_id,
    finess_et,
    domaine,
    departement_code,
    region_code,
    modalite,
    mode_entree,
    motif_sortie_code,
    {% for evenement, ordre in dates.items() -%}
    date_{{ evenement }},
    case{% for systeme in ordre %} when {{ systeme }}_date_{{ evenement }} is not null then '{{ systeme }}'{% endfor %} end as date_{{ evenement }}_source,
    {%- set dites = [] -%}
    {%- for systeme in ordre -%}{%- do dites.append('case when ' ~ systeme ~ '_date_' ~ evenement ~ ' is not null then 1 else 0 end') -%}{%- endfor %}
    case
        when date_{{ evenement }} is null then 'inconnue'
        when {{ dites | join(' + ') }} = 1 then 'unique'
        when {% for systeme in ordre %}coalesce({{ systeme }}_date_{{ evenement }}, date_{{ evenement }}) = date_{{ evenement }}{{ ' and ' if not loop.last }}{% endfor %} then 'concordante'
        when {% for systeme in ordre %}abs({{ dbt.datediff('coalesce(' ~ systeme ~ '_date_' ~ evenement ~ ', date_' ~ evenement ~ ')', 'date_' ~ evenement, 'day') }}) <= tolerance_{{ evenement }}{{ ' and ' if not loop.last }}{% endfor %} then 'toleree'
        else 'divergente'
    end as date_{{ evenement }}_statut,
    {% endfor -%}
    {% for s in systems -%}
    {% for date in s.dates -%}
    {{ s.name }}_date_{{ date }},
    {% endfor -%}
    {% endfor -%}
    date_decision,
    date_echeance as date_echeance_decision,
    {% for s in systems -%}
    est_dit_{{ s.name }},
    {% endfor -%}
    n_declarations,
    -- An entry is expected in ViaTrajectoire when it follows this ESMS, and was written after it.
    case
        when est_sans_appariement or dui_date_entree is null or vt_collecte_le is null or dui_date_entree > vt_collecte_le then null
        when vt_date_entree is not null or vt_date_sortie is not null or est_entre_vt then false
        when not est_peut_etre_dit_vt then true
    end as entree_non_dite_vt,
    -- And in RESID-ESMS when the stay lasts in one of the months sent.
    case
        when est_sans_appariement or dui_date_entree is null or resid_au is null or dui_date_entree > resid_au or dui_date_sortie < resid_du then null
        when est_dit_resid then false
        when not est_peut_etre_dit_resid then true
    end as entree_non_dite_resid,
    case
        when est_sans_appariement or dui_date_sortie is null or vt_collecte_le is null or dui_date_sortie > vt_collecte_le then null
        else (vt_date_entree is not null or est_entre_vt) and vt_date_sortie is null
    end as sortie_non_dite_vt,
    case
        when est_sans_appariement or dui_date_sortie is null or resid_au is null or dui_date_sortie > resid_au or not est_dit_resid then null
        else resid_date_sortie is null
    end as sortie_non_dite_resid,
    -- Of a decision whose type is not told, nothing says whether it is one to be there by.
    case when a_des_decisions and est_dit_dui and not est_decision_incertaine then not a_une_decision end as sans_decision,
    case
        when not a_des_decisions or not est_dit_dui or date_echeance is null then null
        else date_sortie is null and date_echeance between dui_collecte_le and {{ dbt.dateadd('month', 3, 'dui_collecte_le') }}
    end as decision_expirant,
    case when est_sans_appariement or date_entree is null then null else est_en_deux_lieux end as deux_lieux,
    case when est_sans_appariement or not est_dit_vt then null else est_papier_double end as dossier_papier_en_double
from sejours
