"""Who may see what: the one place where the application asks.

Belongs here: the perimeter of the person in front of the screen. Does not belong here: how a perimeter becomes SQL.
`queries` builds its views through the perimeter, so that no query can go round it.

Today the application answers on 127.0.0.1 only, without sign-in: whoever opens it holds the machine, hence the
files. `current_perimeter` therefore returns the open perimeter: every row and every column of the snapshot. With a
sign-in, it will return the perimeter that the access policy gives to the profile; nothing else has to change.
"""

from __future__ import annotations

from dataclasses import dataclass

from data_contracts.profiles import LOCAL, Profile, profiles


@dataclass(frozen=True)
class Perimeter:
    """What one profile may see.

    profile: in which capacity. One that reads exact numbers of persons is refused here: publications hold none.
    departements: COG codes; None for all of them. A restriction by territory or financing authority also empties the
        tables that nothing ties to an establishment or a département (deny by default).
    financeurs: financing authorities (ARS, CD, ARS_CD, NON_DEFINI); None for all of them.
    hidden_columns: (table, column) pairs whose values are withheld, and read as unknown.
    """

    label: str
    profile: Profile
    departements: frozenset[str] | None = None
    financeurs: frozenset[str] | None = None
    hidden_columns: frozenset[tuple[str, str]] = frozenset()

    def __post_init__(self) -> None:
        if self.profile.reads_exact_persons:
            raise ValueError("Une publication ne tient que des nombres protégés : ce profil en lit d'exacts.")


OPEN = Perimeter("périmètre complet (poste local)", profiles()[LOCAL])


def current_perimeter() -> Perimeter:
    """The perimeter of the current user: the open one, since whoever sits at this machine holds the files."""
    return OPEN
