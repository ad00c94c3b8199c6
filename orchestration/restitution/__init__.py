"""Giving back to an ESMS what it should not have to type again: RESID-ESMS, ViaTrajectoire, its work list.

Belongs here: what is known of one ESMS, names included, in memory only (`dossiers`, made by `lecture` from what
`identites` and `entrepot` read); what is prepared from it (`resid`, `sdo`, `viatrajectoire`, `ecarts`); writing it
outside the home, with its trace (`sortie`); the whole (`preparer`). Does not belong here: matching persons and stays
(dbt does), the command.

Nothing is invented: what the DUI does not say is an empty cell, and a line in « à confirmer ».
"""
