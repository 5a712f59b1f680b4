"""The interfaces check: do the components agree on signatures, types and who awaits whom?"""

from __future__ import annotations

from dryfit.checks import annotation_violation, breaking_change, call_mismatch, component_cycle, never_awaited
from dryfit.checks.judgement import Judgement, combine
from dryfit.model.structure import ProjectMap
from dryfit.model.surface import Comparison
from dryfit.model.trace import Observations

_RULES = (
    call_mismatch.judge,
    annotation_violation.judge,
    never_awaited.judge,
    component_cycle.judge,
)


def judge(project: ProjectMap, observations: Observations, comparison: Comparison | None = None) -> Judgement:
    """Judge DF201, DF202, DF206 and DF207; DF205 where there is a ``comparison`` with a git revision."""
    changed = [breaking_change.judge(comparison)] if comparison else []
    return combine([*(rule(project, observations) for rule in _RULES), *changed])
