"""What one file `<code>.yaml` of this folder may say of an indicator.

Belongs here: the keys, their types, and what must hold inside one file. Does not belong here: what a file refers to
outside itself (`data_contracts.indicators`), what is derived from it (`data_contracts.derive`).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from data_contracts.disclosure import LOWEST
from data_contracts.strict_yaml import Strict

ESMS, TERRITOIRES = "mart_indicateurs__esms", "mart_indicateurs__territoires"
REPERES = "mart_indicateurs__reperes"  # quartiles of the indicators of ESMS
Domain = Literal[
    "offre", "activite", "besoins", "admission", "rh", "finances", "tarifs", "numerique", "dlnuf", "aide_sociale",
    "qualite",
]  # fmt: skip
Audience = Literal["open_data", "ars_et_departement", "ars", "departement", "agrege", "interne", "tous"]
AUDIENCES: dict[str, str] = {
    "open_data": "tous (open data)",
    "ars_et_departement": "ARS et départements",
    "ars": "ARS",
    "departement": "départements",
    "agrege": "tous (agrégé)",
    "interne": "interne",
    "tous": "tous",
}
# The reading axes of Helios, for what is published of each ESMS.
AXES = {
    "offre": "capacite", "activite": "activite", "rh": "rh", "finances": "finances", "tarifs": "tarifs",
    "besoins": "besoins",
}  # fmt: skip
Base = Literal["stock_3112", "flux_annee", "exercice", "jour", "coupe", "validite"]
# The time bases of a term, preferred first: of a flow over the year; of a state on 31 December, else on a day.
FLUX: tuple[str, ...] = ("exercice", "flux_annee")
STOCK: tuple[str, ...] = ("stock_3112", *FLUX, "jour")
# Words of a fraction that must be something: an element of the dictionary, or a figure from outside.
_NAMED = re.compile(r"\b(?:EXT_[A-Za-z0-9_]+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b")

Text = Annotated[str, Field(min_length=1)]


class Bounds(Strict):
    """Two bounds, included; an absent one bounds nothing."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("ni min ni max : retirer la clé")
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise ValueError(f"min ({self.min:g}) n'est pas inférieur à max ({self.max:g})")
        return self


def _reference(node: Any) -> Any:
    """`JOURNEES_THEO.HP` as an element and its component; anything else is left for pydantic to judge."""
    if isinstance(node, str):
        element, _, component = node.partition(".")
        return {"element": element, "component": component}
    return node


class Answer(Strict):
    """An element of the dictionary, and one of its components: written `ELEMENT` or `ELEMENT.COMPOSANTE`."""

    element: Text
    component: str = ""

    def __str__(self) -> str:
        return f"{self.element}.{self.component}" if self.component else self.element


class Term(Answer):
    """A number of the layer that a formula reads, for the unit and the year of the indicator.

    stock: it is a state on 31 December, else a flow over the year; previous_year: that of the year before.
    """

    stock: bool = False
    previous_year: bool = False

    @property
    def column(self) -> str:
        """Its column in int_indicateurs__termes, before the year is shifted."""
        return f"{self.element}_{self.component}".strip("_").lower()

    @property
    def argument(self) -> str:
        """What the formula is given."""
        return f"{self.column}_n_moins_1" if self.previous_year else self.column

    @property
    def time_bases(self) -> tuple[str, ...]:
        return STOCK if self.stock else FLUX


WrittenTerm = Annotated[Term, BeforeValidator(_reference)]
WrittenAnswer = Annotated[Answer, BeforeValidator(_reference)]


class Calculation(Strict):
    """A macro of dbt_project/macros/indicateurs, and the term of the layer that each of its parameters receives."""

    macro: Text
    terms: dict[str, WrittenTerm]


class EquipmentRate(Strict):
    """Places of the establishments of the champ, added up, for 1 000 inhabitants of an age class."""

    places: Annotated[tuple[WrittenAnswer, ...], Field(min_length=1)]
    population: Text  # a figure from outside (dictionary/externes.csv) that has a column


class Total(Strict):
    """Places of the establishments of the champ, added up."""

    sum: Annotated[tuple[WrittenAnswer, ...], Field(min_length=1)]


class Park(Strict):
    """How many establishments of the champ there are."""

    count: Literal["etablissements"]


class OfEsms(Strict):
    """What an indicator of ESMS is over the establishments of the champ.

    of: its code, and its modality after a dot. by: the median of its values; the sum of its numerators over that of its
    denominators; the share of those whose value is under `below`.
    """

    of: Text
    by: Literal["mediane", "rapport", "part"]
    below: float | None = None

    @property
    def code(self) -> str:
        return self.of.partition(".")[0]

    @property
    def modalite(self) -> str:
        return self.of.partition(".")[2]

    @model_validator(mode="after")
    def _limited(self) -> Self:
        if (self.by == "part") != (self.below is not None):
            raise ValueError("« below » dit sous quelle valeur un établissement compte dans la part, et seulement là")
        return self


class Answered(Strict):
    """The share of the establishments of the champ, among those that answered a question, whose answer is `equal` to a
    word, is any other than `unlike`, or is a day `before` one of the year (« 06-30 »)."""

    answer: WrittenAnswer
    equal: Text | None = None
    unlike: Text | None = None
    before: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|30)$")] | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if sum(test is not None for test in (self.equal, self.unlike, self.before)) != 1:
            raise ValueError("une réponse se juge par « equal », « unlike » ou « before », un seul")
        return self


class Outside(Strict):
    """A figure from outside (dictionary/externes.csv), alone or over another one."""

    outside: Text
    over: Text | None = None


def _enough(threshold: int | str) -> int | str:
    """A threshold that hides nobody is none at all."""
    if isinstance(threshold, int) and threshold < LOWEST:
        raise ValueError(f"{threshold} : aucun seuil sous {LOWEST} personnes ; si rien n'est à masquer, retirer la clé")
    return threshold


_KINDS = {
    "places": "=equipment", "sum": "=total", "count": "=park", "of": "=of", "answer": "=answer",
    "outside": "=outside",
}  # fmt: skip


def _kind(node: Any) -> str:
    """Which kind a formula is, by the key that only it has."""
    keys = node if isinstance(node, dict) else ()
    return next((kind for key, kind in _KINDS.items() if key in keys), "=calculation")


Formula = Annotated[
    Annotated[Calculation, Tag("=calculation")]
    | Annotated[EquipmentRate, Tag("=equipment")]
    | Annotated[Total, Tag("=total")]
    | Annotated[Park, Tag("=park")]
    | Annotated[OfEsms, Tag("=of")]
    | Annotated[Answered, Tag("=answer")]
    | Annotated[Outside, Tag("=outside")],
    Discriminator(_kind),
]
# Under which share of the establishments of its champ a figure of a territory is not told, unless its file says it.
# A sum over some of them is set against all the population; a median, a ratio, a share only speak of who answers.
COVERAGE: dict[type[Strict], float] = {EquipmentRate: 0.8, Total: 0.8, OfEsms: 0.5, Answered: 0.5}
# Of how many establishments at least the quartiles are shown: of fewer, each would be the figure of one of them.
FEWEST = 5


class Champ(Strict):
    """The establishments that a figure is about: the SQL takes them from here, by the seed `indicateurs_champ`.

    establishments: `repondants`, all that have a value; `ouverts`, those open on the day that the park of the year is
    counted (31 December, or the last extraction); `territoire`, none: the figure is about a population.
    categories, domaines: the FINESS categories taken, one by one or all those of a public (finess_categories); without
    either, all those of ESMS; sauf: those left out.
    """

    establishments: Literal["repondants", "ouverts", "territoire"] | None = None
    categories: tuple[str, ...] = ()
    domaines: tuple[Literal["PA", "PH_ADULTE", "PH_ENFANT", "MULTI"], ...] = ()
    sauf: tuple[str, ...] = ()
    modalites: tuple[str, ...] = ()

    @property
    def is_restricted(self) -> bool:
        return bool(self.categories or self.domaines or self.sauf)


class Modalite(Strict):
    """One part of an indicator, published beside the others: a mode of accueil, a motive, a group of accounts."""

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
    label: Text
    delivered: WrittenAnswer | None = None
    formula: Calculation | None = None
    champ: Champ | None = None  # its own categories, when they are not those of the whole


class Indicator(Strict):
    """One indicator. Its place among its like is `rank`; `docs/adding/indicator.md` tells the keys one by one."""

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
    rank: int | None = None
    usual: bool = False  # shown first where establishments are compared
    label: Text
    short_label: Text | None = None
    domain: Domain
    populations: Annotated[tuple[Literal["PA", "PH", "PH_ENFANT", "DOM"], ...], Field(min_length=1)]
    definition: Text | None = None
    numerator: Text
    denominator: Text | None = None
    unit: Text
    time_bases: Annotated[tuple[Base, ...], Field(min_length=1)]  # the year that it is about, preferred first
    champ: Champ | None = None
    plausible: Bounds | None = None  # outside, a value is unlikely
    thresholds: Bounds | None = None  # outside, Helios shows it apart
    direction: Literal["haut", "bas", "contextuel"] = "contextuel"  # whether more is better
    alert_threshold: str | None = None
    audience: Audience
    disclosure_threshold: Annotated[int | Literal["jamais"], AfterValidator(_enough)] | None = (
        None  # persons under which it is not shown
    )
    granularity: Text
    frequency: Text
    source: Text  # of the definition
    proof: Literal["S", "C", "K"]
    comment: str | None = None

    product: Literal["mart_indicateurs__esms", "mart_indicateurs__territoires"] | None = None
    coverage: Annotated[float, Field(gt=0, le=1)] | None = None  # of a territory: see COVERAGE
    formula: Formula | None = None
    delivered: WrittenAnswer | None = None  # the element by which collections deliver it already made
    modalites: tuple[Modalite, ...] = ()
    sources: str | None = None  # best first, « = » between equals
    published_value: Literal["calcul", "livraison"] | None = None  # which wins when it is both
    admits_gestionnaire: bool = False  # the value of a gestionnaire is shown on its establishments
    collections: tuple[str, ...] = ()  # of one that is not computed: which collections would give it

    @property
    def axis(self) -> str:
        return AXES[self.domain]

    @property
    def parts(self) -> tuple[Modalite | Self, ...]:
        """What has a value of its own: the whole, when it has one, then each modality."""
        whole = (self,) if self.delivered or self.formula else ()
        return (*whole, *self.modalites)

    @property
    def calculations(self) -> tuple[tuple[str, Calculation], ...]:
        """(modality, formula) of what is computed for each ESMS; the modality of the whole is ''."""
        formulas = ((part.code if isinstance(part, Modalite) else "", part.formula) for part in self.parts)
        return tuple((code, formula) for code, formula in formulas if isinstance(formula, Calculation))

    def champ_of(self, part: Modalite | Self) -> Champ:
        """The champ of one of its parts: its own, or that of the whole."""
        return (part.champ if isinstance(part, Modalite) else None) or self.champ or Champ()

    @property
    def named(self) -> tuple[str, ...]:
        """The words of its fraction that must be elements of the dictionary or figures from outside, in order."""
        return tuple(dict.fromkeys(_NAMED.findall(f"{self.numerator} {self.denominator or ''}")))

    @property
    def is_open(self) -> bool:
        """Whether open data may carry it: for every public, with no threshold of persons."""
        return self.audience == "open_data" and self.disclosure_threshold is None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        problems = list(self._lacking())
        if problems:
            raise ValueError(" ; ".join(problems))
        return self

    def _lacking(self) -> list[str]:
        """What one key asks of the others."""
        if self.product is None:
            computed = [key for key in ("formula", "delivered", "modalites") if getattr(self, key)]
            told = [f"« {key} » sans « product » : dire où l'indicateur est publié" for key in computed]
            lacking = "« collections » absent : dire quelle collecte donnerait l'indicateur"
            return told if self.collections else [*told, lacking]
        needed = ("definition", "champ")
        told = [f"« {key} » absent d'un indicateur publié" for key in needed if getattr(self, key) is None]
        if self.champ is not None and self.champ.establishments is None:
            told.append("« champ.establishments » absent d'un indicateur publié")
        if self.collections:
            told.append("« collections » ne se dit que d'un indicateur qui n'est pas publié")
        if self.formula is not None and isinstance(self.formula, Calculation) != (self.product == ESMS):
            told.append(f"« formula » n'est pas celle d'un indicateur de {self.product}")
        return [*told, *(self._lacking_esms() if self.product == ESMS else self._lacking_territory())]

    def _lacking_esms(self) -> list[str]:
        needed = ("sources", "published_value")
        told = [f"« {key} » absent d'un indicateur de {ESMS}" for key in needed if getattr(self, key) is None]
        if not self.parts:
            told.append("ni « delivered », ni « formula », ni « modalites » : rien ne donne sa valeur")
        empty = [m.code for m in self.modalites if not (m.delivered or m.formula)]
        told += [f"la modalité {code} n'a ni « delivered » ni « formula »" for code in empty]
        codes = [m.code for m in self.modalites]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        told += [f"la modalité {code} est déclarée deux fois" for code in twice]
        if self.domain not in AXES:
            told.append(f"un indicateur de {ESMS} est d'un des domaines {', '.join(AXES)}")
        return told

    def _lacking_territory(self) -> list[str]:
        told = [] if self.formula else [f"« formula » absent d'un indicateur de {self.product}"]
        foreign = [
            k for k in ("delivered", "modalites", "sources", "published_value", "thresholds") if getattr(self, k)
        ]
        told += [f"« {key} » ne se dit que d'un indicateur de {ESMS}" for key in foreign]
        if self.champ is None or self.formula is None:
            return told
        of_population = isinstance(self.formula, Outside)
        if of_population != (self.champ.establishments == "territoire"):
            told.append("« champ.establishments » est « territoire » d'un chiffre extérieur, « ouverts » de tout autre")
        elif not of_population and self.champ.establishments != "ouverts":
            told.append("un indicateur de territoire porte sur les établissements « ouverts » de son champ")
        if isinstance(self.formula, (EquipmentRate, Total)) and self.time_bases != ("stock_3112", "jour"):
            told.append("une somme de places les lit au 31 décembre, à défaut à un jour : [stock_3112, jour]")
        if isinstance(self.formula, EquipmentRate):
            if self.unit != "pour_mille":
                told.append("un taux d'équipement est « pour_mille »")
            if not self.champ.categories:
                told.append("un taux d'équipement porte sur les « categories » de son champ")
        return told

    @property
    def least(self) -> float | None:
        """The share of the establishments of its champ that must answer; None: it is of no answer."""
        default = COVERAGE.get(type(self.formula)) if self.formula else None
        return default if self.coverage is None else self.coverage
