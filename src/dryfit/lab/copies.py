"""Copies of a marked test that run at once, in a session of pytest's own: the test fails where its assertions do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from inspect import iscoroutinefunction
from types import TracebackType
from typing import cast

from dryfit.lab.at_once import AtOnce
from dryfit.lab.calls import AsyncCall, Call
from dryfit.lab.exploration import Limits
from dryfit.lab.marked import limits_of
from dryfit.lab.overlapping import BrokenOff
from dryfit.lab.promises import assertions_hold, explore_promises, is_leaving
from dryfit.lab.rounds import Rounds
from dryfit.model.interleaving import Explored, Overlap
from dryfit.probes.schedule import search

RunAgain = Callable[[], str]
"""Runs the test once more, as if it had not run yet; how it ended."""


class Copies:
    """Explores the copies of one test.

    ``explored`` is what that showed, and ``errors`` are the exceptions that the copies raised in the smallest schedule
    of a finding, in their order, each with its traceback. ``lost`` says why there is nothing to be told.
    """

    def __init__(self, overlap: Overlap, at_once: AtOnce) -> None:
        self.explored: Explored | None = None
        self.errors: list[tuple[BaseException, TracebackType | None]] = []
        self.lost = ""
        self._overlap = overlap
        self._at_once = at_once
        self._rounds = self._begin(overlap)

    def explore(self, run_again: RunAgain) -> None:
        """Make all runs, and after a finding the one that shows it once more."""
        self.explored = self._go_through(run_again)
        if self.explored is not None and self.explored.others:
            shown = self.explored.others[0].interleaving.schedule
            self._rounds = self._begin(replace(self._overlap, schedule=shown), self._rounds.lines)
            again = self._go_through(run_again)
            if again is not None and not again.others:
                self.lost = "the schedule that showed a failure does not show it again"

    def take(self, body: Call) -> object:
        """Run copies of the body in its place, and break the test off."""
        self.errors = []
        count = len(self._overlap.operations)
        if iscoroutinefunction(getattr(body, "func", None)):
            return self._take_tasks([partial(self._copy_async, cast(AsyncCall, body))] * count)
        self._rounds.run([partial(self._copy, body)] * count)
        raise BrokenOff

    async def _take_tasks(self, copies: Sequence[Call]) -> object:
        await self._rounds.run_tasks(copies)
        raise BrokenOff

    def _begin(self, overlap: Overlap, lines: bool | None = None) -> Rounds:
        limits = limits_of(overlap, Limits())
        searching = search(overlap.seed, limits.interleavings)
        return Rounds(self._at_once, explore_promises(overlap, searching, limits, assertions_hold), lines)

    def _go_through(self, run_again: RunAgain) -> Explored | None:
        while self._rounds.explored is None:
            made = self._rounds.made
            ended = run_again()
            if self._rounds.made == made:
                self.lost = f"the test ended before its body could run in copies: {ended}"
                return None
        return self._rounds.explored

    def _copy(self, body: Call) -> object:
        __tracebackhide__ = True
        try:
            return body()
        except BaseException as error:
            self._failed(error)
            raise

    async def _copy_async(self, body: AsyncCall) -> object:
        __tracebackhide__ = True
        try:
            return await body()
        except BaseException as error:
            self._failed(error)
            raise

    def _failed(self, error: BaseException) -> None:
        """Keep an exception with its traceback from the body on: others will raise it, and add to it."""
        traceback = error.__traceback__
        if not is_leaving(error) and traceback is not None:
            self.errors.append((error, traceback.tb_next))
