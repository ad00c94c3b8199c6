"""INSEE: commune codes as Etalab publishes them (JSON), population by age and sex as INSEE does (CSV, gzip).

Belongs here: referentials of territory. Does not belong here: FINESS.
"""

from __future__ import annotations

import json

import polars as pl

from witness.generate import facts
from witness.generate.geography import POPULATION_YEARS
from witness.generate.world import World

MILLESIME_COG = 2025
_OVERSEAS = ("971", "972", "973", "974", "976")


def cog(world: World) -> dict[str, str]:
    """The files regions.json and departements.json (of all France), and communes.json (of the generation only)."""
    communes = world.territoire.communes
    chefs_lieux = communes.group_by("departement", maintain_order=True).first()
    seats = dict(chefs_lieux.select("departement", "code").iter_rows())
    departements = facts.table("departements")
    regions = []
    for code, name in facts.table("regions").iter_rows():
        members = [d for d, r in departements.select("code", "region").iter_rows() if r == code]
        seat = next((seats[d] for d in members if d in seats), None)
        regions.append({"code": code, "chefLieu": seat, "nom": name, "typeLiaison": 0, "zone": _zone(members[0])})
    listed_departements = [
        {"code": c, "region": r, "chefLieu": seats.get(c), "nom": n, "typeLiaison": 0, "zone": _zone(c)}
        for c, r, n in departements.select("code", "region", "nom").iter_rows()
    ]
    listed_communes: list[dict[str, object]] = []
    for c in communes.iter_rows(named=True):
        chef_lieu = c["code"] == seats[c["departement"]]
        commune = {
            "code": c["code"],
            "nom": c["nom"],
            "typeLiaison": 0,
            "zone": _zone(c["departement"]),
            "arrondissement": f"{c['departement']}1",
            "departement": c["departement"],
            "region": c["region"],
            "type": "commune-actuelle",
            "rangChefLieu": 3 if chef_lieu else 0,
            "siren": c["siren"],
            "codesPostaux": [c["code_postal"]],
            "population": c["population"],
        }
        listed_communes.append(commune)
    by_code = {str(commune["code"]): commune for commune in listed_communes}
    attached = facts.table("communes").filter(pl.col("chef_lieu").is_in(list(by_code)))
    for code, name, chef_lieu in attached.select("code", "nom", "chef_lieu").iter_rows():
        inherited_keys = ("typeLiaison", "zone", "arrondissement", "departement", "region")
        inherited = {key: by_code[chef_lieu][key] for key in inherited_keys}
        listed_communes.append(
            {"code": code, "nom": name, **inherited, "type": "commune-deleguee", "chefLieu": chef_lieu}
        )
    folder = f"cog/{MILLESIME_COG}"
    return {
        f"{folder}/regions.json": _json(regions),
        f"{folder}/departements.json": _json(listed_departements),
        f"{folder}/communes.json": _json(listed_communes),
    }


def population(world: World) -> str:
    """Estimates at 1 January, the newest year first; France and DOM have rows only when the generation is national."""
    names = dict(facts.table("departements").select("code", "nom").iter_rows())
    age_bands = facts.texts("pyramide", "tranche_age")
    values = {(year, dep, sex, age_band): n for year, dep, sex, age_band, n in world.territoire.population.iter_rows()}
    codes = world.territoire.departements["code"].to_list()
    groups: list[tuple[str, str, list[str]]] = [(c, names[c], [c]) for c in codes]
    if world.territoire.is_national:
        mainland = [c for c in codes if c not in _OVERSEAS]
        groups += [
            ("France métropolitaine ", "", mainland),
            ("DOM", "", [c for c in codes if c in _OVERSEAS]),
            ("France métropolitaine et DOM", "", codes),
        ]
    lines = ["annee;code_departement;libelle;sexe;tranche_age;population"]
    for year in reversed(POPULATION_YEARS):
        for code, name, members in groups:
            by_sex = {
                sex: [sum(values[year, m, sex, t] for m in members) for t in age_bands] for sex in ("Femmes", "Hommes")
            }
            both_sexes = [f + h for f, h in zip(by_sex["Femmes"], by_sex["Hommes"], strict=True)]
            for sex, numbers in (
                ("Ensemble", both_sexes),
                ("Hommes", by_sex["Hommes"]),
                ("Femmes", by_sex["Femmes"]),
            ):
                lines += [f"{year};{code};{name};{sex};{t};{n}" for t, n in zip(age_bands, numbers, strict=True)]
    return "\r\n".join(lines) + "\r\n"


def _zone(departement: str) -> str:
    return "drom" if departement in _OVERSEAS else "metro"


def _json(listed: list) -> str:
    return json.dumps(listed, ensure_ascii=False, indent=1) + "\n"
