"""How right the layer is, against the truth that synthetic deliveries were made from; and what naive rules would do.

    truth_tables  what the witness says: the truth, what each file states, what went wrong in it
    agreement     when an answer is right, when two answers agree: the judge's own rules
    layer         what the system made of the deliveries: the current publication, and the rows of the lake
    judgement     the figures
    naive_rules   the same figures for rules that anybody could think of
    proposals     where another order of sources would be right more often

Belongs here: judging, from the outside. Does not belong here: anything of the reading, of the validation or of the
resolution, which is judged. The definitions are in docs/score.md.
"""

from witness.score.judgement import keep, score
from witness.score.no_score import NothingToScore, NoTruth

__all__ = ["NoTruth", "NothingToScore", "keep", "score"]
