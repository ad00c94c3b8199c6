"""`python -m dashboards.timing`: how fast the pages answer, as JSON, on the current publication of the home.

Belongs here: arguments such as the pages give to every public query, and the time of each call. Does not belong here:
any query.

A query is called by the names of its parameters, so that a new one is measured without a line here; one whose parameter
nobody knows raises.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from dashboards import queries
from dashboards.access import current_perimeter
from dashboards.current import current_publication
from dashboards.labels import entered_collectes
from dashboards.queries import Base
from data_contracts.indicators import TERRITOIRES, published
from ingest.home import Home

REPEATS = 7
PAGE = 50  # rows that a page shows at once


def public_queries() -> list[Callable[..., Any]]:
    """Every public query: the functions of `queries` that are given a base."""
    public = [getattr(queries, name) for name in queries.__all__]
    return [each for each in public if not inspect.isclass(each) and "base" in inspect.signature(each).parameters]


def contexts(base: Base) -> list[dict[str, Any]]:
    """What users look at, one context for each level: arguments by the names of the parameters."""
    busiest = base.first(
        "select finess_et, departement_code, region_code from mart_etablissements__fiche"
        " where est_esms and est_ouvert and departement_code is not null and region_code is not null"
        " and finess_et = (select finess_et from mart_etablissements__valeurs"
        " group by 1 order by count(*) desc, 1 limit 1)"
    ) or base.first("select finess_et, departement_code, region_code from mart_etablissements__fiche order by 1")
    finess, departement = busiest["finess_et"], busiest["departement_code"]
    shared = base.first(
        "select finess_et, perimetre, millesime, element_id, composante, base_temporelle from"
        " mart_etablissements__valeurs where finess_et = $finess order by n_collectes desc, element_id limit 1",
        {"finess": finess},
    )
    datasets = base.publication.open_datasets()
    common = {
        "base": base,
        "indicateur": "TO_HP_MED",
        "filters": queries.Filters(),
        "finess_et": finess,
        "finess": [finess],
        "departement_code": departement,
        "key": shared,
        "column": "element_libelle",
        "saisies": entered_collectes(),
        "limit": PAGE,
        "name": datasets[0]["name"] if datasets else "",
        "codes": [i.code for i in published(TERRITOIRES)],
        "annee": None,
        "modalite": "",
        "categories": [],
        "selon": "population",
        "n_annees": 5,
        "formulaire": None,
        "before": base,
    }
    years = queries.millesimes_dlnuf(base)
    contexts = [
        {**common, "niveau": "france", "code": "FR", "millesime": None, "typed": finess, "chosen": {}, "source": None},
        {
            **common,
            "niveau": "region",
            "code": busiest["region_code"],
            "millesime": years[0] if years else None,
            "typed": "ehpad",
            "chosen": {"departement_code": [departement]},
            "source": "tdb_esms",
            "filters": queries.Filters(domaines=["PA"]),
        },
        {**common, "niveau": "departement", "code": departement, "typed": "fictif les", "millesime": None,
         "chosen": {"action_conflit": ["SIGNAL_ESMS"]}, "source": "errd"},
    ]  # fmt: skip
    year = max(queries.publics_places(base)["annee"], default=0)
    return [{**each, "place": queries.Place(each["niveau"], each["code"], "PA", year)} for each in contexts]


def calls(base: Base) -> Iterator[tuple[Callable[..., Any], dict[str, Any]]]:
    """(query, arguments) once for each different set of arguments. Raises KeyError on a parameter that nobody knows."""
    seen: set[str] = set()
    looked_at = contexts(base)
    for query in public_queries():
        for context in looked_at:
            given = {
                name: context[name]
                for name, parameter in inspect.signature(query).parameters.items()
                if name in context or parameter.default is parameter.empty
            }
            if (call := f"{query.__name__} {given}") not in seen:
                seen.add(call)
                yield inspect.unwrap(query), given  # without the cache that some have


def measure(home: Home, repeats: int = REPEATS) -> dict[str, Any]:
    """Times in milliseconds: opening the publication, the median and the longest of each call, the median of all."""
    base = Base(current_publication(home), current_perimeter())
    start = time.perf_counter()
    base.read("select 1")
    opening = time.perf_counter() - start
    measured: list[dict[str, Any]] = []
    for query, arguments in calls(base):
        times: list[float] = []
        for _ in range(repeats):
            start = time.perf_counter()
            query(**arguments)
            times.append(1000 * (time.perf_counter() - start))
        shown = {name: value for name, value in arguments.items() if isinstance(value, str | int) and value != ""}
        measured.append({"query": query.__name__, "arguments": shown, "median_ms": median(times), "max_ms": max(times)})
    measured.sort(key=lambda each: -each["median_ms"])
    return {"open_ms": 1000 * opening, "median_ms": median(q["median_ms"] for q in measured), "queries": measured}


if __name__ == "__main__":
    print(json.dumps(measure(Home.from_env()), ensure_ascii=False))
