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
    "ins",
    "ins_type",
    "ins_statut",
    "nir",
    "nir_type",
    "nom",
    "nom_usage",
    "prenoms",
    "naissance",
    "sexe",
    "lieu",
    "mdph",
]
VERSION = "version_cle"
PSEUDONYM = "pseudonyme sur 32 caractères hexadécimaux"
SHORT = 16  # hexadecimal characters of each pseudonym of a list: it is only looked at beside a whole one
Form = Literal["key", "list", "code"]


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
    """A column of pseudonyms that stands for an identity. roles: what it is made of, all of them needed.

    form: a pseudonym; several short ones side by side, one for each way of writing a trait; or a code in the clear.
    """

    name: str
    roles: tuple[str, ...]
    said: str
    form: Form = "key"

    @property
    def description(self) -> str:
        """What the column holds, in French."""
        form = {
            "key": f" {PSEUDONYM.capitalize()}.",
            "list": f" Pseudonymes de {SHORT} caractères, accolés.",
            "code": "",
        }
        return self.said + form[self.form]


# In order. A number is the NIR, or the INS: see `key_columns`.
# Without them nobody tells who a row is about (RNIV), nor that a date of it is a birth date.
STRICT_TRAITS = ("nom", "prenoms", "naissance", "sexe", "lieu")
_NUMBER = "numero"  # a role that `nir` and `ins` both play
KEYS = (
    KeyColumn("cle_ins", ("ins", "ins_type", "ins_statut"),
              "Identité nationale de santé, seulement qualifiée (VALI) et de type connu."),
    KeyColumn("cle_traits", STRICT_TRAITS, "Les cinq traits stricts."),
    KeyColumn("cle_nom_prenom", ("nom", "prenoms", "naissance", "sexe"),
              "Nom, prénoms, naissance, sexe : la clé de doublon de ViaTrajectoire."),
    KeyColumn("cle_nir", ("nir", "prenoms", "naissance"), "NIR, prénom et naissance : corrobore, n'identifie jamais."),
    KeyColumn("cle_sans_lieu", ("nom", "prenoms", "naissance"), "Nom, prénom et naissance sûre."),
    KeyColumn("cle_sans_nom", ("prenoms", "naissance", "lieu"), "Prénom, naissance sûre, département de naissance."),
    KeyColumn("cle_sans_prenom", ("nom", "naissance", "sexe", "lieu"),
              "Nom, naissance sûre, sexe, département de naissance."),
    KeyColumn("cle_sans_naissance", ("nom", "prenoms", "lieu"), "Nom, prénom, département de naissance."),
    KeyColumn("cle_deux_prenoms", ("nom", "prenoms", "naissance"),
              "Nom, naissance sûre et deux prénoms, quand il y en a deux."),
    KeyColumn("cle_numero", (_NUMBER,), "NIR, NIA ou INS : celui qui est le plus sûrement de la personne."),
    KeyColumn("qualite_numero", (_NUMBER,),
              "Nature du numéro (NIR, NIA), et si c'est une INS qualifiée (INS), un numéro qui s'accorde avec le sexe "
              "et la naissance (PROPRE ; SANS_CLE quand sa clé n'est pas écrite), ou peut-être celui d'un proche "
              "(AUTRE).", "code"),
    KeyColumn("cles_nom", ("nom", "prenoms", "naissance", "lieu"),
              "Écritures voisines du nom, avec les autres traits.", "list"),
    KeyColumn("cles_nom_parties", ("nom", "prenoms", "naissance", "lieu"),
              "Parties d'un nom composé, avec les autres traits.", "list"),
    KeyColumn("cles_prenom", ("nom", "prenoms", "naissance", "sexe", "lieu"),
              "Écritures voisines du prénom, avec les autres traits.", "list"),
    KeyColumn("cles_deux_prenoms", ("nom", "prenoms", "naissance"),
              "Nom, naissance sûre et deux des trois premiers prénoms.", "list"),
    KeyColumn("cles_naissance", ("nom", "prenoms", "naissance", "lieu"),
              "Écritures voisines de la naissance, avec les autres traits.", "list"),
    KeyColumn("cles_naissance_parties", ("nom", "prenoms", "naissance", "lieu"),
              "Deux des trois parties de la naissance, avec les autres traits.", "list"),
    KeyColumn("cles_numero", (_NUMBER, "prenoms"), "Le numéro avec un prénom ou une écriture voisine.", "list"),
    KeyColumn("cles_numero_traits", (_NUMBER, "prenoms", "naissance", "sexe"),
              "Le numéro avec le prénom et une écriture voisine de la naissance.", "list"),
    KeyColumn("cle_mdph", ("mdph",), "Numéro de dossier de la MDPH."),
)  # fmt: skip


def key_columns(identity: Mapping[str, Any]) -> tuple[KeyColumn, ...]:
    """The key columns of an entity that declares these roles: those whose roles are all there."""
    roles = set(identity)
    if {"ins", "ins_type"} <= roles:
        roles.add("nir")
    if "nir" in roles:
        roles.add(_NUMBER)
    return tuple(key for key in KEYS if set(key.roles) <= roles)
