"""How right the layer is, against the truth that synthetic deliveries were made from, and how right naive rules are.

Belongs here: judging from the outside. Does not belong here: the reading, the validation or the resolution, of which
nothing is called. The tolerances are those of the dictionary, for they are data. The definitions are in docs/score.md.

    truth_tables    what the witness says: the truth, what each file states, what went wrong in it
    agreement       when an answer is right, when two answers agree: the judge's own rules
    layer           what the system made of the deliveries: the current publication, and the rows of the lake
    judgement       the figures
    naive_rules     the same figures for rules that anybody could think of
    persons_judged  persons and stays: what was brought together, against the truth
    prefilled_judged  cells of forms that come back filled, against the truth
    causes          what defects did, and why the layer is wrong where it is
    proposals       where another order of sources would be right more often
"""

from witness.score.judgement import keep, score
from witness.score.no_score import NothingToScore, NoTruth

__all__ = ["NoTruth", "NothingToScore", "keep", "score"]
