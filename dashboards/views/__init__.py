"""The pages, one module each with a function `show`: layout only. No SQL and no Parquet here (`queries`).

This folder is not named `pages`: Streamlit would take its modules for pages of its own, and the first visitor of
/etablissement would get that module alone, blank.
"""
