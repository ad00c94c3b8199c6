"""Names, places and days of birth are shared as often as in life, although nobody is real."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.unit.generate.departement_told import told
from witness.generate import facts
from witness.generate.personnes import births, invented_names, situations
from witness.generate.personnes.channels.channel_file import Departement
from witness.generate.personnes.invented_names import FAMILY_NAMES, FEMININE, MASCULINE, frequencies
from witness.generate.personnes.person_numbers import ABROAD
from witness.generate.streams import Streams


@pytest.fixture(scope="module")
def ain() -> Departement:
    return told("01")


@pytest.fixture(scope="module")
def personnes(ain: Departement) -> pl.DataFrame:
    return ain.personnes.with_columns(
        annee=pl.col("date_naissance").dt.year(), premier=pl.col("prenom").str.extract(r"^([^-]+)")
    )


def _share_of_the_first(column: pl.Series) -> float:
    return int(column.value_counts()["count"].to_numpy().max()) / len(column)


@pytest.mark.parametrize("anchors", [FAMILY_NAMES, *FEMININE, *MASCULINE])
def test_frequencies_decrease_and_pass_by_what_was_published(anchors):
    found = frequencies(anchors)
    assert (np.diff(found) <= 1e-12).all()
    assert [found[:rank].sum() for rank, _ in anchors] == pytest.approx([share for _, share in anchors])


def test_the_commonest_family_name_is_that_of_a_martin(personnes):
    assert 0.003 <= _share_of_the_first(personnes["nom"]) <= 0.0045


def test_most_names_are_rare(personnes):
    names = personnes["nom"].value_counts()
    # A thousand names are those of a quarter of the people; here a département draws from them.
    assert 0.24 <= names["count"].sort(descending=True)[:1000].sum() / len(personnes) <= 0.36
    assert 0.4 <= (names["count"] == 1).sum() / len(names) <= 0.85


@pytest.mark.parametrize(("woman", "low", "high"), [(True, 0.085, 0.12), (False, 0.18, 0.23)])
def test_the_old_are_marie_and_jean_with_their_compounds(personnes, woman, low, high):
    old = personnes.filter((pl.col("femme") == woman) & pl.col("annee").is_between(1925, 1946))
    assert len(old) > 1000
    assert low <= _share_of_the_first(old["premier"]) <= high


def test_a_compound_name_mostly_begins_with_the_first_one(personnes):
    old = personnes.filter(~pl.col("femme") & pl.col("annee").is_between(1925, 1946))
    first = old["premier"].value_counts(sort=True)["premier"][0]
    of_first = old.filter(pl.col("premier") == first)
    assert 0.3 <= of_first["prenom"].str.contains("-", literal=True).mean() <= 0.48
    others = old.filter(pl.col("premier") != first)
    assert 0.01 <= others["prenom"].str.contains("-", literal=True).mean() <= 0.04


def test_the_given_names_of_children_are_many(personnes):
    young = personnes.filter(pl.col("annee") >= 2008)
    assert len(young) > 500
    for _, those in young.group_by("femme"):
        assert _share_of_the_first(those["premier"]) < 0.045


def test_women_of_the_time_bear_the_name_of_their_husband(personnes):
    women = personnes.filter(pl.col("femme") & (pl.col("annee") < 1950) & pl.col("mdph").is_null())
    assert 0.76 <= women["nom_usage"].is_not_null().mean() <= 0.84


def test_people_are_born_in_real_places_of_their_département(personnes):
    of_france = personnes.filter(~pl.col("a_l_etranger"))
    assert 0.085 <= personnes["a_l_etranger"].mean() <= 0.115
    for nir, place in of_france.select("nir", "lieu").iter_rows():
        assert nir[5:7] == place[:2], (nir, place)
    communes = set(facts.texts("communes", "code")) | set(facts.texts("communes_absorbees", "code"))
    elsewhere = set(of_france["lieu"]) - communes
    assert {place[:3] for place in elsewhere} == {"751", "693", "132"}
    assert set(personnes.filter("a_l_etranger")["lieu"]) <= set(facts.texts("pays", "code"))


def test_births_gather_in_few_communes_as_years_go():
    here = facts.texts("departements", "code").index("01")
    shares = []
    for year in (1935, 1960, 2010):
        years = np.full(20_000, year)
        rows = births.places().draw(np.random.default_rng(1), np.full(20_000, here), years)
        shares.append(_share_of_the_first(pl.Series(rows)))
    assert shares == sorted(shares)
    assert shares[-1] > 1.5 * shares[0]


def test_the_other_code_of_a_place_is_that_of_its_time():
    places = births.places()
    rows = {code: i for i, code in enumerate(places.table["code"])}

    def other(code: str, year: int) -> tuple:
        [row] = pl.DataFrame(places.written(np.array([rows[code]]), np.array([year]))).iter_rows()
        return row[1:3]

    assert other("2A004", 1940) == ("20004", "lieu_corse")
    assert other("2A004", 1990) == (None, "")
    assert other("97611", 1990) == ("98511", "lieu_outre_mer")
    assert other("75115", 1990) == ("75056", "lieu_arrondissement")
    assert other("01039", 1940) == ("01138", "lieu_fusionne")
    assert other("99352", 1940) == ("92352", "lieu_pays")
    assert other("99352", 1980) == (None, "")
    assert other("99139", 1940) == (None, "")


def test_the_first_of_january_is_a_matter_of_where_one_was_born(personnes):
    new_year = (pl.col("date_naissance").dt.ordinal_day() == 1).mean()
    by_origin = dict(personnes.group_by("a_l_etranger").agg(new_year).iter_rows())
    assert by_origin[False] < 0.006  # one in 365
    assert 0.04 <= by_origin[True] <= 0.075
    rows = births.places().draw(np.random.default_rng(2), np.full(50_000, ABROAD), np.full(50_000, 1940))
    january = births.first_of_january(np.random.default_rng(3), rows)
    by_place = pl.DataFrame({"lieu": births.places().table["code"].gather(rows), "janvier": january})
    shares = dict(by_place.group_by("lieu").agg(pl.col("janvier").mean()).iter_rows())
    asked = zip(facts.texts("pays", "code"), facts.numbers("pays", "part_premier_janvier"), strict=True)
    assert shares == pytest.approx(dict(asked), abs=0.05)


def test_no_number_to_come_is_anybodys(personnes):
    later = personnes["nir_definitif"].drop_nulls()
    assert len(later) == personnes["est_nia"].sum() > 100
    assert not set(later) & set(personnes["nir"])
    assert set(later.str.head(1)) == {"1", "2"}


class TestSituations:
    """Pairs of persons who are easily taken for one another."""

    def _pairs(self, ain: Departement, nature: str) -> list[tuple[dict, dict]]:
        rows = ain.personnes.to_dicts()
        a, b = ain.pairs[nature]
        return [(rows[i], rows[j]) for i, j in zip(a, b, strict=True)]

    def test_each_is_as_frequent_as_it_is_said(self, ain):
        n = len(ain.personnes)
        applicants = n - int(ain.rank.max()) - 1
        found = {nature: len(a) for nature, (a, _) in ain.pairs.items()}
        asked = {
            situations.HOMONYM: situations.HOMONYMS * n / 2,
            situations.JANUARY: situations.FIRST_OF_JANUARY_HOMONYMS * n / 2,
            situations.NEAR: situations.NEAR_HOMONYMS * n / 2,
            situations.APPLICANT: situations.APPLICANT_HOMONYMS * applicants,
        }
        assert {nature: found[nature] for nature in asked} == {
            k: pytest.approx(v, rel=0.1, abs=1) for k, v in asked.items()
        }
        assert found[situations.TWINS] > 0
        assert 20 < found[situations.COUPLE] < 0.05 * n
        members = np.concatenate([rank for pair in ain.pairs.values() for rank in pair])
        assert len(members) == len(np.unique(members))

    @pytest.mark.parametrize("nature", [situations.HOMONYM, situations.APPLICANT, situations.JANUARY])
    def test_homonyms_differ_by_their_number(self, ain, nature):
        for a, b in self._pairs(ain, nature):
            for trait in ("nom", "prenoms", "femme", "lieu"):
                assert a[trait] == b[trait]
            assert a["date_naissance"].year == b["date_naissance"].year
            assert a["nir"] != b["nir"]

    def test_homonyms_of_the_first_of_january_have_every_trait_in_common(self, ain):
        for a, b in self._pairs(ain, situations.JANUARY):
            assert a["date_naissance"] == b["date_naissance"]
            assert (a["date_naissance"].month, a["date_naissance"].day) == (1, 1)
            assert a["a_l_etranger"]
            assert b["a_l_etranger"]

    def test_near_homonyms_differ_by_the_family_name(self, ain):
        for a, b in self._pairs(ain, situations.NEAR):
            assert (a["prenom"], a["date_naissance"], a["lieu"]) == (b["prenom"], b["date_naissance"], b["lieu"])
            assert a["nom"] != b["nom"]

    def test_twins_share_all_but_the_given_name(self, ain):
        for a, b in self._pairs(ain, situations.TWINS):
            assert (a["nom"], a["date_naissance"], a["lieu"]) == (b["nom"], b["date_naissance"], b["lieu"])
            assert a["prenom"] != b["prenom"]

    def test_a_wife_bears_the_name_of_her_husband(self, ain):
        for husband, wife in self._pairs(ain, situations.COUPLE):
            assert (husband["femme"], wife["femme"]) == (False, True)
            assert wife["nom_usage"] == husband["nom"] != wife["nom"]


def test_the_same_seed_names_the_same_people():
    first, second = (invented_names.build(Streams(5)).family_names for _ in range(2))
    ranks = np.array([0, 29_999, 30_000, 849_999])
    assert first.texts(ranks).to_list() == second.texts(ranks).to_list()
    assert first.texts(ranks).n_unique() == len(ranks)
