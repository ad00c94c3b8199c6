"""The same resolution written in pandas, in a process of its own: what the SQL of the layer is timed against.

Belongs here: the three rounds of `docs/resolution.md` as a careful pandas programmer writes them (categories, sorts on
integers, no loop over rows except where two texts are compared). Does not belong here: any rule that the layer lacks.

    python -m witness.bench.pandas_resolution GIVEN MADE [--single-first]

GIVEN holds observations.parquet, elements.parquet, precedence.parquet and ordres.parquet (`comparisons.export`). MADE
receives dlnuf_valeurs.parquet, dlnuf_reponses_ecartees.parquet and pandas.json. With `--single-first`, questions that
have one answer in force go straight to the layer, as the models do; without it, every answer goes through the three
rounds.
"""

# pandas has no types that tell what a selection gives (frame, series, array) before it runs.
# pyright: reportArgumentType=false, reportAssignmentType=false, reportReturnType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import json
import re
import resource
import sys
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

QUESTION = ["unite", "unite_id", "perimetre", "millesime", "element_id", "composante", "base_temporelle"]
CATEGORIES = [
    *(name for name in QUESTION if name != "millesime"),
    *("source", "collecte", "document", "delivery_id", "champ", "rang_depot", "alerte", "unite_mesure", "valeur_texte"),
]
SINGLE = "--single-first"
EPSILON = 0.000001
UNRANKED = 900
MEMORY = 16 * 10**9  # in bytes: when pandas needs more, the report says that it did not end

Tables = tuple[pd.DataFrame, pd.DataFrame]


def resolve(
    observations: pd.DataFrame,
    elements: pd.DataFrame,
    precedence: pd.DataFrame,
    ordres: pd.DataFrame,
    *,
    single_first: bool = False,
) -> Tables:
    """The retained values and the other answers, from every answer and the dictionary."""
    rules = elements.set_index("element_id")
    observations = observations.assign(
        question=observations.groupby(QUESTION, observed=True, sort=False, dropna=False).ngroup()
    )
    alone = observations.iloc[:0]
    if single_first:
        disputed = observations["question"].duplicated(keep=False) | ~observations["est_courante"]
        alone, observations = observations[~disputed], observations[disputed]
    ranked = rank(observations, precedence)
    kept = ranked[ranked["est_retenue"]]
    others = compare(ranked[~ranked["est_retenue"]], kept, rules)
    told = tell(kept, ranked, others, ordres)
    alone = alone.assign(regle="Seule réponse reçue.", statut="unique", n_reponses=1, n_collectes=1)
    return values(pd.concat([alone, told]) if len(alone) else told, rules), losers(others)


def rank(observations: pd.DataFrame, precedence: pd.DataFrame) -> pd.DataFrame:
    """Every answer, with its rank inside its source, inside its document and inside its question."""
    answers = observations.astype({"element_id": str, "source": str})[["element_id", "source"]]
    ranks = answers.merge(precedence, on=["element_id", "source"], how="left")["rang"]
    a = observations.assign(
        rang_source=ranks.fillna(UNRANKED).to_numpy(np.int64),
        passee=~observations["est_courante"],
        douteuse=observations["alerte"].notna(),
    )
    # A line has one cell for each field, so that nothing is left to decide after the field.
    last_word = ["passee", "rang_depot", "collecte_le", "recu_le", "delivery_id", "ligne", "champ"]
    upwards = [True, False, False, False, True, True, True]
    a = a.sort_values(["question", "source", *last_word], ascending=[True, True, *upwards], na_position="last")
    by_source = a.groupby(["question", "source"], observed=True, sort=False)
    a["rang_dans_source"] = by_source.cumcount() + 1
    for name, column in (("depot_de_la_source", "rang_depot"), ("date_de_la_source", "collecte_le")):
        a[name] = first_of_each(a[column], a["rang_dans_source"] == 1)

    a["tue"] = a["passee"] | (a["rang_dans_source"] > 1)
    a = a.sort_values(["question", "document", "tue", "douteuse", "rang_source", "source", "rang_dans_source"])
    by_document = a.groupby(["question", "document"], observed=True, sort=False, dropna=False)
    a["rang_dans_document"] = by_document.cumcount() + 1
    a["est_voix"] = ~a["tue"] & (a["rang_dans_document"] == 1)

    a["muette"] = ~a["est_voix"]
    a = a.sort_values(["question", "muette", "rang_source", "source", "rang_dans_source"])
    a["source_prioritaire"] = first_of_each(a["source"], ~a["question"].duplicated())
    a = a.sort_values(["question", "muette", "douteuse", "rang_source", "source", "rang_dans_source"])
    a["est_retenue"] = ~a["question"].duplicated() & a["est_voix"]
    return a


def first_of_each(column: pd.Series, starts: pd.Series) -> pd.Series:
    """For rows in groups, the value of the first row of the group (`starts` marks it), unknown or not."""
    at = np.flatnonzero(starts.to_numpy())
    lengths = np.diff(np.append(at, len(column)))
    return column.take(np.repeat(at, lengths)).set_axis(column.index)


def compare(others: pd.DataFrame, kept: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """The answers that are not retained, compared with the retained one of their question."""
    wanted = ["question", "valeur_nombre", "valeur_texte", "valeur_date", "source", "alerte", "rang_source"]
    both = others.merge(kept[wanted], on="question", how="left", suffixes=("", "_r"), indicator="face")
    number = both["valeur_nombre_r"] - both["valeur_nombre"]
    days = (both["valeur_date_r"] - both["valeur_date"]).dt.days
    mine, theirs = (both[name].astype(object) for name in ("valeur_texte", "valeur_texte_r"))
    texts = mine.notna() & theirs.notna()
    same_text = texts & (mine == theirs)
    both["est_egale"] = np.where(number.notna(), number.abs() <= EPSILON, np.where(days.notna(), days == 0, same_text))

    of = rules.reindex(both["element_id"].astype(str))
    kind, limit = of["tolerance_type"].to_numpy(object), of["tolerance_valeur"].fillna(0).to_numpy()
    largest = np.maximum(both["valeur_nombre_r"].abs(), both["valeur_nombre"].abs())
    absolute = np.isin(kind, ["entier", "effectif", "absolu", "points"])
    allowed = np.select([kind == "relatif", absolute], [limit / 100 * largest, limit], 0.0) + EPSILON
    agreed = np.where(number.notna(), number.abs() <= allowed, days.abs() <= np.where(kind == "date", limit, 0))
    agreed = np.where(number.notna() | days.notna(), agreed, same_text)
    for at in np.flatnonzero(texts & ~same_text & np.isin(kind, list(LIKENESS))):
        agreed[at] = LIKENESS[kind[at]](theirs.iat[at], mine.iat[at], limit[at])
    answered = both["face"] == "both"
    both["est_dans_tolerance"] = pd.Series(agreed | (kind == "sans_objet"), dtype="boolean").where(answered.to_numpy())
    both["ecart"] = (-number).fillna(-days.astype(float))
    return both


def tell(kept: pd.DataFrame, ranked: pd.DataFrame, others: pd.DataFrame, ordres: pd.DataFrame) -> pd.DataFrame:
    """The retained answers, with how many answers there were, the rule that chose them, and how the voices agreed."""
    voices = ranked[ranked["est_voix"]].groupby("question")
    by_question = pd.DataFrame(
        {
            "n_reponses": ranked.groupby("question")["est_courante"].sum(),
            "n_recues": ranked.groupby("question").size(),
            "n_collectes": voices["collecte"].nunique(),
            "n_voix": voices.size(),
        }
    )
    heard = others[others["est_voix"]]
    agreed = heard["est_dans_tolerance"].fillna(False).astype(bool)
    by_question["a_divergence"] = (~agreed).groupby(heard["question"]).max()
    by_question["a_difference"] = (~heard["est_egale"].astype(bool)).groupby(heard["question"]).max()
    kept = kept.join(by_question, on="question")

    source, first = kept["source"].astype(str), kept["source_prioritaire"].astype(str)
    order = kept["element_id"].astype(str).map(ordres.set_index("element_id")["ordre"]).fillna(source)
    kept["regle"] = np.select(
        [kept["n_recues"] == 1, kept["n_voix"] == 1, first != source],
        [
            pd.Series("Seule réponse reçue.", kept.index),
            "Seule réponse en vigueur : la dernière de la source " + source + ".",
            "Première réponse sans doute dans l'ordre " + order + " ; " + first + ", mieux placée, porte une alerte.",
        ],
        "Première source à avoir répondu dans l'ordre " + order + ".",
    )
    diverges, differs = kept["a_divergence"].eq(True), kept["a_difference"].eq(True)
    kept["statut"] = np.select([diverges, differs, kept["n_voix"] > 1], ["divergent", "tolere", "concordant"], "unique")
    return kept


def values(told: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """The table of the layer, with one row a datum."""
    of = rules.reindex(told["element_id"].astype(str))
    unit = told["unite_mesure"].astype(object)
    counted = of["type"].astype(str).str.startswith("entier").to_numpy()
    told = told.assign(
        valeur=shown(told),
        unite_mesure=unit.where(unit.notna() | ~counted, "nombre"),
        dictionnaire_version=of["dictionnaire_version"].to_numpy(),
    )
    return told[
        [*QUESTION, "valeur_nombre", "valeur_texte", "valeur_date", "valeur", "unite_mesure", "source", "collecte",
         "regle", "statut", "n_reponses", "n_collectes", "delivery_id", "ligne", "collecte_le", "alerte",
         "dictionnaire_version"]
    ]  # fmt: skip


def losers(others: pd.DataFrame) -> pd.DataFrame:
    """The answers that are not retained, each with the reason."""
    repeated = others["rang_dans_source"] > 1
    deposit, last = (others[name].astype(object).fillna("") for name in ("rang_depot", "depot_de_la_source"))
    doubtful = others["alerte"].notna() & others["alerte_r"].isna() & (others["rang_source"] < others["rang_source_r"])
    motif = np.select(
        [
            others["passee"],
            repeated & (deposit != last),
            repeated & (others["collecte_le"] < others["date_de_la_source"]),
            repeated,
            others["rang_dans_document"] > 1,
            doubtful,
        ],
        ["remplacee", "depot_anterieur", "plus_ancienne", "repetition", "autre_canal", "atypique"],
        "rang_inferieur",
    )
    return others.assign(motif=motif, valeur=shown(others))[
        [*QUESTION, "source", "collecte", "valeur_nombre", "valeur_texte", "valeur_date", "valeur", "delivery_id",
         "ligne", "champ", "collecte_le", "motif", "ecart", "est_dans_tolerance", "alerte"]
    ]  # fmt: skip


def shown(answers: pd.DataFrame) -> pd.Series:
    """The value of each answer as people read it."""
    number = answers["valeur_nombre"]
    whole = number.eq(number.round()) & (number.abs() < 9e15)
    text = answers["valeur_texte"].astype(object)
    text = text.where(text.notna(), answers["valeur_date"].dt.strftime("%Y-%m-%d").astype(object))
    text.loc[whole] = number[whole].astype(np.int64).astype(str).astype(object)
    text.loc[number.notna() & ~whole] = number[number.notna() & ~whole].astype(str).astype(object)
    return text


# --- two texts


def normalised(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).lower()
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()


def jaro_winkler(a: str, b: str) -> float:
    """Likeness of two texts, 0 to 1; a common beginning counts for more once they look alike (above 0.7)."""
    window = max(max(len(a), len(b)) // 2 - 1, 0)
    matched: list[str] = []
    taken = [False] * len(b)
    for i, letter in enumerate(a):
        for j in range(max(0, i - window), min(len(b), i + window + 1)):
            if not taken[j] and b[j] == letter:
                taken[j] = True
                matched.append(letter)
                break
    if not matched:
        return 0.0
    n = len(matched)
    swapped = sum(x != y for x, y in zip(matched, (c for c, t in zip(b, taken, strict=True) if t), strict=True)) // 2
    jaro = (n / len(a) + n / len(b) + (n - swapped) / n) / 3
    prefix = next((i for i, (x, y) in enumerate(zip(a[:4], b[:4], strict=False)) if x != y), min(len(a), len(b), 4))
    return jaro + 0.1 * prefix * (1 - jaro) if jaro > 0.7 else jaro


def digits(text: str) -> str:
    return re.sub(r"^(0033|33)", "0", re.sub(r"[^0-9]", "", text))


def domain(text: str) -> str:
    found = re.search(r"^(?:https?://)?(?:www\.)?([^/:?#]+)", text.lower())
    return found[1] if found else ""


def metres(a: str, b: str) -> float:
    """Distance between two points « latitude;longitude »; unknown (NaN) when one of them is not a point."""
    try:
        (lat_a, lon_a), (lat_b, lon_b) = (np.radians([float(x) for x in t.split(";")[:2]]) for t in (a, b))
    except ValueError:
        return np.nan
    h = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return float(2 * 6371000 * np.arcsin(np.sqrt(h)))


def jaccard(a: str, b: str) -> float:
    one, two = (set(re.split(r"\s*[|,;]\s*", text.strip())) for text in (a, b))
    return len(one & two) / len(one | two)


LIKENESS = {
    "exact_ci": lambda a, b, _: a.strip().lower() == b.strip().lower(),
    "texte_norm": lambda a, b, limit: jaro_winkler(normalised(a), normalised(b)) >= limit,
    "adresse_norm": lambda a, b, limit: jaro_winkler(normalised(a), normalised(b)) >= limit,
    "tel_norm": lambda a, b, _: digits(a) == digits(b),
    "domaine": lambda a, b, _: domain(a) == domain(b),
    "distance": lambda a, b, limit: metres(a, b) <= limit,
    "ensemble": lambda a, b, limit: jaccard(a, b) >= limit,
}


# --- files


def read(path: Path) -> pd.DataFrame:
    """The answers, whose repeated texts are categories in the order of their bytes."""
    frame = pq.read_table(path, read_dictionary=CATEGORIES).to_pandas(
        date_as_object=False, split_blocks=True, self_destruct=True
    )
    for name in CATEGORIES:
        categories: Sequence[str] = frame[name].cat.categories
        frame[name] = frame[name].cat.reorder_categories(sorted(categories), ordered=True)
    return frame


def main(source: Path, target: Path, single_first: bool) -> None:
    """Resolves what `source` holds into `target`, and writes how long it took, reading and writing included.

    Fails beyond 16 GB of memory.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    start = time.perf_counter()
    tables = (pd.read_parquet(source / f"{name}.parquet") for name in ("elements", "precedence", "ordres"))
    retained, others = resolve(read(source / "observations.parquet"), *tables, single_first=single_first)
    target.mkdir(parents=True, exist_ok=True)
    retained.to_parquet(target / "dlnuf_valeurs.parquet", index=False)
    others.to_parquet(target / "dlnuf_reponses_ecartees.parquet", index=False)
    said = {"wall_s": time.perf_counter() - start}
    (target / "pandas.json").write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), SINGLE in sys.argv[3:])
