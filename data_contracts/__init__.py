"""Declarations and what is derived from them: contracts, dictionary, nomenclatures.

Belongs here: reading the declarations and deriving schemas, seeds and pages from them.
Does not belong here: reading a delivery, SQL models, anything that imports the other packages.
"""
