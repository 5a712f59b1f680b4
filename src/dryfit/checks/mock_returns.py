"""Where what a stand-in returned differs from what the real callee returns, in a way that its caller depends on.

Types are compared by what they are used for: an ``int`` for a ``float`` is none, a ``dict`` for an object is. Objects
are compared by what the caller asks of them, not by their class. What the caller throws away weighs nothing.
"""

from __future__ import annotations

import builtins
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from dryfit.checks.names import listing
from dryfit.model.shape import MORE, Form, Shape
from dryfit.model.stand_in import ClassFacts, ResultUse

SubKind = Literal["return-type", "tuple-arity", "missing-key", "missing-attribute"]

_FAMILIES = {
    "none": "nothing", "bool": "truth", "number": "number", "text": "text", "bytes": "bytes", "time": "time",
    "enum": "enum", "mapping": "mapping", "sequence": "sequence", "tuple": "sequence", "set": "sequence",
    "object": "object",
}  # fmt: skip
_BY_TYPE = {
    "NoneType": "nothing", "bool": "truth", "int": "number", "float": "number", "decimal.Decimal": "number",
    "str": "text", "bytes": "bytes", "dict": "mapping", "list": "sequence", "tuple": "sequence", "set": "sequence",
    "frozenset": "sequence", "datetime.datetime": "time", "datetime.date": "time",
}  # fmt: skip
_UNTOLD = (MORE, "object")
"""Types of the real one's results that tell nothing: there were too many, or a bare ``object()`` that marks a place."""

_ALIKE = ({"truth", "number"}, {"mapping", "sequence"})
"""Families of which one is often written for the other without harm: 0 and False, an empty list and an empty dict."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which they differ: the rest of a sentence about the stand-in, and what stands against what.

    ``sure`` says that the caller depends on it; else that cannot be told.
    """

    sub_kind: SubKind
    text: str
    fake: str
    real: str
    sure: bool = True


class Returns:
    """Compares results; ``classes`` tell what the objects among them have."""

    def __init__(self, classes: Mapping[str, ClassFacts]) -> None:
        self._classes = classes

    def differences(self, fake: Shape, real: Shape, use: ResultUse | None) -> Iterator[Difference]:
        """Compare what a stand-in returned with all that the real one was seen to return."""
        if use is not None and not use.is_used:
            return
        if not real.forms or any(form.type in _UNTOLD for form in real.forms):
            return
        asked = use is not None and "told apart" in use.ways  # it provides for other types, too
        for difference in (each for form in fake.forms for each in self._form(form, real, use)):
            yield replace(difference, sure=False) if asked else difference

    def against_generator(self, fake: Shape, use: ResultUse | None) -> Iterator[Difference]:
        """Compare what a stand-in returned with a generator, which can be gone through once, and nothing else."""
        if use is None or not use.is_used:
            return
        depends = bool({"read again", "tested", "computed"} & set(use.ways) or use.keys) or any(
            not hasattr(types.GeneratorType, name) for name in use.attributes
        )
        for form in fake.forms:
            if self._family(form) in ("sequence", "mapping", "text") and (
                depends or use.ways != ("iterated",)
            ):
                text = f"returns {_told(form)}, where the real one gives a generator"
                yield Difference("return-type", text, str(form), "generator", depends)

    def _form(self, fake: Form, real: Shape, use: ResultUse | None) -> Iterator[Difference]:
        if fake.kind in ("secret", "cut", "callable", "class", "exception"):
            return
        same = [form for form in real.forms if form.type == fake.type]
        if same:
            yield from self._inside(fake, same[0], use)
        elif fake.kind != "stand-in" and self._is_other(fake, real, use):
            told = listing(tuple(_told(form) for form in real.forms))
            text = f"returns {_told(fake)}, where the real one returns {told}"
            yield Difference("return-type", text, str(fake), str(real), use is not None)
        elif fake.kind in ("object", "stand-in"):
            yield from self._attributes(fake, real, use)

    def _is_other(self, fake: Form, real: Shape, use: ResultUse | None) -> bool:
        mine = self._family(fake)
        theirs = {self._family(form) for form in real.forms}
        if not mine or mine == "nothing" or mine in theirs or "" in theirs:
            return False
        if theirs == {"nothing"}:
            return True
        theirs -= {"nothing"}
        if len(theirs) > 1:
            return False  # it gives what it is asked for, and there may be more that nobody has asked for
        if any(mine in alike and theirs & alike for alike in _ALIKE):
            return False
        if "generator" in theirs and mine == "sequence":
            return False  # both are gone through
        return not self._serves(fake, real, use)

    def _serves(self, fake: Form, real: Shape, use: ResultUse | None) -> bool:
        """Whether the caller asks for nothing but attributes that a real one has, too, or whether it is true."""
        if use is None or use.keys or use.unpacked:
            return False
        ways = set(use.ways) - {"awaited", "read again"}
        if not use.attributes and ways == {"tested"}:
            return True
        if ways - {"handed on"}:
            return False
        forms = [form for form in real.forms if form.kind != "none"]
        return bool(use.attributes) and any(not self._lacks(form, use.attributes) for form in forms)

    def _family(self, form: Form) -> str:
        """What a value is used as; "" where that cannot be told."""
        if form.kind == "enum" and {"str", "int"} & set(self._bases(form.type)):
            return ""
        if form.kind == "object" and self._is_opaque(form.type):
            return ""
        if form.kind == "generator":
            return "generator"
        return _FAMILIES.get(form.kind, "") or _BY_TYPE.get(form.type, "")

    def _is_opaque(self, type_: str) -> bool:
        """Whether an object may be used as anything: it is subscripted, gone through, or answers for any name."""
        facts = self._classes.get(type_)
        return facts is not None and (facts.dynamic or bool({"__getitem__", "__iter__"} & set(facts.names)))

    def _inside(self, fake: Form, real: Form, use: ResultUse | None) -> Iterator[Difference]:
        if fake.kind == "tuple" and use is not None:
            yield from _arity(fake, real, use)
        elif fake.kind == "mapping" and use is not None:
            yield from _keys(fake, real, use)
        elif fake.kind == "time":
            yield from _zones(fake, real)
        elif fake.kind == "sequence" and fake.items is not None and real.items is not None:
            yield from self._items(fake.items, real.items, use)

    def _items(self, fake: Shape, real: Shape, use: ResultUse | None) -> Iterator[Difference]:
        """Elements of another family. What is done with each of them is not followed."""
        if any(form.type == MORE for form in real.forms):
            return
        for form in fake.forms:
            known = form.kind not in ("secret", "cut", "callable", "class", "exception", "stand-in")
            if (
                known
                and not any(each.type == form.type for each in real.forms)
                and self._is_other(form, real, None)
            ):
                told = listing(tuple(_told(each) for each in real.forms))
                text = f"returns a list of {_told(form)}, where that of the real one holds {told}"
                yield Difference("return-type", text, str(form), str(real), sure=False)

    def _attributes(self, fake: Form, real: Shape, use: ResultUse | None) -> Iterator[Difference]:
        forms = [form for form in real.forms if form.kind != "none"]
        if use is None or not forms or not use.attributes:
            return
        lacking = [self._lacks(form, use.attributes) for form in forms]
        missing = set(lacking[0]).intersection(*lacking[1:])
        if missing:
            names = listing(tuple(f"'{name}'" for name in sorted(missing)))
            told = listing(tuple(_told(form) for form in forms))
            text = f"has {names}, which its caller reads, and which {told} of the real one does not have"
            yield Difference("missing-attribute", text, ", ".join(sorted(missing)), str(real))

    def _lacks(self, form: Form, attributes: tuple[str, ...]) -> list[str]:
        """Those of the attributes that values of a form certainly do not have."""
        if form.kind == "class":
            return []  # which class it is, and what that has, is not known
        builtin = getattr(builtins, form.type, None)
        if isinstance(builtin, type):
            return [name for name in attributes if not hasattr(builtin, name)]
        facts = self._classes.get(form.type)
        if facts is None or facts.dynamic or not form.fields or MORE in form.formats:
            return []
        have = {*facts.names, *(name for name, _ in form.fields)}
        return [name for name in attributes if name not in have and not name.startswith("__")]

    def _bases(self, type_: str) -> tuple[str, ...]:
        return self._classes[type_].bases if type_ in self._classes else ()


def _arity(fake: Form, real: Form, use: ResultUse) -> Iterator[Difference]:
    count = len(fake.fields)
    if real.low is None or real.high is None or real.low != real.high or fake.low != fake.high:
        return
    if fake.low != real.low and (not use.unpacked or count in use.unpacked):
        text = f"returns a tuple of {count}, where that of the real one has {real.low:.0f}"
        yield Difference("tuple-arity", text, str(fake), str(real))


def _keys(fake: Form, real: Form, use: ResultUse) -> Iterator[Difference]:
    if MORE in real.formats or real.items is not None or not real.fields:
        return
    ours, theirs = {name for name, _ in fake.fields}, {name for name, _ in real.fields}
    for keys, sure in ((use.keys, True), (use.asked, False)):
        missing = sorted((ours - theirs) & set(keys))
        if missing:
            names = listing(tuple(f"'{name}'" for name in missing))
            text = f"has the key {names}, which its caller reads, and which the real one never had"
            yield Difference("missing-key", text, str(fake), str(real), sure)


def _zones(fake: Form, real: Form) -> Iterator[Difference]:
    ours, theirs = set(fake.formats), set(real.formats)
    for mine, other in (("naive", "aware"), ("aware", "naive")):
        if ours == {mine} and theirs == {other}:
            text = f"returns a {mine} {fake.type}, where that of the real one is {other}"
            yield Difference("return-type", text, str(fake), str(real))


def _told(form: Form) -> str:
    return "None" if form.kind == "none" or form.type == "NoneType" else form.type
