"""Birth dates that a delivery about persons holds in a wrong column: found by comparison with those it gives elsewhere.

Belongs here: the birth dates of one delivery, kept in memory while it is read, under the pseudonyms of their persons;
taking these dates out of other rows. Does not belong here: dates that the row itself shows to be wrong
(`ingest.validate.chunk`).
"""

from __future__ import annotations

from functools import cached_property

import polars as pl

from data_contracts.loading import Entity, Field
from ingest.protect import masks, pseudonyms
from ingest.protect.keyrings import Secret
from ingest.validate.chunk import BORN, FLAG_SCHEMA, REJECT_SCHEMA, UNUSED, DeliveryFacts, Validated

_PAIR = {"qui": pl.String, "ne_le": pl.Date}
_DATES = ("date", "timestamp")
_USAGER = "usager"  # domain of the numbers of an ESMS by which its tables name a person


class Births:
    """Who was born when, according to the rows read so far. It is forgotten once the delivery is read."""

    def __init__(self, facts: DeliveryFacts, secret: Secret) -> None:
        self._facts = facts
        self._secret = secret
        self._known = pl.DataFrame(schema=_PAIR)

    def learn(self, rows: pl.DataFrame | None, entity: Entity) -> None:
        """Learns the birth dates of rows as they were read, rejected ones included. entity: declared, not stored."""
        born = dict(entity.identity).get("naissance")
        if rows is None or born is None:
            return
        for field in _persons(entity):
            who = pseudonyms.identifier(rows, field, self._secret)
            births = pl.DataFrame({"qui": who, "ne_le": rows[born]}, schema=_PAIR).drop_nulls()
            self._known = pl.concat([self._known, births]).unique()

    def concerns(self, entity: Entity) -> bool:
        """Whether the rows of an entity name persons and hold dates, and any birth date is known."""
        return bool(self._known.height and _persons(entity) and _dates(entity))

    def taken_out(self, rows: pl.DataFrame, entity: Entity) -> Validated:
        """Stored rows of a declared entity, without the dates that are the birth date of the person they name. Every
        birth date was learnt before.

        A row of which such a date is required is rejected. Any other loses the date only, and is signalled.
        """
        fields = _dates(entity)
        findings: dict[bool, list[pl.DataFrame]] = {True: [], False: []}
        for person in _persons(entity):
            found = self._found(rows, person, fields)
            for field in fields:
                hit = found[field.name]
                if hit.is_empty():
                    continue
                hit = hit.filter(pl.col("_ligne").is_in(rows["_ligne"].implode()))  # not rejected meanwhile
                needed = entity.makes_row(field)
                findings[needed].append(self._findings(hit, entity, field.name, f"Corriger « {field.title} »."))
                wrong = pl.col("_ligne").is_in(hit["_ligne"].implode())
                rows = rows.filter(~wrong) if needed else rows.with_columns(
                    pl.when(~wrong).then(pl.col(field.name)).alias(field.name)
                )  # fmt: skip
        rejects = pl.concat(
            [pl.DataFrame(schema=REJECT_SCHEMA), *(f.select(REJECT_SCHEMA.keys()) for f in findings[True])]
        )
        flags = pl.concat([pl.DataFrame(schema=FLAG_SCHEMA), *(f.select(FLAG_SCHEMA.keys()) for f in findings[False])])
        gone = rejects["ligne"].implode()
        return Validated(rows, rejects, flags.filter(~pl.col("ligne").is_in(gone)))

    @cached_property
    def _firsts(self) -> list[pl.DataFrame]:
        """The first birth date of each person, then the second of those of whom several are told…"""
        ranked = self._known.sort("qui", "ne_le").with_columns(rang=pl.int_range(pl.len()).over("qui"))
        return ranked.partition_by("rang", include_key=False, maintain_order=True)

    def _found(self, rows: pl.DataFrame, person: Field, fields: list[Field]) -> dict[str, pl.DataFrame]:
        """For each of these fields, the lines of the rows in which it is a birth date of the person, and the value."""
        who = rows.select(qui=_stored(person))
        births = [who.join(known, on="qui", how="left", maintain_order="left")["ne_le"] for known in self._firsts]
        told = rows.select(
            pl.any_horizontal(pl.col(field.name).cast(pl.Date) == born for born in births).alias(field.name)
            for field in fields
        )
        return {f.name: rows.filter(told[f.name].fill_null(False)).select("_ligne", valeur=f.name) for f in fields}

    def _findings(self, hit: pl.DataFrame, entity: Entity, field: str, remedy: str) -> pl.DataFrame:
        nothing = pl.lit(None, pl.String)
        return hit.select(
            delivery_id=pl.lit(self._facts.delivery_id), source=pl.lit(self._facts.source), entite=pl.lit(entity.name),
            ligne=pl.col("_ligne"), chemin=nothing, champ=pl.lit(field), valeur=masks.shape(pl.col("valeur")),
            valeur_retenue=nothing, regle=pl.lit(BORN), effet=pl.lit(UNUSED), remede=pl.lit(remedy),
            ligne_complete=nothing,
        )  # fmt: skip


def _persons(entity: Entity) -> list[Field]:
    """The fields by which a row names its usager."""
    return [f for f in entity.fields if f.privacy and f.privacy.domain == _USAGER]


def _dates(entity: Entity) -> list[Field]:
    return [f for f in entity.fields if f.privacy is None and f.logical_type in _DATES]


def _stored(field: Field) -> str:
    return field.privacy.name if field.privacy else field.name
