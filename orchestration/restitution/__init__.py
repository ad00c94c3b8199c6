"""Giving back to an ESMS what it should not have to type again: RESID-ESMS, ViaTrajectoire, its work list.

Belongs here: what is known of one ESMS, names included, in memory only (`known`, made by `dui_told` from what
`identities` and `warehouse` read); what is prepared from it (`resid_file`, `sdo_tasks`, `viatrajectoire_table`,
`work_list`); writing it outside the home, with its trace (`named_files`); the whole (`preparation`). Does not belong
here: matching persons and stays (dbt does), the command.

Nothing is invented: what the DUI does not say is an empty cell, and a line in « à confirmer ».
"""
