"""What the notes say of their problem that no setting carries: claims that rest on it are UNKNOWN, never proved or refuted without it.

The settings have x(t0) = x0, t0, t1 and u as inputs of their own, one dynamics and one cost.  Notes may say more: a start, a horizon
or parameters that depend on each other, a feedback, a second system, end conditions and bounds of another form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from adjointcheck.notes.letters.context import ROLES, Context, own
from adjointcheck.notes.letters.costs import integrates
from adjointcheck.notes.letters.formal import tells_of_functions
from adjointcheck.notes.letters.meaning import Applied, Symbol, Unknown, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.own_inputs import speaks
from adjointcheck.notes.letters.own_letters import has_slope
from adjointcheck.notes.letters.partitions import gives_field
from adjointcheck.notes.letters.quadratures import RATE
from adjointcheck.notes.letters.usage import is_symmetric
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.arrivals import is_paid_for, is_renamed, is_solution, is_solved
from adjointcheck.notes.systems.bounding import bounded, is_set
from adjointcheck.notes.systems.densities import is_solenoidal
from adjointcheck.notes.systems.endless import is_unending, lasts
from adjointcheck.notes.systems.next_costates import is_shifted
from adjointcheck.notes.systems.normality import MULTIPLIER, SCALED
from adjointcheck.notes.systems.variations import CURVE, HELD_END, is_held_length

INPUTS = frozenset({"x0", "theta", "w", "t0", "t1"})
OFFERS = frozenset("or oder ou o u oppure или либо 或 或者 または eller".split())
EQUALS = ("=", ":=", "=:", "equiv", "==")


@dataclass(frozen=True)
class Reservation:
    """A statement that is not carried.  `inputs`: derivatives along these and all variations rest on it; "end": the costate at the end
    too; "held end": the costate at the end and what is taken there alone; "arrival": the cost alone; "solution": x(T); "optimum": what
    an optimal control satisfies; "all": everything that looks along solutions; "field": that and the field; "against": refutations of
    variations; "horizon": those of numbers.  `cased`: of a case apart; `layered`: of layers; `bound`: of u.
    """

    inputs: frozenset[str]
    reason: str
    cased: bool = False
    task: bool = False
    layered: bool = False
    bound: bool = False

    def touches(self, left: Node, right: Node, optimal: bool) -> bool:
        """Does the equation rest on it?"""
        nodes = [*walk(left), *walk(right)]
        names = {node.name for node in nodes if isinstance(node, Symbol | Applied)}
        if "field" in self.inputs and names & {"f", "x", "p", "J", "J_a", "H", "a_theta", "a_t", "S", "M", "v", "P", "rho"}:
            return True
        if "all" in self.inputs and names & {"p", "J", "J_a", "H", "a_theta", "a_t", "S", "M", "v", "P", "rho"}:
            return True
        if "arrival" in self.inputs and "J" in names and not _is_worth(left, right):
            return True
        if "end" in self.inputs and ("J" in names or ("p" in names and _placed(nodes)) or any(map(_moves_end, nodes))):
            return True
        if HELD_END in self.inputs and (("p" in names and _placed(nodes)) or any(map(_is_taken_at_end, nodes)) or _is_value(left, right)):
            return True
        if "end" in self.inputs and _is_value(left, right):
            return True
        if "solution" in self.inputs and "x" in names and _placed(nodes):
            return True
        if "optimum" in self.inputs and (optimal or ("w" in _slopes(nodes) and (_is_zero(left) or _is_zero(right)))):
            return True
        moves = any(isinstance(node, tree.Variation) for node in nodes) or bool(self.inputs & (_slopes(nodes) | _sensitivities(names)))
        wholes = _wholes(nodes)
        moves |= bool(self.inputs & _components(nodes)) or any("_" in item and item.partition("_")[0] in wholes for item in self.inputs)
        inputs = INPUTS & {item.partition("_")[0] for item in self.inputs}
        return bool(inputs) and moves and (_placed(nodes) or "J" in names or not any(map(_is_moved, nodes)))

    def bars(self, status: str, left: Node, right: Node) -> bool:
        """Does it bar this verdict: refutations under f_x = 0, B = U U^T or a chosen variation, both about what is said twice?"""
        nodes = [*walk(left), *walk(right)]
        varied = status == "refuted" and "against" in self.inputs and any(isinstance(node, tree.Variation) for node in nodes)
        twice = bool((self.inputs - INPUTS) & {node.name for node in nodes if isinstance(node, Symbol | Applied)})
        names = {f"only {node.name}" for node in nodes if isinstance(node, Symbol)} if status == "refuted" else set()
        timed = status == "refuted" and "horizon" in self.inputs and (_is_number(left) or _is_number(right) or _is_value(left, right))
        return varied or twice or timed or bool(self.inputs & names) or (status == "refuted" and "refutations" in self.inputs)


def _is_value(left: Node, right: Node) -> bool:
    """p = 12, H = -18, p(t) = 6 - 12 t: what only the one solution has, with its ends."""
    return getattr(left, "name", "") in ("p", "H", "x", "w") and isinstance(left, Symbol | Applied) and _names(right) <= {"t", "t0", "t1"}


def _is_number(node: Node) -> bool:
    return not any(isinstance(part, Symbol | Applied | Unknown) for part in walk(node))


def _is_worth(left: Node, right: Node) -> bool:
    """J = 6, J = int (6 - 12 t)^2 dt: what the optimal solution costs, which ends where it is held."""
    return left == Symbol("J") and _names(right) <= {"t", "t0", "t1", "w"}


def _placed(nodes: list[Node]) -> bool:
    """Is something taken at an end, or along the whole solution?  An equation at the running time forgets where it started."""
    return any(isinstance(node, tree.Evaluated | tree.Integral) or _at_end(getattr(node, "at", None)) or
               _at_start(getattr(node, "at", None)) for node in nodes)


def _is_taken_at_end(node: Node) -> bool:
    """F_{y'}(b, y(b), y'(b)) and F_{y'} at x = b; no [F_{y'} eta] between the ends."""
    if isinstance(node, tree.Evaluated):
        return not node.less and any(isinstance(part, Symbol) and part.name == "t1" for place in node.at for part in walk(place))
    return isinstance(node, Applied) and any(_at_end(getattr(value, "at", None)) for _, value in node.arguments)


def _moves_end(node: Node) -> bool:
    """delta x(T)."""
    of = node.of if isinstance(node, tree.Variation) else None
    return isinstance(of, Symbol) and of.name == "x" and _at_end(of.at)


def _is_moved(node: Node) -> bool:
    return isinstance(node, tree.Derivative) and node.kind == "total" and node.by in ((Symbol("t"),), ())


def _sensitivities(names: set[str]) -> frozenset[str]:
    by = {"S": "theta", "a_theta": "theta", "M": "x0", "v": "x0"}
    return frozenset(by[name] for name in names & by.keys())


def _at_end(place: Node | None) -> bool:
    return place is not None and any(isinstance(part, Symbol) and part.name in ("t1", "N") for part in walk(place))


def _slopes(nodes: list[Node]) -> frozenset[str]:
    """The inputs by which something is differentiated along the solution."""
    return frozenset(symbol.name for symbol in _directions(nodes))


def _components(nodes: list[Node]) -> frozenset[str]:
    """theta_2 of a derivative by theta[2]."""
    return frozenset(_component(symbol) for symbol in _directions(nodes) if symbol.part)


def _wholes(nodes: list[Node]) -> frozenset[str]:
    return frozenset(symbol.name for symbol in _directions(nodes) if not symbol.part)


def _directions(nodes: list[Node]) -> Iterator[Symbol]:
    slopes = [node for node in nodes if isinstance(node, tree.Derivative) and node.kind in ("total", "functional", "nabla")
              and not (node.kind == "nabla" and isinstance(node.of, Applied) and node.of.name != "H")]
    return (symbol for slope in slopes for symbol in slope.by if isinstance(symbol, Symbol))


def _component(symbol: Symbol) -> str:
    """theta_2 of theta[2], and theta of the whole."""
    numbers = [part.value for part in symbol.part if isinstance(part, tree.Number)]
    return "_".join([symbol.name, *map(str, numbers)])


def reserved(written: Node, chain: tree.Chain, context: Context, where: str, taken: bool) -> Iterator[Reservation]:
    """What the sides of a formula say that no setting carries; `taken`: it was proved, or is a law in force.

    `written` is the formula before it was resolved: what stands inside a function that nobody knows counts too.
    """
    calls = [part for part in walk(written) if isinstance(part, tree.Call) and unknown(resolve(part, context))]
    inside = tuple(resolve(argument, context) for call in calls for argument in call.arguments)
    for left, right, relation in zip(chain.sides, chain.sides[1:], chain.relations, strict=False):
        reduced = context.law("rest") is not None and left == Symbol("J")  # J(p) = j(u(p), p)
        if left == right or (taken and (reduced or is_renamed(getattr(written, "sides", (written,))[0], context))):  # a = x_1(T), a = 2
            continue
        if relation in EQUALS and tells_of_functions((left, right), context):
            yield Reservation(frozenset({"refutations"}), f"it rests on {where}, which is not carried into the setting")
            continue
        if _is_offered(written) and _at_ends([left, right]):
            continue
        found = bounded(left, right, relation, inside)
        found |= {"optimum"} if relation in EQUALS and is_set(left, right) else frozenset()
        found |= {"field"} if not taken and relation == "to" and is_unending(left, right) and not _refines(left, context) else frozenset()
        found |= _said(left, right, context, taken) | _begun(left, right, context, taken) if relation in EQUALS else frozenset()
        names = _names_end(left, right)
        free = names or is_paid_for(left, context) or is_solved(left, context) or _is_price_at_end(chain)
        found |= _at_ends([left, right, *inside]) if relation in EQUALS and not taken and not free else frozenset()
        found |= {"refutations"} if relation in EQUALS and gives_field(left, right) else frozenset()
        found |= {"field"} if context.option(CURVE) and isinstance(written, tree.Chain) and is_held_length(written) else frozenset()
        found |= {"all"} if context.over() == "layers" and is_shifted(left, right) else frozenset()
        found |= {"all"} if relation in EQUALS and not taken and _is_nameless_cost(left, right) else frozenset()
        found |= {"refutations"} if relation in EQUALS and not taken and _is_cost_of_unknowns(left, right) else frozenset()
        found |= {"all"} if relation in EQUALS and _is_discounted(right) else frozenset()
        algebraic = relation in EQUALS and not taken and _is_algebraic(left, right, inside)
        found |= frozenset({"refutations" if any("p" in _names(part) for part in inside) else "all"} if algebraic else ())  # H_1(x, p) = 0
        if found:
            yield Reservation(found, f"it rests on {where}, which is not carried into the setting")


def _refines(end: Node, context: Context) -> bool:
    """Are there ever more layers of a time step h, N -> infinity with N h = T?"""
    return end == Symbol("N") and bool(context.of("h"))


def _is_discounted(right: Node) -> bool:
    """beta^t [r + beta mu_{t+1} (g - x_{t+1})] or exp(-rho t) [u + mu (f - xdot)]: mu is a current value, and no derivative of J."""
    products = [part for part in walk(right) if isinstance(part, tree.Product) and any(map(_discounts, part.factors))]
    return any(any(isinstance(part, Symbol) and part.name == "p" for part in walk(product)) and any(map(_lacks, walk(product)))
               for product in products)


def _lacks(node: Node) -> bool:
    """- x_{t+1} and - xdot of what a multiplier stands before."""
    inner = node.of if isinstance(node, tree.Negative) else None
    moved = inner.of if isinstance(inner, tree.Derivative) and inner.kind == "total" else inner
    return isinstance(moved, Symbol) and moved.name == "x" and (moved is not inner or moved.at is not None)


def _discounts(node: Node) -> bool:
    exponent = node.exponent if isinstance(node, tree.Power) else node if isinstance(node, tree.Function) and node.name == "exp" else None
    running = [part for part in walk(exponent) if isinstance(part, Symbol) and part.name in ("t", "l")] if exponent is not None else []
    return bool(running)


def _is_offered(written: Node) -> bool:
    """x(T) = x_f, \\text{or}, before what the costate is where the end is free."""
    said = written.conditions if isinstance(written, tree.Chain) else ()
    return any(isinstance(part, tree.Words) and part.text.strip(" ,.").lower() in OFFERS for part in said)


def _names_end(left: Node, right: Node) -> bool:
    """y = g(x(T)), mu(T) = g_x(x(T))^T and z_N = x_N, which only name."""
    new, told = (side.of if isinstance(side, tree.Transposed) else side for side in (left, right))
    return isinstance(new, Unknown) and (isinstance(told, Unknown) or (isinstance(told, Symbol) and told.name == "x" and not told.part))


def _is_price_at_end(chain: tree.Chain) -> bool:
    """p(T) = g_x(x(T)) = 0, of a g that is not known: what the costate is there, and no end that is held."""
    return any(isinstance(part, Symbol) and part.name == "p" and _at_end(part.at) for part in walk(chain.sides[0]))


def _is_algebraic(left: Node, right: Node, inside: Iterable[Node]) -> bool:
    """0 = g(x, z, p) along the solution, of a g that nothing else tells of."""
    named = any(isinstance(side, Unknown) for side in (left, right)) and any(map(_is_zero, (left, right)))
    return named and any(isinstance(part, Symbol) and part.name == "x" and part.at in (None, Symbol("t")) for part in inside)


def _is_nameless_cost(left: Node, right: Node) -> bool:
    """An integral under a name that was not understood, which may be the cost."""
    return isinstance(left, Unknown) and isinstance(right, tree.Integral | tree.Sum | tree.Product) and any(
        isinstance(part, tree.Integral) for part in walk(right)) and not any(isinstance(part, tree.Derivative) for part in walk(right))


def _is_cost_of_unknowns(left: Node, right: Node) -> bool:
    """L = l(W z(T)) of a W that nobody told, beside which a later cost with another term is not the one that is meant."""
    name = left.letter.rpartition("{")[2].rstrip("}") if isinstance(left, Unknown) else ""
    return name in ("L", "J", "E", "C") and bool(unknown(right)) and any(
        isinstance(part, Symbol) and part.name == "x" and _at_end(part.at) for part in walk(right))


def _said(left: Node, right: Node, context: Context, taken: bool) -> frozenset[str]:
    """On which of the inputs, or of "all" and "end", something rests that is said by left = right."""
    if isinstance(left, Symbol) and context.option(SCALED) and left.name == own(context.option(MULTIPLIER)):
        return frozenset({"arrival"})
    if isinstance(left, Symbol) and not left.part and (left.name == "x0" or (left.name == "x" and _at_start(left.at))):
        if "p" in _names(right) or _seeks_start(context):  # x_0 = x_b + B lambda_0 is asked of the best start
            return frozenset()
        if any(known.body is not None and left in walk(known.body) for name in _names(right) for known in context.of(name)):
            return frozenset()  # x_0 = x_b + z says what z is
        return _dependent(right, context, frozenset({"x0", "x"}))
    if isinstance(left, Symbol) and left.part and left.name == "x" and _at_start(left.at):  # S(0) = 1 - i_0, where I(0) = i_0
        known = f"x0_{_component(left).partition('_')[2]}"
        letters = {_component(part) for part in walk(right) if isinstance(part, Symbol) and part.name in ("x0", "theta")}
        return frozenset(letters | {known}) if letters - {known} else frozenset()
    if isinstance(left, Symbol) and left.name in ("t0", "t1") and left.at is None:
        dependent = _dependent(right, context, frozenset()) if taken or not _is_number(right) else frozenset({"horizon"})
        return frozenset() if _names(right) == {"N", "h"} else dependent  # T = N h, as long as the time steps are
    if any(law.kind == "arrival" for law in context.laws) and _at_ends([left, right]):
        return frozenset({"arrival"})
    if isinstance(left, Symbol) and left.name == "x" and _at_end(left.at):
        return frozenset() if _follows(left, right, context) else frozenset({HELD_END if context.option(CURVE) else "end"})
    if isinstance(left, Symbol) and left.name in ("J", "J_") and not has_slope(right) and _other_cost(left, right, context):
        return frozenset({"all"})
    if taken:
        return frozenset({"refutations"} if is_solenoidal(left, right) else ())
    again = (_is_next_layer(left) and _restates(left, right, context)) or is_other_method(left, right, context)
    if again or _vanishes(left, right, context):
        return frozenset({"refutations"})
    if _is_known_symmetric(left, right, context):
        return frozenset()
    if _restricts([left, right], context):
        system = any(_names(left) & _names(law.right) for law in context.laws) and isinstance(right, tree.Number)  # A = 0 of xdot = A x
        return frozenset(f"only {name}" for name in _names(left) | _names(right)) | ({"refutations"} if system else frozenset())
    if isinstance(left, Applied) and left.name == "psi" and not _is_zero(right):
        return frozenset({"psi", "nu"})
    if isinstance(left, Applied) and _specialises(left, right):
        return frozenset({left.name, "refutations"})
    if _held(left, right):
        return frozenset({"refutations"})
    if isinstance(left, Symbol) and left.name == "theta" and left.at in (None, Symbol("t")) and not left.part:
        return frozenset({"all"})
    best = isinstance(right, tree.Extremum) and any(known.body is not None for known in context.of("H"))  # H(x, u, p) = max_a {...}
    if (_is_hamiltonian(left) or (isinstance(left, tree.Extremum) and _is_hamiltonian(left.body))) and "p" in _names(right) and not best:
        return frozenset({"H"})
    if isinstance(left, Symbol) and left.name != "J_a" and left.at is None and any(known.body for known in context.of(left.name)):
        return frozenset({left.name})
    if isinstance(left, Symbol) and left.name == "w":
        names = _names(right) & {"x", "theta", "M", "?"}
        return frozenset() if not assigns_control(left, right, context) else frozenset({"all"}) if names - {"theta"} else names
    if chooses(left, right, context) and not _is_zero(right):
        return frozenset({"against"})
    if _is_own_rate(left, context) or _binds(left, right, context):
        return frozenset({"all"})
    if _moves(left, right, context) and not (_names(left) | _names(right)) & {"p", "P", "H", "J", "J_a", "S", "M", "v", "rho"}:
        return frozenset({"all"})
    priced = _is_price(right) and not _names(right) & {"p", "J_a", "J", "P"}
    if isinstance(left, Symbol) and left.name == "J" and context.law("objective") and priced:
        return frozenset({"all"})
    return frozenset()


def _begun(left: Node, right: Node, context: Context, taken: bool) -> frozenset[str]:
    """On which inputs rests where a sum starts, as in q(0) = log p_0(z_0) of q-dot = -tr f_z?"""
    if taken or not isinstance(left, Symbol) or left.at != Symbol("t0") or context.law(RATE + left.name) is None:
        return frozenset()
    if _names(right) & {"J", "p"}:  # mu(0) = dJ/dtheta = -int p f_theta dt is what it comes to
        return frozenset()
    return frozenset({"x0"}) if _names(right) <= {"rho", "t0"} else _dependent(right, context, frozenset())


def _follows(left: Node, right: Node, context: Context) -> bool:
    """x(T) = x_0 - T grad Psi(x(T)): a consequence, and no end that is held."""
    integrated = lasts(right)
    paid = is_paid_for(left, context) or is_solved(left, context)
    named = bool(context.of("rho")) and isinstance(right, Symbol) and right.at is None  # the datum of which a density is asked
    return has_slope(right) or integrated or is_solution(right) or paid or named


def _is_price(node: Node) -> bool:
    """May it be a cost, what an integral takes of paths, or of an end without one?  J = int_0^1 (12 t - 6)^2 dt/2 = x_0^2 are values."""
    integrals = [part for part in walk(node) if isinstance(part, tree.Integral)]
    data = {"t", "t0", "t1"} if integrals else {"t", "t0", "t1", "x0", "theta"}
    return any(_names(part) - data for part in integrals or (node,))


def is_untold(left: Node, right: Node, context: Context) -> bool:
    """Over layers of which the notes never say how one follows from another: what looks along them cannot be judged."""
    told = context.over() != "layers" or context.law("layers") or context.law("dynamics")
    return not told and bool((_names(left) | _names(right)) & {"x", "p", "J", "J_a", "S", "M", "v"})


def is_unpaid(left: Node, right: Node, context: Context, others: Context) -> bool:
    """Does it speak of the costate or the cost of an example, whose running cost the notes do not say as they did that of before?"""
    before = others.law("objective")
    told = context.law("objective") is not None or before is None or not integrates(before.right)
    return not told and bool(context.parts("x")) and bool((_names(left) | _names(right)) & {"p", "J", "J_a", "H", "P"})


def is_weightless(left: Node, right: Node, context: Context) -> bool:
    """Does it speak of costates or slopes of a cost that, as it was read, rests on no layer's state, so that all of them are 0?"""
    law, names = context.law("objective"), _names(left) | _names(right)
    if law is None or context.over() != "layers" or not names & {"p", "J", "J_a"}:
        return False
    bare = any(isinstance(part, Applied) and not part.arguments for part in walk(law.right))
    return not bare and "x" not in speaks(symbols(law.right), context)


def given(left: Node, right: Node, context: Context) -> bool:
    """What notes may ask for or choose, and no world can contradict: h = T/N, |x(T)| = 1, xddot = f, f_x = 0, dJ/dtheta = 0."""
    place = isinstance(left, Symbol) and left.name in ("t", "t0", "t1", "x0", "theta", "h", "N") and left.at is None
    accelerated = isinstance(left, tree.Derivative) and left.by == (Symbol("t"),) * 2 and left.of == Symbol("x")
    moves = _is_own_rate(left, context) or (context.law("dynamics") is None and _moves(left, right, context))
    same = all(isinstance(side, Symbol) and side.name == "x" and side.part and side.at is None for side in (left, right))  # x_1 = q
    ends = bool(_at_ends([left, right])) and not (is_paid_for(left, context) or is_solved(left, context))
    asked = same or ends or _seeks([left, right], context) or _held(left, right) or _samples(left, right) or _specialises(left, right)
    special = _restricts([left, right], context) or _binds(left, right, context) or _vanishes(left, right, context)
    return place or accelerated or moves or asked or chooses(left, right, context) or special or _restates(left, right, context)


def _specialises(left: Node, right: Node) -> bool:
    """r(x) = x: a guard or a reset, of which no more was told than its name, in a special case."""
    return isinstance(left, Applied) and left.name in ("g", "r") and left.at is None and not has_slope(right) and not _is_zero(right)


def _restates(left: Node, right: Node, context: Context) -> bool:
    """x_1-dot = x_2, x_{k+1} = sigma(z_k) or J = int u^2 dt beside xdot = f(x, u), x_{k+1} = f(x_k) and J = int L dt of functions that are
    only named: another problem.
    """
    rate = isinstance(left, tree.Derivative) and left.kind == "total" and left.by == (Symbol("t"),) and left.of
    begun = {"dynamics": isinstance(rate, Symbol) and rate.name == "x", "objective": isinstance(left, Symbol) and left.name == "J",
             "layers": _is_next_layer(left)}
    law = next((law for law in context.laws if begun.get(law.kind)), None)
    own = law is not None and any(isinstance(part, Applied) and is_only_named(part.name, context) for part in walk(law.right))
    parts = list(walk(right))
    paid = any(isinstance(part, tree.Integral | tree.Series) or (isinstance(part, Symbol) and _at_end(part.at)) for part in parts)
    spelt = not _names(right) & {"f", "H", "L", "Psi", "p", "P", "J", "J_a", "V"} and not has_slope(right)
    return own and spelt and (bool(rate) or paid or begun["layers"])


def is_other_method(left: Node, right: Node, context: Context) -> bool:
    """x_{k+1} = x_k + h f(x_{k+1}) after x_{k+1} = x_k + h f(x_k), and the other way round."""
    law = context.law("layers")
    values = [{part for part in walk(side) if isinstance(part, Applied) and part.name == "f"} for side in (right, law.right)] if law else []
    ahead_ = [any(_is_next_layer(place) for field in side for _, place in field.arguments) for side in values]
    return _is_next_layer(left) and bool(values) and bool(values[0]) and ahead_[0] != ahead_[1]


def _is_next_layer(node: Node) -> bool:
    """x_{k+1}."""
    return isinstance(node, Symbol) and node.name == "x" and isinstance(node.at, tree.Sum)


def is_only_named(name: str, context: Context) -> bool:
    """Has the function f, L or Psi no formula?"""
    return name in ("f", "L", "Psi") and not any(known.body is not None for known in context.of(name))


def _binds(left: Node, right: Node, context: Context) -> bool:
    """0 = z - theta x: an algebraic equation for letters that the setting has as free."""
    nodes = [part for side in (left, right) for part in walk(side)]
    letters = [part for part in nodes if isinstance(part, Symbol)]
    other = tree.Derivative | tree.Variation | tree.Integral | tree.Evaluated | Applied | Unknown
    plain = not any(isinstance(part, other) for part in nodes)
    running = all(part.at in (None, Symbol("t")) and part.name in ("x", "theta", "w", "t") for part in letters)
    moving = {"x"} < {part.name for part in letters}
    free = "optimal" not in context.hypotheses or bool(context.of("p_alg"))
    return tree.Number(Fraction(0)) in (left, right) and plain and running and moving and free


def _samples(left: Node, right: Node) -> bool:
    """u(t) = u_k: a path by its values at instants."""
    if not isinstance(left, Symbol) or not isinstance(right, Symbol):
        return False
    return left.name == right.name and not left.part and any(isinstance(index, Symbol) for index in right.part)


def ends_at_start(context: Context) -> bool:
    """-log rho(x(t0)) + int tr f_x dt: a density is known at t0, the other end may be the one that is held."""
    law = context.law("objective")
    places = {part.at for part in walk(law.right) if isinstance(part, Symbol) and part.name == "rho"} if law is not None else set()
    return Symbol("t0") in places and Symbol("t1") not in places


def is_unchosen(left: Node, right: Node, context: Context) -> bool:
    """2 r F + p b = 0 of a field that is written out, where no letter is a control: F may be one."""
    slopes = any(isinstance(node, tree.Derivative) for side in (left, right) for node in walk(side))
    alone = bool(context.parts("theta")) and not context.parts("w") and not context.of("w")
    return alone and _is_zero(right) and {"p", "theta"} <= _names(left) and not slopes


def _restricts(sides: Iterable[Node], context: Context) -> bool:
    """An equation between data that the notes leave free, such as B = U U^T."""
    sides = [*sides] if context.law("estimate") is None else []  # which has data alone
    letters = [part for side in sides for part in walk(side) if isinstance(part, Symbol)]
    if any(_is_new(side) for side in sides):  # (xbar, ybar) = (c/d, a/b) only names what was free before
        return False
    return bool(letters) and all(_constant(letter, context) for letter in letters)


def _is_new(node: Node) -> bool:
    """Is it a letter of which nothing is known, a column of such, or a product of such, all different?  U U^T is symmetric."""
    cells = [cell for row in node.rows for cell in row] if isinstance(node, tree.Vector) else [node]
    factors = [factor for cell in cells for factor in (cell.factors if isinstance(cell, tree.Product) else (cell,))]
    return all(isinstance(factor, Unknown) for factor in factors) and len({*factors}) == len(factors)


def _vanishes(left: Node, right: Node, context: Context) -> bool:
    """r = 0, of a cost in x - r."""
    own_letter = isinstance(left, Symbol) and left.name not in ROLES and left.at in (None, Symbol("t"))
    return own_letter and _is_zero(right) and any(_names(left) & _names(law.right) for law in context.laws)


def _seeks(sides: Iterable[Node], context: Context) -> bool:
    """An equation for an increment z of x_0 = x_b + z, in which nothing is differentiated: what is looked for."""
    nodes = [part for side in sides for part in walk(side)]
    names = {part.name for part in nodes if isinstance(part, Symbol)}
    free = any(known.kind == "defined" and known.body is not None and any(_is_start(part) for part in walk(known.body))
               for known in context.letters.values() if known.symbol in names)
    return free and not any(isinstance(part, tree.Derivative | tree.Variation) or getattr(part, "name", "") in ("p", "J") for part in nodes)


def _seeks_start(context: Context) -> bool:
    """Is the start paid for by itself, (x_0 - x_b)^T B^{-1} (x_0 - x_b), and nothing else to be chosen?"""
    law = context.law("objective")
    paid = law is not None and any(_is_start(part) for part in walk(law.right))
    return paid and not (context.of("theta") or context.parts("theta") or context.of("w"))


def _is_start(node: Node) -> bool:
    return isinstance(node, Symbol) and not node.part and (node.name == "x0" or (node.name == "x" and _at_start(node.at)))


def _is_hamiltonian(node: Node | None) -> bool:
    return isinstance(node, Applied) and node.name == "H"


def _is_own_rate(left: Node, context: Context) -> bool:
    """d rho/dt of a letter that was taken for a constant."""
    of = left.of if isinstance(left, tree.Derivative) and left.by == (Symbol("t"),) else None
    return isinstance(of, Symbol) and of.name not in ROLES and _constant(of, context)


def _held(left: Node, right: Node) -> bool:
    """f = 0, L_theta = 0, dJ/dtheta = 0: what special problems or parameters have."""
    slope = left.of if isinstance(left, tree.Derivative) else left
    function = isinstance(slope, Applied) and slope.name in ("f", "L", "Psi", "phi", "g", "r", "psi")
    stationary = isinstance(left, tree.Derivative) and isinstance(slope, Symbol) and slope.name == "J" and bool(_slopes([left]) & INPUTS)
    return _is_zero(right) and (function or stationary)


def assigns_control(left: Node, right: Node, context: Context) -> bool:
    """u = K x, u = 0: a control that the notes choose, not one that costates, a minimum or a gain made of P gives; u(T) = 0 of one that
    is optimal is its value there.
    """
    bodies = (known.body for name in _names(right) for known in context.of(name) if known.body is not None)
    names = _names(right).union(*map(_names, bodies))
    optimal = {"p", "P", "H", "w", "J", "V", *(["K"] if context.of("P") else [])}
    chosen = not any(isinstance(part, tree.Extremum) for part in walk(right)) and not names & optimal
    if not isinstance(left, Symbol) or left.name != "w" or not chosen:
        return False
    return "optimal" not in context.hypotheses or not (_at_end(left.at) or _at_start(left.at))


def _at_ends(sides: Iterable[Node]) -> frozenset[str]:
    """An equation about the end state alone."""
    nodes = [node for side in sides for node in walk(side)]
    paths = [node for node in nodes if isinstance(node, Symbol) and ROLES.get(node.name, ROLES["I"]).kind == "path"]
    worth = {"J", "J_a", "H", "Psi"}
    known = any(isinstance(node, tree.Derivative | tree.Variation) or getattr(node, "name", "") in worth for node in nodes)
    ends = bool(paths) and not known and all(path.name == "x" and _at_end(path.at) for path in paths)
    return frozenset({"end"}) if ends else frozenset()


def _is_known_symmetric(left: Node, right: Node, context: Context) -> bool:
    """Q = Q^T of a weight, which restricts it no further."""
    core = left.of if isinstance(left, tree.Transposed) else left
    known = context.of(core.name) if isinstance(core, Symbol) and {left, right} == {core, tree.Transposed(core)} else ()
    return bool(known) and all(is_symmetric(one, context) for one in known)


def _at_start(place: Node | None) -> bool:
    return place == tree.Number(Fraction(0)) or (isinstance(place, Symbol) and place.name == "t0")


def _is_zero(node: Node) -> bool:
    return node == tree.Number(Fraction(0))


def _moves(left: Node, right: Node, context: Context) -> bool:
    """An equation of motion of its own: about dx/dt, dtheta/dt or du/dt beside the law, or before there is one."""
    law, nodes = context.law("dynamics"), [*walk(left), *walk(right)]
    moved = [node.of for node in nodes if isinstance(node, tree.Derivative) and node.kind == "total" and set(node.by) <= {Symbol("t")}]
    varied = [node.of for node in nodes if isinstance(node, tree.Variation)]
    inputs = ("x", "theta") if "optimal" in context.hypotheses else ("x", "theta", "w")  # how an optimal control moves follows
    rates = any(isinstance(of, Symbol) and of.name in inputs and of.at in (None, Symbol("t")) for of in moved) and not varied
    noise = Symbol("t") in varied
    single = context.over() == "time" and not context.of("g")  # over layers and at events notes speak of several fields
    return (rates or noise) and single and (law is None or {law.left, law.right} != {left, right})


def _names(node: Node) -> frozenset[str]:
    letters = (part for part in walk(node) if isinstance(part, Symbol | Applied | Unknown))
    return frozenset("?" if isinstance(part, Unknown) else part.name for part in letters)


def _dependent(node: Node, context: Context, own: frozenset[str]) -> frozenset[str]:
    """The inputs that a start or an end depends on; all of them where its letters are not plain constants."""
    if isinstance(node, Symbol) and node.name in own and (node.at is None or _at_start(node.at)):
        return frozenset()
    if "x" in _names(node) and any(_at_end(getattr(part, "at", None)) for part in walk(node)):
        return frozenset({"end", *INPUTS})
    letters = [part for part in walk(node) if isinstance(part, Symbol | Applied | Unknown)]
    plain = all(isinstance(part, Symbol) and part.name not in ROLES and _constant(part, context) for part in letters)
    named = frozenset(part.name for part in letters if isinstance(part, Symbol)) & INPUTS
    return frozenset() if plain else named or INPUTS


def _constant(part: Symbol, context: Context) -> bool:
    declared = next(iter(context.of(part.name)), None) or context.letters.get(part.name)
    return declared is not None and declared.kind == "constant" and declared.body is None


def _other_cost(left: Node, right: Node, context: Context) -> bool:
    """A cost that is not taken for the objective, or with an end cost of more than t, x and theta, such as one of both ends."""
    orders = [[slot for slot, _ in part.arguments] for part in walk(right) if isinstance(part, Applied) and part.name == "Psi"]
    odd = any(order.count("x") > 1 or not {*order} <= {"t", "x", "theta"} for order in orders)
    return context.law("objective") is None or odd


def chooses(left: Node, right: Node, context: Context) -> bool:
    """delta w = ..., delta theta = ..., z-dot = A z + B g of the gradient g: a variation that the notes choose."""
    inner = left.of if isinstance(left, tree.Variation | tree.Derivative) else None
    if isinstance(left, tree.Derivative):
        moved = {getattr(part.of, "name", "") for part in walk(right) if isinstance(part, tree.Variation)}
        bodies = (known.body for name in symbols(right) for known in context.of(name))
        slopes = any(isinstance(body, tree.Derivative) and body.of == Symbol("J") for body in bodies)
        return inner == tree.Variation(Symbol("x")) and moved == {"x"} and (slopes or not context.of("w"))  # a perturbation of the start
    return isinstance(inner, Symbol) and inner.name in INPUTS
