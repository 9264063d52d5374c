"""Two sides, part by part at their places, as one claim: an equation at a place, or a functional."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ZERO, Expression, apply, neg, substitute, symbol, symbols_of
from adjointcheck.notes.letters.folding import folded
from adjointcheck.notes.letters.indices import Unclear
from adjointcheck.notes.proofs.layouts import Layouts
from adjointcheck.notes.reading import tree
from adjointcheck.trusted.language import INTERVALS, derive
from adjointcheck.trusted.verdict import Status

Form = dict[str, Expression]
SIDES = {"until event": "before", "after event": "after"}


@dataclass(frozen=True)
class Claim:
    """Slots of the derivation language; `without` are the setting's facts that do not hold for it, such as the start at a running time.

    `lemmas` are the documents that prove the partial derivatives taken on the way.  With an `order` k above 0 the sides are equal
    up to O(eps^k), in a limit up to O(eps).
    """

    slots: Mapping[str, str]
    without: tuple[str, ...] = ()
    lemmas: tuple[Mapping[str, Any], ...] = ()
    order: int = 0


@dataclass(frozen=True)
class Composition(Layouts):
    """Sums of forms, and what they claim."""

    def form_pi(self, _: tree.Pi) -> Form:
        return {"": apply("pi")}

    def added(self, a: Form, b: Form) -> Form:
        both = {place: self.plus(a[place], b[place]) for place in a if place in b}
        return {**a, **b, **both}

    def negated(self, form: Form) -> Form:
        return {place: self.kept(neg(root), root in self.loose) for place, root in form.items()}

    def claim(self, left: Form, right: Form) -> Claim:
        """left = right as an equation at one place, or as a functional."""
        left, right = self.matched(self.gathered(left), self.gathered(right))
        gap = self.valued(self.whole(self.added(left, self.negated(right))))
        if len(self.setting.language.points) == 1 and self.names_functional(gap.get("", ZERO)):
            return self.of_constants(gap[""])
        partial = [key for key in gap if key in ("after here", "until here")]
        places = [place for place in gap if place]
        if partial or (len(places) > 1 and "here" in places and not set(places) & {*INTERVALS}):
            return self.on_stretch(gap, partial)
        if "mean" in gap:
            here = gap.pop("here", ZERO)
            gap = {**gap, "": self.plus(gap.get("", ZERO), here)}
            places.remove("here") if "here" in places else None
        functional = bool(set(places) & {*INTERVALS}) or len(places) > 1 or self.names_functional(gap.get("", ZERO))
        if not functional:
            return self.equation(left, right, places[0] if places else "here")
        if "here" in places:
            raise Unclear("an integral beside a value at the running time", "one or the other")
        gap = self.at_last(self.begun(gap))
        return Claim({"value": to_text(gap.get("", ZERO)), **{place: to_text(neg(gap[place])) for place in gap if place}})

    def begun(self, gap: Form) -> Form:
        """x_0 beside values at ends is the state at the start: x(t) = x_0 + int f dt up to the running time or the end."""
        constant = gap.get("", ZERO)
        if not self.setting.language.points:  # the mean over noise has none
            return gap
        first = self.setting.language.points[0]
        begun = (fact for fact in self.setting.facts.values() if fact.at == first and fact.part("left") is symbol("x"))
        starts = {to_text(fact.part("right")) for fact in begun}
        value, rest = self.parted(constant)
        if rest is not ZERO and "x_1" in self.setting.language.letters:  # dJ/dx_0 = x_0 exp(T), in closed form
            return {**gap, "": value, first: self.plus(gap.get(first, ZERO), rest)}
        if starts.isdisjoint(symbols_of(constant)) or self.names_functional(constant):
            return gap
        return {**{place: root for place, root in gap.items() if place}, first: self.plus(gap.get(first, ZERO), constant)}

    def at_last(self, gap: Form) -> Form:
        """beta theta^T beside dJ/dtheta and an integral counts at the end, as what an end cost of theta pays does."""
        value, points = gap.get("", ZERO), [*self.setting.language.points]
        names = [name for name in symbols_of(value) if self.names_functional(symbol(name))]
        rest = folded(substitute([value], dict.fromkeys(names, ZERO))[0], {})
        paid = names and len(points) > 1 and "integrand" in gap and not any("." in name for name in symbols_of(rest))
        return self.added({**gap, "": value - rest}, {points[-1]: rest}) if paid and rest is not ZERO else gap

    def named(self, root: Expression, place: str) -> Expression:
        """A denominator by the letter that the setting has for it, which is known not to vanish: g_x f at an event."""
        language = self.setting.language
        for fact in self.setting.facts.values():
            left = fact.part("left")
            if fact.at == place and left.head == "symbol" and "nonzero" in language.letters[left.value.partition(".")[0]].flags:
                for letter, value in ((left, fact.part("right")), (neg(left), neg(fact.part("right")))):
                    if language.equal((place, root, value), ()).status is Status.PROVED:
                        return letter
        return root

    def called_so(self, root: Expression) -> Expression:
        """What is inverted, by the letter of a network of layers for it."""
        if len(self.setting.language.points) != 1:
            return root
        facts = [fact for fact in self.setting.facts.values() if fact.at == "always" and fact.part("left").head == "symbol"]
        flags = self.setting.language.letters
        known = [fact for fact in facts if "nonzero" in flags[fact.part("left").value.partition(".")[0]].flags]
        fits = [fact for fact in known if self.shape(fact.part("right")) == self.shape(root)]
        ways: tuple[Callable[[Expression], Expression], ...] = (lambda one: one, lambda one: apply("transpose", one))
        same = (way(fact.part("left")) for way in ways for fact in fits
                if self.setting.language.equal(("always", root, way(fact.part("right"))), ()).status is Status.PROVED)
        return next(same, root)

    def of_constants(self, gap: Expression) -> Claim:
        """gap = 0 where nothing runs: what names functionals is the value, the rest counts at the one point."""
        value, rest = self.parted(gap)
        return Claim({"value": to_text(value), self.setting.language.points[0]: to_text(neg(rest))})

    def parted(self, gap: Expression) -> tuple[Expression, Expression]:
        """What names functionals in a sum of constants, and the rest."""
        names = [name for name in symbols_of(gap) if self.names_functional(symbol(name))]
        value = derive(gap, {name: symbol(name) for name in names})
        return value, folded(substitute([gap], dict.fromkeys(names, ZERO))[0], {})  # J.delta too

    def valued(self, gap: Form) -> Form:
        """dJ/dx_0 delta x(0) as a constant, dJ/dx_0 times the variation of x_0."""
        first = self.setting.language.points[0] if self.setting.language.points else ""
        names = [name for name in symbols_of(gap.get(first, ZERO)) if self.names_functional(symbol(name))]
        if not names or "x0" not in self.setting.language.letters or len(self.setting.language.points) == 1:
            return gap
        rest = substitute([gap[first]], dict.fromkeys(names, ZERO))[0]
        products = substitute([derive(gap[first], {name: symbol(name) for name in names})], {"x.delta": symbol("x0.delta")})[0]
        if not self.setting.language.timeless(products):
            return gap
        return {**gap, first: rest, "": self.plus(gap.get("", ZERO), products)}

    def gathered(self, form: Form) -> Form:
        """A constant beside the value at one point counts there."""
        points = [place for place in form if place in self.setting.language.points]
        if "" not in form or len(points) != 1 or self.names_functional(form[""]):
            return form
        rest = {place: root for place, root in form.items() if place}
        return {**rest, points[0]: self.plus(rest[points[0]], form[""])}

    def whole(self, gap: Form) -> Form:
        """Two integrals of one integrand, until an event and from it on, are one."""
        parts = [gap[kind] for kind in SIDES if kind in gap]
        if not parts:
            return gap
        if len(parts) < 2 or self.setting.language.equal(("always", parts[0], parts[1]), ()).status is not Status.PROVED:
            raise Unclear("an integral on one side of an event", "the same integrand on both sides")
        rest = {place: root for place, root in gap.items() if place not in SIDES}
        return self.added(rest, {"integrand": parts[0]})

    def matched(self, left: Form, right: Form) -> tuple[Form, Form]:
        """Both sides in one layout, as far as what is loose allows."""
        roots = [root for form in (left, right) for root in form.values() if not self.scalar(root)]
        fixed = {self.shape(root) for root in roots if root not in self.loose}
        if len(fixed) > 1 or not roots:
            return left, right
        wanted = fixed.pop() if fixed else self.shape(roots[0])

        def fitted(root: Expression) -> Expression:
            return self.turned(root) if root in self.loose and self.shape(root) == wanted[::-1] != wanted else root

        return {place: fitted(root) for place, root in left.items()}, {place: fitted(root) for place, root in right.items()}

    def names_functional(self, root: Expression) -> bool:
        bases = {name.partition(".")[0] for name in symbols_of(root)}
        return any(not fact.at and symbols_of(fact.part("value")) & bases for fact in self.setting.facts.values())

    def equation(self, left: Form, right: Form, place: str) -> Claim:
        sides = [to_text(form.get(place, ZERO) + form.get("", ZERO)) for form in (left, right)]
        return Claim({"left": sides[0], "right": sides[1], "at": "always" if place == "here" else place})

    def on_stretch(self, gap: Form, partial: list[str]) -> Claim:
        """Values at the running time and at an end, with an integral between them: the running time becomes the other end."""
        first, last = self.setting.language.points[0], self.setting.language.points[-1]
        later = "after here" in gap or (not partial and last in gap)
        end, gone = (first, "start") if later else (last, "terminal")
        if len(partial) > 1 or end in gap or "integrand" in gap or (set(gap) & {"sum", "mean"}):
            raise Unclear("integrals over several stretches", "one stretch of time")
        gap = gap if later else self.begun(gap)
        kind = "sum" if self.setting.language.layers else "integrand"
        rename = {"here": end, "after here": kind, "until here": kind}
        slots = {rename.get(place, place): to_text(neg(root)) for place, root in gap.items() if place}
        barred = tuple(id for id, fact in self.setting.facts.items() if fact.at == end or id == gone)
        return Claim({"value": to_text(gap.get("", ZERO)), **slots}, barred)
