"""What was written of counts of persons, as a reader sees it: the rules that the acceptance holds it against.

Belongs here: controls of published files, whatever wrote them. Does not belong here: hiding (`small_numbers`),
evaluating rules (`acceptance`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from data_contracts.loading import Product
from orchestration.publication.errors import PublicationBlocked
from orchestration.publication.product_counts import Counts
from orchestration.publication.rules import Rule
from orchestration.publication.samples import Frame
from orchestration.publication.small_numbers import parents, threshold_of
from orchestration.publication.suppression import NotProtectable

SCOPE = "secret"
_FORMER = "_avant"  # of the columns of the publication before


@dataclass(frozen=True)
class Control:
    """Rules on a frame derived from a published file."""

    frame: Frame
    rules: tuple[Rule, ...]


def rules(product: Product, setting: int) -> list[Rule]:
    """The rules that no published count of persons is small. They check the file, not the code that hid the counts."""
    if product.disclosure is None:
        return []
    minimum = threshold_of(product.disclosure, setting)
    return [
        Rule(
            product.id,
            column,
            "expect_column_values_to_not_be_in_set",
            {"column": column, "value_set": list(range(1, minimum))},
            f"Aucun effectif publié de « {column} » ne compte de 1 à {minimum - 1} personnes",
            "Ne publiez pas : déclarez la colonne dans counts de « disclosure », ou signalez le défaut.",
        )
        for column in product.disclosure.counts
    ]


def control(product: Product, path: Path, setting: int) -> Control | None:
    """The control of a written file: its sums reveal nothing small, and no hidden count stands alone in a sum."""
    declared = product.disclosure
    if declared is None:
        return None
    minimum = threshold_of(declared, setting)
    rows = pl.read_parquet(path).to_dicts()
    try:
        computed = Counts(rows, declared, product.primary_key, parents()).controls()
    except NotProtectable as error:
        raise PublicationBlocked("le secret ne peut pas être contrôlé.", [f"{product.id} : {error}."]) from error
    scope = f"{SCOPE}/{product.id}"
    columns = ("controle", "lieu", "n_retires", "reste")
    types = (pa.string(), pa.string(), pa.int64(), pa.int64())
    arrays = [pa.array([line[i] for line in computed], kind) for i, kind in enumerate(types)]
    remedy = "Ne publiez pas : ce qui reste visible donne un effectif retiré. Signalez le défaut (docs/secret.md)."

    def rule(column: str, values: list[int], text: str) -> Rule:
        kwargs = {"column": column, "value_set": values}
        return Rule(scope, column, "expect_column_values_to_not_be_in_set", kwargs, text, remedy)

    return Control(
        Frame(scope, columns, ("controle", "lieu"), pa.table(arrays, names=list(columns))),
        (
            rule(
                "reste",
                list(range(1, minimum)),
                f"Aucune différence entre ce qui est publié ne compte de 1 à {minimum - 1} personnes",
            ),
            rule("n_retires", [1], "Aucun effectif retiré n'est seul dans une somme dont le reste est publié"),
        ),
    )


def changes(product: Product, path: Path, former: Path, setting: int) -> Control | None:
    """What a reader who kept the former publication subtracts: the counts that changed by few persons since.

    Counts are held so that there are none (`held_counts`); where the publication before kept nothing, it is said, not
    blocked.
    """
    declared = product.disclosure
    if declared is None or not former.exists():
        return None
    minimum = threshold_of(declared, setting)
    now, before = pl.read_parquet(path), pl.read_parquet(former)
    told = [c for c in declared.counts if c in before.columns and {*product.primary_key} <= {*before.columns}]
    both = now.join(before, on=list(product.primary_key), suffix=_FORMER) if told else now.head(0)
    columns = {"controle": pl.String, "lieu": pl.String, "ecart": pl.Int64}
    place = pl.concat_str([pl.col(c).cast(pl.String) for c in product.primary_key], separator=" · ", ignore_nulls=True)
    found = [
        both.select(
            pl.lit(c).alias("controle"), place.alias("lieu"), (pl.col(c) - pl.col(c + _FORMER)).abs().alias("ecart")
        ).cast(columns)  # type: ignore[arg-type]  a dict of types, which polars takes
        for c in told
    ]
    lines = pl.concat([pl.DataFrame(schema=columns), *found]).drop_nulls()
    scope = f"{SCOPE}/{product.id}/precedente"
    rule = Rule(
        scope,
        "ecart",
        "expect_column_values_to_not_be_in_set",
        {"column": "ecart", "value_set": list(range(1, minimum))},
        f"Aucun effectif publié n'a changé de 1 à {minimum - 1} personnes depuis la publication précédente",
        "Ne remettez pas les deux publications à un même destinataire sans les avoir comparées (docs/secret.md).",
        blocking=False,
    )
    return Control(Frame(scope, tuple(columns), ("controle", "lieu"), lines.to_arrow()), (rule,))
