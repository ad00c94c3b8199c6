"""What one line of `elements.csv` may say of an element.

Belongs here: its columns and what each may hold. Does not belong here: reading the file
(`data_contracts.dictionary`).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from data_contracts.strict_yaml import Strict

# Who may be believed of an element without being a collection of collections.csv: registers, authorities, acts, the
# DSN, and what the warehouse computes.
AUTHORITIES = (
    "ACTE", "ADRi", "ARS", "BAN", "CALCUL", "CD", "CPOM", "DSN", "GALIS", "HAS", "INSi", "MDPH", "RNIPP", "SIRENE",
    "SIVSS", "SNDS",
)  # fmt: skip
_CODE = "[A-Z][A-Z0-9_]*"
Text = Annotated[str, Field(min_length=1)]
# How a collection asks for the element: S seen in a source, C category named, K to be confirmed, D derived from others.
Cell = Annotated[str, Field(pattern=r"^([SCKD]:|$)")]
YesNo = Literal["0", "1"]


class Element(Strict):
    """One element: what it is, how collections ask for it, who is believed, how answers compare, who may read it."""

    element_id: Annotated[str, Field(pattern=f"^{_CODE}$")]
    groupe: Annotated[str, Field(pattern=r"^\d+-")]
    libelle: Text
    definition: str
    type: Text
    nomenclature: str
    unite_observation: Text
    FINESS: Cell
    ROR: Cell
    DUI: Cell
    TDB_ATIH: Cell
    DREES_EHPA: Cell
    DREES_ESH: Cell
    CNSA_EPRD_ERRD: Cell
    CNSA_PRIXESMS: Cell
    SEPPIA: Cell
    GALAAD: Cell
    RESID_ESMS: Cell
    VIATRAJECTOIRE: Cell
    MATURIN: Cell
    autres_collectes: str
    noyau: YesNo
    est_ratio_derive: YesNo
    source_reference: str
    ordre_survivance_codes: Text
    tolerance_accord: Text
    tolerance_type: Literal[
        "absolu", "adresse_norm", "date", "distance", "domaine", "effectif", "ensemble", "entier", "exact",
        "exact_agrege", "exact_ci", "points", "relatif", "sans_objet", "tel_norm", "texte_norm",
    ]  # fmt: skip
    tolerance_valeur: Annotated[str, Field(pattern=r"^(\d+(\.\d+)?)?$")]
    tolerance_unite: str
    action_conflit: Literal["AUTO", "SIGNAL_ESMS", "SIGNAL_AUTORITE", "AUCUN"]
    fraicheur_attendue: str
    classe_donnee: Literal["administratives", "sante", "accompagnement", "financieres", "services"]
    niveau: Literal["structure", "agrégat", "individu", "individu (professionnel)"]
    ouverture: Literal["ouvert", "restreint", "personnel"]
    seuil_diffusion: Literal["", "≥5", "≥11", "jamais"]
    # What it tells of the persons accompanied, so that no small number of them leaves (docs/secret.md):
    # `total`, a count of them all; `part:X`, counts or shares of those that X counts; `compte`, a count of others;
    # `taux:X`, a rate of rotation of those that X counts, component by component; `porte:X`, a mean or a rate that
    # rests on those that X counts; `non`, nothing. `/Y`: its percentages may be of the places that Y counts, published.
    personnes: Annotated[str, Field(pattern=rf"^((total|part:{_CODE})(/{_CODE})?|(taux|porte):{_CODE}|compte|non|)$")]
    note: str

    @model_validator(mode="after")
    def _individual_data_is_closed(self) -> Self:
        if self.niveau.startswith("individu") and self.ouverture == "ouvert":
            raise ValueError("une donnée individuelle n'est pas ouverte")
        return self

    @model_validator(mode="after")
    def _an_aggregate_says_whether_it_counts_persons(self) -> Self:
        if self.niveau == "agrégat" and not self.personnes:
            raise ValueError("un agrégat dit s'il compte des personnes accompagnées (personnes)")
        return self
