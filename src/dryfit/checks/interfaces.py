"""The interfaces check: do the components agree on signatures, types and who awaits whom?"""

from __future__ import annotations

from dryfit.checks import (
    annotation_violation,
    breaking_change,
    call_mismatch,
    component_cycle,
    mock_drift,
    never_awaited,
    replayed,
    shape_drift,
)
from dryfit.checks.judgement import Judgement, combine
from dryfit.checks.stand_ins import Evidence
from dryfit.model.contract import Contract
from dryfit.model.stand_in import Consumers
from dryfit.model.structure import ProjectMap
from dryfit.model.surface import Comparison
from dryfit.model.trace import Observations, Skipped

_RULES = (
    call_mismatch.judge,
    annotation_violation.judge,
    never_awaited.judge,
    component_cycle.judge,
)


def judge(
    project: ProjectMap,
    observations: Observations,
    comparison: Comparison | None = None,
    contract: Contract | Skipped | None = None,
    stand_ins: tuple[Evidence, Consumers] | None = None,
    *,
    whole_suite: bool = True,
) -> Judgement:
    """Judge DF201, DF202, DF206 and DF207.

    DF203 is judged where there are ``stand_ins``, with what the source says of those who call them. DF204 is judged
    where there is a ``contract``, or it is said why that cannot be used; DF205 where there is a ``comparison`` with a
    git revision. ``whole_suite`` says that every test of the project ran.
    """
    judgements = [rule(project, observations) for rule in _RULES]
    if isinstance(contract, Contract):
        judgements.append(shape_drift.judge(project, observations, contract, whole_suite=whole_suite))
    elif contract is not None:
        judgements.append(Judgement(skipped=(contract,)))
    if stand_ins is not None:
        evidence, consumers = stand_ins
        mismatches = call_mismatch.judge(project, observations).findings
        judgements.append(mock_drift.judge(evidence, observations, consumers, mismatches))
        judgements.append(replayed.judge(evidence, observations, consumers))
    if comparison is not None:
        judgements.append(breaking_change.judge(comparison))
    return combine(judgements)
