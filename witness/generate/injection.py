"""Errors: what is delivered and should not have been, in any table.

Belongs here: the defects that any table can carry, each recorded where it is made, and the bytes that come out.
Does not belong here: what the table asks, natural disagreements (`disagreements`), the defects of the FINESS JSON
(`collectes.finess`), what the answers written are worth (`answers`). Order: natural disagreements → rows that speak of
another → wrong values → text → wrong rows, those added being at the end so that no other line moves. A row carries at
most one kind of wrong row, and its cells at most one defect each. Each kind has its own random stream.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from witness.generate.defects import Fidelite, Question, Registre, TauxDefauts, combien
from witness.generate.disagreements import desaccords
from witness.generate.sheet import Colonne, Feuille, cles, csv_texte, est_additive, rendre_nombres
from witness.generate.streams import Entiers, Flottants, Hasard
from witness.generate.structure_numbers import numero_finess

DATE_BOUCHE_TROU = "04/04/1904"
PREMIER_RANG_INCONNU = 65_000
PART_RETOUCHES = 0.3  # of the natural disagreements, put right when a département sends its answers again


@dataclass(frozen=True)
class Faute:
    """A wrong value planned in a cell: the number delivered."""

    ligne: int
    colonne: int
    nature: str
    nombre: float


@dataclass(frozen=True)
class Ecrites:
    """Rows of a delivery in the order of the file: rank in the table, unit named, rank of the ET that is the witness.

    `temoin` is -1 when nothing is true of the unit named (unknown, closed) ; `lisible` is false when writing destroyed
    the row. `detruites`: cells, by rank in the table and column, that state nothing usable, and why.
    """

    rangs: Entiers
    unites: np.ndarray
    temoin: Entiers
    lisible: np.ndarray
    detruites: dict[tuple[int, int], str]


@dataclass(frozen=True)
class Livraison:
    """A rendered table: its bytes, the columns and the rows as written."""

    nom: str
    octets: bytes
    n_lignes: int
    colonnes: list[Colonne]
    ecrites: Ecrites
    repondu: dict[str, Flottants]  # answers before any injected defect, by variable


@dataclass
class _Travail:
    """A table while it is being spoiled."""

    feuille: Feuille
    colonnes: list[Colonne]
    taux: TauxDefauts
    registre: Registre
    hasard: Hasard
    graine: str
    garde: np.ndarray  # rows written
    cles: np.ndarray  # FINESS written, but for its own defects
    temoin: Entiers
    prises: set[tuple[int, int]]
    detruites: dict[tuple[int, int], str] = field(default_factory=dict)
    illisibles: set[int] = field(default_factory=set)
    ajouts: list[tuple[int, str, int]] = field(default_factory=list)  # (row repeated, unit named, its witness)

    def __post_init__(self) -> None:
        self.titres = self.feuille.titres_distincts()
        self.declarees = [j for j, c in enumerate(self.colonnes) if c.nombres is not None and c.variable is not None]

    @property
    def lignes(self) -> Entiers:
        """Physical line of each row (meaningless for those not written)."""
        return np.cumsum(self.garde) + 1

    def tirage(self, nature: str) -> random.Random:
        """Stream of a kind of defect."""
        return random.Random(self._graine_de(nature))

    def tirages(self, nature: str, n: int) -> Iterator[random.Random]:
        """A stream for each defect of a kind: one that has to look longer for its cell does not move the others."""
        graine = self._graine_de(nature)
        return (random.Random(graine + rang) for rang in range(combien(getattr(self.taux, nature), n)))

    def _graine_de(self, nature: str) -> int:
        return int(self.hasard.flux(f"defauts/{nature}/{self.graine}").integers(2**62))

    def question(self, i: int, j: int | None = None) -> Question:
        f = self.feuille
        groupe = f.groupees is not None and bool(f.groupees[i])
        variable = None if j is None else self.colonnes[j].variable
        return Question(
            f.unite,
            str(self.cles[i]),
            "groupe" if groupe else "site",
            str(f.millesimes[i]),
            *(("", "", "") if variable is None else cles()[variable]),
        )

    def noter(self, i: int, j: int, nature: str, juste: str, faux: str) -> None:
        self.registre.noter(
            self.feuille.nom, int(self.lignes[i]), self.titres[j], nature, juste, faux, self.question(i, j)
        )

    def noter_ajout(self, nature: str, unite: str, vraie: str, livree: str) -> None:
        """The row just added."""
        modele = self.ajouts[-1][0]
        question = self.question(modele)._replace(unite_id=unite)
        ligne = int(self.garde.sum()) + len(self.ajouts) + 1
        self.registre.noter(self.feuille.nom, ligne, self.titres[self.feuille.cle], nature, vraie, livree, question)

    def saines(self, nature: str, touchees: set[int]) -> list[int]:
        """Rows written that carry no defect, in the order in which a kind takes them."""
        rangs = list(range(len(self.feuille)))
        self.tirage(nature).shuffle(rangs)
        return [i for i in rangs if self.garde[i] and i not in touchees]


def livrer(
    feuille: Feuille,
    hasard: Hasard,
    fidelite: Fidelite,
    taux: TauxDefauts,
    registre: Registre,
    *,
    corrige: bool = False,
    seulement: np.ndarray | None = None,
) -> Livraison:
    """Render a table with its disagreements and defects.

    `corrige`: the redelivery of the same table — same draws, but a share `taux.redressement` of its wrong values is
    right, and no row is wrong any more. `seulement`: rows sent again, alone, with no defect and a part of the
    disagreements put right. The streams depend on the collection and its years, not on the file name.
    """
    graine = f"{feuille.collecte}/{feuille.millesimes.min()}-{feuille.millesimes.max()}"
    naturels = Registre()
    colonnes = desaccords(feuille, hasard.flux(f"desaccords/{graine}"), fidelite, naturels)
    repondu = {c.variable: c.nombres for c in colonnes if c.variable is not None and c.nombres is not None}
    if seulement is not None:
        colonnes = [c.choisir(seulement) for c in _retouchees(feuille, colonnes, hasard.flux(f"retouches/{graine}"))]
        feuille, taux, naturels = feuille.choisir(seulement), TauxDefauts.aucun(), Registre()
    n = len(feuille)
    prises = {(i, j) for i in feuille.intouchables for j in range(len(colonnes))}
    unites, garde = feuille.unites.astype(object), np.ones(n, dtype=bool)
    t = _Travail(feuille, colonnes, taux, registre, hasard, graine, garde, unites, np.arange(n), prises)
    if corrige:  # the rows that spoke of another are right: what they reserved is reserved again, and that is all
        _lignes_d_un_autre(replace(t, registre=Registre(), cles=unites.copy(), temoin=np.arange(n)))
    else:
        _lignes_d_un_autre(t)
    _ecarts(t, naturels)
    fautes = _fautes(t)
    if corrige:
        tri = random.Random(int(hasard.flux(f"redressement/{graine}").integers(2**62)))
        fautes = [f for f in fautes if tri.random() >= taux.redressement]
    textes = _appliquer(t, fautes)
    if corrige:
        t.taux = TauxDefauts.aucun()
    _textes_fautifs(t, textes)
    cellules = list(zip(*textes, strict=True))
    lignes = [list(cellules[i]) for i in np.flatnonzero(t.garde).tolist()]
    _lignes_fautives(t, lignes)
    entete = csv_texte([[c.titre for c in feuille.colonnes]], feuille.separateur, feuille.fin_de_ligne)
    corps = csv_texte(lignes, feuille.separateur, feuille.fin_de_ligne)
    octets = "".join(entete + corps).encode(feuille.encodage)
    return Livraison(feuille.nom, octets, len(lignes), t.colonnes, _ecrites(t), repondu)


def _ecrites(t: _Travail) -> Ecrites:
    gardes = np.flatnonzero(t.garde)
    lisible = np.array([i not in t.illisibles for i in gardes.tolist()], dtype=bool)
    modeles = np.array([m for m, _, _ in t.ajouts], dtype=np.int64)
    return Ecrites(
        rangs=np.concatenate([gardes, modeles]),
        unites=np.concatenate([t.cles[gardes], np.array([u for _, u, _ in t.ajouts], dtype=object)]),
        temoin=np.concatenate([t.temoin[gardes], np.array([w for _, _, w in t.ajouts], dtype=np.int64)]),
        lisible=np.concatenate([lisible, np.ones(len(modeles), dtype=bool)]),
        detruites=t.detruites,
    )


def _ecarts(t: _Travail, naturels: Registre) -> None:
    """Natural disagreements of the rows written, at their line of the file."""
    for table in naturels.ecarts:
        rangs = table["ligne"].to_numpy() - 2
        ecrits = t.garde[rangs]
        t.registre.ecarts.append(table.filter(ecrits).with_columns(ligne=t.lignes[rangs[ecrits]]))


def _retouchees(feuille: Feuille, colonnes: list[Colonne], rng: np.random.Generator) -> list[Colonne]:
    """Columns where some of the answers that were not the truth are given again, right."""
    resultat = []
    for vrai, livre in zip(feuille.colonnes, colonnes, strict=True):
        choisies = rng.random(len(feuille)) < PART_RETOUCHES
        if vrai.variable is not None and vrai.nombres is not None:
            livre = replace(livre, nombres=np.where(choisies, vrai.nombres, livre.connus()))
        elif vrai.variable is not None and vrai.textes is not None and livre.textes is not None:
            livre = replace(livre, textes=np.where(choisies, vrai.textes, livre.textes))
        resultat.append(livre)
    return resultat


def _lignes_d_un_autre(t: _Travail) -> None:
    """Rows that say of an ET what is of another: its number by mistake, or two sites counted as one.

    Where lines may move, the ET whose number is taken half of the time has no row of its own, and the second of two
    sites has none.
    """
    f, n = t.feuille, len(t.feuille)
    if f.unite != "ET" or not t.declarees:
        return
    groupe = np.zeros(n, dtype=np.int64) if f.groupees is None else f.groupees.astype(np.int64)
    libres = {i for i in range(n) if i not in f.intouchables}

    for rng in t.tirages("finess_d_un_autre", n):
        for _essai in range(200):
            i, k = rng.randrange(n), rng.randrange(n)
            meme = f.millesimes[i] == f.millesimes[k] and groupe[i] == groupe[k]
            if i != k and i in libres and k in libres and meme and f.unites[i] != f.unites[k]:
                libres -= {i, k}
                t.cles[i], t.temoin[i] = f.unites[k], k
                t.prises |= {(r, j) for r in (i, k) for j in range(len(t.colonnes))}
                t.garde[k] = f.lignes_fixes or rng.random() < 0.5
                break
    usurpes = [i for i in range(n) if t.temoin[i] != i]

    fusions: list[tuple[int, int]] = []
    additives = [j for j in t.declarees if est_additive(t.colonnes[j].variable)]
    if additives and f.ej is not None and not f.lignes_fixes:
        rng = t.tirage("sites_fusionnes")
        soeurs: dict[tuple[object, ...], list[int]] = {}
        for i in sorted(libres):
            if not groupe[i]:
                soeurs.setdefault((f.ej[i], f.millesimes[i]), []).append(i)
        paires = [(m[0], m[1]) for m in soeurs.values() if len(m) > 1 and f.unites[m[0]] != f.unites[m[1]]]
        fusions = rng.sample(paires, min(len(paires), combien(t.taux.sites_fusionnes, n)))
    for _, k in fusions:
        t.garde[k] = False
    for i in usurpes:
        t.registre.noter(
            f.nom, int(t.lignes[i]), t.titres[f.cle], "finess_d_un_autre", str(f.unites[i]), t.cles[i], t.question(i)
        )
    for i, k in fusions:
        _fusionner(t, i, k, additives)


def _fusionner(t: _Travail, i: int, k: int, additives: list[int]) -> None:
    for j in additives:
        avant, autre = t.colonnes[j].connus()[i], t.colonnes[j].connus()[k]
        if np.isnan(avant) or np.isnan(autre) or autre == 0:
            continue
        nombres = t.colonnes[j].connus().copy()
        nombres[i] = avant + autre
        t.colonnes[j] = replace(t.colonnes[j], nombres=nombres)
        vrai = float(t.feuille.colonnes[j].connus()[i])
        juste, faux = rendre_nombres(np.array([vrai, avant + autre]), t.colonnes[j].decimales, t.feuille.decimale)
        if juste != faux:
            t.noter(i, j, "sites_fusionnes", juste, faux)
    t.prises |= {(i, j) for j in range(len(t.colonnes))}


def _fautes(t: _Travail) -> list[Faute]:
    """Wrong values, one cell each."""
    colonnes, n = t.colonnes, len(t.feuille)

    def nombre(i: int, j: int) -> float:
        valeurs = colonnes[j].nombres
        return float("nan") if valeurs is None else float(valeurs[i])

    def perimee(i: int, j: int, _rng: random.Random) -> float | None:
        avant = colonnes[j].avant
        ancien = float("nan") if avant is None else float(avant[i])
        texte = rendre_nombres(np.array([ancien, nombre(i, j)]), colonnes[j].decimales)
        return ancien if texte[0] and texte[1] and texte[0] != texte[1] else None

    def frappe(i: int, j: int, rng: random.Random) -> float | None:
        x = nombre(i, j)
        if not abs(x) >= 10:
            return None
        entier = str(int(abs(x)))
        if rng.random() < 0.5 and entier[0] != entier[1] and entier[1] != "0":
            faux = float(entier[1] + entier[0] + entier[2:]) + abs(x) % 1
        else:
            faux = abs(x) * 10
        return faux if x > 0 else -faux

    def fraction(i: int, j: int, _rng: random.Random) -> float | None:
        x = nombre(i, j)
        # At two decimals a small percentage would vanish: only a fraction that can still be read counts as one.
        return round(x / 100, max(colonnes[j].decimales, 0)) if colonnes[j].est_pourcent and x >= 5 else None

    genres: list[tuple[str, Callable[[int, int, random.Random], float | None], list[int]]] = [
        ("valeur_perimee", perimee, [j for j in t.declarees if colonnes[j].avant is not None]),
        ("faute_de_frappe", frappe, t.declarees),
        ("fraction_pour_pourcent", fraction, [j for j in t.declarees if colonnes[j].est_pourcent]),
    ]
    fautes: list[Faute] = []
    for nature, genre, candidates in genres:
        for rng in t.tirages(nature, n) if candidates else ():
            for _essai in range(200):
                i, j = rng.randrange(n), rng.choice(candidates)
                faux = None if (i, j) in t.prises or not t.garde[i] else genre(i, j, rng)
                if faux is not None and _est_faux(t.feuille.colonnes[j], i, faux):
                    t.prises.add((i, j))
                    fautes.append(Faute(i, j, nature, faux))
                    break
    return fautes + _zeros(t) + _interverties(t)


def _est_faux(vrai: Colonne, i: int, valeur: float) -> bool:
    """Whether a number, once written, is not what is true."""
    juste, ecrit = rendre_nombres(np.array([vrai.connus()[i], valeur]), vrai.decimales)
    return juste != ecrit


def _zeros(t: _Travail) -> list[Faute]:
    """0 where the sender left empty something that exists ; for what does not exist, 0 would not be wrong."""
    if t.taux.zero_pour_manquant <= 0:
        return []
    vides = [
        (i, j)
        for j in t.declarees
        for i in np.flatnonzero(_vide_a_tort(t.feuille.colonnes[j], t.colonnes[j]) & t.garde).tolist()
    ]
    t.tirage("zero_pour_manquant").shuffle(vides)
    choisies = [c for c in vides if c not in t.prises][: combien(t.taux.zero_pour_manquant, len(t.feuille))]
    t.prises |= set(choisies)
    return [Faute(i, j, "zero_pour_manquant", 0.0) for i, j in choisies]


def _vide_a_tort(vrai: Colonne, livre: Colonne) -> np.ndarray:
    return ~np.isnan(vrai.connus()) & (vrai.connus() != 0) & np.isnan(livre.connus())


def _interverties(t: _Travail) -> list[Faute]:
    """Two neighbouring numbers of a row, each written in the other's cell."""
    n = len(t.feuille)
    voisines = [
        (j, j + 1)
        for j in t.declarees
        if j + 1 in t.declarees and t.colonnes[j].decimales == t.colonnes[j + 1].decimales
    ]
    fautes: list[Faute] = []
    for rng in t.tirages("colonnes_interverties", n) if voisines else ():
        for _essai in range(200):
            i, (g, d) = rng.randrange(n), rng.choice(voisines)
            a, b = float(t.colonnes[g].connus()[i]), float(t.colonnes[d].connus()[i])
            libre = t.garde[i] and not {(i, g), (i, d)} & t.prises
            connus = not np.isnan(a) and not np.isnan(b)
            faux = _est_faux(t.feuille.colonnes[g], i, b) and _est_faux(t.feuille.colonnes[d], i, a)
            if libre and connus and faux:
                t.prises |= {(i, g), (i, d)}
                fautes += [Faute(i, g, "colonnes_interverties", b), Faute(i, d, "colonnes_interverties", a)]
                break
    return fautes


def _appliquer(t: _Travail, fautes: list[Faute]) -> list[list[str]]:
    """Write the wrong values in the columns (which carry them from now on) and render every cell."""
    for j in {f.colonne: None for f in fautes}:
        # The answers before defects stay as they were.
        t.colonnes[j] = replace(t.colonnes[j], nombres=t.colonnes[j].connus().copy())
    for faute in fautes:
        vrai = t.feuille.colonnes[faute.colonne]
        t.colonnes[faute.colonne].connus()[faute.ligne] = faute.nombre
        avant_apres = np.array([vrai.connus()[faute.ligne], faute.nombre])
        juste, faux = rendre_nombres(avant_apres, vrai.decimales, t.feuille.decimale)
        t.noter(faute.ligne, faute.colonne, faute.nature, juste, faux)
    textes = replace(t.feuille, colonnes=t.colonnes).textes()
    for i in np.flatnonzero(t.temoin != np.arange(len(t.feuille))).tolist():
        textes[t.feuille.cle][i] = str(t.cles[i])
    return textes


def _textes_fautifs(t: _Travail, textes: list[list[str]]) -> None:
    """Defects of writing: dates that fill a hole, decimal commas, rates flagged KO, FINESS mistyped."""
    feuille, colonnes = t.feuille, t.colonnes

    def marquer(i: int, j: int, nature: str, faux: str) -> None:
        t.noter(i, j, nature, textes[j][i], faux)
        textes[j][i] = faux
        t.prises.add((i, j))

    def tirer(nature: str, cellules: list[tuple[int, int]]) -> list[tuple[int, int]]:
        n = combien(getattr(t.taux, nature), len(feuille))
        # Four times what is needed: some are taken already.
        candidates = t.tirage(nature).sample(cellules, min(len(cellules), 4 * n + 20))
        return [c for c in candidates if t.garde[c[0]] and c not in t.prises][:n]

    dates = [(i, j) for j, c in enumerate(colonnes) if c.est_date for i, texte in enumerate(textes[j]) if texte]
    for i, j in tirer("date_bouche_trou", dates):
        marquer(i, j, "date_bouche_trou", DATE_BOUCHE_TROU)
        t.detruites[i, j] = "date_bouche_trou"
    if feuille.decimale == ".":
        decimaux = [j for j, c in enumerate(colonnes) if c.nombres is not None and c.decimales]
        choisis = t.tirage("virgule_decimale/colonnes").sample(decimaux, min(3, len(decimaux)))
        a_point = [(i, j) for j in choisis for i, texte in enumerate(textes[j]) if "." in texte]
        for i, j in tirer("virgule_decimale", a_point):
            marquer(i, j, "virgule_decimale", textes[j][i].replace(".", ","))
    for taux_j, etat_j in feuille.ko:
        calcules = [(i, taux_j) for i in range(len(feuille)) if textes[taux_j][i] and not textes[etat_j][i]]
        for i, _ in tirer("taux_ko", calcules):
            # The rate is there but one of its sides was missing: it is only a part of the true rate.
            partiel = np.array([0.37 * float(textes[taux_j][i].replace(",", "."))])
            t.prises.add((i, etat_j))
            marquer(i, taux_j, "taux_ko", rendre_nombres(partiel, colonnes[taux_j].decimales, feuille.decimale)[0])
            t.detruites[i, taux_j] = "taux_ko"
            textes[etat_j][i] = "KO"
    cle = feuille.cle
    perdables = [(i, cle) for i, texte in enumerate(textes[cle]) if texte.startswith("0")]
    for i, _ in tirer("zero_initial_perdu", perdables):
        marquer(i, cle, "zero_initial_perdu", textes[cle][i][1:])
    for i, _ in tirer("finess_malforme", [(i, cle) for i, texte in enumerate(textes[cle]) if "0" in texte[2:8]]):
        rang = textes[cle][i].index("0", 2)
        marquer(i, cle, "finess_malforme", textes[cle][i][:rang] + "O" + textes[cle][i][rang + 1 :])
        t.illisibles.add(i)


def _lignes_fautives(t: _Travail, lignes: list[list[str]]) -> None:
    """Rows added at the end (unknown FINESS, closed ET, exact duplicates), then rows cut short."""
    feuille, n = t.feuille, len(lignes)
    touchees = {i for i, _ in t.prises}
    rang_ecrit = np.cumsum(t.garde) - 1

    def modeles(nature: str) -> list[int]:
        return t.saines(nature, touchees)[: combien(getattr(t.taux, nature), n)]

    def ajouter(modele: int, nature: str, unite: str, temoin: int, vraie: str) -> None:
        ligne = list(lignes[rang_ecrit[modele]])
        ligne[feuille.cle] = unite if temoin < 0 else ligne[feuille.cle]
        lignes.append(ligne)
        t.ajouts.append((modele, unite, temoin))
        t.noter_ajout(nature, unite, vraie, ligne[feuille.cle])

    for rang, modele in enumerate(modeles("finess_inconnu")):
        vrai = str(feuille.unites[modele])
        racine = vrai[:4] if vrai[:2] in ("97", "98") else vrai[:3]
        base = PREMIER_RANG_INCONNU // 10 ** (len(racine) - 3)
        ajouter(modele, "finess_inconnu", numero_finess(racine, base + rang % (10 ** (7 - len(racine)) // 2)), -1, "")
    rng = t.tirage("et_ferme/unite")
    for modele in modeles("et_ferme") if feuille.unite == "ET" else ():
        fermes = feuille.fermes.get(int(feuille.millesimes[modele]), [])
        if fermes:
            ajouter(modele, "et_ferme", rng.choice(fermes), -1, str(feuille.unites[modele]))
    doubles = modeles("ligne_en_double")
    touchees |= set(doubles)  # a row is not both repeated and cut
    for modele in doubles:
        ajouter(modele, "ligne_en_double", str(t.cles[modele]), modele, f"ligne {t.lignes[modele]}")
    if len(feuille.colonnes) >= 6:
        rng = t.tirage("ligne_tronquee")
        for modele in modeles("ligne_tronquee"):
            garde = len(feuille.colonnes) - rng.randrange(1, 4)
            ligne = lignes[rang_ecrit[modele]]
            perdues = feuille.separateur.join(ligne[garde:])
            lignes[rang_ecrit[modele]] = ligne[:garde]
            t.illisibles.add(modele)
            t.registre.noter(
                feuille.nom, int(t.lignes[modele]), t.titres[feuille.cle], "ligne_tronquee", perdues, "",
                t.question(modele),
            )  # fmt: skip
