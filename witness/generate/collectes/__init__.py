"""What each collection asks, in its real format: one module a sender.

Belongs here: the columns, the names and the layouts of the files. Does not belong here: what is true, what goes wrong
in any table (`disagreements`, `injection`).
"""
