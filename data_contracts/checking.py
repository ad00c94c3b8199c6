"""Whether the declarations of the project stand, all of them.

Belongs here: reading every declaration, for those who want to know before anything is built. Does not belong here: what
makes one wrong (`coherence`, `declared_references`, `retention`), the files derived from them (`derive`).
"""

from __future__ import annotations

from contextlib import suppress

from data_contracts import dictionary, nomenclatures, person_entities, retention
from data_contracts.guides import guides
from data_contracts.indicators import IndicatorError, delivered, indicators
from data_contracts.limits import limits
from data_contracts.loading import CONSERVATION, load_products, read_contracts
from data_contracts.profiles import profiles
from data_contracts.strict_yaml import DeclarationError
from data_contracts.value_domains import domains


def check() -> None:
    """Reads every declaration of the project.

    Raises:
        DeclarationError: with every problem of every file.
    """
    domains()  # without them no field can be read
    limits()
    dictionary.elements()
    contracts, problems = read_contracts()
    for read in (indicators, load_products, guides, profiles):
        try:
            read()
        except DeclarationError as error:
            problems += error.problems
    if contracts is not None:
        problems += person_entities.gone(contracts)
        with suppress(IndicatorError):  # said above
            problems += delivered.problems(contracts)
    problems += nomenclatures.problems()
    problems += retention.read(CONSERVATION, contracts)[1]
    if problems:
        raise DeclarationError(dict.fromkeys(problems))  # products repeat what is wrong with their indicators
