"""What may be quoted of a file that may be about persons: words that titles usually hold, and no name."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts.loading import load_contracts
from ingest.protect.vocabulary import looks_like_titles, names_nobody, quoting

CONTRACTS = tuple(load_contracts().values())
# The most frequent family and first names (INSEE, fichier des noms 1891-2000 and fichier des prénoms), the common words
# among them first.
NAMES = (
    "Petit Grand Blanc Noir Brun Roux Leroy Roy Rey Lambert Fontaine Moulin Fournier Mercier Boyer Garnier "
    "Chevalier Berger Boulanger Meunier Charpentier Carpentier Marchand Maréchal Bourgeois Baron Page Lacroix "
    "Lefebvre Camus Martin Bernard Thomas Robert Richard Durand Dubois Moreau Laurent Simon Michel David Bertrand "
    "Morel Girard Bonnet Dupont Rousseau Vincent Muller Faure André Guérin François Gauthier Garcia Perrin Robin "
    "Clément Morin Nicolas Henry Mathieu Gautier Masson Duval Denis Dumont Noël Meyer Dufour Blanchard Brunet Joly "
    "Rivière Lucas Vidal Caron Picard Roger Aubert Lemoine Renaud Dumas Olivier Philippe Pierre Benoît Payet "
    "Rolland Guillaume Jean Hubert Sanchez Louis Rose Violette Marguerite Prudence Clémence Victoire Aimé Désiré "
    "Parfait Ange Modeste France Marie Jeanne Monique Catherine Nathalie Isabelle Jacqueline Anne Sylvie Martine "
    "Madeleine Nicole Suzanne Hélène Christine Denise Valérie Marc Anna Eva Jules Léo Léa Hugo Emma Alice Chloé "
    "Camille Mars Avril Daniel Alain Patrick Christophe Mohamed Fatima"
)


@pytest.mark.parametrize("name", NAMES.split())
def test_no_name_is_a_word_of_titles(name: str) -> None:
    show = quoting(CONTRACTS, ("FINESS", "Date", "Nom"))
    assert show(name) == "x" * len(name)
    assert show(f"Nom de {name.upper()}") == f"Nom de {'x' * len(name)}"
    assert not names_nobody(Path(f"export_{name}_2024.csv"), CONTRACTS)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("TAUX_OCC_TRIMESTRE3", "TAUX_OCC_TRIMESTRE3"),  # a title of a contract, as it is
        ("taux_occ_2031", "taux_occ_2031"),  # and of another year
        ("sep=", "sep="),
        ("Commentaire", "Commentaire"),
        ("Numéro de téléphone", "Numéro de téléphone"),
        ("Dossier n° 4512", "Dossier n° 9999"),
        ("Zorglubéllin", "xxxxxxxxxxxx"),
        ("Nom : Zorglubéllin", "Nom : xxxxxxxxxxxx"),
        ("1370123456789", "9999999999999"),
    ],
)
def test_a_title_is_quoted_by_its_known_words(title: str, said: str) -> None:
    assert quoting(CONTRACTS, ("FINESS", "Date"))(title) == said


@pytest.mark.parametrize(
    ("line", "is_titles"),
    [
        (("FINESS", "Année", "Taux"), True),
        (("Nom", "Prénom", "Né le"), True),
        (("sep=",), True),
        (("Martin", "Jean", "12/03/1940"), False),
        (("Nom", "Date", "12/03/1940"), False),
        (("010002228", "97,5"), False),
        (("Petit", "Rose", "Date"), False),
        (("Nom", "12 rue Haute"), True),  # no cell is a number or a date alone
        (("",), True),
    ],
)
def test_a_line_of_titles_is_told_from_one_of_data(line: tuple[str, ...], is_titles: bool) -> None:
    assert looks_like_titles(line, CONTRACTS) is is_titles
    if not is_titles:  # then no word is quoted, not even a known one
        assert quoting(CONTRACTS, line)("Date") == "xxxx"


@pytest.mark.parametrize(
    ("name", "nobody"),
    [
        ("cnsa_occupation_2022.csv", True),
        ("ANN_ERRD_EJ_2022_09_01.CSV", True),
        ("export-tdbesms-2022-region-agg.csv", True),
        ("effectifs 2024-06.xlsx", True),
        ("export.csv", True),
        ("Dupont.csv", False),
        ("export_dupont.csv", False),
        ("export_12031940.csv", False),  # a day of birth
        ("export_1940-03-12.csv", False),
        ("export_270019999900168.csv", False),
        ("DOS-4512.csv", False),
    ],
)
def test_a_file_name_of_usual_words_names_nobody(name: str, nobody: bool) -> None:
    assert names_nobody(Path(name), CONTRACTS) is nobody
