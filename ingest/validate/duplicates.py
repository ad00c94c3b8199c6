"""Rows of one delivery that share a key: copies, contradictions, successive states.

Belongs here: which of them is kept, and the reject of each of the others. Does not belong here: finding them
(`ingest.validate.spool`), choosing between deliveries (`ingest.store.lake`) or sources (dbt).
"""

from __future__ import annotations

import polars as pl

from data_contracts.loading import Entity
from data_contracts.statuses import withdrawn
from ingest.protect import masks
from ingest.validate.chunk import REJECT_SCHEMA, DeliveryFacts


def settle_duplicates(
    candidates: pl.DataFrame | None, entity: Entity, key: list[str], facts: DeliveryFacts, *, personal: bool = False
) -> pl.DataFrame:
    """One reject for each row that is not kept, among those of one delivery that share a key.

    One of several identical rows is kept, and none of several contradictory ones. Rows that say when they were true
    (`dated_by`) are successive states: the last one known on 31 December of the millésime is kept, else the first one
    after that day. A row that withdraws (cancelled, entered in error: `state_field`) takes the place of all the others
    of its key, and is kept alone: it must reach the layer, where it takes the place of what earlier deliveries say.

    candidates: accepted rows of the stored entity, which include all the rows of every repeated key. personal: values
    are shown as shapes, because they may be published as examples, and the whole line shows its pseudonyms only.
    """
    if candidates is None:
        return pl.DataFrame(schema=REJECT_SCHEMA)
    names = [f.name for f in entity.stored.fields]
    candidates = candidates.drop_nulls(list(entity.stored.identity_in_key))
    repeated = candidates.filter(pl.struct(key).is_duplicated())
    taken_back, repeated = _withdrawn(repeated, entity.state_field, key)
    superseded, repeated = _successive(repeated, entity.dated_by, key)
    repeated = repeated.with_columns(
        _versions=pl.struct(names).n_unique().over(key), _rank=pl.col("_ligne").rank("ordinal").over(key)
    )
    contradictory = repeated.filter(pl.col("_versions") > 1)
    copies = repeated.filter((pl.col("_versions") == 1) & (pl.col("_rank") > 1))
    columns = sorted(entity.pseudonyms) if personal else names
    whole = pl.struct(columns).struct.json_encode() if columns else pl.lit(None, pl.String)

    def shown_part(column: str) -> pl.Expr:
        if column in entity.pseudonyms:
            return pl.when(pl.col(column).is_not_null()).then(pl.lit("(pseudonyme)"))
        return masks.shape(pl.col(column)) if personal else pl.col(column).cast(pl.String)

    shown = pl.concat_str([shown_part(k).fill_null("∅") for k in key], separator=" · ")

    def as_rejects(rows: pl.DataFrame, rule: str, remedy: str | pl.Expr) -> pl.DataFrame:
        advice = pl.lit(remedy) if isinstance(remedy, str) else remedy
        return rows.select(
            delivery_id=pl.lit(facts.delivery_id), source=pl.lit(facts.source), entite=pl.lit(entity.name),
            ligne=pl.col("_ligne"), chemin=pl.lit(None, pl.String), champ=pl.lit(", ".join(key)), valeur=shown,
            regle=pl.lit(rule), remede=advice, ligne_complete=whole,
        ).cast(REJECT_SCHEMA)  # type: ignore[arg-type]  # a dict of dtypes is what polars takes  # fmt: skip

    return pl.concat(
        [
            as_rejects(contradictory, "clé en double, valeurs contradictoires",
                       "Dire laquelle des lignes est la bonne, et renvoyer le fichier avec elle seule."),
            as_rejects(copies, "ligne répétée à l'identique", "Rien à faire : la première est conservée."),
            as_rejects(taken_back, "énoncé annulé, ou dit saisi par erreur, par une autre ligne de la même clé",
                       pl.format("Rien à faire si la ligne {} l'annule en effet ; sinon, renvoyer sans elle.",
                                 "_retenue")),
            as_rejects(superseded, "état remplacé par un autre de la même clé", _replaced_by(personal)),
        ]
    ).sort("ligne")  # fmt: skip


def _withdrawn(rows: pl.DataFrame, state: str | None, key: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(rows that a withdrawal of their key replaces, the others). `_retenue`: line of the withdrawal that is kept."""
    if state is None or rows.is_empty():
        return rows.clear().with_columns(_retenue=pl.lit(None, pl.Int64)), rows
    withdraws = pl.col(state).is_in(sorted(withdrawn())).fill_null(False)
    rows = rows.with_columns(_retenue=pl.col("_ligne").filter(withdraws).min().over(key))
    replaced = (pl.col("_retenue") != pl.col("_ligne")).fill_null(False)
    return rows.filter(replaced), rows.filter(~replaced).drop("_retenue")


def _successive(rows: pl.DataFrame, dated_by: str | None, key: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(rows that another state of their key replaces, the others). `_retenue`, `_jour`: line and day of that state.

    A row without its date replaces no other, and no other replaces it: it contradicts the other rows of its key.
    """
    if dated_by is None or rows.is_empty():
        return rows.clear().with_columns(_retenue=pl.lit(None, pl.Int64), _jour=pl.lit(None, pl.Date)), rows
    day = pl.col(dated_by)
    in_year = day.cast(pl.Date) <= pl.date(pl.col("millesime"), 12, 31)
    counts = pl.coalesce(day.filter(in_year).max().over(key), day.min().over(key))
    rows = rows.with_columns(_etat=counts).with_columns(
        _retenue=pl.col("_ligne").filter(day == pl.col("_etat")).min().over(key), _jour=pl.col("_etat").cast(pl.Date)
    )
    replaced = (day != pl.col("_etat")).fill_null(False)
    return rows.filter(replaced).drop("_etat"), rows.filter(~replaced).drop("_etat", "_retenue", "_jour")


def _replaced_by(personal: bool) -> pl.Expr:
    """The remedy that names the line of the state that is kept, with its day unless it is about persons."""
    line = pl.format("Rien à faire : la ligne {}", "_retenue")
    day = pl.lit("") if personal else pl.format(", du {},", pl.col("_jour").dt.to_string("%d/%m/%Y"))
    return pl.concat_str([line, day, pl.lit(" dit l'état connu au 31 décembre de l'année.")])
