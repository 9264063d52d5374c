"""The value function V(x, t) of Hamilton, Jacobi and Bellman along the optimal solution, where it is known by the costate.

    V_x = p        V_t = -(L + p f)        V(x, T) = Psi(x)        -V_t = min_u (L + V_x f)

What V is at other states is not judged; V_xx is any symmetric matrix, beside which V_xt is d/dt V_x - V_xx f (Bellman 1957).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adjointcheck.notes.letters.context import ROLES, Context, Declared, key
from adjointcheck.notes.letters.dummies import slots
from adjointcheck.notes.letters.formulas import in_place
from adjointcheck.notes.letters.meaning import Applied, Symbol, rebuilt, resolve, symbols, walk
from adjointcheck.notes.letters.quantities import STARS, written_below
from adjointcheck.notes.letters.usage import head, moving, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.tree import Node

Introduced = tuple[str, tuple[str, ...], Context] | None
VALUE, CURVATURE, OPTION, STARRED = "Vfun", "Vbent", "value function", "value is starred"
NAMES = ("V", "mathcal{V}", "v", "W", "S", "J", "varphi")
TIME = tree.Letter("t")


def valuing(chains: Iterable[tree.Chain], context: Context) -> Context:
    """With V of V_t and V_x, both of which the notes speak of, as the value function."""
    chains = list(chains)
    rates = {letter for chain in chains for node in walk(chain) if (letter := _by_time(node))}
    states = {known.letter for known in context.of("x")} | {letter.name for chain in chains if (letter := moving(chain.sides[0]))}
    states |= {letter.lower() for letter in states}  # x of V(t, x) beside X(0) = x
    slopes = {letter for chain in chains for node in walk(chain) if (letter := _by_state(node, states))}
    found = sorted((rates & slopes & {*NAMES}) - {letter for chain in chains for letter in _paid_at_end(chain)})
    if len(found) != 1:
        return context
    starred = "J" if found == ["J"] and any(map(_is_total, chains)) else ""
    return replace(context, options={**context.options, OPTION: found[0], STARRED: starred})


def _is_total(chain: tree.Chain) -> bool:
    """J(x, u) = Phi + int L dt, the cost of any control, beside which J^* is the value."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair is not None else None
    plain = letter is not None and letter.name == "J" and not letter.above and isinstance(pair[0], tree.Call)  # type: ignore[index]
    return plain and any(isinstance(part, tree.Integral) for term in tree.terms(pair[1]) for part in walk(term))  # type: ignore[index]


def _is_named(node: Node, name: str, context: Context) -> bool:
    """Is it V, V^* or V(x, t), and J^* alone where J is the cost of any control?"""
    return _name(node) == name and not (context.option(STARRED) and not head(node).above)  # type: ignore[union-attr]


def _name(node: Node) -> str:
    """V of V, V^* and V(x, t)."""
    letter = head(node)
    marks = {getattr(mark, "name", "") for mark in letter.above} if letter is not None else {""}
    return letter.name if letter is not None and not letter.accents and marks <= {*STARS, "opt"} else ""


def _paid_at_end(chain: tree.Chain) -> Iterator[str]:
    """varphi of J = varphi(x(T), T) + int L dt, which is the terminal cost."""
    pair = pair_of(chain)
    terms = tree.terms(pair[1]) if pair is not None else ()
    if pair is not None and any(isinstance(part, tree.Integral) for term in terms for part in walk(term)):
        yield from {_name(term) for term in terms if isinstance(term, tree.Call)} - {_name(pair[0])}


def _by_time(node: Node) -> str:
    """V of dV/dt and V_t."""
    if isinstance(node, tree.Derivative) and node.by == (TIME,):
        return _name(node.of)
    return _name(node) if isinstance(node, tree.Letter) and node.below == (TIME,) else ""


def _by_state(node: Node, states: set[str]) -> str:
    """V of dV/dx, nabla V and V_x."""
    if isinstance(node, tree.Derivative):
        by = {getattr(letter, "name", "") for letter in node.by}
        return _name(node.of) if by <= states and (by or node.kind == "nabla") else ""
    below = [getattr(part, "name", "") for part in written_below(node.below)] if isinstance(node, tree.Letter) else []
    return _name(node) if below and {*below} <= states else ""


# Its letters


def in_value(chain: tree.Chain, context: Context) -> tuple[tree.Chain, Context]:
    """V_x(x, t), dV/dt(x, t) and V as derivatives of one function."""
    name = context.option(OPTION)
    if not name or context.over() == "layers" or not context.of("x") or not any(_is_named(node, name, context) for node in walk(chain)):
        return chain, context
    made = _valued(_chosen(_at_any_state(chain, name, context), context), name, context)
    assert isinstance(made, tree.Chain)
    role = ROLES[VALUE]
    context = context.declare(Declared(VALUE, VALUE, role.shape, role.kind, source="proposed"))
    bent = any(isinstance(node, tree.Derivative) and len(node.by) == 2 and node.of == tree.Letter(VALUE) for node in walk(made))
    size = context.of("x")[0].shape[0]
    curvature = Declared(CURVATURE, CURVATURE, (size, size), "path", source="proposed")
    return made, context.declare(curvature).assume(f"symmetric {CURVATURE}") if bent else context


def _at_any_state(chain: tree.Chain, name: str, context: Context) -> tree.Chain:
    """V(t, X) and f(X, u) of V(t, x) and f(x, u), where the state is X, and x where it starts."""
    state = tree.Letter(context.of("x")[0].letter)
    small = tree.Letter(state.name.lower())
    calls = [node for node in walk(chain) if isinstance(node, tree.Call | tree.Derivative)]
    told = any(small in (node.arguments if isinstance(node, tree.Call) else node.by) and _name(
        node if isinstance(node, tree.Call) else node.of) == name for node in calls)
    if not told or small == state or role_in(small, context) not in ("", "x0"):
        return chain
    return replace(chain, sides=tuple(in_place(side, {small: state}) for side in chain.sides))


def _chosen(node: Node, context: Context) -> Node:
    """min over u of L(x, u) + V_x f(x, u), for min over v in U of L(x, v) + V_x f(x, v)."""
    over = node.over if isinstance(node, tree.Extremum) else None
    letter = over.sides[0] if isinstance(over, tree.Chain) and over.relations == ("in",) else over
    control = next((tree.Letter(known.letter) for known in context.of("w")), None)
    if isinstance(node, tree.Extremum) and node.body is not None and isinstance(letter, tree.Letter) and control is not None:
        stands = {slot for call in walk(node.body) if isinstance(call, tree.Call) for slot in slots(call, letter, context)}
        return replace(node, over=control, body=in_place(node.body, {letter: control})) if stands == {"w"} else node
    return rebuilt(node, lambda child: _chosen(child, context))


def _valued(node: Node, name: str, context: Context) -> Node:
    if isinstance(node, tree.Derivative) and _is_named(node.of, name, context) and not head(node.of).below:  # type: ignore[union-attr]
        return replace(node, of=_whole(node.of), by=node.by or (tree.Letter(context.of("x")[0].letter),))
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Letter | tree.Derivative):
        arguments = tuple(_valued(argument, name, context) for argument in node.arguments)
        return replace(node, function=_valued(node.function, name, context), arguments=arguments)
    if isinstance(node, tree.Letter) and _is_named(node, name, context):
        by = written_below(node.below)
        slots = all(isinstance(part, tree.Letter) and key(part) in _slots(context) for part in by)
        whole = tree.Letter(VALUE, span=node.span)
        return node if not slots else tree.Derivative(whole, tuple(by), "partial", span=node.span) if by else whole
    return rebuilt(node, lambda child: _valued(child, name, context))


def _slots(context: Context) -> set[str]:
    return {"t", *(known.letter for symbol in ("x", "t") for known in context.of(symbol))}


def _whole(node: Node) -> Node:
    """V(x, t) under its letter."""
    if isinstance(node, tree.Call):
        return replace(node, function=tree.Letter(VALUE))
    return tree.Letter(VALUE, span=node.span)


# What it is


def priced_value(node: Node, context: Context) -> Node:
    """dJ/dx(t) for V_x, what the rate of the clock costs for V_t, J for V at the start; min_u of what holds along the optimum."""
    if not context.option(OPTION) or context.over() == "layers":
        return node
    if isinstance(node, tree.Derivative) and isinstance(node.of, tree.Derivative) and getattr(node.of.of, "name", "") == VALUE:
        whole = node.kind == "total" and {getattr(by, "name", "") for by in node.by} == {"t"}
        node = node if whole else replace(node.of, by=(*node.of.by, *node.by))  # V_xt of d_t nabla V
    node = rebuilt(node, lambda child: priced_value(child, context))
    if isinstance(node, tree.Extremum) and node.body is not None and node.kind == (context.option("goal") or "min"):
        over = node.over
        return node.body if getattr(over, "name", "") == "w" else node
    if isinstance(node, Applied) and node.name == VALUE:
        return Symbol("J") if _place(node) == Symbol("t0") else node
    if isinstance(node, Applied) and node.name == "H":
        return replace(node, arguments=tuple((slot, Symbol("p") if _is_price(value) else value) for slot, value in node.arguments))
    if not isinstance(node, tree.Derivative) or not isinstance(node.of, Applied) or node.of.name != VALUE or len(node.by) > 2:
        return node
    if len(node.by) == 2:
        return _curvature({getattr(by, "name", "") for by in node.by}, context) or node
    by, place = next(iter(node.by), None), _place(node.of)
    if getattr(by, "name", "") == "x":
        return tree.Derivative(Symbol("J"), (Symbol("x", at=place or Symbol("t")),), "total")
    if getattr(by, "name", "") != "t":
        return node
    rate = Symbol("a_t", at=place)
    if node.kind != "total":
        return rate
    return tree.Sum((rate, tree.Product((Symbol("p"), tree.Derivative(Symbol("x"), (Symbol("t"),), "total")))))


def _curvature(by: set[str], context: Context) -> Node | None:
    """V_xx and V_xt."""
    law = context.law("dynamics")
    if by == {"x"}:
        return Symbol(CURVATURE)
    if by != {"x", "t"} or law is None:
        return None
    row = context.option("gradients") == "row"
    moved = (tree.Transposed(law.right), Symbol(CURVATURE)) if row else (Symbol(CURVATURE), law.right)
    slope = tree.Derivative(Symbol("J"), (Symbol("x", at=Symbol("t")),), "total")
    return tree.Sum((tree.Derivative(slope, (Symbol("t"),), "total"), tree.Negative(tree.Product(moved))))


def _is_price(node: Node) -> bool:
    return any(isinstance(part, tree.Derivative) and part.of == Symbol("J") for part in walk(node))


def _place(node: Applied) -> Node | None:
    """The time at which V is taken, where it is not the running one."""
    times = [value for slot, value in node.arguments if slot == "t"]
    times += [Symbol("t0") for slot, value in node.arguments if slot == "x" and value == Symbol("x0")]
    times += [value.at for slot, value in node.arguments if slot == "x" and isinstance(value, Symbol) and value.at is not None]
    return next((time for time in times if time != Symbol("t") and not isinstance(time, tree.Number)), None)


def value(chain: tree.Chain, context: Context) -> Introduced:
    """V(x, T) = Psi(x) or what the cost has for it, V(x, t) = min_u (Psi + int_t^T L ds)."""
    pair = pair_of(chain)
    letter = head(pair[0]) if pair else None
    if pair is None or letter is None or letter.name != VALUE or not isinstance(pair[0], tree.Call):
        return None
    left, right = (resolve(side, context) for side in pair)
    law = context.law("objective")
    paid = (isinstance(right, Applied) and right.name == "Psi") or (law is not None and right in tree.terms(law.right))
    ended = isinstance(left, Applied) and _place(left) == Symbol("t1") and paid
    least = isinstance(right, tree.Extremum) and right.body is not None and VALUE not in symbols(right) and (
        "J" in symbols(right) or any(isinstance(part, tree.Integral) for part in walk(right)))
    return ("definition", (), context) if ended or least else None
