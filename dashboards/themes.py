"""The themes of the pages: which indicators each one shows.

Belongs here: the domains of a theme, and what follows from the declarations of indicators. Does not belong here: what
is drawn (`views`), what an indicator is (`data_contracts.indicators`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data_contracts.indicators import ESMS, Indicator, indicators


@dataclass(frozen=True)
class Theme:
    """A page about some domains of indicators.

    domains: of `data_contracts.indicators`; more: indicators of other domains that are read there too; home_care: those
    that are about home care only, which have their own theme.
    """

    page: str
    title: str
    lead: str
    icon: str
    domains: tuple[str, ...]
    more: tuple[str, ...] = ()
    home_care: bool = False

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """All of them, in reading order, those that nothing computes yet included."""
        return tuple(sorted(filter(self._holds, indicators().values()), key=_order))

    @property
    def of_territories(self) -> tuple[Indicator, ...]:
        return tuple(i for i in self.indicators if i.product not in (None, ESMS))

    @property
    def of_esms(self) -> tuple[Indicator, ...]:
        return tuple(i for i in self.indicators if i.product == ESMS)

    @property
    def not_computed(self) -> tuple[Indicator, ...]:
        return tuple(i for i in self.indicators if i.product is None)

    def _holds(self, indicator: Indicator) -> bool:
        if indicator.code in self.more:
            return True
        only_home = indicator.populations == ("DOM",)
        return (indicator.domain in self.domains and not only_home) or (self.home_care and only_home)


def _order(indicator: Indicator) -> tuple[bool, int, str]:
    return indicator.rank is None, indicator.rank or 0, indicator.code


OFFRE = Theme(
    "territoire",
    "Offre et équipement",
    "Les établissements et leurs places, rapportés à la population : ici, ailleurs, et depuis quand.",
    ":material/map:",
    ("offre",),
)
ACTIVITE = Theme(
    "activite",
    "Activité et occupation",
    "Les places sont-elles occupées, et l'activité prévue réalisée ?",
    ":material/bar_chart:",
    ("activite",),
)
PUBLICS = Theme("publics", "Publics et besoins", "", ":material/groups:", ("besoins",))
PARCOURS = Theme("parcours", "Parcours et admissions", "", ":material/route:", ("admission",))
DOMICILE = Theme(
    "domicile",
    "Domicile et APA",
    "L'aide et les soins à domicile, l'allocation personnalisée d'autonomie (APA) et l'aide sociale du département.",
    ":material/home_health:",
    ("aide_sociale",),
    home_care=True,
)
RH = Theme(
    "ressources-humaines",
    "Ressources humaines",
    "Les équipes : postes vacants, absences, rotation, encadrement.",
    ":material/badge:",
    ("rh",),
)
FINANCES = Theme(
    "finances",
    "Finances et tarifs",
    "L'équilibre des comptes, et les prix que paient les résidents.",
    ":material/euro:",
    ("finances", "tarifs"),
)
THEMES = (OFFRE, ACTIVITE, PUBLICS, PARCOURS, DOMICILE, RH, FINANCES)


def theme_of(code: str) -> Theme | None:
    """The theme that shows an indicator; the first, when several do."""
    return next((theme for theme in THEMES if any(i.code == code for i in theme.indicators)), None)


def codes(declared: Iterable[Indicator]) -> list[str]:
    return [i.code for i in declared]
