"""INSEE: commune codes as Etalab publishes them (JSON), population by age and sex as INSEE does (CSV, gzip).

Belongs here: referentials of territory. Does not belong here: FINESS.
"""

from __future__ import annotations

import json

import polars as pl

from witness.generate import facts
from witness.generate.geography import ANNEES_POPULATION
from witness.generate.world import Monde

MILLESIME_COG = 2025
_OUTRE_MER = ("971", "972", "973", "974", "976")


def cog(monde: Monde) -> dict[str, str]:
    """regions.json, departements.json (all of France) and communes.json (of the generation only)."""
    communes = monde.territoire.communes
    chefs_lieux = communes.group_by("departement", maintain_order=True).first()
    chef_dep = dict(chefs_lieux.select("departement", "code").iter_rows())
    departements = facts.table("departements")
    regions = []
    for code, nom in facts.table("regions").iter_rows():
        membres = [d for d, r in departements.select("code", "region").iter_rows() if r == code]
        chef = next((chef_dep[d] for d in membres if d in chef_dep), None)
        regions.append({"code": code, "chefLieu": chef, "nom": nom, "typeLiaison": 0, "zone": _zone(membres[0])})
    liste_dep = [
        {"code": c, "region": r, "chefLieu": chef_dep.get(c), "nom": n, "typeLiaison": 0, "zone": _zone(c)}
        for c, r, n in departements.select("code", "region", "nom").iter_rows()
    ]
    liste_com: list[dict[str, object]] = []
    for c in communes.iter_rows(named=True):
        chef_lieu = c["code"] == chef_dep[c["departement"]]
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
        liste_com.append(commune)
    par_code = {str(commune["code"]): commune for commune in liste_com}
    rattachees = facts.table("communes").filter(pl.col("chef_lieu").is_in(list(par_code)))
    for code, nom, chef_lieu in rattachees.select("code", "nom", "chef_lieu").iter_rows():
        siennes = ("typeLiaison", "zone", "arrondissement", "departement", "region")
        siege = {cle: par_code[chef_lieu][cle] for cle in siennes}
        liste_com.append({"code": code, "nom": nom, **siege, "type": "commune-deleguee", "chefLieu": chef_lieu})
    dossier = f"cog/{MILLESIME_COG}"
    return {
        f"{dossier}/regions.json": _json(regions),
        f"{dossier}/departements.json": _json(liste_dep),
        f"{dossier}/communes.json": _json(liste_com),
    }


def population(monde: Monde) -> str:
    """Estimates at 1 January, newest year first ; aggregates (France, DOM) only when the generation is national."""
    noms = dict(facts.table("departements").select("code", "nom").iter_rows())
    tranches = facts.textes("pyramide", "tranche_age")
    valeurs = {
        (annee, dep, sexe, tranche): n for annee, dep, sexe, tranche, n in monde.territoire.population.iter_rows()
    }
    codes = monde.territoire.departements["code"].to_list()
    groupes: list[tuple[str, str, list[str]]] = [(c, noms[c], [c]) for c in codes]
    if monde.territoire.est_national:
        metropole = [c for c in codes if c not in _OUTRE_MER]
        groupes += [
            ("France métropolitaine ", "", metropole),
            ("DOM", "", [c for c in codes if c in _OUTRE_MER]),
            ("France métropolitaine et DOM", "", codes),
        ]
    lignes = ["annee;code_departement;libelle;sexe;tranche_age;population"]
    for annee in reversed(ANNEES_POPULATION):
        for code, nom, membres in groupes:
            par_sexe = {
                sexe: [sum(valeurs[annee, m, sexe, t] for m in membres) for t in tranches]
                for sexe in ("Femmes", "Hommes")
            }
            ensemble = [f + h for f, h in zip(par_sexe["Femmes"], par_sexe["Hommes"], strict=True)]
            for sexe, nombres in (
                ("Ensemble", ensemble),
                ("Hommes", par_sexe["Hommes"]),
                ("Femmes", par_sexe["Femmes"]),
            ):
                lignes += [f"{annee};{code};{nom};{sexe};{t};{n}" for t, n in zip(tranches, nombres, strict=True)]
    return "\r\n".join(lignes) + "\r\n"


def _zone(departement: str) -> str:
    return "drom" if departement in _OUTRE_MER else "metro"


def _json(liste: list) -> str:
    return json.dumps(liste, ensure_ascii=False, indent=1) + "\n"
