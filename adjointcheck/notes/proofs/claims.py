"""A resolved formula as claims of the derivation language: where each part of it lives, and what it says there.

Every subformula becomes a form: expressions by place, which are "" (constants), "here" (the running time or layer), the setting's
points, and "integrand", "sum", "mean".  An equation at one place is one there, else a functional.  All else is Unclear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from typing import Any

from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, apply, neg, number, substitute, symbol, symbols_of
from adjointcheck.expression.table import PRIMITIVES
from adjointcheck.notes.letters.at_event import in_variations, stretch_of
from adjointcheck.notes.letters.components import consistent
from adjointcheck.notes.letters.context import Context, own_function, own_name
from adjointcheck.notes.letters.curvature import is_second
from adjointcheck.notes.letters.derivatives import differing
from adjointcheck.notes.letters.indices import Unclear, ahead, check_layer, counted_from, of_next
from adjointcheck.notes.letters.meaning import Applied, Symbol, Unknown, walk
from adjointcheck.notes.letters.quantities import Formal, component_slot
from adjointcheck.notes.letters.starting import SLOPE
from adjointcheck.notes.letters.wording import show
from adjointcheck.notes.proofs.composition import SIDES, Claim, Composition, Form
from adjointcheck.notes.proofs.contraction import contracted, contracts
from adjointcheck.notes.proofs.expansion import smoothed, unlogged
from adjointcheck.notes.proofs.flowing import flowing, scored
from adjointcheck.notes.proofs.formal_functions import formal
from adjointcheck.notes.proofs.hessians import cost_moved, reckoned, second
from adjointcheck.notes.proofs.jacobian import Partial, is_proved, lemma, stages_in
from adjointcheck.notes.proofs.settings import Setting, observes
from adjointcheck.notes.proofs.sums import over_layers, over_observations, over_time
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.trusted.language import INTERVALS

FUNCTIONS = {"tr": "trace", "trace": "trace", "det": "det"} | {row.name: row.name for row in PRIMITIVES.values() if row.level == 9}
STRETCHES = {("t0", "t1"): "integrand", ("here", "t1"): "after here", ("t0", "here"): "until here",
             ("t0", "tau"): "until event", ("tau", "t1"): "after event"}
GRADIENTS = ("x0", "theta", "w", "t0", "t1", "s", "x")


def claim_of(chain: tree.Chain, setting: Setting, context: Context) -> Claim:
    """The claim that the first two sides of a chain are equal; raises Unclear, or StepRejected where shapes do not fit."""
    reader = Reader(setting, context, shift=counted_from(chain) if setting.language.layers else 0, stretch=stretch_of(chain))
    consistent(chain.sides[:2])
    one, other = in_variations(*differing(*unlogged(*chain.sides[:2])))
    left, orders = reader.side(one), list(reader.orders)
    right = reader.side(other)
    if min(orders, default=9) < min(reader.orders[len(orders):], default=0):  # O(eps) is no O(eps^2)
        raise Unclear("a remainder on the left that is larger than that on the right", "one on the right that is as large")
    claim = reader.claim(left, right)
    return replace(claim, lemmas=tuple(reader.lemmas), order=min(reader.orders, default=0))


@dataclass(frozen=True)
class Reader(Composition):
    """Forms of resolved nodes; `shift` is added to layer indices."""

    shift: int = 0
    sum_start: int | None = None
    lemmas: list[dict[str, Any]] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    limiting: str = ""  # the small letter of the limit around
    stretch: str = ""  # before or after an event, where the running time is
    ending: bool = False  # inside of what is taken at the end, where Psi is at home

    def side(self, node: Node) -> Form:
        """A whole side, which alone may end in O(eps^k), or be of smooth functions of what does."""
        terms = [term for part in tree.terms(node) for term in smoothed(part)]
        kept = tuple(term for term in terms if not isinstance(term, tree.BigO))
        self.orders.extend(self.order(term) for term in terms if isinstance(term, tree.BigO))
        return {"": ZERO} if not kept else self.form(kept[0] if len(kept) == 1 else tree.Sum(kept))

    def order(self, node: tree.BigO) -> int:
        """k of O(eps^k)."""
        power = node.of if isinstance(node.of, tree.Power) else tree.Power(node.of, tree.Number(Fraction(1)))
        if not self.is_small(power.base) or not isinstance(power.exponent, tree.Number):
            raise Unclear("O of something", "O(eps), O(eps^2) ...")
        return int(power.exponent.value)

    def is_small(self, node: Node) -> bool:
        return isinstance(node, Symbol) and node.name in ("eps", self.limiting)

    def form_limit(self, node: tree.Limit) -> Form:
        """A limit eps -> 0: equal up to O(eps); nothing in it is divided but once, by eps, so that O(eps^2) vanishes inside."""
        inner = replace(self, limiting=node.by.name, orders=[]) if isinstance(node.by, Symbol) else self
        quotients = [part.below for part in walk(node.body) if isinstance(part, tree.Quotient)]
        if not inner.limiting or node.to != tree.Number(Fraction(0)) or not all(map(inner.is_small, quotients)) or len(quotients) > 1:
            raise Unclear("a limit", "limits where eps tends to 0, with one quotient by eps")
        self.orders.append(1)
        return inner.side(node.body)

    def form(self, node: Node) -> Form:
        if contracts(node):
            return contracted(self, node)
        handler: Callable[[Node], Form] | None = getattr(self, "form_" + type(node).__name__.lower(), None)
        if handler is None:
            raise Unclear(type(node).__name__.lower(), "sums, products, derivatives, integrals, sums over layers, values at places")
        return handler(node)

    def form_number(self, node: tree.Number) -> Form:
        return {"": number(node.value)}

    def form_formal(self, node: Formal) -> Form:
        return formal(self, node)

    def form_unknown(self, node: Unknown) -> Form:
        raise Unclear(node.letter, "a letter that the notes declare or define")

    def form_symbol(self, node: Symbol) -> Form:
        if node.bound and self.is_small(node):
            return {"": self.letter("eps")}
        if node.name == "J_a" and (body := self.body("J_a")) is not None:
            return self.form(body)
        name = {"v": "x"}.get(node.name, own_name(node.name, self.context)) if not node.part else self.component(node)
        if name in self.setting.language.points and name not in self.setting.language.letters:
            raise Unclear(name, "a place, not a value")
        body = self.body(name) if node.at is None else None
        if body is not None and set(found := self.form(body)) - {"", "here"}:  # a saltation matrix lives at the event
            return found
        root = self.letter(name) if node.name != "v" else self.setting.language.move(self.letter(name), "delta")
        if node.free:
            self.loose.add(root)
        if node.name == "p" and self.paid_first(node):
            raise Unclear("the first layer's costate where a cost is paid there", "the gradient in the initial state")
        if self.setting.language.timeless(root):
            return {"": root}
        return {place: self.kept(found, node.free) for place, found in self.placed(root, node.at, node.side).items()}

    def component(self, node: Symbol) -> str:
        """x_2, where the setting is written out in components."""
        number = node.part[0] if len(node.part) == 1 else None
        name = f"{node.name}_{number.value}" if isinstance(number, tree.Number) else ""
        if name not in self.setting.language.letters:
            raise Unclear(f"a component of {node.name}", "whole vectors")
        return name

    def name(self, by: Symbol) -> str:
        """The setting's letter to differentiate by."""
        return self.component(by) if by.part else by.name

    def letter(self, name: str) -> Expression:
        """The setting's letter, or what the notes define it as."""
        body = self.body(name)
        if body is None:
            if name in self.setting.language.letters:
                return symbol(name)
            raise Unclear(name, "a letter that this setting speaks of")
        form = self.form(body)
        if set(form) - {"", "here"}:
            raise Unclear(name, "a letter defined at one time")
        return form.get("", ZERO) + form.get("here", ZERO)

    def body(self, name: str) -> Node | None:
        """What the notes define a letter as: H, J_a, or one of their own."""
        own = (declared.body for declared in self.context.letters.values() if declared.symbol == name and declared.body is not None)
        found = next(own, None) if name in ("H", "J_a") or name not in self.setting.language.letters else None
        return of_next(found) if found is not None and name == "H" and self.setting.language.layers else found

    def placed(self, root: Expression, at: Node | None, side: str) -> Form:
        """`root` at a place: shifted over layers, at a point, on a side of it."""
        place, offset = self.place(at)
        if offset not in (0, 1):
            raise Unclear(f"an index {offset} layers away", "neighbouring layers")
        root = self.setting.language.move(root, "next") if offset else root
        side = "" if side == "before" and place == self.setting.language.points[-1:][0] else side
        inner = place in self.setting.language.points[1:-1]
        if inner and not side and not (root.head == "symbol" and self.smooth(root)):  # what is looked at does not jump there
            raise Unclear("a value at a jump", "a side: p(s^-), p(s^+)")
        if side and place == "here":
            raise Unclear("one side of an event", "the running time on that side, or the time of the event")
        if side or inner:
            root = self.setting.language.move(root, side or "before")
        return {place: root}

    def place(self, at: Node | None) -> tuple[str, int]:
        """(place, layers ahead) of an index or a time."""
        points = self.setting.language.points
        if at is None or at == Symbol("t") or at == Symbol("t", bound=True) or self.context.law("rest") is not None:
            return "here", self.base() if self.setting.language.layers else 0
        if self.setting.language.layers and at == tree.Number(Fraction(1)):
            return points[0], 1
        if self.setting.language.layers:
            end = self.end(at)
            return (end, 0) if end else ("here", self.base() + ahead(at))
        if end := self.end(at):
            return end, 0
        now = (Symbol("t"), Symbol("t", bound=True))
        if isinstance(at, tree.Sum) and len(at.terms) == 2 and at.terms[0] in now and self.is_small(at.terms[1]):
            return "here", 1
        raise Unclear(show(at), "the running time, or one of the times " + ", ".join(points))

    def end(self, at: Node) -> str:
        """The point that a node names: t0, t1, N, and 0 for the start."""
        points = self.setting.language.points
        if isinstance(at, tree.Number) and at.value == 0:
            return points[0]
        name = at.name if isinstance(at, Symbol) else ""
        if name == "s" and isinstance(at, Symbol) and at.part != (Symbol("observation"),):
            return ""
        return name if name in points else {"t0": points[0], "t1": points[-1], "N": points[-1]}.get(name, "") if points else ""

    def base(self) -> int:
        return self.shift if self.sum_start is None else self.sum_start

    def form_applied(self, node: Applied) -> Form:
        node = self.ended(node)
        return self.function(node, self.called(node.name))

    def ended(self, node: Applied) -> Applied:
        """The last observation's cost, where that is made at the end: it is the cost of the end."""
        return replace(node, name="Psi", at=None) if node.name == "phi" and node.at == Symbol("t1") else node

    def called(self, name: str) -> str:
        """The notes' own L, where the problem's L is a formula in it."""
        return own if (own := own_function(name)) in self.setting.language.letters else name

    def function(self, node: Applied, name: str) -> Form:
        """A function's letter, or that of its partial, where its arguments live."""
        language = self.setting.language
        if node.name == "O" and name not in language.letters:
            raise Unclear("an observation operator", "the functions of the problem")
        root = self.letter(name) if name in language.letters or self.body(name) is not None else ZERO
        if len(language.points) == 1 and not node.arguments and not node.side:  # all letters are constant there
            return {"": root}
        usual = {"Psi": language.points[-1:], "psi": language.points[-1:], "phi": ("s",), "g": ("tau",), "r": ("tau",)}.get(node.name, ())
        usual = () if self.ending and usual == language.points[-1:] else usual
        if node.name == "phi" and node.at is not None and self.place(node.at) == ("s", 0):
            node = replace(node, at=None)
        if node.side and self.stretch == node.side and node.at is None:
            return self.function(replace(node, side=""), name)
        if node.at is not None or (not node.arguments and not usual):
            check_layer(node, self.place if self.setting.language.layers else None)
            return self.placed(root, node.at, node.side)
        places = {place for slot, value in node.arguments for place in self.argument(slot, value)}
        if len(places) > 1:
            raise Unclear(f"{node.name} of arguments at different times", "arguments at one time")
        place, moved = places.pop() if places else (usual[0] if usual else "here", "")
        if node.side and moved != node.side:
            raise Unclear(f"the {node.name} of one side at the state of the other", "both on one side")
        if moved:
            root = language.move(root, moved)
        elif node.side or (usual and usual[0] in language.points[1:-1] and place == usual[0]):
            root = language.move(root, node.side or "before")
        return {place: root}

    def argument(self, slot: str, value: Node) -> Iterator[tuple[str, str]]:
        """(place, shift) of an argument that is the slot's own letter, nothing for a constant; raises Unclear for any other value."""
        language = self.setting.language
        slot = slot if slot in language.letters else component_slot(slot, value)
        if slot not in language.letters:
            raise Unclear("arguments of which nothing tells what they are", "the arguments of the problem")
        if isinstance(value, Symbol) and (slot, value.name) in (("t", "t0"), ("t", "t1"), ("t", "s"), ("t", "tau"), ("x", "x0")):
            place = language.points[0] if slot == "x" else self.place(value)[0]
            yield place, "before" if place in language.points[1:-1] else ""
            return
        form = self.form(value)
        place, root = next(iter(form.items()))
        sign = next((known.sign for known in self.context.of("p")), 1) if slot == "p" else 1
        while slot == "p" and root.head in ("transpose", "neg"):  # -p^T is the notes' costate
            root, sign = root.args[0], -sign if root.head == "neg" else sign
        shifts = {language.move(symbol(slot), moved) if moved else symbol(slot): moved for moved in ("", "next", "before", "after")}
        fits = root in shifts and (slot != "p" or not language.layers or shifts[root] == "next")  # over layers H is made of the next p
        if len(form) > 1 or not fits or sign < 0:
            raise Unclear(f"{slot} = {to_text(root)} as an argument", f"the {slot} of the problem")
        if place and not (slot == "p" and language.layers):
            yield place, shifts[root]

    def form_sum(self, node: tree.Sum) -> Form:
        found: Form = {}
        for term in node.terms:
            if not isinstance(term, tree.BigO):
                found = self.added(found, self.form(term))
            elif not self.limiting or self.order(term) < 2:
                raise Unclear("O(eps^k) inside a formula", "O(eps^k) as the last term of a side, in a limit at least O(eps^2)")
        return found

    def form_negative(self, node: tree.Negative) -> Form:
        return self.negated(self.form(node.of))

    def form_product(self, node: tree.Product) -> Form:
        found: Form = {"": ONE}
        for factor in node.factors:
            found = self.times(found, self.form(factor))
        return found

    def times(self, a: Form, b: Form) -> Form:
        found: Form = {}
        for (p, left), (q, right) in product(a.items(), b.items()):
            if p and q and (p != q or p in INTERVALS):
                raise Unclear(f"a product of what lives at {p} and at {q}", "factors at one time")
            root = self.multiplied(left, right)
            place = p or q
            found[place] = self.plus(found[place], root) if place in found else root
        return found

    def form_quotient(self, node: tree.Quotient) -> Form:
        if len(below := self.together(self.form(node.below))) != 1 or set(below) & {*INTERVALS}:
            raise Unclear("a quotient", "a denominator at one time")
        place, root = next(iter(below.items()))
        return self.times(self.form(node.above), {place: ONE / self.named(root, place)})

    def form_power(self, node: tree.Power) -> Form:
        if (exponent := self.form(node.exponent).get("", ZERO)) is ZERO and node.exponent == tree.Number(Fraction(0)):
            return {"": ONE}
        if exponent is ZERO or not self.scalar(exponent):
            raise Unclear("a power", "numbers as exponents")
        if exponent.head != "number":
            return self.each(node.base, lambda root: self.raised(root, exponent))
        if isinstance(node.base, tree.Function) and node.base.name in ("norm", "abs") and exponent.value == 2:
            if node.base.below is not None:  # the largest entry, the sum of all, an integral
                raise Unclear("another norm", "the Euclidean norm")
            return self.each(node.base.arguments[0], lambda root: self.square(root))
        if exponent.value == -1:
            return self.each(node.base, lambda root: apply("inverse", self.called_so(root)) if not self.scalar(root) else ONE / root)
        if exponent.value == 2 and isinstance(node.base, Symbol | tree.Derivative | Applied):
            return self.each(node.base, self.twice)
        return self.each(node.base, lambda root: root**exponent)

    def raised(self, root: Expression, exponent: Expression) -> Expression:
        """K^alpha of numbers."""
        if not self.scalar(root):
            raise Unclear("a power of a vector", "powers of numbers")
        return root**exponent

    def each(self, node: Node, change: Callable[[Expression], Expression]) -> Form:
        """`change` of what lives at one place."""
        form = self.together(self.form(node))
        if len(form) != 1 or set(form) & {*INTERVALS}:
            raise Unclear("a function of several places", "arguments at one time")
        return {place: change(root) for place, root in form.items()}

    def together(self, form: Form) -> Form:
        """x(t1) - 1 lives at t1."""
        place = next((place for place in form if place), "")
        return {place: self.plus(form[place], form[""])} if place and form.keys() == {place, ""} else form

    def form_transposed(self, node: tree.Transposed) -> Form:
        """Of what is loose, and of a component: itself."""
        if contracts(node.of):
            return self.form(node.of)
        return {place: root if root in self.loose else apply("transpose", root) for place, root in self.form(node.of).items()}

    def form_function(self, node: tree.Function) -> Form:
        if node.name in ("dot", "inner", "angle") and len(node.arguments) == 2:
            one, other = (self.each(argument, lambda root: root) for argument in node.arguments)
            rows = {place: root if self.shape(root)[0] == "1" else apply("transpose", root) for place, root in one.items()}
            columns = {place: root if self.shape(root)[1] == "1" else apply("transpose", root) for place, root in other.items()}
            return self.times(rows, columns)
        if (known := flowing(self, node)) is not None:
            return known
        if node.name not in FUNCTIONS or len(node.arguments) != 1:
            raise Unclear(node.name, f"one of {', '.join(sorted(FUNCTIONS))} of one argument")
        return self.each(node.arguments[0], lambda root: apply(FUNCTIONS[node.name], root))

    def form_variation(self, node: tree.Variation) -> Form:
        return self.mapped(node.of, lambda root: self.setting.language.move(root, "delta"))

    def mapped(self, node: Node, change: Callable[[Expression], Expression]) -> Form:
        """`change` of every part, as loose as before."""
        return {place: self.kept(change(root), root in self.loose) for place, root in self.form(node).items()}

    def form_derivative(self, node: tree.Derivative) -> Form:
        letters = [by for by in node.by or (Symbol("t"),) if isinstance(by, Symbol)]
        if len(node.by) == 2 and is_second(node):
            return second(self, node, letters)
        if len(letters) < len(node.by) or len({(letter.name, letter.part) for letter in letters}) > 1:
            raise Unclear("a derivative", "derivatives in t, x, w, theta, p or an input")
        by = letters[0]
        if (score := scored(self, node)) is not None:
            return score
        if node.kind in ("total", "functional"):
            return self.in_time(node) if by.name == "t" else self.through_system(node, by)
        if len(node.by) > 1:
            raise Unclear("a second derivative", "first derivatives, or second ones of H, L, Psi, p f and J")
        return self.partial(node, by)

    def in_time(self, node: tree.Derivative) -> Form:
        form = self.form(node.of)
        if set(form) - {"", "here"} or self.setting.language.layers:
            raise Unclear("d/dt of what does not live at the running time", "a function of the time t")
        for _ in node.by or (node,):
            moved = {place: (root, self.setting.language.move(root, "dot")) for place, root in form.items()}
            form = {place: self.kept(after, before in self.loose) for place, (before, after) in moved.items()}
        return {"here": self.added({"": form["here"]}, {"": form[""]})[""] if len(form) == 2 else next(iter(form.values()))}

    def partial(self, node: tree.Derivative, by: Symbol) -> Form:
        """By explicit arguments: the function's own partial, or that of an expression at one time."""
        core, wrap = self.unwrapped(node.of)
        core = self.ended(core) if isinstance(core, Applied) else core
        functions = self.setting.language.functions
        if isinstance(core, Applied) and core.name in functions and by.name != "p":
            called = self.called(core.name)
            slot = self.name(by) if by.part else next((component_slot(s, value) for s, value in core.arguments if s == by.name), by.name)
            name = functions[called].get(slot, f"{called}_{by.name}")
            vector = not self.scalar(symbol(core.name))
            self.check_place(self.function(core, called), by)
            return wrap({place: self.laid_out(root, vector, by.name, node.kind) for place, root in self.function(core, name).items()})
        inner = self.together(self.form(node.of))
        if len(inner) != 1 or set(inner) & {*INTERVALS}:
            raise Unclear("a partial derivative of several places", "an expression at one time")
        self.check_place(inner, by)
        ((place, of),) = inner.items()
        return {place: self.laid_out(self.partial_of(of, self.name(by)), not self.scalar(of), by.name, node.kind)}

    def check_place(self, form: Form, by: Symbol) -> None:
        """Raises where the letter of a partial derivative is written at another time or layer than what it is taken of."""
        ((place, root),) = form.items()
        ahead = int(root.head == "symbol" and "next" in root.value.split("."))
        if by.name in ("x", "w") and by.at is not None and place and self.place(by.at) != (place, ahead):
            raise Unclear(f"a partial derivative by {by.name} at another place", "functions and letters of one place")

    def partial_of(self, root: Expression, by: str) -> Expression:
        if by not in self.setting.language.letters:
            raise Unclear(f"a partial derivative by {by}", "derivatives by t, x, w, theta or p")
        put = {"H": self.setting.facts["hamiltonian"].part("right")} if "hamiltonian" in self.setting.facts else {}
        root = substitute([root], put)[0]
        inner = [self.differentiated(root, stage) * self.partial_of(of, by) for stage, of in stages_in(self.setting, root, by)]
        return sum(inner, self.differentiated(root, by))

    def differentiated(self, root: Expression, by: str) -> Expression:
        """The derivative by one letter, all others held, once the core has proved it."""
        found = Partial(self.setting.language, by).of(root)
        document = lemma(self.setting.language, root, by, found)
        if document not in self.lemmas:
            if not is_proved(document):
                raise Unclear(f"the derivative of {to_text(root)} by {by}", "a derivative that the core proves")
            self.lemmas.append(document)
        return found

    def laid_out(self, root: Expression, vector: bool, by: str, kind: str = "") -> Expression:
        """The canonical partial (a row of a scalar, components by rows of a vector) in the notes' layout."""
        if by == "t" or self.scalar(root):
            return root
        if not vector:
            return self.gradient(root)
        return apply("transpose", root) if self.context.turned(kind) and "1" not in self.shape(root) else root

    def gradient(self, row: Expression) -> Expression:
        """A gradient, by nature a row, as the notes write gradients; loose where they never say."""
        layout = self.context.option("gradients")
        return apply("transpose", row) if layout == "column" and not self.scalar(row) else self.kept(row, not layout)

    def through_system(self, node: tree.Derivative, by: Symbol) -> Form:
        """By an input, through the whole system: gradients of J, sensitivities of x, a variation by eps."""
        if len(node.by) > 1:
            raise Unclear("a second derivative through the system", "first derivatives")
        core, wrap = self.unwrapped(node.of)
        if core == Symbol("J_a") and by.name == "x" and self.setting.language.layers:
            raise Unclear("a derivative of the augmented cost by a state", "derivatives of J")
        if isinstance(core, Symbol) and core.name in ("J", "J_a"):
            return wrap({"": symbol(f"{core.name}.delta")} if by.name == "eps" else self.gradient_by(by))
        if isinstance(core, Symbol) and (name := f"{core.name}_by_{by.name}") in self.setting.language.letters:
            return wrap({"": self.laid_out(symbol(name), True, by.name)})
        if isinstance(core, Symbol) and core.name == "x":
            return wrap(self.sensitivity(core, by))
        return self.chained(node, by)

    def gradient_by(self, by: Symbol) -> Form:
        name = "J_x0" if self.paid_first(by) else f"J_{by.name}"
        if name and by.part and by.name != "s":
            name = f"{name}_{self.component(by).rpartition('_')[2]}"
        name = "p" if name == "J_x" and "eps" in self.setting.language.letters else name
        if name not in self.setting.language.letters:
            raise Unclear(f"the derivative of J by {by.name}", f"one of {', '.join(GRADIENTS)}")
        form = {"": symbol(name)} if self.setting.language.timeless(symbol(name)) else self.placed(symbol(name), by.at, by.side)
        if by.name == "theta" and self.context.option("starts"):
            if SLOPE not in self.setting.language.letters:
                raise Unclear("a gradient in parameters that the start depends on", "a continuous cost without events")
            form = {"": symbol(name) + symbol("J_x0") * symbol(SLOPE)}
        return {place: self.gradient(root) for place, root in form.items()}

    def paid_first(self, node: Symbol) -> bool:
        """Is it the first layer's state or costate where a cost is paid there?  That cost is no part of the costate."""
        first = node.at is not None and self.setting.language.layers and self.end(node.at) == self.setting.language.points[0]
        return first and "Xi" in self.setting.language.functions

    def sensitivity(self, core: Symbol, by: Symbol) -> Form:
        """dx/dtheta, dx/dx0; over one layer the Jacobian of the layer."""
        language = self.setting.language
        if by.name in ("theta", "x0") and not language.layers and {"S", "M"} <= language.letters.keys():
            form = self.placed(symbol("S" if by.name == "theta" else "M"), core.at, core.side)
            return {place: self.laid_out(root, True, by.name) for place, root in form.items()}
        places = self.place(core.at), self.place(by.at) if by.name != "theta" else ("here", 0)
        if "X" in language.letters and by.name == "x" and places == (("here", 1), ("here", 0)):
            return {"here": self.laid_out(symbol("X"), True, "x")}
        if language.layers and by.name in ("x", "w", "theta") and places == (("here", 1), ("here", 0)):
            step = self.differentiated(self.setting.facts["dynamics"].part("right"), by.name)
            return {"here": self.laid_out(step, True, by.name)}
        raise Unclear("a derivative of the state by something far", "dx/dtheta, dx/dx0, dx_{l+1}/dx_l")

    def chained(self, node: tree.Derivative, by: Symbol) -> Form:
        """d/dtheta or d/dx0 of scalars along the solution: E_x dx/dtheta + E_theta."""
        if by.part and by.name in ("theta", "x0"):
            return reckoned(self, node.of, self.component(by))
        if by.name == "t1" and not self.setting.language.layers and set(form := self.form(node.of)) <= {"", "t1"}:
            return {"t1": self.setting.language.move(form.get("t1", ZERO), "dot")}  # how it moves along the solution
        letter = {"theta": "S", "x0": "M"}.get(by.name)
        if letter is None or letter not in self.setting.language.letters or self.setting.language.layers:
            raise Unclear(f"a derivative by {by.name} through the system", "derivatives of J, or of expressions by theta or x0")
        found: Form = {}
        for place, root in self.form(node.of).items():
            slope = self.differentiated(root, "x") * symbol(letter)
            slope = slope + (self.differentiated(root, "theta") if by.name == "theta" else ZERO)
            found[place] = self.laid_out(slope, not self.scalar(root), by.name)
        return found

    def unwrapped(self, node: Node) -> tuple[Node, Callable[[Form], Form]]:
        """The quantity inside minus signs and transposes, and how to put them back."""
        if isinstance(node, tree.Negative):
            core, inner = self.unwrapped(node.of)
            return core, lambda form: self.negated(inner(form))
        if isinstance(node, tree.Transposed):
            return self.unwrapped(node.of)  # d(a^T)/dx is da/dx: a derivative's layout is its own
        return node, lambda form: form

    def form_evaluated(self, node: tree.Evaluated) -> Form:
        if (moved := cost_moved(node, self.setting)) is not None:
            return {"": moved}
        ends = not node.less and any((self.end(item),) == self.setting.language.points[-1:] for item in node.at)
        form = replace(self, ending=ends).form(node.of)
        upper = self.at_point(form, node.at)
        return self.added(upper, self.negated(self.at_point(form, node.less))) if node.less else upper

    def at_point(self, form: Form, at: tuple[Node, ...]) -> Form:
        """What lives here, at a place; d/d eps ... at eps = 0 is the variation already."""
        for item in at:
            left, right = (item.sides[0], item.sides[-1]) if isinstance(item, tree.Chain) else (None, item)
            if isinstance(left, Symbol) and isinstance(right, Symbol) and right.at is not None and left.name == right.name:
                right = right.at  # x = x(t1)
            elif isinstance(left, Symbol) and left.name not in ("t", "l"):
                if left.name == "eps" and right == tree.Number(Fraction(0)):
                    continue
                if left.part and left.at is None:
                    form = self.holding(form, self.component(left), right)
                    continue
                raise Unclear(f"a value at {left.name} = ...", "a value at a time")
            place, ahead = self.place(right)
            if place == "here" and ahead != self.base() * self.setting.language.layers:
                raise Unclear("a value some layers ahead", "a value at a time")
            rest = {key: root for key, root in form.items() if key != "here"}
            form = self.added(rest, {place: self.seen(form["here"], place)}) if "here" in form else rest
        return form

    def smooth(self, root: Expression) -> bool:
        """Does it not jump where a state is observed?"""
        return observes(self.setting.name) and {name.partition("_")[0] for name in symbols_of(root)} <= {"x", "O", "S", "M"}

    def seen(self, root: Expression, place: str) -> Expression:
        """At an observation, what does not jump there is taken before it."""
        return self.setting.language.move(root, "before") if place in self.setting.language.points[1:-1] and self.smooth(root) else root

    def holding(self, form: Form, name: str, value: Node) -> Form:
        """With one component at another value, as in |_{x = 1}."""
        put = self.form(value)
        if set(put) - {""} or set(form) - {"", "here"}:
            raise Unclear(f"a value at {name} = ...", "numbers, for what lives at the running time")
        return {place: substitute([root], {name: put[""]})[0] for place, root in form.items()}

    def form_integral(self, node: tree.Integral) -> Form:
        """int from the first point to the last; backwards with a minus; from or to the running time over that stretch."""
        if self.setting.language.layers or not isinstance(node.by, Symbol) or not (node.by.bound or node.by.name == "t"):
            raise Unclear("an integral", "integrals over time")
        node = replace(node, body=over_time(node.body, node.by))
        limits = (self.limit(node.lower, "t0"), self.limit(node.upper, "t1"))
        sign = 1 if limits in STRETCHES else -1
        kind = STRETCHES.get(limits if sign > 0 else (limits[1], limits[0]), "")
        if not kind:
            raise Unclear(f"an integral from {limits[0]} to {limits[1]}", "limits t0, t1, t, or the time of an event")
        body = replace(self, stretch=SIDES.get(kind, "")).form(node.body)
        if set(body) - {"", "here"}:
            raise Unclear("an integrand with values at fixed times", "an integrand at the running time")
        root = body.get("here", ZERO) + body.get("", ZERO)
        return {kind: root if sign > 0 else neg(root)}

    def limit(self, node: Node | None, usual: str) -> str:
        running = isinstance(node, Symbol) and node.name == "t"
        return usual if node is None else "here" if running else self.place(node)[0]

    def form_series(self, node: tree.Series) -> Form:
        return over_observations(self, node) if "r" in self.setting.language.points else over_layers(self, node)

    def summing(self, start: int) -> Reader:
        """Inside a sum over layers whose first layer has this index."""
        return replace(self, sum_start=start)

    def form_expectation(self, node: tree.Expectation) -> Form:
        if set(body := self.form(node.body)) - {"", "here"}:
            raise Unclear("an expectation of several places", "an expectation at one time")
        return {"mean": body.get("here", ZERO) + body.get("", ZERO)}
