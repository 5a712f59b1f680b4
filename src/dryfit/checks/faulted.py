"""One faulted trial beside the undisturbed ones: what the caller was told, and what became of the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from dryfit.checks.asked import Asked, only_then
from dryfit.checks.experiments import above, below
from dryfit.checks.states import boundary_of, different, equal, rows_of, same, without
from dryfit.checks.unfinished import are_unfinished
from dryfit.model.digest import FILES, MEMORY, Change, diff, sent_to
from dryfit.model.seam import Place, Seam
from dryfit.model.trial import Boundary, Crossed, Effected, ErrorSeen, Experiment, Point, Trial

Reply = Literal["raised", "said otherwise", "said the same"]
PROGRAMS = "programs"
"""The source of the effects of programs that were run."""

Item = tuple[str, ...]
"""One piece of work: where, and what was done there."""

Kind = tuple[str | Seam | Place, ...]


@dataclass(frozen=True)
class Tried:
    """One trial whose fault happened, with the two baselines of its test."""

    trial: Trial
    baselines: tuple[Trial, Trial]

    @property
    def experiment(self) -> Experiment:
        """What was tried; a trial without one is no faulted trial."""
        assert isinstance(self.trial.experiment, Experiment)
        return self.trial.experiment

    @cached_property
    def hit(self) -> Crossed | None:
        """The crossing at which the fault happened; ``None`` where the process was ended before it could tell."""
        return _at(self.trial, self.experiment.point)

    @property
    def around(self) -> tuple[Crossed, ...]:
        """The crossings around that one, the nearest first; where it did not tell, those of the baseline."""
        usual = _at(self.baselines[0], self.experiment.point)
        if self.hit is not None:
            return tuple(above(self.trial, self.hit))
        return tuple(above(self.baselines[0], usual)) if usual is not None else ()


@dataclass(frozen=True)
class Faulted(Tried):
    """The same where the entry crossing around the fault has ended, so that there is something to compare."""

    struck: Crossed
    entry: Crossed
    twin: Crossed

    @classmethod
    def of(cls, tried: Tried) -> Faulted | None:
        """``None`` where the trial, or its like in the baseline, did not come to an end."""
        if tried.hit is None or tried.hit.parent < 0 or tried.trial.outcome in ("hang", "crash"):
            return None
        *_, entry = above(tried.trial, tried.hit)
        twin = _at(tried.baselines[0], entry.point)
        if twin is None or entry.outcome == "unfinished" or twin.outcome != "returned":
            return None
        return cls(tried.trial, tried.baselines, tried.hit, entry, twin)

    # -- what the caller was told -------------------------------------------------------------------------------

    @cached_property
    def reply(self) -> Reply:
        """Whether the caller got an exception, another value than without the fault, or the same one."""
        if self.entry.outcome == "raised":
            return "raised"
        usual = self._usual_leaves
        same = len(self.entry.told) == len(self.twin.told) and usual.items() <= dict(self.entry.told).items()
        return "said the same" if same and self.entry.result == self.twin.result else "said otherwise"

    @property
    def tells_of_failure(self) -> bool:
        """Whether the caller knows that it failed: by an exception, or by a value that can mean nothing else.

        Another value may as well say what was done and what was not.
        """
        if self.reply != "said otherwise":
            return self.reply == "raised"
        usual = self._usual_leaves
        return any(
            text != usual.get(path) and (_says_no(path, text) or (path == "" and text == "None"))
            for path, text in self.entry.told
        )

    @property
    def says_something(self) -> bool:
        """Whether the value that the caller gets tells anything."""
        return self.entry.result != "NoneType"

    @cached_property
    def _usual_leaves(self) -> Mapping[str, str]:
        """What both baselines said; the rest is generated."""
        other = _at(self.baselines[1], self.twin.point) or self.twin
        known = dict(other.told)
        return {path: text for path, text in self.twin.told if known.get(path) == text}

    @property
    def surfaced(self) -> ErrorSeen | None:
        """The exception that the caller got."""
        return self.trial.errors[self.entry.error] if self.entry.error >= 0 else None

    # -- what became of the work --------------------------------------------------------------------------------

    @cached_property
    def _open_too(self) -> bool:
        """Whether the suite holds every test in a transaction of its own, which no entry ends."""
        inside = {each.index for each in below(self.baselines[0], self.twin)}
        return any(each.fate == "open" for each in self.baselines[0].effects if each.crossing in inside)

    @cached_property
    def stays(self) -> tuple[Effected, ...]:
        """The effects of the entry in this trial that stay."""
        return lasting(self.trial, self.entry, open_too=self._open_too)

    @cached_property
    def usually_stays(self) -> tuple[Effected, ...]:
        """Those of the baseline."""
        return lasting(self.baselines[0], self.twin, open_too=self._open_too)

    @cached_property
    def _chance(self) -> Mapping[Kind, str]:
        """The kinds of effects that are as many in both baselines and differ in their values, as those of a generator
        of test data do; with what one of them is."""
        second = self.baselines[1]
        other = _at(second, self.twin.point)
        again = lasting(second, other, open_too=self._open_too) if other is not None else ()
        keys, keys_again = _by_kind(self.baselines[0], self.usually_stays), _by_kind(second, again)
        return {
            kind: min(each.what for each in effects)
            for kind, effects in keys.items()
            if len(effects) == len(now := keys_again.get(kind, ()))
            and Counter(each.key for each in effects) != Counter(each.key for each in now)
        }

    def shown_as(self, effect: Effected, trial: Trial) -> tuple[str, str]:
        """What an effect is, and by what it is known again: where values are made by chance, they do not count."""
        kind = _kind(trial, effect)
        return (effect.what, effect.key) if kind not in self._chance else (self._chance[kind], str(kind))

    @cached_property
    def usual(self) -> Counter[Item]:
        """The work of the entry without the fault."""
        return self._work(self.baselines[0], self.usually_stays, self._usual_boundary)

    @cached_property
    def done(self) -> Counter[Item]:
        """Its work in this trial."""
        return self._work(self.trial, self.stays, self._boundary)

    @property
    def missing(self) -> Counter[Item]:
        """What the baseline did and this trial did not."""
        return self.usual - self.done

    @property
    def extra(self) -> Counter[Item]:
        """What this trial did and the baseline did not."""
        return self.done - self.usual

    @cached_property
    def doubled(self) -> tuple[Effected, ...]:
        """Effects of the baseline that lasted more often here, the repetitions only."""
        usual = Counter(self.shown_as(each, self.baselines[0]) for each in self.usually_stays)
        seen: Counter[tuple[str, str]] = Counter()
        found = []
        for each in self.stays:
            shown = self.shown_as(each, self.trial)
            seen[shown] += 1
            if 0 < usual[shown] < seen[shown]:
                found.append(each)
        return tuple(found)

    @cached_property
    def is_untouched(self) -> bool:
        """Whether the state is as before, and nothing was sent."""
        return not self.done and self._is_as_before

    @cached_property
    def is_complete(self) -> bool:
        """Whether everything is as after success."""
        return not self.missing and not self.extra and self.is_as_after

    def _work(self, trial: Trial, effects: Iterable[Effected], boundary: Boundary | None) -> Counter[Item]:
        """Changes of the state by place, and the effects on whatever has no digest, or only takes what is sent."""
        work: Counter[Item] = Counter()
        covered: set[str] = set()
        if boundary is not None:
            for change in diff(boundary.before, boundary.after):
                if not sent_to(change.source):
                    work["state", change.source, change.place, change.what] += change.count
            covered = {each.source for each in (*boundary.before.contents, *boundary.after.contents)} | {
                FILES
            }
        for effect in effects:
            if effect.source not in covered:
                work["effect", effect.source, *self.shown_as(effect, trial)] += 1
        return work

    @property
    def changes(self) -> tuple[Change, ...]:
        """What the entry has changed in this trial."""
        return diff(self._boundary.before, self._boundary.after) if self._boundary else ()

    @property
    def usual_changes(self) -> tuple[Change, ...]:
        """What it changes without the fault."""
        boundary = self._usual_boundary
        return diff(boundary.before, boundary.after) if boundary else ()

    @property
    def is_among_itself(self) -> bool:
        """Whether all that was done is in files and in memory, and nobody else has to do with it."""
        return all(item[0] == "state" and item[1] in (FILES, MEMORY) for item in self.done)

    @property
    def stays_in_memory(self) -> bool:
        """Whether all that was done is in the objects and the variables of the program."""
        return all(item[:2] == ("state", MEMORY) for item in self.done)

    @property
    def works_elsewhere(self) -> bool:
        """Whether the entry usually does something that outlives the program."""
        return any(item[:2] != ("state", MEMORY) for item in self.usual)

    @property
    def leaves_whole_pieces(self) -> bool:
        """Whether all that was done is programs that were run, which nobody can take back, and whole files.

        A file is whole where it is as it is without the fault.
        """
        whole = self._whole_files
        return bool(self.done) and all(
            item[:2] == ("effect", PROGRAMS) or (item[:2] == ("state", FILES) and item[2] in whole)
            for item in self.done
        )

    @property
    def leaves_it_marked(self) -> bool:
        """Whether something is sent that no transaction takes back, and what stays says itself that it is not done."""
        now, usual = self._boundary, self._usual_boundary
        sends = any(item[0] == "effect" for item in self.usual)
        return sends and now is not None and usual is not None and are_unfinished(now, usual)

    @property
    def _whole_files(self) -> set[str]:
        if self._boundary is None or self._usual_boundary is None:
            return set()
        usual = rows_of(self._usual_boundary.after.contents)
        now = rows_of(self._boundary.after.contents)
        changed = {each.place for each in self.changes if each.source == FILES}
        return {place for place in changed if now.get((FILES, place)) == usual.get((FILES, place))}

    @property
    def misses_only_files(self) -> bool:
        """Whether all that is missing is in files."""
        return all(item[:2] == ("state", FILES) for item in self.missing)

    @property
    def stopped_at(self) -> Place:
        """The line, in the callable out of which the exception did not come, at which it came in."""
        at = self.struck
        for each in above(self.trial, self.struck):
            if each.outcome != "raised":
                break
            at = each
        return at.point.site

    @cached_property
    def has_settled(self) -> bool:
        """Whether the program did something after the fault that it does not do otherwise: it made amends, or notes."""
        usual = {self.shown_as(each, self.baselines[0]) for each in self.usually_stays}
        return bool(self.asked_stand_ins) or any(
            each.crossing > self.struck.index and self.shown_as(each, self.trial) not in usual
            for each in self.stays
        )

    @cached_property
    def asked_stand_ins(self) -> Asked:
        """What stand-ins of the test were asked after the fault, and are not otherwise.

        The program may have told of the failure there (``sys.exit``, the ``error`` of a parser), or made amends.
        """
        first, second = self.baselines
        twins = ((first, self.twin), (second, _at(second, self.twin.point) or self.twin))
        return only_then(self.trial, self.entry, self.struck.index + 1, twins)

    @cached_property
    def _is_as_before(self) -> bool:
        boundary = self._boundary
        return boundary is None or same(boundary.before, boundary.after)

    @property
    def knows_state(self) -> bool:
        """Whether there is any state to compare."""
        return self._boundary is not None and self._usual_boundary is not None

    @cached_property
    def is_as_after(self) -> bool:
        now, usual = self._boundary, self._usual_boundary
        return now is None or usual is None or equal(now.after, usual.after)

    @property
    def _boundary(self) -> Boundary | None:
        return self._compared[1]

    @property
    def _usual_boundary(self) -> Boundary | None:
        return self._compared[0]

    @property
    def ends_the_program(self) -> bool:
        """Whether what surfaced ends the program."""
        return self.surfaced is not None and "builtins.SystemExit" in self.surfaced.bases

    @cached_property
    def _compared(self) -> tuple[Boundary | None, Boundary | None]:
        """The state around the entry in the first baseline and in this trial, of all that can be compared.

        Left out is what is not the same in both baselines after the entry, or was not before it in this trial; and
        what is in memory, where that is given up.
        """
        entry = self.experiment.entry
        first, second, now = (boundary_of(each, entry) for each in (*self.baselines, self.trial))
        if first is None or second is None or now is None:
            return None, None
        out = different(first.before, now.before) | different(first.after, second.after)
        if self.ends_the_program:
            out |= {each.spot for one in (first, now) for each in one.after.contents if each.source == MEMORY}
        return without(first, out), without(now, out)


def _says_no(path: str, text: str) -> bool:
    """Whether a leaf says that something failed: ``False``, ``.ok`` and its like, or a status of HTTP from 400 on."""
    name = path.rpartition(".")[2].strip("[]'")
    if text == "False":
        return name in ("", "ok", "success", "succeeded", "done")
    return name == "status_code" and text.isdigit() and int(text) >= 400


def _at(trial: Trial, point: Point) -> Crossed | None:
    return next((each for each in trial.crossings if each.point == point), None)


def lasting(trial: Trial, entry: Crossed, *, open_too: bool = False) -> tuple[Effected, ...]:
    """The effects below an entry that stay; ``open_too`` counts those whose transaction has not ended."""
    inside = {each.index for each in below(trial, entry)}
    fates = ("lasting", "open") if open_too else ("lasting",)
    return tuple(each for each in trial.effects if each.crossing in inside and each.fate in fates)


def _kind(trial: Trial, effect: Effected) -> Kind:
    """By where it is done and the words that it begins with, which tell effects apart without their values."""
    point = trial.crossings[effect.crossing].point
    return effect.source, point.seam, point.site, *effect.what.split()[:2]


def _by_kind(trial: Trial, effects: Iterable[Effected]) -> dict[Kind, list[Effected]]:
    kinds: dict[Kind, list[Effected]] = {}
    for each in effects:
        kinds.setdefault(_kind(trial, each), []).append(each)
    return kinds
