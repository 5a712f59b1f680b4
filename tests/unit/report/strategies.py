"""Any run at all, for laws about reports."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from dryfit.model.finding import RULES, Fact, Finding, Rule, finding_id
from dryfit.model.interleaving import Step, StepKind
from dryfit.model.run import CheckSummary, Run, RunInfo, SeamCoverage, TestCounts
from dryfit.model.seam import Place, Seam
from dryfit.model.structure import Component, Module, ProjectMap
from dryfit.model.trace import Observations, Skipped

counts = st.integers(0, 10_000)
texts = st.text(max_size=40)
names = st.text(alphabet="abcz_é.", min_size=1, max_size=12)
seconds = st.floats(0, 1e6)
places = st.builds(Place, texts, counts, texts)
seams = st.builds(Seam, names, names, names)
skipped = st.builds(Skipped, texts, texts)
facts = st.builds(Fact, texts, st.one_of(texts, counts, st.floats(), st.lists(texts, max_size=3).map(tuple)))
steps = st.builds(
    Step,
    st.integers(0, 2),
    st.sampled_from(get_args(StepKind)),
    texts,
    st.none() | places,
)
checks = st.sampled_from(["data", "interfaces", "exceptions", "performance", "contention"])
infos = st.builds(
    RunInfo,
    texts,
    st.datetimes().map(lambda when: when.isoformat() + "Z"),
    seconds,
    texts,
    texts,
    st.integers(),
)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    rule: Rule = draw(st.sampled_from(RULES))
    seam = draw(seams)
    return Finding(
        id=finding_id(rule.id, seam, draw(texts)),
        rule=rule.id,
        name=rule.slug,
        check=rule.check,
        severity=draw(st.sampled_from(["error", "warning", "note"])),
        seam=seam,
        site=draw(places),
        test=draw(texts),
        message=draw(texts),
        evidence=tuple(draw(st.lists(facts, max_size=3))),
        accepted=draw(st.none() | texts),
        lanes=tuple(draw(st.lists(steps, max_size=6))),
    )


coverage = st.builds(
    SeamCoverage,
    seams,
    st.sampled_from(["exercised", "mocked only", "unexercised"]),
    *[counts] * 7,
    seconds,
)
projects = st.builds(
    ProjectMap,
    st.just("/home/ada/shop"),
    components=st.lists(
        st.builds(
            Component,
            names,
            st.integers(0, 5),
            st.lists(st.builds(Module, names, texts), max_size=2).map(tuple),
        ),
        max_size=6,
        unique_by=lambda component: component.name,
    ).map(tuple),
)
runs = st.builds(
    Run,
    infos,
    projects,
    st.builds(
        Observations,
        skipped=st.lists(skipped, max_size=3).map(tuple),
        warnings=st.lists(texts, max_size=3).map(tuple),
    ),
    st.lists(coverage, max_size=5, unique_by=lambda entry: entry.seam).map(tuple),
    st.lists(
        st.builds(
            CheckSummary,
            checks,
            seconds,
            counts,
            counts,
            st.booleans(),
            st.lists(skipped, max_size=2).map(tuple),
        ),
        max_size=5,
        unique_by=lambda summary: summary.check,
    ).map(tuple),
    st.lists(findings(), max_size=5).map(tuple),
    st.builds(TestCounts, counts, counts, counts, counts),
)
