"""What each collection asks, in its real format: one module per sender.

Belongs here: titles, formats and file names of a sender, and which answers it gets. Does not belong here: the world
that answers (`panel`, `capacites`, `comptes`…), what goes wrong in a file (`injection`).
"""
