"""The forms of collections, filled with what is known of each ESMS, in the layout of the collection.

    cells        a value of the layer as the cell of a form writes it, and why it cannot
    known_columns  what the warehouse knows of a few ESMS at a time, column by column
    filled       one form: its columns, the state of each, what is put in each cell
    form_frame   the workbook of a form without anybody's cells: sheets, styles, headings, how it is printed
    form_workbook  one form in that frame: typed cells, lists, comments, protection, and the state that travels with it
    shown        one form as a page gives it, without what its reader may not know
    production   many forms: which ESMS, where, restarting where it stopped

Belongs here: filling and writing forms. Does not belong here: which contracts are forms, and by which rules they are
filled (`data_contracts.collection_forms`), reading them back (`ingest.returned_forms`).

A form is given to the ESMS that it is about, as what `orchestration.restitution` prepares: outside the home, for the
account that asks.
"""
