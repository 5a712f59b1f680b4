"""The exceptions check: what becomes of a failure at each seam?"""

from __future__ import annotations

from collections.abc import Iterable

from dryfit.checks import after_effects, foreign_exception, masked_cause, partial_effect, swallowed
from dryfit.checks.faulted import Faulted, Tried
from dryfit.checks.judgement import Judgement
from dryfit.checks.mishandled import Mishandled, findings, told
from dryfit.model.trace import Skipped

_RULES = (swallowed.judge, partial_effect.judge, masked_cause.judge)


def judge(tried: Iterable[Tried]) -> Judgement:
    """Judge DF301 to DF308 on the trials that show something: the fault happened, and nothing made them void."""
    counting = [each for each in tried if each.trial.fired and not each.trial.void]
    found: list[Mishandled] = [*foreign_exception.judge(counting)]
    for each in counting:
        found += after_effects.judge(each)
        faulted = Faulted.of(each) if each.trial.outcome not in ("hang", "crash") else None
        if faulted is not None:
            found += (mishandled for rule in _RULES for mishandled in rule(faulted))
    return Judgement(findings=findings(found))


def void(tried: Iterable[Tried]) -> tuple[Skipped, ...]:
    """The trials that show nothing, each with its reason; not those whose fault just did not happen."""
    return tuple(
        sorted(
            {
                Skipped(f"{each.trial.test}: {told(each.experiment)}", each.trial.void)
                for each in tried
                if each.trial.void
            }
        )
    )
