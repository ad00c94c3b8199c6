"""The pages, one module each with a function `show`.

Belongs here: layout, and the words that readers see. Does not belong here: SQL or Parquet (`queries`), which pages
exist (`app`).

This folder is not named `pages`: Streamlit would take its modules for pages of its own, and the first visitor of
/etablissement would get that module alone, blank.
"""
