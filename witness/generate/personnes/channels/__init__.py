"""How each channel writes its files: one module a format.

Belongs here: columns, labels, templates, and on which line each record is written. Does not belong here: what is told.
"""
