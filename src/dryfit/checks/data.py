"""The data check: does what one component hands to another arrive as it was meant?"""

from __future__ import annotations

from dryfit.checks import leftover_data, lossy_transfer, mixed_shapes, mutated_argument, untested_seam
from dryfit.checks.judgement import Judgement, combine
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Observations

_RULES = (lossy_transfer.judge, mutated_argument.judge, mixed_shapes.judge, leftover_data.judge)


def judge(project: ProjectMap, observations: Observations, *, whole_suite: bool = True) -> Judgement:
    """Judge DF101 to DF106.

    ``whole_suite`` says that every test of the project ran: otherwise DF104 and DF105 claim nothing and say why.
    """
    untested = untested_seam.judge(project, observations, whole_suite=whole_suite)
    return combine([*(rule(project, observations) for rule in _RULES), untested])
