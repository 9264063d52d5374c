"""Layers written out: for a few layers the notes' own laws, with a letter for every state, weight, costate and Jacobian.

    x1 = x0 + h f0, x2 = x1 + h f1, J = L0 + L1 + Psi;   p2 = Psi_x, p1 = L1_x + p2 (I + h f1_x) ...;   J.delta = p0 x0.delta + ...

Products over layers, sums over some of them and values at a fixed layer are plain algebra then.  What is proved so is proved for
networks of `COUNTS` layers, for every layer that the formula may mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from typing import Any

from adjointcheck.derive.theories.draft import Draft
from adjointcheck.errors import AdjointCheckError
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, substitute, symbol, symbols_of, total
from adjointcheck.notes.letters.context import ROLES, Context, Declared, Law
from adjointcheck.notes.letters.costs import starting
from adjointcheck.notes.letters.derivatives import slots_of
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, symbols, walk
from adjointcheck.notes.letters.own_inputs import AlongDyad, along_dyad, declare, input_of, is_matrix
from adjointcheck.notes.letters.potentials import is_gradient
from adjointcheck.notes.letters.progression import multiplied
from adjointcheck.notes.letters.quantities import Repeated
from adjointcheck.notes.letters.starting import SLOPE
from adjointcheck.notes.letters.usage import is_symmetric
from adjointcheck.notes.proofs.claims import Reader, Unclear
from adjointcheck.notes.proofs.difference_riccati import names_of, regulated
from adjointcheck.notes.proofs.jacobian import Partial
from adjointcheck.notes.proofs.settings import Setting, judged, sized
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.implicit import opaque
from adjointcheck.notes.systems.squashing import squashed
from adjointcheck.trusted.verdict import Status

COUNTS, STEPS = (2, 3), (1, 2)  # layers; time steps that have stages
WORDS = f"written out for a few layers: {COUNTS}, or {STEPS} time steps that have stages"
INPUTS = {"x": ("n", "I"), "w": ("k", "I_k"), "theta": ("m", "I_m")}
ROWS = {"f": "n", "L": "1", "O": "o", "Psi": "1", "act": "n"}
END = "end"
ZERO_NODE = tree.Number(Fraction(0))


@dataclass(frozen=True)
class Writer:
    """Resolved trees in the letters of `count` layers; `values` are the numbers of index letters."""

    context: Context
    count: int
    values: Mapping[str, int] = field(default_factory=dict)
    functions: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)  # {f0: (f, {x: x0, w: w0})}
    stages: dict[Node, str] = field(default_factory=dict)  # letters of states inside of time steps
    times: dict[str, Node] = field(default_factory=dict)  # when a function is taken, by its letter

    def at(self, layer: int) -> Writer:
        return replace(self, values={**self.values, "l": layer})

    def number(self, node: Node | None) -> int:
        """An index in numbers; raises Unclear where it is none."""
        match node:
            case None:
                return self.values["l"]
            case tree.Number(value) if value.denominator == 1:
                return int(value)
            case tree.Negative(of):
                return -self.number(of)
            case tree.Sum(terms):
                return sum(map(self.number, terms))
            case Symbol(name="N" | "t1", at=None):
                return self.count
            case Symbol(name="t0"):
                return 0
            case Symbol(name=name, at=None, part=()) if name in self.values:
                return self.values[name]
        raise Unclear("an index", "numbers and letters that count layers")

    def layer(self, node: Node | None) -> int:
        found = self.number(node)
        if not 0 <= found <= self.count:
            raise Outside(found, self.count)
        return found

    def written(self, node: Node) -> Node:
        handler = getattr(self, "of_" + type(node).__name__.lower(), None)
        return handler(node) if handler else rebuilt(node, self.written)

    def of_symbol(self, node: Symbol) -> Node:
        if node.bound or (node.name in ("l", "N") and node.at is None):
            return tree.Number(Fraction(self.number(node)))
        if node.name == "p" and self.layer(node.at) == 0 and self.paid_first and not self.context.option("first costate"):
            raise Outside(0, self.count)
        if node.name in ("x", "p", "w", "a_theta") and not node.part and not node.side:
            return replace(node, name=f"{node.name}{self.layer(node.at)}", at=None)
        if node.name in ("P", "K") and not node.part:
            return replace(node, name=f"{node.name}{self.layer(node.at)}", at=None)
        if node.name == "J_a":
            return self.written(self.body(node.name))
        if node.name in ("t", "s", "tau", "t0", "t1") or node.part:
            raise Unclear(node.name, "letters of layers")
        declared = self.own(node.name)
        if declared is None:
            return replace(node, at=None)
        if declared.body is not None:
            return self.at(self.layer(node.at)).written(declared.body) if declared.kind == "path" else self.written(declared.body)
        return replace(node, name=f"{node.name}_{self.layer(node.at)}", at=None) if declared.kind == "path" else node

    def of_power(self, node: tree.Power) -> Node:
        """beta^(1 - l) with the layer's number."""
        counted = tree.Number(Fraction(self.number(node.exponent))) if symbols(node.exponent) & {"l", "N"} else node.exponent
        return replace(node, base=self.written(node.base), exponent=counted)

    @property
    def paid_first(self) -> bool:
        """Is a cost of the first state paid beside the others, so that its costate may be meant with it or without it?"""
        law = self.context.law("objective")
        return law is not None and bool(starting(law.right).terms)

    def own(self, name: str) -> Declared | None:
        """A letter of the notes that the convention has not."""
        found = (known for known in self.context.letters.values() if known.symbol == name and name not in ROLES)
        return next(found, None)

    def body(self, name: str) -> Node:
        found = next((known.body for known in self.context.of(name) if known.body is not None), None)
        if found is None:
            raise Unclear(name, "a letter that the notes define")
        return found

    def of_applied(self, node: Applied) -> Node:
        if node.name == "H":
            return self.at(self.layer(node.at)).written(self.body("H"))
        return Applied(self.function(node))

    def function(self, node: Applied) -> str:
        """The letter of a function's value where it is taken."""
        if node.name not in ROWS or node.side or node.part:
            raise Unclear(node.name, f"functions {', '.join(ROWS)}")
        usual = self.count if node.name == "Psi" and node.at is None else self.number(node.at)
        written = {slot: self.written(value) for slot, value in node.arguments if slot != "t"}
        slots = {slot for slot in slots_of(node, self.context) if slot in INPUTS and (slot == "x" or self.context.of(slot))}
        there = {slot: Symbol("theta") if slot == "theta" else Symbol(f"{slot}{usual}") for slot in slots}
        values = {**there, **{slot: value for slot, value in written.items() if slot in slots}}
        found = {slot: self.argument(value, slot) for slot, value in values.items()}
        state = found.get("x", found.get("w", ""))
        name = node.name + (state[1:] or str(usual) if state[:1] != "u" else f"_{state}")
        time = next((self.moment(value) for slot, value in node.arguments if slot == "t"), None)
        if time is not None and self.times.setdefault(name, time) != time:
            raise Unclear(f"{node.name} at another time", f"{node.name} at one time for each state")
        if self.functions.setdefault(name, (node.name, found)) != (node.name, found) or "" in found.values():
            raise Unclear(f"{node.name} at another state", f"{node.name} at the states of layers")
        return name

    def moment(self, node: Node) -> Node:
        """t_k + h/2 with the number of its layer."""
        if isinstance(node, Symbol) and node.name == "t":
            return replace(node, at=tree.Number(Fraction(self.number(node.at))))
        return rebuilt(node, self.moment)

    def argument(self, value: Node, slot: str) -> str:
        """The letter of an argument; a state inside of a time step gets one."""
        if isinstance(value, Symbol):
            return value.name
        return self.stages.setdefault(value, f"u{len(self.stages)}") if slot == "x" else ""

    def of_derivative(self, node: tree.Derivative) -> Node:
        if len(node.by) != 1 or not isinstance(node.by[0], Symbol):
            raise Unclear("a derivative", "first derivatives by x, w or theta")
        by, of = node.by[0], node.of
        if node.kind in ("partial", "nabla") and isinstance(of, Applied) and of.name in ROWS:
            name = self.function(of)
            letter = self.functions[name][1].get(by.name)
            if letter is None:
                raise Unclear(f"{of.name} by {by.name}", "a derivative by an argument")
            if by.at is not None and by.name != "theta" and self.written(by) != Symbol(letter):
                raise Unclear(f"{of.name} by {by.name} of another layer", "functions and letters of one layer")
            return replace(node, of=Applied(name), by=(Symbol(letter),))
        if isinstance(of, Symbol) and of.name == "J_a":
            return replace(node, of=self.written(of), by=(self.written(by),), kind="partial")
        law = self.context.law("layers")
        if node.kind == "partial" and law is not None and of == law.right and by.name == "theta":
            return replace(node, of=Symbol(f"step{self.layer(None)}"), kind="total")
        value = self.written(by)
        if value in self.stages:  # by what stands inside of a time step
            return replace(node, of=self.written(of), by=(Symbol(self.stages[value]),))
        if isinstance(value, Applied):  # by a slope
            return replace(node, of=self.written(of), by=(Symbol(value.name),))
        return replace(node, of=self.written(of), by=(self.written(by),))

    def of_evaluated(self, node: tree.Evaluated) -> Node:
        if node.less or len(node.at) != 1:
            raise Unclear("a difference of values", "a value at one layer")
        return self.at(self.layer(node.at[0])).written(node.of)

    def of_series(self, node: tree.Series) -> Node:
        if node.kind != "sum" or not isinstance(node.index, Symbol):
            raise Unclear(f"a {node.kind}", "sums over layers")
        lower = self.number(node.lower) if node.lower is not None else 0
        upper = self.number(node.upper) if node.upper is not None else self.count - 1
        terms = tuple(self.counting(node.index.name, i).written(node.body) for i in range(lower, upper + 1))
        return tree.Sum(terms) if len(terms) > 1 else terms[0] if terms else ZERO_NODE

    def of_repeated(self, node: Repeated) -> Node:
        made = multiplied(node, self.number)
        return self.written(made) if isinstance(made, tree.Product) else Symbol("I")

    def counting(self, name: str, value: int) -> Writer:
        return replace(self, values={**self.values, name: value})


def has_stages(context: Context) -> bool:
    """Does a time step stand on slopes f that the notes define inside of it?"""
    law = context.law("layers")
    names = {part.name for part in walk(law.right) if isinstance(part, Symbol)} if law is not None else set()
    return any(known.symbol in names and known.body is not None and "f" in symbols(known.body) for known in context.letters.values())


class Outside(Unclear):
    """A layer before the first or behind the last."""

    def __init__(self, layer: int, count: int) -> None:
        super().__init__(f"layer {layer}", f"layers 0 ... {count}")


# The setting


@dataclass(frozen=True)
class Network:
    """The setting of a few layers, and how formulas are written in it."""

    setting: Setting
    writer: Writer
    costates: tuple[str, ...]


def network_of(context: Context, count: int, varied: bool, moves: str = "") -> Network | None:
    """The notes' laws for so many layers, `moves` the own letter that is an input; None where they cannot be written out."""
    letters = tuple(opaque(known) for known in context.letters.values() if known.kind != "index")
    return _network(letters, context.laws, context.hypotheses, tuple(sorted(context.options.items())), count, varied, moves)


@cache
def _network(letters: tuple[Declared, ...], laws: tuple[Law, ...], hypotheses: tuple[str, ...], options: tuple[tuple[str, str], ...],
             count: int, varied: bool, moves: str) -> Network | None:
    context = Context({known.letter: known for known in letters}, dict(options), laws, hypotheses)
    try:
        return Weaver(context, count, varied, moves).network()
    except AdjointCheckError:
        return None


class Weaver:
    """Writes the document of a network, line by line.

    `varied`: without gradients, and any input may be held fixed.  `moves`: the letter of the notes themselves that is an input too.
    """

    def __init__(self, context: Context, count: int, varied: bool, moves: str = "") -> None:
        self.context, self.count, self.varied = context, count, varied
        self.moves = next((known for known in context.letters.values() if known.symbol == moves), None) if moves else None
        self.writer = Writer(context, count)
        self.draft = Draft(points=(END,))
        self.layers = range(count + 1)
        self.rules = [self.writer.at(layer).written(self.step.right) for layer in self.steps]
        self.cost = self.writer.written(self.objective)
        for layer in self.layers:
            for name in ("f", "L", "O"):
                if context.of(name):
                    with suppress(Unclear):  # the law has its own arguments at this state, as f(x_0, w_1)
                        self.writer.at(layer).function(Applied(name))
        if context.of("Psi"):
            self.writer.function(Applied("Psi"))

    @property
    def step(self) -> Law:
        law = self.context.law("layers")
        if law is None or not isinstance(law.left, Symbol):
            raise Unclear("the layers", "a law x_{l+1} = F(x_l)")
        return law

    @property
    def steps(self) -> range:
        """The values of the index in the law, so that it makes x_1 ... x_N."""
        first = 1 - self.writer.at(0).number(self.step.left.at if isinstance(self.step.left, Symbol) else None)
        return range(first, first + self.count)

    @property
    def objective(self) -> Node:
        law = self.context.law("objective")
        return law.right if law is not None else Applied("Psi")

    @property
    def alone(self) -> bool:
        """Is the first costate meant without what is paid for the first state alone?"""
        return self.writer.paid_first and self.context.option("first costate") == "without"

    @property
    def starts(self) -> bool:
        """Does the start move with the parameters?"""
        return bool(self.context.option("starts") and self.context.of("theta"))

    def network(self) -> Network:
        self.declare()
        self.reader = Reader(Setting(self.document()), self.context)
        language = self.reader.setting.language
        self.states = [self.said(rule) for rule in self.rules]
        self.price = self.said(self.cost)
        self.first = self.said(self.writer.written(starting(self.objective))) if self.alone else ZERO
        self.inner = {letter: self.said(node) for node, letter in self.writer.stages.items()}
        self.by: dict[str, Partial | AlongDyad] = {name: Partial(language, name) for name in (*self.inputs(), *self.inner, *self.slopes)}
        self.by |= {name: AlongDyad(language, name) if self.steps_along_dyads else Partial(language, name) for name in self.moved()}
        self.laws()
        self.costates()
        self.variation()
        self.transitions()
        if self.varied and self.context.of("w"):
            self.regulator()
        document = sized(self.document(), dict(_sizes(self.context)))
        fixed = frozenset(step["id"] for step in self.draft.steps if "_fixed" in step["id"] or step["id"].startswith("stationary"))
        return Network(judged(document, fixed), self.writer, tuple(f"costate_{layer}" for layer in self.layers))

    def inputs(self) -> list[str]:
        return [f"x{layer}" for layer in self.layers] + [f"w{layer}" for layer in self.layers if self.context.of("w")] + [
            "theta" for _ in self.context.of("theta")[:1]]

    def moved(self) -> list[str]:
        """The letters of the own input, layer by layer."""
        return [name for family, _ in self.families() if self.moves and family[0] == self.of_layer(0) for name in dict.fromkeys(family)]

    @property
    def steps_along_dyads(self) -> bool:
        """Is the own input a matrix?"""
        return self.moves is not None and is_matrix(self.moves)

    def of_layer(self, layer: int) -> str:
        known = self.moves
        return "" if known is None else f"{known.symbol}_{layer}" if known.kind == "path" else known.symbol

    @property
    def slopes(self) -> list[str]:
        """The values of f inside of time steps."""
        return [name for name, (function, _) in self.writer.functions.items() if function == "f"] if self.writer.stages else []

    @property
    def inner_letters(self) -> tuple[str, ...]:
        """The states inside of time steps."""
        return tuple(self.writer.stages.values())

    def said(self, node: Node) -> Expression:
        form = self.reader.form(node)
        if set(form) - {"", "here"}:
            raise Unclear("a law", "an expression in the letters of layers")
        return self.reader.added({"": form.get("", ZERO)}, {"": form["here"]})[""] if "here" in form else form.get("", ZERO)

    def document(self) -> dict[str, Any]:
        document = self.draft.document("unrolled", f"{self.count} layers written out", "notes")
        return {**document, "conclusions": [step["id"] for step in self.draft.steps if step["rule"] not in ("assume", "define")]}

    def declare(self) -> None:
        draft = self.draft
        draft.let(I="n n identity", I_k="k k identity", I_m="m m identity", J="1 1 constant", h="1 1 constant nonzero")
        for letter in self.inputs():
            role = letter.rstrip("0123456789")
            free = " input" if not self.varied and (letter == "x0" or role != "x") else ""
            draft.let(**{letter: f"{INPUTS[role][0]} 1 constant{free}", f"J_{letter}": f"1 {INPUTS[role][0]} constant"})
        draft.let(**{f"p{layer}": "1 n constant" for layer in self.layers}, **{f"a_theta{layer}": "1 m constant" for layer in self.layers})
        if self.starts:
            draft.let(**{SLOPE: "n m constant", "x0_by_theta": "n m constant"})
            draft.define("start_moves", f"x0_by_theta = {SLOPE}")
        draft.let(**{letter: "n 1 constant" for letter in self.writer.stages.values()})
        draft.let(**{f"J_{name}": "1 n constant" for name in (*self.slopes, *self.inner_letters)})
        for name, (function, arguments) in self.writer.functions.items():
            rows = ROWS[function]
            symmetric = function == "act" or (function == "f" and is_gradient(self.context))  # a diagonal matrix, or a Hessian
            slopes = {letter: f"{name}_{slot} {rows} {INPUTS[slot][0]} constant{' symmetric' * (symmetric and slot == 'x')}"
                      for slot, letter in arguments.items()}
            draft.function(name, f"{rows} 1 constant", **slopes)
        moved = self.moved()
        for name, shape in self.own():
            declare(draft, name, shape.split()[:2]) if name in moved else draft.let(**{name: shape})

    def families(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The notes' own letters, the name of each at every layer, and what the core has to know of it."""
        for known in self.context.letters.values():
            if known.symbol in ROLES or known.body is not None or known.kind not in ("path", "constant") or "" in known.shape or known.part:
                continue
            square = known.shape[0] == known.shape[1] != "1"
            nonzero = (known.shape == ("1", "1") and known.kind == "constant") or (square and self.inverted(known))
            flags = ["symmetric"] * (square and is_symmetric(known, self.context)) + ["nonzero"] * nonzero
            usual = {theirs: ours for ours, theirs in _sizes(self.context)}  # B of n x m, where u has m components, is n x k here
            shape = [usual.get(size, size) for size in known.shape]
            named = tuple(f"{known.symbol}_{layer}" if known.kind == "path" else known.symbol for layer in self.layers)
            yield named, " ".join([*shape, "constant", *flags])

    def own(self) -> Iterator[tuple[str, str]]:
        """The notes' own letters one by one."""
        yield from ((name, shape) for family, shape in self.families() for name in dict.fromkeys(family))

    def inverted(self, known: Declared) -> bool:
        """Is it a weight by custom, or the base of an inverse in a law or a definition?"""
        bodies = [law.right for law in self.context.laws] + [other.body for other in self.context.letters.values() if other.body]
        powers = (part for body in bodies for part in walk(body) if isinstance(part, tree.Power))
        bases = [power.base for power in powers if isinstance(power.exponent, tree.Negative)]
        return known.letter in ("R", "B") or any(isinstance(base, Symbol) and base.name == known.symbol for base in bases)

    def laws(self) -> None:
        draft = self.draft
        still = ["h", *(name for name, _ in self.own() if name not in self.moved())]
        for name in still:
            draft.assume(f"{name}_given", f"{name}.delta = 0")
        self.given = (*(f"{name}_given" for name in still), *(f"{name}_dyad" for name in self.moved() if self.steps_along_dyads))
        for letter, root in self.inner.items():
            draft.assume(f"stage_{letter}", f"{letter} = {to_text(root)}")
        for layer, root in enumerate(self.states):
            draft.assume(f"dynamics_{layer}", f"x{layer + 1} = {to_text(root)}")
        draft.define("cost", {"value": "J", END: to_text(self.price)})

    def slope(self, root: Expression, letter: str) -> Expression:
        """The derivative in what a time step starts from, through its stages."""
        found = self.by[letter].of(root)
        for stage, inner in self.inner.items():
            outer = self.by[stage].of(root)
            part = self.slope(inner, letter) if outer is not ZERO else ZERO
            found = found + outer * part if part is not ZERO else found
        return found

    def carried(self, layer: int, letter: str) -> Expression:
        """By an input, of what layer `layer` hands on: p_{l+1} dx_{l+1}."""
        slope = self.slope(self.states[layer], letter)
        return symbol(f"p{layer + 1}") * slope if slope is not ZERO else ZERO

    def costates(self) -> None:
        for layer in reversed(self.layers):
            root = self.slope(self.price, f"x{layer}") if layer else self.slope(self.price - self.first, "x0")
            root = root + self.carried(layer, f"x{layer}") if layer < self.count else root
            self.draft.define(f"costate_{layer}", f"p{layer} = {to_text(root)}")
        for layer in self.layers[1:]:
            self.draft.define(f"price_{layer}", f"J_x{layer} = p{layer}")
        for name in (*self.slopes, *self.inner_letters):
            if (root := self.through(name)) is not ZERO:
                self.draft.define(f"price_{name}", f"J_{name} = {to_text(root)}")
        for layer in self.layers if self.context.of("theta") else ():
            if (remainder := self.remainder(layer)) is not None:
                self.draft.define(f"remainder_{layer}", f"a_theta{layer} = {to_text(remainder)}")

    def remainder(self, first: int) -> Expression | None:
        """dJ/dtheta where the parameters move from layer `first` on; None where it is open which layer pays for them."""
        states = {f"x{layer}": layer for layer in self.layers}
        paid = {f"{name}_theta": states.get(slots.get("x", ""), -1) for name, (function, slots) in self.writer.functions.items()
                if function == "L" and "theta" in slots}
        price = self.slope(self.price, "theta")
        later = substitute([price], {name: ZERO for name, layer in paid.items() if layer < first})[0]
        alone = substitute([price], {name: ZERO for name in symbols_of(price) if name.endswith("_theta")})[0]
        if self.inner or any(layer < 0 for layer in paid.values()) or not self.is_zero(alone):
            return None
        for layer in range(first, self.count):
            later = later + self.carried(layer, "theta")
        return later

    def is_zero(self, root: Expression) -> bool:
        return self.reader.setting.language.equal(("always", root, ZERO), ()).status is Status.PROVED

    def variation(self) -> None:
        """J.delta = p0 x0.delta + sum of J_w w.delta + J_theta theta.delta, and these gradients."""
        draft, tangents = self.draft, []
        for letter, root in self.inner.items():
            moved = self.reader.setting.language.move(root, "delta")
            claim = f"{letter}.delta = {to_text(moved)}"
            tangents.append(draft.step(f"tangent_{letter}", "differentiate", claim, f"stage_{letter}", *self.given, by="delta"))
        for layer, root in enumerate(self.states):
            moved = self.reader.setting.language.move(root, "delta")
            claim = f"x{layer + 1}.delta = {to_text(moved)}"
            tangents.append(draft.step(f"tangent_{layer}", "differentiate", claim, f"dynamics_{layer}", *self.given, by="delta"))
        moved = to_text(self.reader.setting.language.move(self.price, "delta"))
        draft.step("variation", "differentiate", {"value": "J.delta", END: moved}, "cost", *self.given, by="delta")
        start = self.slope(self.first, "x0") if self.first is not ZERO else ZERO
        slopes = {"x0": symbol("p0") + start, **{name: self.through(name) for name in self.inputs() if not name.startswith("x")}}
        sizes = {name: f"{name}_size" if self.steps_along_dyads else name for name in self.moved()}
        slopes |= {name: self.through(name) for name in sizes}
        total = " + ".join(f"({to_text(root)})*{sizes.get(name, name)}.delta" for name, root in slopes.items())
        costates = [f"costate_{layer}" for layer in self.layers]
        draft.step("first_variation", "rewrite", {"value": "J.delta", END: total}, "variation", *tangents, *self.given, *costates)
        for name, root in slopes.items():
            role = name.rstrip("0123456789") if name not in ("x0", *sizes) else name
            if self.varied:
                draft.assume(f"{role}_fixed{name.removeprefix(role)}", f"{name}.delta = 0")
            else:
                gradient = {"value": f"J_{name}", END: to_text(root)}
                draft.step(f"gradient_{name}", "gradient", gradient, "first_variation", of=f"{sizes.get(name, name)}.delta")
            if role == "w" and not self.varied and root is not ZERO:
                self.stationary(name, root)

    def stationary(self, name: str, root: Expression) -> None:
        """J_w = 0 of one layer, solved for the slope of what is paid there where that stands alone, c L_w + p f_w = 0."""
        self.draft.let(**{f"slope_{name}": "1 k constant"})
        self.draft.define(f"sum_{name}", f"slope_{name} = {to_text(root)}")
        self.draft.assume(f"stationary_{name}", f"slope_{name} = 0")
        paid, language = self.slope(self.price, name), self.reader.setting.language
        slopes = [letter for letter in symbols_of(paid) if letter.endswith("_w") and letter.startswith("L")]
        scale = substitute([paid], {slopes[0]: ONE})[0] if len(slopes) == 1 else ZERO
        if scale is not ZERO and language.certain(scale, "!=") and symbol(slopes[0]) in (paid, *paid.args[-1:]):
            by, held = to_text(scale), to_text(total(self.carried(layer, name) for layer in range(self.count)))
            how = {f"sum_{name}": f"-hole/({by})", f"stationary_{name}": f"hole/({by})"}
            self.draft.step(f"balance_{name}", "rewrite", f"{slopes[0]} = -({held})/({by})", *how, how=how)

    def through(self, name: str) -> Expression:
        """dJ by an input through all layers."""
        found = self.slope(self.price, name)
        for layer in range(self.count):
            found = found + self.carried(layer, name)
        return found

    def regulator(self) -> None:
        """Riccati's matrices, where the layers and the cost are those of a regulator."""
        shapes = {family: (shape.split()[0], shape.split()[1]) for family, shape in self.families()}
        language = self.reader.setting.language
        names = names_of(language, lambda text: language.read(text, "regulator"), self.states, self.price, shapes)
        if names is not None:
            regulated(self.draft, self.count, names)

    def transitions(self) -> None:
        """dx_j/dx_i, dx_j/dw_i and dx_j/dtheta, layer by layer; step_i_by_theta is that of one time step."""
        for layer, state in enumerate(self.states if self.context.of("theta") else ()):
            if (root := self.slope(state, "theta")) is not ZERO:
                self.draft.let(**{f"step{layer}_by_theta": "n m constant"})
                self.draft.define(f"step_{layer}", f"step{layer}_by_theta = {to_text(root)}")
        for name in self.inputs():
            role = name.rstrip("0123456789")
            first = int(name[1:]) if role == "x" else -1
            begins = symbol(SLOPE) if self.starts and role == "theta" else ZERO
            before: Expression = symbol("I") if role == "x" else begins
            for layer in range(max(first, 0), self.count):
                step = self.slope(self.states[layer], f"x{layer}")
                direct = self.slope(self.states[layer], name) if role != "x" else ZERO
                root = step * before + direct if before is not ZERO else direct
                if root is ZERO:
                    continue
                letter = f"x{layer + 1}_by_{name}"
                self.draft.let(**{letter: f"n {INPUTS[role][0]} constant"})
                self.draft.define(letter, f"{letter} = {to_text(root)}")
                before = symbol(letter)


def _sizes(context: Context) -> Iterator[tuple[str, str]]:
    """The notes' own names of the dimensions."""
    for size, role in (("n", "x"), ("k", "w"), ("m", "theta")):
        for known in context.of(role)[:1]:
            yield size, next((part for part in known.shape if part != "1"), "1")


# Formulas


def instances(left: Node, right: Node, context: Context) -> Iterator[tuple[Node, Node, Network]]:
    """The equation for every layer that it may mean; raises Unclear where it cannot be written out."""
    left, right, context = squashed(left, right, context)
    nodes = [part for side in (left, right) for part in walk(side)]
    names = {part.name for part in nodes if isinstance(part, Symbol)}
    weighed = {"w", "p"} <= names and not any(isinstance(part, tree.Derivative) for part in nodes)
    moves = any(isinstance(part, tree.Variation) for part in nodes)
    varied = moves or weighed or bool(names & {"P", "K"}) or (isinstance(left, Symbol) and left.name == "w")
    own = input_of(tree.Chain((left, right), ("=",)), context)
    for count in STEPS if has_stages(context) else COUNTS:
        network = network_of(context, count, varied, own.symbol if own else "")
        if network is None:
            raise Unclear("the layers", "laws that can be written out")
        inner = list(_written(left, right, network, range(1, count)))  # at the ends other equations may hold
        found = inner or list(_written(left, right, network, range(count + 1)))
        if not found:
            raise Unclear("the layers", "indices from 0 to N")
        if own is not None and is_matrix(own):
            found = [dyadic for pair in found if (dyadic := along_dyad(*pair, own)) is not None]
        if not found:
            raise Unclear("a gradient in a matrix", "dJ/dW = ..., with nothing else on its left")
        yield from ((*pair, network) for pair in found)


def _written(left: Node, right: Node, network: Network, layers: range) -> Iterator[tuple[Node, Node]]:
    """The equation at each of these layers at which it means something, once each."""
    seen: set[tuple[Node, Node]] = set()
    known, facts = network.writer, network.setting.facts
    steered = "stationary_w0" in facts and f"stationary_w{known.count}" not in facts  # no control of the last layer is paid for
    idle = {name for name, (_, slots) in known.functions.items() if steered and f"w{known.count}" in slots.values()}
    for layer in layers:
        writer = replace(known.at(layer), functions=dict(known.functions), stages=dict(known.stages), times=dict(known.times))
        with suppress(Outside):
            pair = writer.written(left), writer.written(right)
            if (writer.functions, writer.stages) != (known.functions, known.stages):
                if layer == known.count:  # no time step starts there
                    continue
                raise Unclear("a function at another state", "functions at the states of layers")
            if pair not in seen and not idle & (symbols(pair[0]) | symbols(pair[1])):
                seen.add(pair)
                yield pair
