{{ last_version(source('raw', 'dui__presences_absences'), ['finess_et', 'presence_id']) }}

select
    finess_et,
    presence_id,
    usager_id,
    sejour_id,
    debut,
    fin,
    type_presence,
    motif_absence
from dernieres
where {{ is_fact() }}
