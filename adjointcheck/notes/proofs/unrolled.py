"""Layers written out: for a few layers the notes' own laws, with a letter for every state, weight, costate and Jacobian.

    x1 = x0 + h f0, x2 = x1 + h f1, J = L0 + L1 + Psi;   p2 = Psi_x, p1 = L1_x + p2 (I + h f1_x) ...;   J.delta = p0 x0.delta + ...

Products over layers, sums over some of them and values at a fixed layer are plain algebra then.  What is proved so is proved for
networks of `COUNTS` layers, for every layer that the formula may mean.  An implicit step x1 = x0 + h f1 is taken to be one that can be
solved: I - h f1_x is a letter with an inverse, and dx1/dx0 = (I - h f1_x)^-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from adjointcheck.derive.theories.draft import Draft
from adjointcheck.errors import AdjointCheckError
from adjointcheck.expression.grammar import to_text
from adjointcheck.expression.node import ONE, ZERO, Expression, apply, substitute, symbol, symbols_of, total
from adjointcheck.notes.letters.context import ROLES, Context, Declared, Law
from adjointcheck.notes.letters.costs import starting
from adjointcheck.notes.letters.meaning import Applied, Symbol, symbols, walk
from adjointcheck.notes.letters.own_inputs import AlongDyad, along_dyad, declare, input_of, is_matrix
from adjointcheck.notes.letters.potentials import is_gradient
from adjointcheck.notes.letters.starting import SLOPE
from adjointcheck.notes.letters.usage import is_symmetric, weighs_control
from adjointcheck.notes.proofs.claims import Reader, Unclear
from adjointcheck.notes.proofs.difference_riccati import names_of, regulated
from adjointcheck.notes.proofs.jacobian import Partial
from adjointcheck.notes.proofs.layer_letters import INPUTS, ROWS, Outside, Writer, has_stages
from adjointcheck.notes.proofs.settings import Setting, judged, sized
from adjointcheck.notes.proofs.sums import termwise
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.implicit import opaque
from adjointcheck.notes.systems.squashing import squashed
from adjointcheck.trusted.verdict import Status

COUNTS, STEPS = (2, 3), (1, 2)  # layers; time steps that have stages
WORDS = f"written out for a few layers: {COUNTS}, or {STEPS} time steps that have stages"
END = "end"


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
    def implicit(self) -> bool:
        """Does the new state stand in its own law, x_{l+1} = x_l + h f(x_{l+1})?"""
        return self.step.left in walk(self.step.right)

    @property
    def starts(self) -> bool:
        """Does the start move with the parameters?"""
        return bool(self.context.option("starts") and self.context.of("theta"))

    def network(self) -> Network:
        self.declare()
        sizes = dict(_sizes(self.context))
        alike = {"k": "n"} if sizes.get("k") == sizes.get("n") else {}  # u of f = -x + u is as long as x
        self.reader = Reader(Setting(sized(self.document(), alike)), self.context)
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
        draft.let(**{f"solve{layer}": "n n constant nonzero" for layer in self.layers[:-1] if self.implicit})
        draft.let(**{f"J_{name}": "1 n constant" for name in (*self.slopes, *self.inner_letters)})
        for name, (function, arguments) in self.writer.functions.items():
            rows = ROWS[function]
            symmetric = function == "act" or (function == "f" and is_gradient(self.context))  # a diagonal matrix, or a Hessian
            slopes = {letter: f"{name}_{slot} {rows} {INPUTS[slot][0]} constant{' symmetric' * (symmetric and slot == 'x')}"
                      for slot, letter in arguments.items()}
            draft.function(name, f"{rows} 1 constant", **slopes)
        moved = self.moved()
        sizes = {size for name, shape in self.own() if name in moved and not self.steps_along_dyads for size in shape.split()[:2]}
        draft.let(**{f"I_{size}": f"{size} {size} identity" for size in sorted(sizes - {"1", "n", "k", "m"}) if size.isidentifier()})
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
        """Is it a weight by custom, that of a control, or the base of an inverse in a law or a definition?"""
        bodies = [law.right for law in self.context.laws] + [other.body for other in self.context.letters.values() if other.body]
        powers = (part for body in bodies for part in walk(body) if isinstance(part, tree.Power))
        bases = [power.base for power in powers if isinstance(power.exponent, tree.Negative)]
        bases += [part.factors[-2] for body in bodies for part in walk(body) if isinstance(part, tree.Product) and weighs_control(part)]
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
        for layer, root in enumerate(self.states if self.implicit else ()):
            draft.assume(f"weight_solve{layer}", f"solve{layer} = I - ({to_text(self.slope(root, f'x{layer + 1}'))})")
            self.turned(layer, self.slope(root, f"x{layer + 1}"))
        draft.define("cost", {"value": "J", END: to_text(self.price)})

    def turned(self, layer: int, slope: Expression) -> None:
        """f_x = (I - solve)/h of solve = I - h f_x, for lines that multiply by it."""
        letters = [name for name in symbols_of(slope) if name.endswith("_x")]
        scale = substitute([slope], {letters[0]: ONE, "I": ONE})[0] if len(letters) == 1 else ZERO
        if scale is not ZERO and self.reader.setting.language.certain(scale, "!=") and self.is_zero(slope - scale * symbol(letters[0])):
            claim, name, by = f"{letters[0]} = (I - solve{layer})/({to_text(scale)})", f"weight_solve{layer}", f"hole/({to_text(scale)})"
            self.draft.step(f"turned_solve{layer}", "rewrite", claim, name, how={name: by})

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
        slope = self.step_slope(layer, letter)
        return symbol(f"p{layer + 1}") * slope if slope is not ZERO else ZERO

    def step_slope(self, layer: int, letter: str) -> Expression:
        """dx_{l+1} by what stands in its law; an implicit one is solved."""
        slope = self.slope(self.states[layer], letter)
        return slope if slope is ZERO or not self.implicit else apply("inverse", symbol(f"solve{layer}")) * slope

    def costates(self) -> None:
        for layer in reversed(self.layers):
            root = self.slope(self.price, f"x{layer}") if layer else self.slope(self.price - self.first, "x0")
            root = root + self.carried(layer, f"x{layer}") if layer < self.count else root
            self.draft.define(f"costate_{layer}", f"p{layer} = {to_text(root)}")
            if self.implicit and layer < self.count and self.slope(self.states[layer], f"x{layer}") is symbol("I"):
                paid = self.slope(self.price, f"x{layer}") if layer else self.slope(self.price - self.first, "x0")
                self.unsolved(layer, f"costate_{layer}", f"(p{layer} - ({to_text(paid)}))", f"p{layer + 1}", False)
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
        inside = any(self.by[stage].of(self.price) is not ZERO for stage in self.inner)
        if inside or any(layer < 0 for layer in paid.values()) or not self.is_zero(alone):
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
            tangents += [self.solved(layer, tangents.pop(), f"x{layer + 1}.delta", moved)] if self.implicit else []
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

    def solved(self, layer: int, law: str, left: str, right: Expression) -> str:
        """y = A y + b with I - A invertible is y = (I - A)^-1 b; what moves inside of the time step is put in."""
        inverse = f"inverse(solve{layer})"
        how = {law: f"{inverse}*hole", f"weight_solve{layer}": f"{inverse}*hole*{left}"}
        for letter, root in reversed(self.inner.items()):
            others = {name: ZERO for name in symbols_of(right) if name.endswith(".delta")}
            outer = substitute([right], {**others, f"{letter}.delta": symbol("I")})[0]
            how |= {f"tangent_{letter}": f"{inverse}*({to_text(outer)})*hole"} if outer is not ZERO else {}
            right = substitute([right], {f"{letter}.delta": self.reader.setting.language.move(root, "delta")})[0]
        rest = substitute([right], {left: ZERO})[0]
        return self.draft.step(f"solved_{law}", "rewrite", f"{left} = {inverse}*({to_text(rest)})", *how, how=how)

    def unsolved(self, layer: int, law: str, left: str, right: str, first: bool) -> None:
        """y = A y + b of y = (I - A)^-1 b; rows y with the matrix behind them."""
        matrix, name = to_text(self.slope(self.states[layer], f"x{layer + 1}")), f"weight_solve{layer}"
        how = {law: f"solve{layer}*hole", name: f"-hole*{left}"} if first else {law: f"hole*solve{layer}", name: f"-{left}*hole"}
        claim = f"{left} = ({matrix})*{left} + {right}" if first else f"{left} = {left}*({matrix}) + {right}"
        self.draft.step(f"unsolved_{law}", "rewrite", claim, *how, how=how)

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
            if (root := self.step_slope(layer, "theta")) is not ZERO:
                self.draft.let(**{f"step{layer}_by_theta": "n m constant"})
                self.draft.define(f"step_{layer}", f"step{layer}_by_theta = {to_text(root)}")
                if self.implicit:
                    self.unsolved(layer, f"step_{layer}", f"step{layer}_by_theta", to_text(self.slope(state, "theta")), True)
        for name in self.inputs():
            role = name.rstrip("0123456789")
            first = int(name[1:]) if role == "x" else -1
            begins = symbol(SLOPE) if self.starts and role == "theta" else ZERO
            before: Expression = symbol("I") if role == "x" else begins
            for layer in range(max(first, 0), self.count):
                step = self.step_slope(layer, f"x{layer}")
                direct = self.step_slope(layer, name) if role != "x" else ZERO
                root = step * before + direct if before is not ZERO else direct
                if root is ZERO:
                    continue
                letter = f"x{layer + 1}_by_{name}"
                self.draft.let(**{letter: f"n {INPUTS[role][0]} constant"})
                self.draft.define(letter, f"{letter} = {to_text(root)}")
                if self.implicit:
                    made = self.slope(self.states[layer], f"x{layer}") * before if before is not ZERO else ZERO
                    direct = self.slope(self.states[layer], name) if role != "x" else ZERO
                    self.unsolved(layer, letter, letter, to_text(made + direct), True)
                before = symbol(letter)


def _sizes(context: Context) -> Iterator[tuple[str, str]]:
    """The notes' own names of the dimensions."""
    for size, role in (("n", "x"), ("k", "w"), ("m", "theta"), ("o", "O")):
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
    left, right = termwise(left, right) if own is not None and is_matrix(own) else (left, right)
    few = context.option("few layers")
    for count in (int(few),) if few else STEPS if has_stages(context) else COUNTS:
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
