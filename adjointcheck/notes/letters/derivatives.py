"""Of what kind a derivative is: along the solution, through the whole system, or in the explicit arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from typing import TypeGuard

from adjointcheck.notes.letters.context import ORDER, ROLES, Context
from adjointcheck.notes.letters.formal import differentiated
from adjointcheck.notes.letters.partitions import only_block
from adjointcheck.notes.letters.quantities import (
    AXES,
    Applied,
    Formal,
    Symbol,
    Unknown,
    instead,
    is_defined,
    placed_from,
    rebuilt,
    slots_told,
    symbols,
    walk,
)
from adjointcheck.notes.letters.scales import runs_back, scale
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

UNPLACED = "w without its layer"
FIRST = Symbol("x", at=tree.Number(Fraction(0)))
ONE_STEP = "one step"  # of partial dx_{l+1}/dtheta: x_l held, or through all steps


def core_of(node: Node) -> Node:
    """The quantity inside minus signs and transposes."""
    return core_of(node.of) if isinstance(node, tree.Negative | tree.Transposed) else node


def cells_at(vector: tree.Vector, place: Node, moves: Callable[[Symbol], bool]) -> tree.Vector:
    """[x, p](t1): each part there; at the running time as it stands."""
    def there(cell: Node) -> Node:
        if is_here(place) or isinstance(cell, tree.Number):
            return cell
        return replace(cell, at=place) if isinstance(cell, Symbol) and moves(cell) else tree.Evaluated(cell, (place,))
    return replace(vector, rows=tuple(tuple(map(there, row)) for row in vector.rows))


def is_here(place: Node | None) -> bool:
    return place is None or place == Symbol("t") or place == Symbol("t", bound=True) or (isinstance(place, Symbol) and place.name == "l")


def is_end(place: Node | None) -> bool:
    return isinstance(place, Symbol) and place.name in ("t0", "t1", "N")


def is_sensitivity(node: Node) -> TypeGuard[tree.Derivative]:
    """dx/dtheta as a whole, which some notes call s, and its columns s_k."""
    return isinstance(node, tree.Derivative) and node.of == Symbol("x") and node.by == (Symbol("theta"),)


def derivative(of: Node, by: Iterable[Node], kind: str, context: Context) -> Node:
    """The derivative with its kind settled: along the solution, through the system, or in the explicit arguments."""
    by = tuple(Symbol("x") if _names_argument(of, letter, kind, context) else letter for letter in by)
    if isinstance(of, tree.Negative):
        inner = derivative(of.of, by, kind, context)
        return tree.turned(inner)
    if isinstance(of, Formal) and (kind == "partial" or Symbol("t") not in by) and (slope := differentiated(of, by)) is not None:
        return slope
    if len(by) == 1 and isinstance(by[0], tree.Vector):
        return jacobian(of, by[0], kind, context)
    if isinstance(of, tree.Evaluated) and not of.less and kind != "total" and {*by} <= {Symbol("x")} and all(map(_is_time, of.at)):
        return replace(of, of=derivative(of.of, by or (Symbol("x"),), kind, context))  # nabla g(x(T)) is g_x there
    if terms := _paid_beside(of, context):
        return tree.Sum(tuple(derivative(term, by, kind, context) for term in terms))
    if len(by) == 1 and not is_inside(core_of(of), core_of(by[0]), kind, context):
        ended = is_paid_in_the_end(context, core_of(by[0]))
        if not ended and (beside := _paid_beside_end(core_of(by[0]), context)):
            return tree.Sum((derivative(Symbol("J"), by, "total", context), *beside))
        of, kind = Symbol("J") if ended else Unknown("the end cost as it depends on earlier states"), "total"
    if len(by) == 1 and core_of(of) == Symbol("J") and (part := _from_here_on(core_of(by[0]))):
        return part
    if len(by) == 1 and core_of(of) == Symbol("J") and (part := _by_increment(core_of(by[0]), kind, context)):
        return part
    if len(by) == 1 and core_of(of) == Symbol("J") and _is_part_of_start(core_of(by[0]), context):
        by = (Symbol("x0"),)
    if kind == "total" and by == (Symbol("t"),) and {"Psi", "psi"} & symbols(of) and all(
            map(_is_unplaced, (part for part in walk(of) if isinstance(part, Applied)))) and (
            slope := _termwise(of, lambda term: _along(term, context))) is not None:
        return slope
    of = without_rates(of, context) if _is_explicit(by, kind, context) else of
    if isinstance(of, tree.Derivative) and (of.kind, of.by) == ("total", (Symbol("t"),)) and _are_inputs(by):  # d_p of a rate
        return tree.Derivative(derivative(of.of, by, kind, context), of.by, "total")
    started = len(by) == 1 and is_start(core_of(by[0])) and getattr(core_of(of), "name", "") == "x" and context.over() != "layers"
    made = _settled(of, (Symbol("x0"),) if started else tuple(map(core_of, by)), kind, context)  # dx(t)/dx(0)
    return tree.Negative(made) if sum(map(_is_minus, by)) % 2 else made


def _is_time(place: Node) -> bool:
    return isinstance(place, Symbol) and place.name in ("t0", "t1")


def _names_argument(of: Node, by: Node, kind: str, context: Context) -> bool:
    """Is x of f_x and of nabla_x H(X, P) an argument, though X starts at x?"""
    function = core_of(of)
    plain = by == Symbol("x0") and any("_" not in known.letter for known in context.of("x0")) and kind in ("partial", "nabla")
    return plain and isinstance(function, Applied) and function.name in ("f", "L", "H", "O") and Symbol("x0") not in walk(function)


def _paid_beside(of: Node, context: Context) -> tuple[Node, ...]:
    """J and R, where the notes define F = J + R."""
    known = next(iter(context.of(of.name)), None) if isinstance(of, Symbol) and of.name not in ROLES else None
    terms = known.body.terms if known is not None and isinstance(known.body, tree.Sum) else ()
    return terms if Symbol("J") in terms else ()


def is_inside(of: Node, by: Node, kind: str, context: Context) -> bool:
    """Does an end cost depend on this by itself, and not only through the system, as Psi(x(T)) on x(t), on x_0 and on T?"""
    if not isinstance(of, Applied) or of.name != "Psi" or not isinstance(by, Symbol):
        return True
    if by.part:
        return by.name in ROLES or Symbol("l") not in by.part  # the A_k of a layer is in no end cost
    if by.name in ("t0", "t1") or (by.name == "theta" and by.at is not None):
        return kind != "total" and by.name != "theta"
    orders = [[slot for slot, _ in of.arguments], *([*known.arguments] for known in context.of("Psi") if known.arguments)]
    if by.name in ("theta", "w") and any(orders) and (kind != "partial" or (by.name == "w" and by.at is not None)):
        return any(by.name in order for order in orders)
    if by.name not in ("x", "x0"):
        return True
    if any(order.count("x") > 1 or not {*order} <= {"x", "t", "theta"} for order in orders):  # Psi(x(0), x(T))
        return True
    place = Symbol("t0") if by.name == "x0" else by.at
    value = next((value for slot, value in of.arguments if slot == "x"), None)
    taken = of.at or (value.at if isinstance(value, Symbol) else None)
    free = value is not None and not isinstance(value, Symbol)
    return place in (None, taken) or free or (is_end(place) and place != Symbol("t0"))


def _is_unplaced(of: Node) -> TypeGuard[Applied]:
    """Psi of the running state, as in dPsi/dt: with x(t) and t for arguments, or none."""
    if not isinstance(of, Applied) or of.name not in ("Psi", "psi") or of.at is not None:
        return False
    times = [value if slot == "t" else getattr(value, "at", value) for slot, value in of.arguments if slot != "theta"]
    return all(map(is_here, times))


def _by_time(of: Applied) -> Node:
    return tree.Derivative(of, (Symbol("t"),), "partial")


def _along(of: Applied, context: Context) -> Node:
    """dPsi/dt = Psi_t + Psi_x dx/dt, along the solution."""
    by_x, rate = tree.Derivative(of, (Symbol("x"),), "partial"), tree.Derivative(Symbol("x"), (Symbol("t"),), "total")
    moved = tree.Product((by_x, rate))
    timed = any("t" in dict(of.arguments) or "t" in (known.arguments or ("t",)) for known in context.of(of.name))
    return tree.Sum((_by_time(of), moved)) if timed else moved


def is_paid_in_the_end(context: Context, by: Node | None = None) -> bool:
    """Is the cost the end cost and nothing else, or nothing else that rests on states where it is differentiated by one?"""
    law = context.law("objective")
    if law is None:
        return not context.of("L")
    ended, others = ([term for term in tree.terms(law.right) if (getattr(term, "name", "") == "Psi") == paid] for paid in (True, False))
    state = isinstance(by, Symbol) and by.name in ("x", "x0")
    return len(ended) == 1 and isinstance(ended[0], Applied) and (
        not others or (state and all(_is_stateless(term, context) for term in others)))


def _is_stateless(term: Node, context: Context) -> bool:
    """sum_k L(w_k), and no letter that the notes may have defined with states."""
    parts = [part for part in walk(term) if isinstance(part, Symbol | Applied)]
    numbers = {known.symbol for known in context.letters.values() if known.kind == "constant" and known.body is None} - {"x0"}
    names = {"w", "l", "t", "t0", "t1", "N", "h", *numbers}
    return bool(parts) and all(part.arguments if isinstance(part, Applied) else part.name in names for part in parts)


def _paid_beside_end(by: Node, context: Context) -> tuple[Node, ...]:
    """-rho w_l of E = Psi(x_N) + rho/2 sum_l |w_l|^2, for Psi by w_l; nothing where what is paid beside the end rests on states."""
    law = context.law("objective") if context.over() == "layers" else None
    others = [term for term in tree.terms(law.right) if getattr(term, "name", "") != "Psi"] if law is not None else []
    if not isinstance(by, Symbol) or by.name != "w" or by.at is None or not all(_is_stateless(term, context) for term in others):
        return ()
    sums = [(term, part) for term in others for part in walk(term) if isinstance(part, tree.Series)]
    if len(sums) != len(others) or any(not isinstance(part.index, Symbol) for _, part in sums):
        return ()
    paid = (instead(term, part, placed_from(part.body, by.at, part.index)) for term, part in sums if isinstance(part.index, Symbol))
    return tuple(tree.Negative(tree.Derivative(one, (by,), "partial")) for one in paid)


def differing(left: Node, right: Node) -> tuple[Node, Node]:
    """The two sides, or where one function is written with one other argument, as in Psi(x(t1)) = Psi(x(t0) + int f dt), the arguments."""
    if not isinstance(left, Applied) or not isinstance(right, Applied) or replace(left, arguments=()) != replace(right, arguments=()):
        return left, right
    pairs = [(a, b) for a, b in zip(left.arguments, right.arguments, strict=False) if a != b]
    known = len(left.arguments) == len(right.arguments) and len(pairs) == 1 and pairs[0][0][0] == pairs[0][1][0]
    return (pairs[0][0][1], pairs[0][1][1]) if known else (left, right)


def jacobian(of: Node, by: tree.Vector, kind: str, context: Context) -> Node:
    """d(f, g)/d(x, y): rows of the functions, columns of the letters."""
    rows = [cell for row in of.rows for cell in row] if isinstance(of, tree.Vector) else [of]
    letters = [letter for row in by.rows for letter in row]
    return tree.Vector(tuple(tuple(_cell(row, letter, kind, context) for letter in letters) for row in rows))


def in_cells(left: Node, right: Node, context: Context) -> tuple[Node, Node]:
    """df/dx = [[...], [...]] and df/du_1 = [...; ...] entry by entry, where the notes write the field out in components."""
    law, slope = context.law("dynamics"), left.of if isinstance(left, tree.Transposed) else left
    of_field = isinstance(slope, tree.Derivative) and getattr(slope.of, "name", "") == "f" and len(slope.by) == 1
    by = slope.by[0] if of_field and isinstance(slope, tree.Derivative) else None
    parts = context.parts(by.name) if isinstance(by, Symbol) and by.at in (None, Symbol("t")) else ()
    single = isinstance(by, Symbol) and bool(by.part) and len(context.parts("x")) == 1
    if not parts or law is None or not isinstance(law.right, tree.Vector) or not (single or isinstance(right, tree.Vector)):
        return left, right
    whole = tuple(Symbol(known.symbol, part=(tree.Number(Fraction(known.part)),)) for known in parts)
    letters = (by,) if isinstance(by, Symbol) and by.part else whole
    made = tree.Vector(tuple(tuple(_entry(cell, letter) for letter in letters) for row in law.right.rows for cell in row))
    if single and not isinstance(right, tree.Vector):  # f_p = -x of x-dot = -p x
        return made.rows[0][0], right
    turned = isinstance(left, tree.Transposed) != (context.option("jacobian") == "transposed")
    return (tree.Vector(tuple(zip(*made.rows, strict=True))) if turned else made), right


def _entry(of: Node, by: Node) -> Node:
    """The slope of a formula of the field, 0 in what does not stand there."""
    return tree.Number(Fraction(0)) if isinstance(of, tree.Number) else tree.Derivative(of, (by,), "partial")


def _cell(of: Node, by: Node, kind: str, context: Context) -> Node:
    return tree.Number(Fraction(0)) if isinstance(of, tree.Number) else derivative(of, (by,), kind, context)


def _from_here_on(by: Node) -> Node | None:
    """dJ/dtheta(t), dJ/dt(t): where parameters and clock are states, which may move from a time on."""
    if isinstance(by, Symbol) and by.at is not None and not by.part and by.name in ("theta", "t"):
        return Symbol("a_theta" if by.name == "theta" else "a_t", at=by.at)
    return None


def is_start(node: Node | None) -> TypeGuard[Symbol]:
    """x_0."""
    return isinstance(node, Symbol) and (node.name == "x0" or (node.name == "x" and node.at in (Symbol("t0"), tree.Number(Fraction(0)))))


def _by_increment(by: Node, kind: str, context: Context) -> Node | None:
    """dJ/dv of x_0 = x_b + U v: U^T times dJ/dx_0, or dJ/dx_0 U where gradients are rows."""
    costs = [law.right for law in context.laws if law.kind == "objective"]
    if not isinstance(by, Symbol) or len(costs) != 1 or by.name in symbols(costs[0]):  # a cost of z alone is another one
        return None
    known = next((known for known in context.of(by.name) if by.name not in ROLES), None)
    body = known.body if known is not None and known.kind == "defined" else None
    factors = body.factors if isinstance(body, tree.Product) else (body,)
    gap, scales = factors[-1], factors[:-1]
    start = gap.terms[0] if isinstance(gap, tree.Sum) and len(gap.terms) == 2 else None
    inverse = tree.Negative(tree.Number(Fraction(1)))
    if not is_start(start) or any(not isinstance(scale, tree.Power) or scale.exponent != inverse for scale in scales) or len(scales) > 1:
        return None
    slope = derivative(Symbol("J"), (start,), kind, context)
    matrix = scales[0].base if scales and isinstance(scales[0], tree.Power) else None
    column = kind == "nabla" or context.option("gradients") == "column" or any(known.layout == "column" for known in context.of("p"))
    return slope if matrix is None else tree.Product((tree.Transposed(matrix), slope) if column else (slope, matrix))


def _is_part_of_start(by: Node, context: Context) -> bool:
    """Is it mu of x_0 = mu + sigma eps, which stands nowhere else?  dJ/dmu is dJ/dx_0."""
    law = context.law("start")
    terms = law.right.terms if law is not None and isinstance(law.right, tree.Sum) else ()
    if law is None or not isinstance(by, Symbol) or by.name in ROLES or terms.count(by) != 1:
        return False
    others = [*(term for term in terms if term != by), *(other.right for other in context.laws if other is not law)]
    names = frozenset().union(*map(symbols, others))
    bodies = (known.body for known in context.letters.values() if known.body is not None and known.symbol in names)
    return not any(by.name in symbols(part) for part in (*others, *bodies))


def _are_inputs(by: tuple[Node, ...]) -> bool:
    return bool(by) and all(isinstance(letter, Symbol) and letter.name in ("theta", "x0") for letter in by)


def _is_explicit(by: tuple[Node, ...], kind: str, context: Context) -> bool:
    """Is it by a state that stands there, or with a curled d by a parameter of a field that is written out?"""
    names = ("x", "w", "theta") if kind != "total" and context.parts("x") else ("x", "w")
    return bool(by) and all(isinstance(letter, Symbol) and letter.name in names and letter.at in (None, Symbol("t"))
                            for letter in map(core_of, by))


def without_rates(node: Node, context: Context) -> Node:
    """H = L + p xdot is L + p f: its partial derivatives are those of f."""
    law = context.law("dynamics")
    if law is None or not isinstance(node, tree.Derivative) or node.by != (Symbol("t"),) or not isinstance(node.of, Symbol):
        return rebuilt(node, lambda child: without_rates(child, context)) if law else node
    row = next((part.value for part in node.of.part if isinstance(part, tree.Number)), None)
    if node.of.name != "x" or node.of.at not in (None, Symbol("t")):
        return node
    return law.right.rows[int(row) - 1][0] if row and isinstance(law.right, tree.Vector) else node if row else law.right


def _is_minus(node: Node) -> bool:
    """-p: the derivative by it is minus that by p."""
    if isinstance(node, tree.Negative | tree.Transposed):
        return _is_minus(node.of) != isinstance(node, tree.Negative)
    return False


def _settled(of: Node, by: tuple[Node, ...], kind: str, context: Context) -> Node:
    if kind == "nabla" and not by and of == Symbol("x"):
        by = (Unknown("what nabla x is by"),)  # of a flow z(x, t) by its start
    if kind in ("nabla", "partial") and not by and not symbols(of) & {"J", "J_a"}:  # D J(u)[v] is along v
        by = (only_block(core_of(of), context) or Symbol(_only_argument(of) or "x"),)
        if isinstance(of, tree.Derivative) and of.kind in ("nabla", "partial") and of.by == by:  # nabla^2 Phi(x(T))
            return replace(of, by=by * 2)
    if kind == "nabla" and not by and context.over() == "layers":
        by = (FIRST,) if of == Symbol("J") and _seeks_start(context) else (Unknown("what nabla J is by"),)
    if kind == "nabla" and not by:
        by = (_argument(of, context),)
        if isinstance(of, tree.Derivative) and of.by == by:  # nabla^2 J
            return replace(of, by=by * 2)
    if not by or not isinstance(by[0], Symbol):
        return tree.Derivative(of, by, kind)
    if kind != "total" and isinstance(of, tree.Derivative) and of.kind != "total" and of.by == by and isinstance(core_of(of.of), Applied):
        return replace(of, by=by * 2)  # of the gradient: the Hessian
    if of == Symbol("w") and by in ((Symbol("x"),), (Symbol("theta"),)) and kind == "partial" and context.law("algebraic") is not None:
        slope = Symbol(f"w_{by[0].name}")  # of the function of x and theta that 0 = g(x, z, theta) makes of z
        return tree.Transposed(slope) if context.option("jacobian") == "transposed" else slope
    if len(by) == 1 and runs_back(by[0], context):
        return tree.Negative(tree.Derivative(of, (Symbol("t"),), "total"))
    if len(by) == 1 and (unit := scale(by[0], context)) is not None:
        return tree.Product((unit, tree.Derivative(of, (Symbol("t"),), "total")))
    if by == (Symbol("t1"),) and of == Symbol("x", at=Symbol("t1")):  # dz(T)/dT, with the start held
        return tree.Evaluated(tree.Derivative(Symbol("x"), (Symbol("t"),), "total"), by)
    if by[0].name in ("t0", "t1") and kind in ("partial", "nabla") and (slope := _termwise(of, _by_time)) is not None:
        return slope  # dPsi/dT is the slope in the argument t, where it stands
    made = _kind(of, by[0], kind, context)
    if made == "total" and by[0] == Symbol("w") and context.over() == "layers":
        return tree.Derivative(of, (Unknown(UNPLACED),), made)  # of one layer, or shared by all of them
    if made == "total" and len(by) == 2 and getattr(core_of(of), "name", "") == "Psi" and is_paid_in_the_end(context):
        of = Symbol("J")
    of, core = _taken_at(of, by[0], context), core_of(of)
    clock = dict(core.arguments).get("t") if isinstance(core, Applied) else None
    return tree.Derivative(of, (Symbol("t"), *by[1:]) if made == "partial" and clock == by[0] else by, made)  # df(s, x(s))/ds


def _termwise(of: Node, slope: Callable[[Applied], Node]) -> Node | None:
    """Of Psi, and of each of Psi + nu psi; None for what is no sum of functions."""
    if isinstance(of, tree.Sum | tree.Negative | tree.Transposed):
        made = [_termwise(term, slope) for term in (of.terms if isinstance(of, tree.Sum) else (of.of,))]
        slopes = [term for term in made if term is not None]
        return None if len(slopes) < len(made) else tree.Sum(tuple(slopes)) if isinstance(of, tree.Sum) else replace(of, of=slopes[0])
    if isinstance(of, tree.Product) and isinstance(of.factors[-1], Applied) and all(symbols(part) <= {"nu"} for part in of.factors[:-1]):
        return replace(of, factors=(*of.factors[:-1], slope(of.factors[-1])))
    return slope(of) if isinstance(of, Applied) else None


def _seeks_start(context: Context) -> bool:
    """Is the start paid for, and nothing else free, as in J(x_0) of 4D-Var?"""
    law = context.law("objective")
    return law is not None and FIRST in walk(law.right) and not any(context.of(name) or context.parts(name) for name in ("w", "theta"))


def _taken_at(of: Node, by: Symbol, context: Context) -> Node:
    """df/dx_N, where f bears no arguments, is taken at x_N."""
    if not isinstance(of, Applied) or of.name not in ("f", "L", "O") or of.arguments or of.at is not None:
        return of
    running = by.at is None or (isinstance(by.at, Symbol) and by.at.name in ("t", "l", "s", "tau"))
    if running or by.name not in ("x", "w"):
        return of
    slots = [slot for slot in slots_of(of, context) if slot in ("x", "w", "theta") and context.of(slot)]
    return replace(of, arguments=tuple((slot, Symbol(slot, at=by.at if slot != "theta" else None)) for slot in slots))


def _argument(of: Node, context: Context) -> Node:
    """By what nabla differentiates: a cost by the one input that the notes have, anything else by the state."""
    core = core_of(of)
    inner = core.of if isinstance(core, tree.Derivative) else core
    inputs = [name for name in ("theta", "w") if context.of(name) or context.parts(name)] if inner == Symbol("J") else []
    return Symbol(inputs[0] if len(inputs) == 1 else "x") if len(inputs) < 2 else Unknown("nabla without its letter")


def _only_argument(of: Node) -> str:
    """u of nabla r(u_k): the input that is the only argument."""
    core = core_of(of)
    slots = {slot for slot, _ in core.arguments} if isinstance(core, Applied) else set()
    return min(slots) if len(slots) == 1 and slots <= {"w", "theta"} else ""


def _kind(of: Node, by: Symbol, kind: str, context: Context) -> str:
    core, names = core_of(of), symbols(of)
    if "rho" in names and by.name == "x":
        return "total"  # of the density where the solution goes through
    costs = {"J", "J_a", *(known.symbol for known in context.letters.values() if known.kind == "functional")}
    defined = (known.body for known in context.letters.values() if known.symbol in names and known.kind == "defined" and known.body)
    functional = bool(names.union(*map(symbols, defined)) & costs) or any(isinstance(p, tree.Integral | tree.Series) for p in walk(of))
    if by.name in ("t", "s") and not (isinstance(core, Symbol) and core.name == "J"):
        explicit = any(isinstance(part, Applied) for part in walk(of))
        return "total" if kind in ("total", "through") or not explicit else "partial"
    if functional or kind == "functional" or by.name in ("x0", "t0", "t1") or (kind == "through" and by.name == "theta"):
        return "total"
    if isinstance(core, Symbol) and core.name == "x" and by.name == "theta" and kind == "partial" and context.over() == "layers":
        return ONE_STEP
    if isinstance(core, Symbol) and ROLES.get(core.name, ROLES["I"]).kind == "path":
        return "partial" if core.name == by.name == "x" and (core.at, core.side) == (by.at, by.side) else "total"
    return "nabla" if kind == "nabla" else "partial" if _is_priced(core, kind, context) or explicit_in(of, by, context) else "total"


def _is_priced(of: Node, kind: str, context: Context) -> bool:
    """H = U - mu q by a state that it lacks: a sum with the costate is a function of its letters, and has the slope 0."""
    summed = (isinstance(known.body, tree.Sum) for known in context.of(getattr(of, "name", "")))
    return kind == "partial" and isinstance(of, Symbol) and any(summed) and _speaks(of, Symbol("p"), context)


def differential(path: Node) -> Node:
    """d x(t1) is delta x(t1) + xdot(t1) d t1; away from the ends d is delta."""
    core = core_of(path)
    place = core.at if isinstance(core, Symbol) and core.name in ("x", "p") else None
    if place not in (Symbol("t0"), Symbol("t1")) or place is None:
        return tree.Variation(path)
    rate = tree.Evaluated(tree.Derivative(anywhere(path), (Symbol("t"),), "total"), (place,))
    return tree.Sum((tree.Variation(path), tree.Product((rate, tree.Variation(place)))))


def anywhere(path: Node) -> Node:
    """x of x(t) and of x(T): the path without its places."""
    return replace(path, at=None) if isinstance(path, Symbol) else rebuilt(path, anywhere)


def explicit_in(of: Node, by: Symbol, context: Context) -> bool:
    """Is `by` an argument of `of` itself: a slot of its functions, or one of its letters?"""
    for part in walk(of):
        if isinstance(part, Applied) and by.name in slots_of(part, context):
            return True
        if isinstance(part, Symbol) and (part.name == by.name or _speaks(part, by, context)):
            return True
    return False


def _speaks(letter: Symbol, by: Symbol, context: Context) -> bool:
    """Is it a letter that the notes define by a formula in which `by` stands?"""
    known = next((known for known in context.of(letter.name) if known.body is not None and letter.name not in ROLES), None)
    names = ("x", "w", "p", "theta") if known is not None and is_defined(known) else ("x", "w", "p")
    return known is not None and known.body is not None and by.name in names and explicit_in(known.body, by, context)


def argument_at(of: Node, symbol: Symbol) -> Node | None:
    """Where the letter is taken: H_p of H(x_l, p_{l+1}) is by p_{l+1}."""
    functions = [part for part in walk(of) if isinstance(part, Applied)] if isinstance(of, tree.Sum) else [of]
    named = {dict(part.arguments).get(symbol.name, symbol) for part in functions if isinstance(part, Applied)}
    value = core_of(named.pop()) if len(named) == 1 and symbol.at is None else symbol
    return value.at if isinstance(value, Symbol) and value.name == symbol.name else symbol.at


def slots_of(node: Applied, context: Context) -> tuple[str, ...]:
    """The arguments of a function: as written there, as declared, or all that the notes' letters allow."""
    if node.arguments:
        return tuple(slot for slot, _ in node.arguments)
    told = next((told for d in context.of(node.name) if (told := slots_told(d)) is not None), None)
    return told if told is not None else AXES.get(node.name, ORDER)
