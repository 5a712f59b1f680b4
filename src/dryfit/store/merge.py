"""Puts together what several processes saw. Any order and any grouping give the same result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dryfit.model.exchange import Exchange, least
from dryfit.model.shape import join
from dryfit.model.trace import Argument, Behaviour, Observations, Occurrence, Trace
from dryfit.store.codec import Codec

INCIDENT: Codec[Occurrence] = Codec(Occurrence)
EXCHANGE: Codec[Exchange] = Codec(Exchange)


def merge(*parts: Observations) -> Observations:
    """Everything that is in any of the parts, each thing once, sorted.

    Associative, commutative and idempotent: behaviours with the same key join their shapes,
    and of several traces of one test ``fuller_trace`` keeps one.
    """
    return Observations(
        behaviours=_behaviours(b for part in parts for b in part.behaviours),
        traces=_traces(t for part in parts for t in part.traces),
        incidents=tuple(sorted({i for part in parts for i in part.incidents}, key=INCIDENT.dumps)),
        skipped=tuple(sorted({s for part in parts for s in part.skipped})),
        warnings=tuple(sorted({w for part in parts for w in part.warnings})),
        exchanges=_exchanges(e for part in parts for e in part.exchanges),
    )


def _behaviours(behaviours: Iterable[Behaviour]) -> tuple[Behaviour, ...]:
    found: dict[str, Behaviour] = {}
    for behaviour in behaviours:
        found[behaviour.key] = join_behaviours(found.get(behaviour.key, behaviour), behaviour)
    return tuple(found[key] for key in sorted(found))


def _traces(traces: Iterable[Trace]) -> tuple[Trace, ...]:
    found: dict[str, Trace] = {}
    for trace in traces:
        found[trace.test] = fuller_trace(found.get(trace.test, trace), trace)
    return tuple(found[test] for test in sorted(found))


def _exchanges(exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    found: dict[object, Exchange] = {}
    for exchange in exchanges:
        found[exchange.key] = least(found.get(exchange.key, exchange), exchange)
    return tuple(sorted(found.values(), key=EXCHANGE.dumps))


def join_behaviours(one: Behaviour, other: Behaviour) -> Behaviour:
    """Two records of the same behaviour as one. All that its key stands for is equal in both; the shapes are joined."""
    if one == other:
        return one
    return replace(
        one,
        arguments=tuple(_join_arguments(a, b) for a, b in zip(one.arguments, other.arguments, strict=True)),
        result=join(one.result, other.result),
    )


def _join_arguments(one: Argument, other: Argument) -> Argument:
    return replace(one, shape=join(one.shape, other.shape))


def fuller_trace(one: Trace, other: Trace) -> Trace:
    """Of two executions of the same test (a rerun, or a worker that was replaced) the one that says more.

    A finished one before one that was cut off, then the one with more crossings; what is left is decided by the values.
    """
    return one if one is other else max(one, other, key=_fullness)


def _fullness(trace: Trace) -> tuple[object, ...]:
    crossings = tuple((c.index, c.parent, c.behaviour, c.count, c.seconds) for c in trace.crossings)
    return (trace.outcome != "cut off", len(crossings), trace.seconds, trace.outcome, crossings)
