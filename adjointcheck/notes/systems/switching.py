"""Controls between bounds, |u| <= U: where H is linear in u, u = -U sgn(H_u) makes it least (Pontryagin et al. 1962)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from adjointcheck.notes.letters.context import USUAL, Context, Declared, Law, key, own
from adjointcheck.notes.letters.costs import objective_of, running
from adjointcheck.notes.letters.formulas import spelt_out
from adjointcheck.notes.letters.meaning import Symbol, rebuilt, resolve, symbols, unknown, walk
from adjointcheck.notes.letters.quantities import here, unscripted
from adjointcheck.notes.letters.usage import head, pair_of, role_in
from adjointcheck.notes.reading import tree
from adjointcheck.notes.reading.instants import moment
from adjointcheck.notes.reading.tree import Node
from adjointcheck.notes.systems.arrivals import DOUBT
from adjointcheck.notes.systems.multiplier import has_open_sign

BELOW, ABOVE = ("<=", "<"), (">=", ">")
BANG_BANG = "Pontryagin: between bounds a Hamiltonian that is linear in the control is least at one of them."
Bounds = tuple[Symbol, Node, Node]
HASTE = "haste"  # option: the words before a formula ask for the shortest time
SHORT = Law("objective", Symbol("J"), tree.Integral(tree.Number(Fraction(1)), Symbol("t", bound=True), Symbol("t0"), Symbol("t1")))


def bounded(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """|u| <= U, -1 <= u <= 1, u in [0, 1]: the bounds of a control, whose letters are numbers."""
    known = _with_letters(chain, context)
    found = _bounds(chain, known)
    if found is None:
        return None
    control, lower, upper = found
    law = Law("bounds", control, tree.Vector(((lower,), (upper,))))
    return "assumption", (), replace(known, laws=(*known.laws, law))


def is_bound(chain: Node, context: Context) -> bool:
    """v >= -1/4, 0 <= u <= 1, |u| <= 1: a control and constants."""
    if not isinstance(chain, tree.Chain) or not chain.relations or not {*chain.relations} <= {*BELOW, *ABOVE}:
        return False
    known = _with_letters(chain, context)
    sides = [standing(resolve(side, known)) for side in chain.sides]
    rest = [side for side in sides if getattr(side, "name", "") != "w"]
    numbers = not any(unknown(side) or symbols(side) & {"t", "x", "p", "w"} for side in rest)
    return _bounds(chain, known) is not None or (numbers and len(rest) == len(sides) - 1)


def _with_letters(chain: tree.Chain, context: Context) -> Context:
    """With U of |u| <= U, and u_a of u_a <= u <= u_b, as a number."""
    for side in chain.sides if {*chain.relations} <= {*BELOW, *ABOVE, "in"} else ():
        for part in unscripted(side):
            marked = isinstance(part, tree.Letter) and ({*part.accents} - {"bar", "hat"} or part.above)  # u <= bar u
            plain = isinstance(part, tree.Letter) and not (marked or key(part) in {*context.letters, *USUAL})
            new = plain and (unknown(resolve(part, context)) or _bounds_itself(part, chain, context))
            if isinstance(part, tree.Letter) and new and not part.name.startswith("mathbb"):
                context = context.declare(Declared(key(part), own(key(part)), source="proposed"))
    return context


def _bounds_itself(part: Node, chain: tree.Chain, context: Context) -> bool:
    """u_a of u_a <= u <= u_b, which is no component of u."""
    letter = replace(part, below=()) if isinstance(part, tree.Letter) and part.below and part in chain.sides else None
    return letter is not None and role_in(letter, context) == "w" and any(head(side) == letter for side in chain.sides)


def _bounds(chain: tree.Chain, context: Context) -> Bounds | None:
    sides = [resolve(side, context) for side in chain.sides]
    if chain.relations and {*chain.relations} <= {*ABOVE}:
        sides = sides[::-1]
    elif not {*chain.relations} <= {*BELOW} and chain.relations != ("in",):
        return None
    match [standing(side) for side in sides]:
        case [tree.Function("abs" | "norm", (Symbol("w") as control,)), upper]:
            return _checked(control, tree.Negative(upper), upper)
        case [lower, Symbol("w") as control, upper]:
            return _checked(control, lower, upper)
        case [Symbol("w") as control, tree.Vector(((lower, upper),) | ((lower,), (upper,)))]:
            return _checked(control, lower, upper)
    return None


def _checked(control: Symbol, lower: Node, upper: Node) -> Bounds | None:
    constant = not any(unknown(side) or symbols(side) & {"t", "x", "w", "p"} for side in (lower, upper))
    return (control, lower, upper) if constant else None


def standing(node: Node) -> Node:
    """u for u(t)."""
    return replace(node, at=None) if isinstance(node, Symbol) and node.name == "w" else rebuilt(node, standing)


def at_one_time(*sides: Node) -> bool:
    """Do control, costate and state stand at one time?  Of u(T) = sgn(b' p(t)) no rule speaks."""
    moving = [part for side in sides for part in walk(side) if isinstance(part, Symbol) and part.name in ("w", "p", "x")]
    return len({part.at or Symbol("t") for part in moving}) <= 1


def switched(left: Node, right: Node, context: Context) -> tuple[Node, Node] | None:
    """What u = -U sgn(s) says is H_u, and H_u itself; None for anything else, and where H is not linear in u."""
    law = next((law for law in context.laws if law.kind == "bounds" and law.left == standing(left)), None)
    field, cost = context.law("dynamics"), context.law("objective")
    if law is None or field is None or cost is None or not isinstance(law.right, tree.Vector) or has_open_sign(context, right, Symbol("p")):
        return None
    (lower,), (upper,) = law.right.rows
    told = [(sign, argument) for sign, size, argument in _signs(right) if (lower, size) == (tree.Negative(upper), upper)]
    told += _by_cases(right, lower, upper)
    if len(told) != 1 or not at_one_time(left, right):
        return None
    sign, argument = told[0]
    hamiltonian, control = hamiltonian_of(context), law.left
    slope = tree.Derivative(hamiltonian, (control,), "partial")
    if _is_curved(hamiltonian, control):
        return None
    least = sign if context.option("goal") == "max" else -sign
    return (argument if least > 0 else tree.Negative(argument)), slope


def _signs(node: Node) -> Iterator[tuple[int, Node, Node]]:
    """(-1, U, s) of -U sgn(s)."""
    sign = 1
    while isinstance(node, tree.Negative):
        node, sign = node.of, -sign
    factors = node.factors if isinstance(node, tree.Product) else (node,)
    last, rest = factors[-1], factors[:-1]
    if isinstance(last, tree.Function) and last.name == "sign" and len(rest) < 2:
        yield sign, rest[0] if rest else tree.Number(Fraction(1)), last.arguments[0]


def _by_cases(node: Node, lower: Node, upper: Node) -> Iterator[tuple[int, Node]]:
    """(-1, s) of {upper where s < 0, lower where s > 0}."""
    rows = node.rows if isinstance(node, tree.Cases) else ()
    ways = {side: value for value, condition in rows if isinstance(condition, tree.Chain) and (side := _side(condition)) is not None}
    arguments = {argument for argument, _ in ways}
    if len(ways) == 2 == len(rows) and len(arguments) == 1:
        (argument,) = arguments
        yield from ((sign, argument) for sign in (1, -1) if (ways[argument, sign], ways[argument, -sign]) == (upper, lower))


def _side(condition: tree.Chain) -> tuple[Node, int] | None:
    """(s, -1) of s < 0 and of 0 > s, (p - 1, 1) of p > 1."""
    if len(condition.sides) != 2 or not {*condition.relations} <= {*BELOW, *ABOVE}:
        return None
    (less, more), zero = condition.sides, tree.Number(Fraction(0))
    sign = -1 if condition.relations[0] in BELOW else 1
    if less == zero:
        return more, -sign
    return (less if more == zero else tree.Sum((less, tree.Negative(more)))), sign


def hamiltonian_of(context: Context) -> Node:
    """L + p f, of a field that is written out or a number."""
    law = context.law("dynamics")
    assert law is not None
    rows = law.right.rows if isinstance(law.right, tree.Vector) else ()
    flow = [tree.Product((Symbol("p", part=(tree.Number(Fraction(i)),)), cell)) for i, (cell,) in enumerate(rows, 1)]
    return tree.Sum((*running(objective_of(context)).terms, *(flow or [tree.Product((Symbol("p"), law.right))])))


def hamiltonian_again(general: Declared, context: Context) -> Node:
    """L + p f of an example, or -L - p f where the notes have told H = p f - L for any of them."""
    terms = tree.terms(general.body) if general.body is not None else ()
    turned = any(isinstance(term, tree.Negative) and "L" in symbols(term) for term in terms)
    turned |= next((known.sign for known in context.of("H")), 1) < 0
    return tree.Negative(hamiltonian_of(context)) if turned else hamiltonian_of(context)


def shortest(chain: tree.Chain, context: Context) -> tuple[str, tuple[str, ...], Context] | None:
    """H = 1 + p f of the same motion, after another cost, where words ask for the shortest time: so it is from here on.

    What has to be reached may be told in words alone: values that rest on it are left open.
    """
    pair, law, field = pair_of(chain), context.law("objective"), context.law("dynamics")
    letter = head(pair[0]) if pair is not None else None
    told = context.option(HASTE) and context.parts("p") and letter is not None and role_in(letter, context) == "H"
    if pair is None or letter is None or law is None or field is None or not told:
        return None
    terms, one = [here(term) for term in tree.terms(resolve(pair[1], context))], tree.Number(Fraction(1))
    flow = [term for term in hamiltonian_of(context).terms if "p" in symbols(term)]  # type: ignore[attr-defined]
    moved = [term for term in flow if tree.Number(Fraction(0)) not in getattr(term, "factors", ())]
    if _is_time(spelt_out(context)) or one not in terms or {*terms} != {one, *map(here, moved)}:
        return None
    before = replace(law, left=tree.Letter(next((known.letter for known in context.of("J")), "J")))  # which later lines may mean again
    laws = (*(other for other in context.laws if other.kind in ("dynamics", "start", "bounds")), before)
    letters = {name: known for name, known in context.letters.items() if known.symbol != "t1" or moment(name) is None}
    end = {} if any(known.symbol == "t1" for known in letters.values()) else {"T": Declared("T", "t1", kind="place", source="proposed")}
    made = replace(context, letters={**letters, **end}, laws=(*laws, SHORT), options={**context.options, DOUBT: "yes"})
    return "definition", (key(letter),), made.assume("free end time", "optimal")


def _is_time(context: Context) -> bool:
    """Is the cost int 1 dt already, as int L dt + Phi with L = 1 and Phi = 0 is?"""
    law = context.law("objective")
    paid = [term for term in tree.terms(law.right) if term != tree.Number(Fraction(0))] if law is not None else []
    return [getattr(term, "body", None) for term in paid] == [tree.Number(Fraction(1))]


def _is_curved(node: Node, control: Node) -> bool:
    """Does the control stand anywhere but once as a factor of a term?"""
    for part in walk(node):
        inner = part.arguments if isinstance(part, tree.Function) else (part.base,) if isinstance(part, tree.Power) else ()
        if any(control == standing(child) for item in inner for child in walk(item)):
            return True
        if isinstance(part, tree.Product | tree.Quotient) and sum(control == standing(child) for child in walk(part)) > 1:
            return True
    return False
