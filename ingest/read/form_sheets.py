"""The sheets that stand beside the table of a form that was given out filled: they hold no row.

Belongs here: their names. Does not belong here: what they hold (`ingest.returned_forms`).
"""

NOTICE, STATE = "À lire", "_dlnuf"
LISTS, COLUMNS = "_listes", "Colonnes"
OURS = (NOTICE, COLUMNS, LISTS, STATE)
