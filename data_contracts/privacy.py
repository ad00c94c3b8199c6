"""What a contract says of its persons: the privacy of a field, the identity of an entity, the keys that replace it.

Belongs here: the rules by name, the roles, the key columns and what each is made of. Does not belong here: reading
them from YAML (`odcs`), applying them to rows (`ingest.protect`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

PrivacyRule = Literal["trait", "direct", "identifiant", "annee", "departement", "libelle"]
NEVER_STORED = ("trait", "direct")
Role = Literal[
    "ins", "ins_type", "ins_statut", "nir", "nir_type", "nom", "prenoms", "naissance", "sexe", "lieu", "mdph"
]
VERSION = "version_cle"
PSEUDONYM = "pseudonyme sur 32 caractères hexadécimaux"


@dataclass(frozen=True)
class Privacy:
    """What becomes of a field once it was read: `trait` and `direct` are never stored, the others are replaced.

    name: the stored column. domain, per: of `identifiant`, the space of its values, and the field within which they
    have a meaning (an id given by an ESMS means nothing outside it). nomenclature: of `libelle`, the patterns.
    """

    rule: str
    name: str
    domain: str = ""
    per: str | None = None
    nomenclature: str | None = None

    @property
    def is_stored(self) -> bool:
        return self.rule not in NEVER_STORED

    @property
    def logical_type(self) -> str:
        return "integer" if self.rule == "annee" else "string"

    @property
    def description(self) -> str:
        """What the stored column holds, in French."""
        return {
            "identifiant": PSEUDONYM.capitalize() + ".",
            "annee": "Année seule : la date exacte n'est pas conservée.",
            "departement": "Département seul : la commune n'est pas conservée.",
            "libelle": f"Code de la nomenclature {self.nomenclature} : le texte libre n'est pas conservé.",
        }.get(self.rule, "")


@dataclass(frozen=True)
class KeyColumn:
    """A column of pseudonyms that stands for an identity. roles: what it is made of, all of them needed."""

    name: str
    roles: tuple[str, ...]
    description: str


# In order. `cle_nir` takes the NIR, or else the INS when its type is INS-NIR: see `key_columns`.
# Without them nobody tells who a row is about (RNIV), nor that a date of it is a birth date.
STRICT_TRAITS = ("nom", "prenoms", "naissance", "sexe", "lieu")
KEYS = (
    KeyColumn("cle_ins", ("ins", "ins_type", "ins_statut"),
              "Identité nationale de santé, seulement qualifiée (VALI) et de type connu."),
    KeyColumn("cle_traits", STRICT_TRAITS, "Les cinq traits stricts."),
    KeyColumn("cle_nom_prenom", ("nom", "prenoms", "naissance", "sexe"),
              "Nom, premier prénom, naissance, sexe : la clé de doublon de ViaTrajectoire."),
    KeyColumn("cle_nir", ("nir", "prenoms", "naissance"), "NIR, prénom et naissance : corrobore, n'identifie jamais."),
    KeyColumn("cle_sans_nom", ("prenoms", "naissance", "sexe", "lieu"), "Les traits stricts, sans le nom."),
    KeyColumn("cle_sans_prenom", ("nom", "naissance", "sexe", "lieu"), "Les traits stricts, sans le prénom."),
    KeyColumn("cle_sans_naissance", ("nom", "prenoms", "sexe", "lieu"), "Les traits stricts, sans la naissance."),
    KeyColumn("cle_mdph", ("mdph",), "Numéro de dossier de la MDPH."),
)  # fmt: skip


def key_columns(identity: Mapping[str, Any]) -> tuple[KeyColumn, ...]:
    """The key columns of an entity that declares these roles: those whose roles are all there."""
    roles = set(identity)
    if {"ins", "ins_type"} <= roles:
        roles.add("nir")
    return tuple(key for key in KEYS if set(key.roles) <= roles)
