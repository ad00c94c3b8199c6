"""What identifies an ET, as texts: names, codes and labels, address.

Belongs here: the identity of given rows of ET and of their EJ. Does not belong here: who exists (`structures`), which
file asks for what (`collectes`).

The truth holds the full names; the collections write the short ones of the registers.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from witness.generate import facts
from witness.generate.streams import Floats


def identities(et: pl.DataFrame, ej: pl.DataFrame, places: dict[str, Floats]) -> dict[str, np.ndarray]:
    """Texts (None: unknown) by variable of `faits/elements.csv`.

    `et`, `ej` and `places` have the same rows. `places` gives the installed places by temporality (permanent, ht, aj).
    """
    regions = dict(facts.table("regions").iter_rows())
    departements = dict(facts.table("departements").select("code", "nom").iter_rows())
    statuts = dict(facts.table("statuts").select("code", "libelle_tdb").iter_rows())
    street = pl.concat_str(pl.col("numero_voie").cast(pl.String), "type_voie", "libelle_voie", separator=" ")
    address = pl.concat_str(street.str.strip_prefix("0 "), "code_postal", acheminement(), separator=" ")
    position = pl.concat_str(pl.col("latitude").cast(pl.String), "longitude", separator=";")
    temporalites = [
        ",".join(name for name, n in zip(("HP", "HT", "AJ"), row, strict=True) if n > 0) or None
        for row in zip(*(places[m].tolist() for m in ("permanent", "ht", "aj")), strict=True)
    ]
    texts = {
        "id_region": [regions[r] for r in et["region"]],
        "id_departement": [departements[d] for d in et["departement"]],
        "id_categorie": et["categorie_libelle"],
        "id_categorie_code": et["categorie"],
        "id_raison_sociale": et["raison_sociale"],
        "id_raison_sociale_ej": ej["raison_sociale"],
        "id_statut": [statuts[s] for s in ej["statut"]],
        "id_statut_code": ej["statut"],
        "id_ville": et["commune"],
        "id_adresse": et.select(address).to_series(),
        "id_commune_code": et["commune_code"],
        "id_telephone": et["telephone"],
        "id_temporalites": temporalites,
        "id_finess_et": et["finess_et"],
        "id_finess_ej": ej["finess_ej"],
        "id_mft": et["mft"],
        "id_geoloc": et.select(position).to_series(),
    }
    return {name: np.array(list(values), dtype=object) for name, values in texts.items()}


def short_names(et: pl.DataFrame, ej: pl.DataFrame) -> dict[str, np.ndarray]:
    """Names as the registers shorten them, for the collections."""
    return {
        "id_raison_sociale": et["raison_sociale_courte"].to_numpy(),
        "id_raison_sociale_ej": ej["raison_sociale_courte"].to_numpy(),
    }


def acheminement() -> pl.Expr:
    """The name of the commune as the post writes it."""
    return pl.col("commune").str.to_uppercase().str.replace_all("-", " ")
