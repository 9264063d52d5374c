"""Trees in the letters of the notes become trees in the letters of the convention: every conventions' difference ends here.

A resolved tree has the nodes of `tree.py`, but instead of Letter and Call it has Symbol (a quantity, perhaps at a place), Applied
(a function at arguments) and Unknown.  A costate lambda = -p^T becomes Negative(Transposed(p)); a letter that the notes define by
a formula (H = L + p f) stays a Symbol, and its body stands in the context.  Derivatives have the kinds
    partial     explicit arguments only: df/dx, dH/dw; the argument is a slot of a function, or every mention of the letter
    total       along the solution (by t), or by an input through the whole system: dJ/dtheta, dx(t + eps)/dx(t), delta J/delta w
    nabla       a partial whose layout for vectors (Jacobian or its transpose) the notes may leave open
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from adjointcheck.notes.letters.activations import entrywise
from adjointcheck.notes.letters.context import ORDER, ROLES, USUAL, Context, Declared, key
from adjointcheck.notes.letters.derivatives import cells_at, core_of, derivative, differential, is_end, is_here, is_sensitivity, slots_of
from adjointcheck.notes.letters.end_points import end_point, rates_at
from adjointcheck.notes.letters.formal import argument_of, counted, differentiated, inserted, slope_of, taken
from adjointcheck.notes.letters.neighbours import step_of, undirected, with_slopes
from adjointcheck.notes.letters.partitions import BLOCKS, in_blocks, is_block, only_block
from adjointcheck.notes.letters.progression import all_steps, product_of, sum_of
from adjointcheck.notes.letters.pulses import pulse_of
from adjointcheck.notes.letters.quantities import (
    AXES,
    COUNTERS,
    INDICES,
    OPTIMAL,
    SIDES,
    STARS,
    Applied,
    Formal,
    Size,
    Symbol,
    Unknown,
    children,
    costate,
    directions_of,
    filling,
    has_entries,
    in_functions,
    inside,
    is_defined,
    is_name,
    is_optimum,
    is_output,
    is_staged,
    layers_left,
    moments,
    over_stages,
    placed_at,
    random,
    rebuilt,
    runs_below,
    standing,
    symbols,
    turned,
    unknown,
    walk,
    weights_apart,
    written_below,
)
from adjointcheck.notes.letters.scales import base_of, directional, dotted, inner_product, primed_by, runs_back, turned_back, unscaled, when
from adjointcheck.notes.letters.speeds import speed_at
from adjointcheck.notes.letters.transport import divergence, local_rate, rate_of, runs_along
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.instants import instant
from adjointcheck.notes.reading.tree import Node

__all__ = ["AXES", "COUNTERS", "INDICES", "STARS", "Applied", "Size", "Symbol", "Unknown", "children", "rebuilt", "resolve",
           "slots_of", "symbols", "unknown", "walk"]
def resolve(node: Node, context: Context, bound: frozenset[str] = frozenset()) -> Node:
    """`node` in the convention's letters; `bound` are the variables of the integrals, sums and limits around it."""
    return _Resolver(context, bound).map(node)


@dataclass(frozen=True)
class _Resolver:
    context: Context
    bound: frozenset[str]

    def map(self, node: Node) -> Node:
        handler = getattr(self, "map_" + type(node).__name__.lower(), None)
        made = handler(node) if handler else rebuilt(node, self.map)
        return made if made.span == node.span else tree.changed(made, span=node.span)

    def binding(self, letter: Node | None) -> _Resolver:
        name = key(letter) if isinstance(letter, tree.Letter) else ""
        return replace(self, bound=self.bound | {name}) if name else self

    # Letters

    def map_letter(self, node: tree.Letter) -> Node:
        if node.accents and node.accents[-1] in ("dot", "ddot"):
            base = self.map(bare := replace(node, accents=node.accents[:-1]))
            rate = rate_of(base, 2 if node.accents[-1] == "ddot" else 1, bare, self.context)
            return tree.Variation(base) if self.sweeps() else rate  # the dot of a forward sweep
        above = [item for item in node.above if getattr(item, "name", "") not in (*STARS, OPTIMAL)]
        if len(above) < len(node.above):
            return self.starred(replace(node, above=tuple(above)), tree.Letter(OPTIMAL) in node.above)
        side = next((SIDES[item.name] for item in above if isinstance(item, tree.Letter) and item.name in SIDES), "")
        if side:
            return self.sided(self.map(replace(node, above=())), side)
        if above or node.accents:
            return self.decorated(node)
        return self.plain(node)

    def starred(self, node: tree.Letter, optimal: bool) -> Node:
        """x^* is the optimal x, or a letter of its own; A^* is the adjoint, for matrices the transpose, which x_* never is."""
        if f"{key(node)}^*" in self.context.letters:
            made, side = self.named(f"{key(node)}^*", node), next((SIDES.get(getattr(mark, "name", ""), "") for mark in node.above), "")
            return self.sided(made, side) if side else made
        made, star = self.map(node), self.context.option("star")
        adjoint = not optimal and (star == "adjoint" or (not star and self.is_matrix(made)))
        return Unknown(f"{key(node)}^*") if made == Symbol("t") else tree.Transposed(made) if adjoint else made  # t^* is a time of its own

    def is_matrix(self, node: Node) -> bool:
        if isinstance(node, tree.Derivative):
            return node.kind != "total" and isinstance(node.of, Applied) and ROLES.get(node.of.name, ROLES["f"]).shape[0] != "1"
        declared = self.context.letters.get(node.name) if isinstance(node, Symbol) else None
        return declared is not None and "1" not in declared.shape

    def decorated(self, node: tree.Letter) -> Node:
        """Accents and superscripts make another letter: bar x, w^{(i)}; p^i and f^i_x are components."""
        if len(node.above) == 1 and not node.accents and (counted := self.counted(replace(node, above=()), node.above[0])) is not None:
            return counted
        name = key(node) + "".join(f"^{item.name}" for item in node.above if isinstance(item, tree.Letter))
        if name in self.context.letters:
            return self.named(name, node)
        bare = self.plain(replace(node, above=())) if {*node.above} == {tree.Letter("prime")} and not node.accents else None
        if isinstance(bare, Formal):  # F' of F(x)
            return slope_of(bare, len(node.above)) or Unknown(name)
        if node.accents == ("bar",) and not node.above and self.sweeps():
            base = self.map(replace(node, accents=()))
            if isinstance(base, Symbol) and base.name in ("w", "theta"):  # the bar of a reverse sweep: the gradient in that letter
                return derivative(Symbol("J"), [base], "total", self.context)
        if node.accents == ("bar",) and not node.above and self.is_stage(bare := key(replace(node, accents=())), node):
            return derivative(Symbol("J"), [Symbol(self.context.letters[bare].symbol)], "total", self.context)
        return self.subscripted(node) if node.below and not node.above else Unknown(name)

    def counted(self, node: tree.Letter, above: Node) -> Node | None:
        """p_i of p^i, df_i/dx of f^i_x."""
        base = self.map(node)
        core = core_of(base)
        of = core_of(core.of) if isinstance(core, tree.Derivative) else core
        index = self.component(of.name, above) if isinstance(of, Symbol | Applied) and not of.part else None
        if index is None:
            return None
        if isinstance(core, tree.Derivative):
            return inside(base, lambda slope: replace(slope, of=inside(slope.of, lambda inner: replace(inner, part=(index,)))))
        return inside(base, lambda inner: replace(inner, part=(index,)))

    def is_stage(self, name: str, barred: tree.Letter) -> bool:
        """k_2 of a time step, which the notes define, where they do not define bar k."""
        known = self.context.letters.get(name) if key(replace(barred, below=())) not in self.context.letters else None
        return known is not None and known.body is not None and known.kind == "path" and name.rpartition("_")[2].isdigit()

    def sweeps(self) -> bool:
        """Are bars gradients, as in notes on reverse mode: layers with the costate bar v of v?"""
        return self.context.over() == "layers" and any(known.letter.startswith("bar ") for known in self.context.of("p"))

    def plain(self, node: tree.Letter) -> Node:
        name = key(node)
        if name in self.bound:
            return Symbol("t" if self.symbol(name) == "t" else "l" if self.symbol(name) == "l" else name, bound=True)
        if name in self.context.letters or (name in USUAL and (not node.below or USUAL[name] in ("t0", "t1"))):
            return self.named(name, node)
        return self.subscripted(node) if node.below else Unknown(name)

    def symbol(self, name: str) -> str:
        known = self.context.letters.get(name)
        return known.symbol if known else USUAL.get(name, "")

    def named(self, name: str, node: tree.Letter) -> Node:
        """A declared or usual letter, with the convention's sign and layout."""
        declared = self.context.letters.get(name) or Declared(name, USUAL[name], ROLES[USUAL[name]].shape, ROLES[USUAL[name]].kind)
        if declared.body is not None and (declared.kind == "alias" or is_name(declared.body)):
            return declared.body
        if declared.part:
            component = Symbol(declared.symbol, part=(tree.Number(Fraction(declared.part)),))
            return costate(component, declared) if is_block(declared) else tree.Negative(component) if declared.sign < 0 else component
        if declared.kind == "function" and declared.given:
            return Formal(declared.symbol, declared.given)
        if declared.kind == "function" and declared.symbol != "H":
            return Applied(declared.symbol, side=declared.side)
        if declared.symbol in ("p", "nu", "p_alg", "a_theta"):
            return costate(Symbol(declared.symbol), declared)
        if declared.symbol == "H":
            return Applied("H") if declared.sign > 0 else tree.Negative(Applied("H"))
        symbol = Symbol("w" if declared.symbol == "stage_control" else declared.symbol)
        return tree.Negative(symbol) if declared.symbol == "P" and declared.sign < 0 else symbol

    def staged(self, node: tree.Letter, declared: Declared) -> Node:
        """X_i, k_{n,i}, a_ij, P_i of a Runge-Kutta method: what counts no layer counts stages."""
        below = written_below(node.below, 1 + (declared.shape == ("s", "s")))
        places = [part for part in below if self.counts_layers(part)]
        parts = tuple(self.stage_index(part) for part in below if not self.counts_layers(part))
        if declared.symbol == "stage_control" and not parts and places:
            return Symbol("w", at=self.layer(places[0]))
        if len(parts) != len(declared.arguments or declared.shape[:1 + (declared.shape[1] == "s")]) or len(places) > 1:
            return Unknown(key(node))
        symbol = Symbol(declared.symbol, at=self.layer(places[0]) if places else None, part=parts)
        return costate(symbol, declared) if declared.symbol == "stage_costate" else symbol

    def counts_layers(self, node: Node) -> bool:
        """n, n + 1."""
        return any(isinstance(part, tree.Letter) and self.symbol(part.name) in ("l", "N") for part in walk(node))

    def stage_index(self, node: Node) -> Node:
        """i, i - 1, 2; s is the last."""
        if isinstance(node, tree.Letter):
            return Symbol(node.name, bound=True) if node.name not in self.context.letters and node.name != "s" else Symbol("stages")
        return rebuilt(node, self.stage_index) if isinstance(node, tree.Sum | tree.Negative) else node

    def subscripted(self, node: tree.Letter) -> Node:
        """f_x, H_{ux}, x_{l+1}, x_0, lambda_T, w_i: what a subscript means follows from the letter and from what stands there."""
        declared = self.context.letters.get(key(tree.changed(node, below=())))
        if declared is not None and is_staged(declared.symbol):
            return self.staged(node, declared)
        if node.name == self.context.option("sampled") and len(node.below) == 1 and (time := self.sample(node.below[0])) is not None:
            return time
        base = self.map(tree.changed(node, below=()))
        below = written_below(node.below)
        if isinstance(base, Formal):
            return differentiated(base, list(map(self.map, below))) or counted(base, below) or Unknown(key(node))
        named = tree.changed(node, below=tuple(below[:1]))
        if len(below) > 1 and getattr(self.context.letters.get(key(named)), "kind", "") == "function":  # ell_{f,x}
            return derivative(self.map(named), list(map(self.map, below[1:])), "partial", self.context)
        core = core_of(base)
        if isinstance(core, Unknown) or (declared is not None and declared.part):
            return Unknown(key(node))  # x_1 of a number x is another number
        if isinstance(core, tree.Variation) and isinstance(core.of, Symbol) and len(below) == 1:  # xi_k, where xi is delta x
            return replace(core, of=self.placed(core.of, core.of, below[0]))
        if isinstance(core, Applied) and core.name == "phi" and self.context.option("sampled") and self.sample(below[0]) == Symbol("t1"):
            return inside(base, lambda c: replace(c, at=Symbol("t1")))
        if isinstance(core, Symbol | Applied) and core.name in ("s", "phi") and len(below) == 1 and (index := self.observation(below[0])):
            time = Symbol("s", part=(index,))
            return time if core.name == "s" else inside(base, lambda c: replace(c, at=time))
        if isinstance(core, Symbol | Applied) and len(below) == 1 and (index := self.component(core.name, below[0])):
            return inside(base, lambda c: replace(c, part=(index,)))
        if isinstance(core, Symbol) and core.name in ("t0", "t1"):
            return Unknown(key(node))  # T_eps is no time
        if is_sensitivity(core) and len(below) == 1 and (index := self.component("theta", below[0])):
            return tree.Derivative(core.of, (replace(core.by[0], part=(index,)),), "total")
        slots = [self.variable(part) for part in below]
        defined = declared is not None and (is_defined(declared) or isinstance(core, tree.Sum))  # Phi_x of Phi = phi + nu psi
        differentiable = defined or isinstance(core, Applied) or getattr(core, "name", "") in ("J", "J_a")
        if differentiable and all(slot is not None for slot in slots):
            return derivative(base, [slot for slot in slots if slot is not None], "partial", self.context)
        if isinstance(core, Applied) and slots.count(None) == 1 < len(below) and self.context.over() == "layers":  # f_{x,k}
            there = self.placed(base, core, below[slots.index(None)])
            return derivative(there, [slot for slot in slots if slot is not None], "partial", self.context)
        slot = slots[0] if len(slots) == 1 else None
        if isinstance(core, Symbol) and core.name in ("J", "J_a") and slot is None:
            return base if self.context.over() == "layers" and below == [tree.Letter("h")] else Unknown(key(node))  # J_h
        if isinstance(core, Symbol) and isinstance(slot, Symbol) and slot.name in directions_of(core, self.context):  # x_theta, z_x
            return derivative(base, (slot,), "total" if core.name == "x" else "partial", self.context)
        if isinstance(core, Symbol) and isinstance(slot, Symbol) and slot.name == "theta" and core.name == "p":
            return inside(base, lambda c: replace(c, name="a_theta"))  # a_theta, the parameters' part of an augmented costate
        if isinstance(core, Symbol) and core.name == "p" and slot == Symbol("t") and self.context.option("clock") == node.name:
            return inside(base, lambda c: replace(c, name="a_t"))
        if isinstance(core, Applied | Symbol) and len(below) == 1:
            return self.placed(base, core, below[0])
        return Unknown(key(node))

    def component(self, name: str, node: Node) -> Node | None:
        """i of x_i and f_i: any component, or that which a sum counts."""
        vector = has_entries(name, self.context) and self.context.over() != "layers"
        if not vector or not isinstance(node, tree.Letter) or node.below or node.above or node.accents:
            return None
        more = ("a", "b", "m") if name in ("w", "theta") else ()  # x_a and x_b may be ends
        counts = node.name in self.bound or (node.name in (*COUNTERS, *more) and node.name not in self.context.letters)
        return Symbol(node.name, bound=True) if counts else None

    def sample(self, node: Node) -> Node | None:
        """t_i, t_{i-1}, t_2: an observation time; t_0 and t_N are start and end."""
        if isinstance(node, tree.Letter) and (self.symbol(key(node)) == "N" or (not node.below and node.name in ("N", "K"))):
            return Symbol("t1") if self.context.option("sampled to") else Symbol("s", part=(Symbol("N"),))
        if isinstance(node, tree.Number):
            return Symbol("s", part=(node,)) if node.value else Symbol("t0")
        if isinstance(node, tree.Sum):
            parts = [part if isinstance(part, tree.Number | tree.Negative) else self.observation(part) for part in node.terms]
            return Symbol("s", part=(tree.Sum(tuple(part for part in parts if part is not None)),)) if None not in parts else None
        index = self.observation(node)
        return Symbol("s", part=(index,)) if index is not None else None

    def observation(self, node: Node) -> Node | None:
        """j of s_j and phi_j: the letter of a sum, a number, or any one observation that is not the last."""
        if isinstance(node, tree.Number):
            return node
        if not isinstance(node, tree.Letter) or node.below or node.above or self.context.over() == "layers":
            return None
        if node.name in self.bound:
            return Symbol(node.name, bound=True)
        return Symbol("observation") if node.name in INDICES and node.name not in self.context.letters else None

    def variable(self, node: Node) -> Node | None:
        """The letter of a subscript that differentiates: f_x, f_{x(t)}, F_{q-dot}."""
        made = speed_at(self.map(node), self.context)
        core = core_of(made)
        names = ("x", "w", "theta", "p", "t", "x0", "t1", "nu", weights_apart(self.context), *["t0"] * (self.context.over() != "layers"))
        return made if isinstance(core, Symbol) and core.name in names and (not core.bound or core.name == "t") else None

    def placed(self, base: Node, core: Symbol | Applied, below: Node) -> Node:
        """A path or a function at a layer, at the start or the end; else a component."""
        place = self.layer(below) if (over_layers := self.context.over() == "layers") else self.time(below)
        path = isinstance(core, Applied) or self.is_path(core) or core.name in ("h", "t")
        if path and (not unknown(place) if over_layers else is_end(place) or (runs_below(core.name, self.context) and is_here(place))):
            return placed_at(base, place)
        if isinstance(core, Symbol) and not unknown(place):
            told = {} if place == Symbol("theta") else {"at": place}  # p_theta, of the weights
            return inside(base, lambda c: replace(c, **(told if core.name == "rho" else {"part": (place,)})))
        return Unknown("_".join(filter(None, [core.name, "?"])))

    def is_path(self, core: Symbol) -> bool:
        """Has it a value at each time or layer?"""
        own = next((declared for declared in self.context.of(core.name) if core.name not in ROLES), None)
        return (own.kind if own is not None else ROLES.get(core.name, ROLES["I"]).kind) == "path"

    def layer(self, node: Node) -> Node:
        """An index: N or T the last layer, any other unknown letter the running one."""
        if isinstance(node, tree.Letter) and not node.below and not node.above and node.name not in self.bound:
            known = self.context.letters.get(node.name)
            if node.name in ("N", "K", "T") and (known is None or known.symbol in ("N", "t1")):
                return Symbol("N")
            if known is None and node.name in INDICES:
                return Symbol("l")
        if isinstance(node, tree.Sum | tree.Negative | tree.Product):
            return rebuilt(node, self.layer)
        return self.map(node)

    def time(self, node: Node) -> Node:
        """A time: 0 is the start; 1 the end where the notes say so."""
        if self.context.over() != "layers" and (name := instant(node)):
            symbol = self.symbol(name) or ("t0" if name == "0" else "")
            return Symbol(symbol) if symbol in ("t0", "t1") else self.map(node)
        return self.map(node)

    def sided(self, node: Node, side: str) -> Node:
        core = core_of(node)
        if isinstance(core, tree.Derivative):  # f_x^-
            return inside(node, lambda slope: replace(slope, of=self.sided(slope.of, side)))
        return inside(node, lambda core: replace(core, side=side)) if isinstance(core, Symbol | Applied) else node

    # Calls

    def map_function(self, node: tree.Function) -> Node:
        made = replace(node, arguments=tuple(base_of(self.map(item)) for item in node.arguments), below=node.below and self.map(node.below))
        if made.name == "div" and (spread := divergence(made.arguments[0], self.context)) is not None:
            return spread
        return base_of(entrywise(made, self.context))

    def map_call(self, node: tree.Call) -> Node:
        function = node.function
        if isinstance(function, tree.Letter) and function.accents and function.accents[-1] == "dot":
            inner = tree.Call(replace(function, accents=function.accents[:-1]), node.arguments, span=node.span)
            return self._moving(inner)
        if isinstance(function, tree.Transposed):
            return tree.Transposed(self.map_call(replace(node, function=function.of)))
        if isinstance(function, tree.Letter) and (slope := self.primed(function, node)) is not None:
            return slope
        if function == tree.Letter("delta") and "delta" not in self.context.letters:
            for pulse in pulse_of(tuple(map(self.map, node.arguments))):
                return pulse
        base = self.map(function)
        known = self.context.letters.get(key(function)) if isinstance(function, tree.Letter) else None
        if isinstance(base, Formal):
            return taken(base, [turned_back(self.map(argument), self.context) for argument in node.arguments])
        if known is not None and known.given:
            return inserted(base, known.given, tuple(map(self.map, node.arguments)), self.context)
        return self.applied(base, node)

    def primed(self, function: tree.Letter, node: tree.Call) -> Node | None:
        """g'(x(T)), u''(c): the derivatives of a function of one argument."""
        bare = replace(function, above=())
        marks = [getattr(mark, "name", "") for mark in function.above]
        if {*marks} != {"prime"} or len(node.arguments) != 1 or (function.accents and key(bare) not in self.context.letters):
            return None
        made = self.map_call(replace(node, function=bare)) if f"{key(bare)}^prime" not in self.context.letters else None
        if isinstance(made, Formal):
            return slope_of(made, len(marks))
        core = core_of(made) if made is not None else None
        if isinstance(made, Symbol) and (slope := primed_by(made, self.map(node.arguments[0]), len(marks))) is not None:
            return derivative(made, slope, "total" if slope else "partial", self.context)
        if made is None or not isinstance(core, Applied) or len(core.arguments) != 1:
            return None
        return derivative(made, [only_block(core, self.context) or argument_of(core)] * len(marks), "partial", self.context)

    def _moving(self, inner: tree.Call) -> Node:
        """dot x (t1): the derivative in t, then the place."""
        made = self.map(inner)
        core = core_of(made)
        if isinstance(core, Symbol) and core.at is not None and not is_here(core.at):
            return tree.Evaluated(tree.Derivative(inside(made, lambda c: replace(c, at=None)), (Symbol("t"),), "total"), (core.at,))
        return rate_of(made, 1, inner.function, self.context)

    def applied(self, base: Node, node: tree.Call) -> Node:
        """A value at a place, or a function at arguments."""
        core, arguments = core_of(base), node.arguments
        if isinstance(core, tree.Derivative):
            return inside(base, lambda c: self.derivative_at(c, node))
        if isinstance(core, tree.Vector) and len(arguments) == 1 and self.is_place(arguments[0]):
            return inside(base, lambda c: cells_at(c, self.time(arguments[0]), self.is_path))
        if isinstance(base, tree.Variation) and (base.of == Symbol("J") or len(arguments) == 1):  # delta J(u, v) is of u along v
            return base if base.of == Symbol("J") else replace(base, of=placed_at(base.of, self.time(arguments[0])))
        if isinstance(core, Applied):
            return inside(base, lambda c: base_of(self.filled(c, arguments)))
        if isinstance(core, tree.Sum | tree.Product):
            return rates_at(in_functions(core, lambda c: self.filled(c, arguments)))
        if isinstance(core, Symbol) and ROLES.get(core.name, ROLES["I"]).kind == "path":
            return self.path_at(base, core, arguments)
        if isinstance(core, Symbol) and core.name in ("J", "J_a"):
            return self.functional_of(base, core, arguments)
        if isinstance(core, Symbol) and self.is_path(core):
            return placed_at(base, self.layer(arguments[0]) if self.context.over() == "layers" else self.time(arguments[0]))
        if isinstance(core, Symbol) and len(arguments) == 1 and self.is_place(arguments[0]):
            return placed_at(base, self.time(arguments[0]))
        if isinstance(core, Symbol) and len(arguments) == 1:  # c (a + b): a product without a sign
            return tree.Product((base, self.map(arguments[0])))
        known = isinstance(core, Unknown) or runs_along(core, map(self.map, arguments), self.context)
        return base if known else Unknown(getattr(core, "name", "?"))

    def path_at(self, base: Node, core: Symbol, arguments: tuple[Node, ...]) -> Node:
        parametric = any(isinstance(argument, tree.Letter) and self.symbol(key(argument)) == "theta" for argument in arguments)
        if core.at is not None and (self.context.over() != "layers" or parametric):  # x_0(p), the start as a function of parameters
            return base
        if core.name == "rho":  # rho(z(t), t), q(x(T)): the density along the solution, at the time of its state
            made = [core_of(self.map(argument)) for argument in arguments]
            for inner in made:
                if isinstance(inner, Symbol) and (inner.name == "x0" or (inner.name == "x" and inner.at is not None)):
                    return placed_at(base, inner.at or Symbol("t0"))
            if len(arguments) in (1, 2) and self.is_place(arguments[-1]):  # p(z, T): of whatever state is there
                return placed_at(base, self.time(arguments[-1]))
            return next((inner for inner in made if isinstance(inner, Unknown)), base)  # p(y) of any y
        places = [self.layer(argument) if self.context.over() == "layers" else self.time(argument) for argument in arguments]
        places = moments(places, self.context) or places
        return placed_at(base, turned_back(places[0], self.context)) if len(places) == 1 else base

    def functional_of(self, base: Node, core: Symbol, arguments: tuple[Node, ...]) -> Node:
        """J(theta), J(u), J(u_0, ..., u_N) are J; L(z(t1)) is J, and L(z) at any other state is the terminal cost there."""
        made = [with_slopes(self.map(argument), self.context) for argument in arguments]
        inner = [core_of(argument) for argument in made]
        ends = [c for c in inner if isinstance(c, Symbol) and c.name == "x" and c.at is not None]
        terminal_only = isinstance(getattr(self.context.law("objective"), "right", None), Applied)
        moved = [argument for argument in made if isinstance(argument, tree.Sum) and step_of(argument) is not None]
        if len(moved) == 1 and not (terminal_only and moved[0].terms[0] == Symbol("x")):
            return tree.Evaluated(base, (tree.Chain((moved[0].terms[0], moved[0]), ("=",)),))
        if terminal_only and len(made) == 1 and not (ends and is_end(ends[0].at)) and not isinstance(inner[0], Symbol):
            return Applied("Psi", (("x", made[0]),))
        changed = any(not isinstance(c, Symbol) and c != Unknown("dots") for c in inner)
        return Unknown("J of a changed argument") if changed else base

    def derivative_at(self, base: tree.Derivative, node: tree.Call) -> Node:
        """f_x(x(t), t): the function at these arguments, differentiated by the slot; (df/dx)(t1): the derivative at a place."""
        core = core_of(base.of)
        if len(node.arguments) == 1 and self.is_place(node.arguments[0]):
            return tree.Evaluated(base, (self.time(node.arguments[0]),))
        if isinstance(core, Applied | tree.Sum | tree.Product):
            return replace(base, of=in_functions(base.of, lambda c: self.filled(c, node.arguments)))
        return base

    def is_place(self, node: Node) -> bool:
        made = self.time(node)
        return any(isinstance(part, Symbol) and part.name in ("t", "t0", "t1", "s", "tau") for part in walk(made)) and not any(
            isinstance(part, Symbol) and ROLES.get(part.name, ROLES["I"]).kind == "path" for part in walk(made))

    def filled(self, core: Symbol | Applied, arguments: tuple[Node, ...]) -> Node:
        """Arguments to slots: by the declared order where the numbers agree, and by what each argument is where that tells another."""
        order = next((declared.arguments for declared in self.context.of(core.name) if declared.arguments is not None), ())
        made = [turned_back(self.map(argument), self.context) for argument in arguments]
        values = filling(core.name, made, self.context)
        if len(values) == 1 and order != ("t",) and len(order) != 1 and self.is_place(arguments[0]):
            return replace(core, at=None if is_here(place := self.time(arguments[0])) else place)
        if self.context.option(BLOCKS) and isinstance(core, Applied):
            return in_blocks(core, values, lambda value: self.slot(value, core.name), self.context)
        if len(values) == 1 and isinstance(values[0], tree.Vector):  # f([x, theta, t]), in whatever order
            values, order = [cell for row in values[0].rows for cell in row], ()
        slots = [self.slot(value, core.name) for value in values]
        moved = sorted(slots) == sorted(order) and all(isinstance(core_of(value), Symbol) for value in values)  # f(z, t, w) for f(z, w, t)
        if order and len(order) == len(values) and not moved:
            timed = ((slot, self.time(value) if slot == "t" else value) for slot, value in zip(order, values, strict=True))  # f(z(1), 1)
            return replace(core, arguments=tuple(timed))
        if len(set(slots)) < len(slots) or "" in slots:
            return replace(core, arguments=(("?", values[0]),))
        return replace(core, arguments=tuple(zip(slots, values, strict=True)))

    def slot(self, value: Node, function: str) -> str:
        """Which argument a value is: by the letter that it is made of."""
        names = [part.name for part in walk(value) if isinstance(part, Symbol)]
        own = core_of(value)
        if isinstance(own, tree.Derivative) and getattr(own.of, "name", "") == "Vfun":  # V_x of H(x, u, V_x)
            return "p"
        if isinstance(own, Symbol):
            name = {"t0": "t", "t1": "t", "s": "t", "tau": "t", "x0": "x", "x1": "x", "stage": "x"}.get(own.name, own.name)
            name = "x" if is_output(own, self.context) else name
            return name if name in AXES.get(function, ORDER) else ""
        return next((name for name in ("x", "w", "theta", "p", "t") if name in names), "")

    # Everything else that is not just rebuilt

    def map_transposed(self, node: tree.Transposed) -> Node:
        return turned(self.map(node.of), self.context)

    def map_negative(self, node: tree.Negative) -> Node:
        return tree.turned(self.map(node.of))

    def map_product(self, node: tree.Product) -> Node:
        """a (t + eps): a path before a time is its value there, however it was spaced."""
        factors: list[Node] = []
        for factor in node.factors:
            made = self.map(factor)
            before = core_of(factors[-1]) if factors else None
            path = isinstance(before, Symbol) and ROLES.get(before.name, ROLES["I"]).kind == "path" and before.at is None
            if path and isinstance(factor, tree.Sum) and self.is_time(made):
                factors[-1] = placed_at(factors[-1], made)
            elif not (isinstance(before, tree.Derivative) and before.of == Symbol("J") and getattr(made, "name", "") == "t"):
                factors.append(made)
        factors = inner_product(dotted(factors) if node.dots == (1,) and len(node.factors) == 2 else factors)
        kept = unscaled(directional(list(product_of(factors)), Symbol("J")), Symbol("t"), self.context)
        return kept[0] if len(kept) == 1 else tree.Product(kept)

    def map_variation(self, node: tree.Variation) -> Node:
        inner = self.map(end_point(node.of, self.context) if node.total else undirected(node.of, self.map))
        return differential(inner) if node.total else tree.Variation(inner)

    def map_sum(self, node: tree.Sum) -> Node:
        made = [self.map(term) for term in node.terms]
        if len(made) == 2 and tree.Negative(made[0]) == made[1] and any(map(is_optimum, walk(node))):
            return Unknown("what differs from the optimum")  # x - x^*
        kept = sum_of(made)
        return kept[0] if len(kept) == 1 else tree.Sum(kept)

    def is_time(self, node: Node) -> bool:
        """A sum of times: nothing but t, small letters such as epsilon of a limit, and numbers, with t in it."""
        letters = (part for part in walk(node) if isinstance(part, Symbol | Applied | Unknown))
        names = {USUAL.get(part.name, part.name) if isinstance(part, Symbol) else "?" for part in letters}
        return self.context.over() == "time" and bool(names & {"t", "t0", "t1"}) and names <= {"t", "t0", "t1", "eps", "h", "s", "tau"}

    def map_power(self, node: tree.Power) -> Node:
        if isinstance(node.exponent, tree.Letter) and node.exponent.name in STARS:
            return tree.Transposed(self.map(node.base)) if self.context.option("star") != "optimal" else self.map(node.base)
        base = self.map(node.base) if node.exponent == tree.Number(Fraction(0)) and self.context.over() != "layers" else None
        start = replace(base, at=Symbol("t0")) if isinstance(base, Symbol) and replace(base, part=()) == Symbol("x") else None  # x^0
        return start or replace(node, base=self.map(node.base), exponent=layers_left(self.map(node.exponent), self.context))

    def map_derivative(self, node: tree.Derivative) -> Node:
        of, by = self.map(node.of), [speed_at(self.map(item), self.context) for item in node.by]
        if isinstance(node.of, tree.Call) and isinstance(core_of(of), Symbol) and len(node.of.arguments) == 1 and node.kind == "nabla":
            argument = core_of(self.map(node.of.arguments[0]))  # nabla J(u) is by u; nabla_x J(x(T)) by x(T)
            if argument == Symbol("t") and not by:  # nabla J(t) is the gradient at t
                return self.map(tree.Call(replace(node, of=node.of.function), node.of.arguments, span=node.span))
            by = [argument] if isinstance(argument, Symbol) and (not by or by == [Symbol(argument.name)]) else by
        return local_rate(node, of, self.context) or derivative(of, by, node.kind, self.context)

    def map_integral(self, node: tree.Integral) -> Node:
        inner, limits = self.binding(node.by), [limit and self.time(limit) for limit in (node.lower, node.upper)]
        made = replace(node, body=inner.map(node.body), by=inner.map(node.by), lower=limits[0], upper=limits[1])
        return Unknown("an integral without its end") if isinstance(limits[0], Symbol) and limits[1] is None else made

    def map_series(self, node: tree.Series) -> Node:
        inner = self.binding(node.index)
        if node.index is not None and not self.counts_layers(node.index) and over_stages(node, self.context):
            limits = [self.stage_index(limit) if limit is not None else None for limit in (node.lower, node.upper)]
            return replace(node, body=inner.map(node.body), index=self.stage_index(node.index), lower=limits[0], upper=limits[1])
        limits = [limit and (inner.map if isinstance(limit, tree.Chain) else self.count)(limit) for limit in (node.lower, node.upper)]
        index = inner.map(node.index) if node.index is not None else None
        limits = limits if limits != [None, None] else [*all_steps(self.context)]
        return replace(node, body=inner.map(node.body), index=index, lower=limits[0], upper=limits[1])

    def count(self, limit: Node) -> Node:
        """The end of a sum: over layers a layer, else a number, or how many components or observations there are."""
        name = limit.name if isinstance(limit, tree.Letter) and not (limit.below or limit.above) else ""
        counts = getattr(self.context.letters.get(name), "shape", ("n",))[0] in ("1", "")  # and a vector d ends no sum
        return self.layer(limit) if counts or name in ("", "N", "K", "T") or self.context.over() == "layers" else Size(name)

    def map_limit(self, node: tree.Limit) -> Node:
        inner = self.binding(node.by)
        return replace(node, body=inner.map(node.body), by=inner.map(node.by), to=self.map(node.to))

    def map_evaluated(self, node: tree.Evaluated) -> Node:
        """x|_{t=t1}: for times and layers the right sides of the equations are the places; |_* is along the optimal solution."""
        if not node.less and all(map(is_optimum, node.at)):
            return self.map(node.of)
        of, values = self.map(node.of), () if node.less else standing(node.at)
        if values and isinstance(slope := core_of(of), tree.Derivative) and isinstance(core_of(slope.of), Applied):
            return self.applied(of, tree.Call(node.of, values))
        return tree.Evaluated(of, tuple(map(self.where, node.at)), tuple(map(self.where, node.less)))

    def where(self, item: Node) -> Node:
        if isinstance(item, tree.Chain) and len(item.sides) > 1:
            left = self.map(item.sides[0])
            right, timed = item.sides[-1], isinstance(left, Symbol) and (left.name in ("t", "l", "s") or self.time(item.sides[-1]) == left)
            place = when(self.map(right)) if runs_back(left, self.context) else self.time(right) if timed else None
            return place or tree.Chain((left, self.map(right)), ("=",))
        made = self.layer(item) if self.context.over() == "layers" else self.time(item)
        return made.at if isinstance(made, Symbol) and made.name == "x" and made.at is not None else made  # at x(t1) is at t1

    def map_expectation(self, node: tree.Expectation) -> Node:
        return replace(node, body=random(self.map(node.body)))
