"""Records that are hard to match, each with its right answer and why; and the files that tell them.

Belongs here: the table of worked cases, by kind, and writing it as the files of a DUI (`residalia`), of RESID-ESMS and
of ViaTrajectoire. Does not belong here: running the pipeline on them and judging what it makes (`test_hard_cases`).

Every person is invented. A case has ESMS of its own, A and B; its records are written in the order of the table. `who`
says the right answer: the records of one letter are one person.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.unit.readers.test_csv_products import RESID, RESIDALIA, VT

TITLES = {"dui": RESIDALIA, "resid": RESID, "vt": VT}


@dataclass(frozen=True)
class Record:
    """What a source says of a person. number: thirteen characters, to which the right key is added, or fifteen as
    written. entry: None for a request of ViaTrajectoire that waits."""

    who: str
    source: str
    et: str = "A"
    nom: str = ""
    prenom: str = ""
    ne: str = ""
    sexe: str = "F"
    lieu: str = "01053"
    usage: str = ""
    number: str = ""
    status: str = "Validée"
    kind: str = "NIR"
    entry: str | None = None


@dataclass(frozen=True)
class Case:
    """kind: what makes it hard. why: the reason of the right answer."""

    kind: str
    name: str
    why: str
    records: tuple[Record, ...]


def person(nom: str, prenom: str, ne: str, sexe: str = "F", lieu: str = "01053") -> dict[str, str]:
    return {"nom": nom, "prenom": prenom, "ne": ne, "sexe": sexe, "lieu": lieu}


def nir(told: dict[str, str], rank: int, *, waits: bool = False, month: str = "") -> str:
    """The thirteen characters of an invented NIR (waits: of a NIA): no département has a commune of that number."""
    _, born, year = told["ne"].split("/")
    first = {"M": "17", "F": "28"}[told["sexe"]][waits]
    order = (zlib.crc32(told["nom"].encode()) + rank) % 1000
    return f"{first}{year[2:]}{month or born}{told['lieu'][:2]}998{order:03d}"


def key(number: str) -> str:
    digits = number.replace("2A", "19").replace("2B", "18")
    return f"{97 - int(digits) % 97:02d}"


def finess(rank: int) -> str:
    """The FINESS of the ESMS of this rank, whose key is right (Luhn)."""
    start = f"01079{rank:03d}"
    doubled = [int(c) * (2 if i % 2 else 1) for i, c in enumerate(start)]
    return f"{start}{-sum(d // 10 + d % 10 for d in doubled) % 10}"


def dui(who: str, told: dict[str, str], et: str = "A", entry: str = "10/03/2024", **more: str) -> Record:
    return Record(who, "dui", et, entry=entry, **{**told, **more})


def resid(who: str, told: dict[str, str], et: str = "A", entry: str = "10/03/2024", **more: str) -> Record:
    return Record(who, "resid", et, entry=entry, **{**told, **more})


def vt(who: str, told: dict[str, str], et: str = "A", entry: str | None = None, **more: str) -> Record:
    return Record(who, "vt", et, entry=entry, **{**told, **more})


def _homonyms() -> Iterator[tuple[str, str, tuple[Record, ...]]]:
    one, other = (person("Garnivet", "Jean", ne, "M") for ne in ("05/03/1932", "21/10/1932"))
    yield "même ESMS, même année, autre jour, deux NIR", "deux numéros qui se contredisent", (
        dui("a", one, number=nir(one, 1), entry="05/01/2024"),
        resid("a", one, number=nir(one, 1), entry="05/01/2024"),
        resid("b", other, number=nir(other, 2), entry="05/11/2024"),
    )  # fmt: skip
    one, other = (person("Garnivel", "Paul", ne, "M") for ne in ("05/03/1932", "21/10/1932"))
    yield "demandeur homonyme d'un résident", "rien n'est proche que le nom : ni le jour, ni l'entrée", (
        dui("a", one), vt("b", other),
    )  # fmt: skip
    one, other = (person("Garnivot", "Luc", ne, "M") for ne in ("05/03/1932", "12/03/1932"))
    yield "même mois, deux NIR, entrés le même jour", "deux numéros qui se contredisent", (
        dui("a", one, number=nir(one, 1)), resid("b", other, number=nir(other, 2)),
    )  # fmt: skip
    told = person("Diavallo", "Mamadou", "01/01/1940", "M", "99335")
    yield "nés le 1er janvier à l'étranger, deux NIR", "le jour n'est pas su ; l'entrée désigne le second", (
        dui("a", told, entry="01/02/2024"),
        resid("b", told, number=nir(told, 1), entry="01/09/2024"),
        resid("a", told, number=nir(told, 2), entry="01/02/2024"),
    )  # fmt: skip
    told = person("Diavalla", "Aïssa", "01/01/1941", "F", "99335")
    yield "nées le 1er janvier à l'étranger, deux ESMS, sans numéro", "le jour n'est pas su", (
        dui("a", told), vt("b", told, "B"),
    )  # fmt: skip
    told = person("Diavalle", "Awa", "31/12/1942", "F", "99326")
    yield "nées le 31 décembre à l'étranger, deux ESMS", "le RNIV écrit ainsi un jour et un mois inconnus", (
        dui("a", told), vt("b", told, "B"),
    )  # fmt: skip
    one, other = (person(nom, "Marie", "08/05/1934") for nom in ("Fabrivel", "Giraudot"))
    yield "même prénom, naissance et lieu, autre nom", "les noms n'ont rien de commun, et l'une attend", (
        dui("a", one), vt("b", other),
    )  # fmt: skip
    one, other = (person(nom, "Marie", "09/05/1934") for nom in ("Martivet", "Martinaud"))
    yield "même prénom, naissance et lieu, nom qui commence de même", "cinq lettres communes ne font pas un nom", (
        dui("a", one), vt("b", other, "B"),
    )  # fmt: skip
    told = person("Homonivel", "Pierre", "10/05/1934", "M")
    yield "cinq traits égaux, deux NIR propres", "deux numéros qui se contredisent, et c'est dit", (
        dui("a", told, number=nir(told, 1)), resid("b", told, "B", number=nir(told, 2)),
    )  # fmt: skip
    told = person("Homonivot", "Pierre", "10/05/1934", "M")
    yield "cinq traits égaux, un tiers sans numéro", "nul ne sait duquel il est", (
        dui("a", told, number=nir(told, 1)), resid("b", told, "B", number=nir(told, 2)), vt("c", told, "B"),
    )  # fmt: skip

    one, other = (person("Garnivuc", "Noël", ne, "M") for ne in ("05/03/1932", "21/10/1932"))
    yield "deux NIR dont un sans clé, même entrée, autre jour", "un numéro sans clé défend ce qui n'est pas égal", (
        dui("a", one, number=nir(one, 1)), resid("b", other, number=nir(other, 2) + " "),
    )  # fmt: skip
    one, other = (person(f"Saint-{nom}", "Marthe", "11/05/1934") for nom in ("Hilairvel", "Martinvot"))
    yield "Saint-X et Saint-Y", "Saint n'est pas un nom : il ne dit pas à lui seul qui", (
        dui("a", one), vt("b", other, "B"),
    )  # fmt: skip
    for kind, lieu, day in (("autre commune", "01004", 13), ("lieu absent", "", 14)):
        one, other = (person(f"Martivel-{half}", "Rolande", f"{day}/05/1934") for half in ("Dupontel", "Garcinot"))
        yield f"deux noms composés d'une même moitié, {kind}", "les autres moitiés n'ont rien de commun", (
            dui("a", one), vt("b", {**other, "lieu": lieu}, "B"),
        )  # fmt: skip
    one, other = (person("Deuxpaysot", "Malika", "15/05/1934", "F", pays) for pays in ("99352", "99350"))
    yield "nées dans deux pays, tout le reste égal", "deux pays qui n'en ont jamais été un", (
        dui("a", one), vt("b", other, "B"),
    )  # fmt: skip
    one, other = (person("Garnivaz", "Remi", ne, "M") for ne in ("05/03/1932", "21/10/1932"))
    yield "homonyme que ViaTrajectoire seule dit, entré à deux jours", "l'année seule leur est commune", (
        dui("a", one, entry="10/03/2024"), vt("b", other, entry="12/03/2024"),
    )  # fmt: skip
    one, other = (person("Dedoublaz", "Yves", "16/05/1934", "M", lieu) for lieu in ("01053", "69123"))
    yield "même jour, deux départements, deux dossiers d'un DUI", "un DUI les tient à part, et dit deux lieux", (
        dui("a", one), dui("b", other, entry="12/05/2024"),
    )  # fmt: skip
    one, other = (person("Dedoublot", "Yves", "12/05/1934", "M", lieu) for lieu in ("01053", "69123"))
    yield "même jour, deux départements, un ESMS, deux systèmes", "l'un et l'autre système tiennent les deux", (
        dui("a", one), dui("b", other, entry="12/05/2024"), resid("a", one), resid("b", other, entry="12/05/2024"),
    )  # fmt: skip


def _places() -> Iterator[tuple[str, str, tuple[Record, ...]]]:
    pairs = {
        "Corse, 2A et 20": ("2A004", "20004"), "Corse, 2B et code postal": ("2B033", "20200"),
        "commune fusionnée": ("01039", "01138"), "commune fusionnée et code postal": ("01039", "01350"),
        "Paris, arrondissement et ville": ("75115", "75056"), "Lyon, arrondissement et ville": ("69383", "69123"),
        "Paris, ville et code postal": ("75056", "75015"),
        "Marseille, arrondissement et code postal": ("13208", "13008"), "code postal": ("69123", "69003"),
        "outre-mer, code postal": ("97411", "97400"), "Seine d'avant 1968": ("75066", "93066"),
        "Algérie d'avant 1962": ("91352", "99352"), "pays dont le code a changé": ("99121", "99119"),
        "commune voisine": ("01053", "01004"), "lieu absent": ("01053", ""), "lieu inconnu": ("99352", "99999"),
    }  # fmt: skip
    for rank, (kind, (one, other)) in enumerate(pairs.items()):
        told = person(f"Lieuvais{_letters(rank)}", "Ange", f"{rank + 2:02d}/02/1936", "M")
        yield kind, "nom, prénom, naissance et département de naissance sont les mêmes", (
            dui("a", {**told, "lieu": one}), vt("a", {**told, "lieu": other}, "B"),
        )  # fmt: skip
    told = person("Lieuautre", "Ange", "27/02/1936", "M")
    yield "deux départements, deux ESMS", "les lieux se contredisent : homonymes, ou faute ; nul ne sait", (
        dui("a", told), vt("b", {**told, "lieu": "69123"}, "B"),
    )  # fmt: skip


def _births() -> Iterator[tuple[str, str, tuple[Record, ...]]]:
    for rank, (kind, one, other, et) in enumerate((
        ("jour et mois inversés, même ESMS", "03/04/1931", "04/03/1931", "A"),
        ("jour et mois inversés, deux ESMS", "05/07/1931", "07/05/1931", "B"),
        ("chiffres de l'année inversés, deux ESMS", "10/05/1931", "10/05/1913", "B"),
        ("chiffres de l'année inversés, même ESMS", "11/06/1942", "11/06/1924", "A"),
    )):  # fmt: skip
        told = person(f"Rochenaiss{_letters(rank)}", "Gilbert", one, "M")
        yield kind, "une écriture voisine de la même date", (dui("a", told), vt("a", {**told, "ne": other}, et))
    told = person("Benavali", "Fatima", "12/07/1938", "F", "99352")
    yield "1er janvier dans un seul fichier, même entrée", "le jour n'est pas su ; l'entrée la désigne", (
        dui("a", told), resid("a", {**told, "ne": "01/01/1938"}, number=nir(told, 1)),
    )  # fmt: skip
    told = person("Benavala", "Aïcha", "01/01/1937", "F", "99352")
    yield "00/00 : l'année seule, même entrée", "le jour n'est pas su ; l'entrée la désigne", (
        dui("a", told), resid("a", {**told, "ne": "00/00/1937"}, number=nir(told, 1, month="20")),
    )  # fmt: skip
    told = person("Benavale", "Zohra", "01/01/1939", "F", "99352")
    number = nir(told, 1, month="20")
    yield "1er janvier et même NIR, deux ESMS", "le numéro et le prénom", (
        dui("a", told, number=number), resid("a", {**told, "ne": "14/08/1939"}, "B", number=number, entry="02/05/2024"),
    )  # fmt: skip
    told = person("Benavalu", "Nadia", "01/01/1934", "F", "99352")
    yield "née le 1er janvier à l'étranger, trois systèmes", "chacun a une fiche, et tous la même entrée", (
        dui("a", told), resid("a", told), vt("a", told, entry="11/03/2024"),
    )  # fmt: skip
    told = person("Janvivier", "Marcel", "01/01/1936", "M")
    yield "né en France un 1er janvier", "cinq traits égaux : en France, le 1er janvier est un jour", (
        dui("a", told), vt("a", told, "B"),
    )  # fmt: skip
    for rank, (kind, changed) in enumerate((
        ("sexe absent", {"sexe": ""}), ("autre commune", {"lieu": "01004"}), ("nom mal écrit", {"nom": "Janviveau"}),
    )):  # fmt: skip
        told = person("Janvivreau", "Marcel", f"01/01/{1937 + rank}", "M")
        yield f"né en France un 1er janvier, deux ESMS, {kind}", "en France, le 1er janvier est un jour", (
            dui("a", told), vt("a", {**told, **changed}, "B"),
        )  # fmt: skip
    told = person("Sieclevot", "Lucienne", "17/02/1938")
    yield "un siècle de trop, deux ESMS", "nul n'est né en 1838 : tout le reste est égal", (
        dui("a", told), vt("a", {**told, "ne": "17/02/1838"}, "B"),
    )  # fmt: skip
    one, other = (person("Sieclevaz", "Lucien", ne, "M") for ne in ("18/02/1924", "18/02/2024"))
    yield "arrière-grand-père et enfant, nés à cent ans l'un de l'autre", "les deux années se peuvent", (
        dui("a", one), vt("b", other, "B"),
    )  # fmt: skip
    told = person("Moinsun", "Odile", "14/02/1936")
    yield "un chiffre du jour, même entrée", "tout le reste, et l'entrée que l'autre système n'a pas", (
        dui("a", told), resid("a", {**told, "ne": "15/02/1936"}),
    )  # fmt: skip


def _names() -> Iterator[tuple[str, str, tuple[Record, ...]]]:
    for rank, (kind, one, usage, other) in enumerate((
        ("nom d'usage", "Perrinel", "Vidalot", "Vidalot"),
        ("nom d'usage composé", "Grosvenet", "Grosvenet-Petivel", "Petivel"),
        ("« épouse »", "Lenoivre", "", "LENOIVRE EPOUSE BLANCHOT"),
        ("« née »", "Lenoivel", "", "BLANCHET NEE LENOIVEL"),
        ("« veuve », nom d'usage d'abord", "Lenoivot", "Blanchard", "BLANCHARD"),
        ("particule collée", "de La Tournelle", "", "DELATOURNELLE"),
        ("particule rejetée", "de La Brossette", "", "LA BROSSETTE (DE)"),
        ("particule perdue", "de La Bruyelle", "", "BRUYELLE"),
        ("apostrophe", "d'Estaivel", "", "ESTAIVEL"),
        ("article rejeté", "Le Goffic", "", "GOFFIC LE"),
        ("du et de", "du Boisvert", "", "BOISVERT"),
        ("tronqué à vingt caractères", "Vandenbrouvelle-Delattivet", "", "VANDENBROUVELLE-DELA"),
        ("tronqué à dix caractères", "Razafindravolo", "", "RAZAFINDRA"),
        ("une moitié du nom composé", "Martivel-Dupontet", "", "DUPONTET"),
        ("une lettre pour une autre", "Kowalvski", "", "KOWALVSKY"),
        ("une lettre en trop", "Nowavek", "", "NOWAVECK"),
        ("deux lettres interverties", "Bertravent", "", "BERTRAEVNT"),
        ("une lettre en moins", "Girauvet", "", "GIRAUVE"),
    )):  # fmt: skip
        told = person(one, "Germaine", f"{rank + 1:02d}/05/1936")
        yield kind, "prénom, naissance et lieu égaux, une écriture voisine du nom", (
            dui("a", told, usage=usage), vt("a", {**told, "nom": other}, "B"),
        )  # fmt: skip
    told = person("Doublovons", "Régine", "14/06/1936")
    yield "second dossier d'un DUI, avec une faute", "une lettre du nom, tout le reste égal", (
        dui("a", told, entry="10/03/2024"), dui("a", {**told, "nom": "Doublovon"}, entry="20/06/2024"),
    )  # fmt: skip
    told = person("Marievel", "Simone", "15/06/1936")
    yield "nom d'usage inconnu du DUI, même entrée", "tout le reste, et l'entrée que l'autre système n'a pas", (
        dui("a", told), vt("a", {**told, "nom": "Cazenavette"}, entry="11/03/2024"),
    )  # fmt: skip


def _given_names() -> Iterator[tuple[str, str, tuple[Record, ...]]]:
    for rank, (kind, one, other) in enumerate((
        ("composé et coupé", "Marie-Louise", "Marie Louise"),
        ("composé et premier seul", "Jean-Pierre", "Jean"),
        ("composé et second seul", "Jean-Louis", "Louis"),
        ("ordre changé", "Pierre Jean", "Jean Pierre"),
        ("prénoms collés", "Jean-Claude", "JEANCLAUDE"),
        ("prénoms collés, et un autre", "Jean-Claude Rémi", "JEANCLAUDE REMI"),
        ("tous les prénoms", "Anne-Marie", "ANNE MARIE JOSEPHE"),
        ("une lettre", "Simone", "Simonne"), ("second abrégé", "Marie-Thérèse", "Marie-Th"),
        ("premier réduit à son initiale", "Jean-Baptiste", "J.-Baptiste"),
        ("l'usuel et le deuxième de l'état civil", "Marie Thérèse", "MARIE LOUISE THERESE"),
    )):  # fmt: skip
        told = person(f"Bergeviel{_letters(rank)}", one, f"{rank + 3:02d}/07/1936", "M")
        yield kind, "nom, naissance et lieu égaux, une écriture voisine du prénom", (
            dui("a", told), vt("a", {**told, "prenom": other}, "B"),
        )  # fmt: skip

    told = person("Composivel", "Jean-Pierre", "16/07/1936", "M")
    yield "composé et coupé, sexe absent, deux ESMS", "les deux prénoms sont les mêmes, et rien ne se contredit", (
        dui("a", told), vt("a", {**told, "prenom": "Jean Pierre", "sexe": ""}, "B"),
    )  # fmt: skip
    told = person("Dossivolet", "Marie-Simone", "15/07/1936")
    yield "second dossier d'un DUI, prénom coupé", "les deux prénoms sont les mêmes : ce n'est pas une jumelle", (
        dui("a", told), dui("a", {**told, "prenom": "Marie Simone"}, entry="20/06/2024"),
    )  # fmt: skip


def _sexes() -> Iterator[tuple[str, str, tuple[Record, ...]]]:
    for rank, (kind, one, other, et) in enumerate((
        ("absent, même entrée", "F", "", "A"), ("faux, même entrée", "F", "M", "A"),
        ("absent, deux ESMS", "F", "", "B"), ("faux, deux ESMS", "M", "F", "B"),
    )):  # fmt: skip
        told = person(f"Sexevel{_letters(rank)}", "Dominique", f"{rank + 3:02d}/08/1936", one)
        yield kind, "nom, prénom, naissance et lieu égaux", (
            dui("a", told), vt("a", {**told, "sexe": other}, et, entry="10/03/2024" if et == "A" else None),
        )  # fmt: skip


def _numbers() -> Iterator[tuple[str, str, tuple[Record, ...]]]:
    told = person("Nowavak", "Edmond", "10/05/1936", "M")
    number = nir(told, 1)
    yield "même NIR, nom et mois mal écrits", "le numéro, le prénom, une naissance voisine", (
        dui("a", told, number=number), resid("a", {**told, "nom": "Nowaveck", "ne": "10/06/1936"}, number=number),
    )  # fmt: skip
    told = person("Inselvel", "Louise", "01/03/1936")
    number = nir(told, 1)
    yield "même INS, autre nom", "le numéro et le prénom", (
        dui("a", told, number=number),
        dui("a", {**told, "nom": "Autrevel"}, "B", number=number, status="Provisoire", entry="10/05/2024"),
    )  # fmt: skip
    told = person("Attendu", "Karim", "11/04/1950", "M", "99352")
    yield "NIA puis NIR, tout le reste égal", "un NIA attend son NIR : il ne le contredit pas", (
        dui("a", told, number=nir(told, 1, waits=True)),
        resid("a", told, "B", number=nir(told, 2), entry="02/06/2024"),
    )  # fmt: skip
    yield "NIA puis NIR, nom voisin", "un NIA attend son NIR : il ne le contredit pas", (
        dui("a", {**told, "nom": "Attenduval", "prenom": "Samir"}, number=nir(told, 3, waits=True)),
        resid("a", {**told, "nom": "Atenduval", "prenom": "Samir"}, "B", number=nir(told, 4),
              entry="02/06/2024"),
    )  # fmt: skip
    yield "deux NIA", "deux numéros qui se contredisent", (
        dui("a", {**told, "prenom": "Amir"}, number=nir(told, 5, waits=True)),
        resid("b", {**told, "prenom": "Amir"}, "B", number=nir(told, 6, waits=True), kind="NIA"),
    )  # fmt: skip
    told = person("Clefausse", "Denis", "12/04/1936", "M")
    number = nir(told, 1)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10) + key(number)
    yield "une faute dans le NIR", "la clé est fausse : ce numéro ne contredit rien", (
        dui("a", told, number=number), resid("a", told, "B", number=wrong, entry="02/06/2024"),
    )  # fmt: skip
    told = person("Sanclevel", "Denis", "12/04/1936", "M")
    yield "une faute dans un NIR sans clé", "sans clé, un chiffre peut être faux : cinq traits égaux l'emportent", (
        dui("a", told, number=nir(told, 1)), resid("a", told, "B", number=nir(told, 8) + " ", entry="02/06/2024"),
    )  # fmt: skip
    husband, wife = person("Couplevel", "Henri", "11/05/1936", "M"), person("Couplevel", "Denise", "12/06/1937")
    number = nir(husband, 1)
    yield "couple, NIR de l'ouvrant droit", "le numéro n'est pas le sien : il ne fait que corroborer", (
        dui("a", husband), resid("a", husband, number=number), dui("b", wife), resid("b", wife, number=number),
    )  # fmt: skip
    father, son = person("Ouvranvel", "Jean", "11/05/1976", "M"), person("Ouvranvel", "Jean", "12/06/2012", "M")
    number = nir(father, 1)
    yield "père et fils de même prénom, NIR du père", "le numéro n'est pas celui du fils", (
        dui("a", father, number=number), resid("b", son, number=number),
    )  # fmt: skip
    brother, sister = person("Fratrivel", "Léo", "12/06/2012", "M"), person("Fratrivel", "Léa", "13/09/2013")
    yield "frère et sœur, NIR d'un parent", "le numéro n'est à aucun d'eux", (
        resid("a", brother, number=number), resid("b", sister, number=number),
        dui("a", brother), dui("b", sister),
    )  # fmt: skip

    husband, wife = person("Epicenvel", "Claude", "11/05/1936", "M"), person("Epicenvel", "Claude", "23/09/1936")
    number = nir(husband, 1)
    yield "couple de même prénom et de même année, NIR du mari", "deux sexes, et deux jours", (
        dui("a", husband), resid("a", husband, number=number), dui("b", wife), resid("b", wife, number=number),
    )  # fmt: skip
    husband, wife = person("Qualifivel", "Henri", "11/05/1936", "M"), person("Qualifivel", "Denise", "12/06/1937")
    number = nir(husband, 1)
    yield "couple, INS dite qualifiée du mari sur les deux dossiers", "le sexe et la naissance la démentent", (
        dui("a", husband, number=number), dui("b", wife, number=number),
    )  # fmt: skip
    father, son = person("Filiavel", "Jean", "11/05/1976", "M"), person("Filiavel", "Jean", "11/05/2012", "M")
    yield "père et fils de même prénom, nés le même jour, NIR du père", "trente-six ans ne sont pas une faute", (
        dui("a", father, number=nir(father, 1), status="Provisoire"), resid("b", son, "B", number=nir(father, 1)),
    )  # fmt: skip


def _twins() -> Iterator[tuple[str, str, tuple[Record, ...]]]:
    for rank, (kind, one, other, sexes) in enumerate((
        ("deux prénoms", "Odette", "Huguette", "FF"),
        ("prénoms composés de même début", "Marie-Louise", "Marie-Claire", "FF"),
        ("prénoms voisins, garçon et fille", "René", "Renée", "MF"), ("prénoms voisins", "Marie", "Maria", "FF"),
    )):  # fmt: skip
        a, b = (
            person(f"Vaillavent{_letters(rank)}", given, f"{rank + 3:02d}/09/1934", sex)
            for given, sex in zip((one, other), sexes, strict=True)
        )
        yield f"{kind}, partout", "chacune a son entrée dans les deux systèmes", (
            dui("a", a), dui("b", b), resid("a", a), resid("b", b), vt("a", a, "B"), vt("b", b, "B"),
        )  # fmt: skip
    a, b = person("Cottarvel", "Simone", "07/06/1934"), person("Cottarvel", "Solange", "07/06/1934")
    yield "un prénom mal écrit", "l'entrée que l'autre système n'a pas désigne celle qui reste", (
        dui("a", a, entry="10/03/2024"), dui("b", b, entry="12/03/2024"),
        resid("a", {**a, "prenom": "SIMMONE"}, entry="10/03/2024"), resid("b", b, entry="12/03/2024"),
    )  # fmt: skip
    a, b = person("Jumevel", "Lina", "07/06/2012"), person("Jumevel", "Nora", "07/06/2012")
    number = nir(a, 1)
    yield "le NIR de l'une sur les deux", "mêmes nom, naissance et numéro, deux prénoms, et le DUI en tient deux", (
        dui("a", a), dui("b", b), resid("a", a, number=number), resid("b", b, number=number),
    )  # fmt: skip

    for kind, told, changed in (
        ("lieu absent", "Gemelvot", {"lieu": ""}),
        ("nom mal écrit", "Ravisel", {"nom": "Ravise"}),
    ):
        a, b = (person(told, given, "08/06/2012") for given in ("Lina", "Nora"))
        yield f"le NIR de l'une sur les deux, {kind}", "un numéro, une naissance, deux prénoms : jumelles", (
            resid("a", a, number=nir(a, 1)), resid("b", {**b, **changed}, "B", number=nir(a, 1)),
        )  # fmt: skip
    for kind, et, day in (("dans le même ESMS", "A", 9), ("dans un autre ESMS", "B", 11)):
        a, b = (person("Finalivel", given, f"{day:02d}/06/1934") for given in ("Marie", "Maria"))
        yield f"l'une réside, l'autre demande, {kind}", "la dernière lettre d'un prénom en fait un autre", (
            dui("a", a), vt("b", b, et),
        )  # fmt: skip
    a, b = (person("Motunivel", given, "10/06/1934") for given in ("Marie Louise", "Marie Claire"))
    yield "prénoms de même premier mot, entrées le même jour", "RESID-ESMS les dit aussi toutes les deux", (
        dui("a", a), dui("b", b), resid("a", a), resid("b", b),
    )  # fmt: skip
    a, b = (person("Espacivel", given, "07/06/1934") for given in ("Marie Louise", "Marie Claire"))
    yield "prénoms composés de même début, sans trait d'union", "les seconds prénoms les distinguent", (
        dui("a", a), dui("b", b), vt("a", a, "B"), vt("b", b, "B"),
    )  # fmt: skip
    a, b = (person("Espacivot", given, "08/06/1934", "M") for given in ("Jean Marc", "Jean Luc"))
    yield "premier prénom seul d'un troisième dossier", "nul ne sait duquel il est", (
        dui("a", a), dui("b", b), vt("c", {**a, "prenom": "Jean"}, "B"),
    )  # fmt: skip


def _letters(rank: int) -> str:
    """Two letters that tell the names of two cases apart, by more than one."""
    return "bcdfgklmnprstvxz"[rank] * 2 + "ou"


@cache
def cases() -> tuple[Case, ...]:
    """Every case, in order: the rank of a case says its ESMS."""
    kinds = {
        "homonymes": _homonyms, "lieu de naissance": _places, "date de naissance": _births, "nom": _names,
        "prénom": _given_names, "sexe": _sexes, "numéro": _numbers, "jumeaux": _twins,
    }  # fmt: skip
    return tuple(Case(kind, name, why, told) for kind, table in kinds.items() for name, why, told in table())


def esms(rank: int, et: str) -> str:
    return finess(2 * rank + (et == "B"))


def files(folder: Path) -> dict[str, Path]:
    """Writes the three files. Source -> path. A record is in the file of its source, in the order of the cases."""
    lines: dict[str, list[str]] = {source: [titles] for source, titles in TITLES.items()}
    for rank, case in enumerate(cases()):
        for record in case.records:
            told = lines[record.source]
            row = _row(record, esms(rank, record.et), len(told))
            told.append(";".join(row.pop(title, "") for title in TITLES[record.source].split(";")))
            assert not row, row
    names = {
        "dui": "residalia_sejours_20241231_99.csv", "resid": "resid_esms_2024-12_99.csv",
        "vt": "viatrajectoire_ga_2024-12-31_99.csv",
    }  # fmt: skip
    written = {}
    for source, name in names.items():
        written[source] = folder / name
        text = "\n".join([*lines[source], ""])
        written[source].write_bytes(text.encode("cp1252" if source == "dui" else "utf-8-sig"))
    return written


def _row(record: Record, finess_et: str, rank: int) -> dict[str, str]:
    """Title -> cell."""
    number = record.number + (key(record.number) if len(record.number) == 13 else "")
    entry = record.entry or ""
    match record.source:
        case "dui":
            return {
                "N° FINESS": finess_et, "N° dossier": f"D{rank:04d}", "Matricule INS": number,
                "Statut INS": record.status if number else "",
                "Civilité": {"M": "M.", "F": "Mme"}.get(record.sexe, ""), "Nom de naissance": record.nom,
                "Nom d'usage": record.usage, "Prénoms": record.prenom, "Né(e) le": record.ne,
                "Code commune de naissance": record.lieu, "Code postal du domicile": "01000",
                "N° séjour": f"S{rank:04d}", "Date d'admission": entry, "Date d'entrée": entry,
                "Provenance": "Domicile", "Type d'hébergement": "Hébergement permanent",
            }  # fmt: skip
        case "resid":
            return {
                "FINESS": finess_et, "MOIS": "2024-12", "NIR": number, "TYPE_NIR": record.kind if number else "",
                "NOM": record.nom.upper(), "PRENOMS": record.prenom.upper(), "DATE_NAISSANCE": record.ne,
                "SEXE": {"M": "1", "F": "2"}.get(record.sexe, ""), "LIEU_NAISSANCE": record.lieu,
                "DEPT_DOMICILE": "01", "GIR": "3", "MODALITE": "HP", "DATE_ENTREE": entry, "PROVENANCE": "DOMICILE",
            }  # fmt: skip
        case _:
            return {
                "N° dossier": f"GA01-{rank:07d}", "Dossier papier": "Non", "FINESS établissement": finess_et,
                "Nom de naissance": record.nom, "Prénom": record.prenom, "Date de naissance": record.ne,
                "Sexe": {"M": "Masculin", "F": "Féminin"}.get(record.sexe, ""), "Commune de naissance": record.lieu,
                "Code commune domicile": "01053", "GIR": "GIR 3", "Type d'accueil": "Hébergement permanent",
                "Date de la demande": "01/01/2024", "Statut": "Entrée" if entry else "Demande envoyée",
                "Date du statut": entry or "01/01/2024", "Date d'admission": entry, "Date d'entrée": entry,
            }  # fmt: skip
